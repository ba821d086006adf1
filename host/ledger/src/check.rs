//! Host-level events, and proving that the ledger is whole.

use rusqlite::Transaction;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::clock::canonical;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::state::compute;
use crate::store::Ledger;
use crate::trail::{self, Entry};
use crate::view::CheckReport;

/// At most this many problems are listed; a damaged file would list millions.
const MOST: usize = 100;

impl Ledger {
    /// Notes something that concerns the host: a pack activated, an intake file set aside.
    ///
    /// # Errors
    /// `Invalid` when `detail_json` is no JSON, or when the ledger cannot be written.
    pub fn record_event(&self, actor: &str, kind: &str, detail_json: &str, at: &str) -> Result<i64, LedgerError> {
        let at = canonical(at)?;
        let detail: Value = serde_json::from_str(detail_json)
            .map_err(|error| LedgerError::Invalid(format!("the detail of event `{kind}` is no JSON ({error})")))?;
        self.write(|trail| {
            Ok(trail.record(&Entry {
                at: &at,
                actor: Some(actor),
                kind,
                detail,
                ..Entry::default()
            })?)
        })
    }

    /// Proves the ledger: the file itself, the chain of events, the bytes of every message and of every archived rule
    /// pack, that the packs in force are archived and their times do not overlap, and that every document's state is
    /// the one its receipts give.
    ///
    /// # Errors
    /// When the ledger cannot be read at all; what is wrong inside is in the report.
    pub fn check(&self) -> Result<CheckReport, LedgerError> {
        self.read(|tx| {
            let mut report = CheckReport::default();
            check_file(tx, &mut report)?;
            check_events(tx, &mut report)?;
            check_messages(tx, &mut report)?;
            check_documents(tx, &mut report)?;
            check_packs(tx, &mut report)?;
            check_forces(tx, &mut report)?;
            Ok(report)
        })
    }
}

impl CheckReport {
    fn problem(&mut self, text: String) {
        if self.problems.len() < MOST {
            self.problems.push(text);
        }
    }
}

fn check_file(tx: &Transaction<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let mut statement = tx.prepare("PRAGMA integrity_check")?;
    for line in statement.query_map([], |row| row.get::<_, String>(0))? {
        let line = line?;
        if line != "ok" {
            report.problem(format!("the file is damaged: {line}"));
        }
    }
    let mut statement = tx.prepare("PRAGMA foreign_key_check")?;
    for table in statement.query_map([], |row| row.get::<_, String>(0))? {
        report.problem(format!("a row of {} points to a row that does not exist", table?));
    }
    Ok(())
}

fn check_events(tx: &Transaction<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let mut statement = tx.prepare(&format!("SELECT {} FROM events ORDER BY id", trail::COLUMNS))?;
    let mut before = String::new();
    for event in statement.query_map([], trail::read)? {
        let event = event?;
        if trail::link(&before, &event) != event.chain {
            report.problem(format!(
                "event {} or the one before it was changed, removed or inserted",
                event.id
            ));
        }
        before = event.chain;
        report.events += 1;
    }
    Ok(())
}

fn check_messages(tx: &Transaction<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let mut statement = tx.prepare("SELECT cop_msg_id, envelope, envelope_sha256 FROM outbox")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let envelope: Vec<u8> = row.get(1)?;
        if hex::encode(Sha256::digest(&envelope)) != row.get::<_, String>(2)? {
            report.problem(format!(
                "the stored bytes of message {} were changed",
                row.get::<_, String>(0)?
            ));
        }
    }
    Ok(())
}

fn check_documents(tx: &Transaction<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let mut statement = tx.prepare("SELECT id, status, is_final, outbox IS NULL FROM documents")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, status, is_final): (i64, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        report.documents += 1;
        let (wanted, wanted_final) = if status == "draft" && row.get(3)? {
            ("draft", false)
        } else if row.get(3)? {
            ("refused", true)
        } else {
            let state = compute(tx, id)?;
            (state.status.as_str(), state.is_final)
        };
        if status != wanted || is_final != wanted_final {
            report.problem(format!("document {id} says {status}, its receipts say {wanted}"));
        }
    }
    Ok(())
}

fn check_packs(tx: &Transaction<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    let mut statement = tx.prepare("SELECT digest, bytes FROM rule_packs WHERE bytes IS NOT NULL ORDER BY digest")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (digest, bytes): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        if hex::encode(Sha256::digest(&bytes)) != digest {
            report.problem(format!("the stored bytes of rule pack {digest} were changed"));
        }
    }
    Ok(())
}

fn check_forces(tx: &Transaction<'_>, report: &mut CheckReport) -> Result<(), Fault> {
    // A shipped pack is part of the program, so only one that came from a file has to be in the archive.
    let mut statement = tx.prepare(
        "SELECT DISTINCT edition, digest FROM packs_in_force WHERE origin = 'file' \
         AND digest NOT IN (SELECT digest FROM rule_packs) ORDER BY edition, digest",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (edition, digest): (String, String) = (row.get(0)?, row.get(1)?);
        report.problem(format!(
            "rule pack {digest}, which is or was in force for edition {edition}, is not in the archive"
        ));
    }
    let mut statement = tx.prepare(
        "SELECT edition, digest, since FROM (SELECT id, edition, digest, since, \
         lag(until) OVER (PARTITION BY edition ORDER BY id) AS until, \
         lag(id) OVER (PARTITION BY edition ORDER BY id) AS before FROM packs_in_force) \
         WHERE before IS NOT NULL AND (until IS NULL OR until > since) ORDER BY id",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (edition, digest, since): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        report.problem(format!(
            "rule pack {digest} is in force for edition {edition} since {since}, before the time of another one ended"
        ));
    }
    Ok(())
}
