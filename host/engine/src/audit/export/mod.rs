//! `ledger export`: everything declared in a period, in one signed file that can be checked without this program.

mod bundle;
mod cms;
mod index;
mod messages;
mod seal;
mod texts;

pub use seal::{Seal, keygen};

use super::contents::Progress;
use super::dossier::Kept;
use super::file::safe;
use super::{AuditError, file};
use crate::config::{Config, Enterprise};
use crate::error::EngineError;
use bundle::Bundle;
use cebridge_clock as clock;
use cebridge_ledger::{Head, Ledger, Period};
use index::Index;
use jiff::Timestamp;
use jiff::civil::Date;
use messages::Messages;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// The scope of an export.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Number of problems that a check of the ledger found; the export says so.
    pub problems: usize,
    /// First day, China Standard Time.
    pub from: Date,
    /// Last day, inclusive.
    pub to: Date,
    /// The enterprise; `None` for all.
    pub enterprise: Option<&'a Enterprise>,
}

/// Summary of an export.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Exported {
    /// Number of problems that a check of the ledger found before.
    pub problems: usize,
    /// The file.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// First day, China Standard Time.
    pub from: String,
    /// Last day.
    pub to: String,
    /// Documents that were recorded in the period.
    pub documents: u64,
    /// Messages.
    pub messages: u64,
    /// Receipt files.
    pub receipts: u64,
    /// Rule packs.
    pub packs: u64,
    /// Digests of packs that are no longer in any archive, and so not in the file.
    pub packs_missing: Vec<String>,
    /// Certificates.
    pub certificates: u64,
    /// Events, from the ledger's first to the last of the period.
    pub events: u64,
    /// The last of them.
    pub head: Option<Head>,
    /// The signer, for display.
    pub signed_by: String,
}

/// Writes the export into a new file.
///
/// # Errors
/// The file exists or can't be written, the period ends before it begins, the ledger can't be read, or the key does not
/// sign.
pub fn export(
    config: &Config,
    ledger: &Arc<Ledger>,
    request: &Request<'_>,
    seal: &Seal,
    target: &Path,
    progress: Progress<'_>,
) -> Result<Exported, EngineError> {
    let period = period(request)?;
    let new = file::beside(target)?;
    let mut bundle = Bundle::new(new.as_file(), target)?;
    let mut done = Exported {
        file: target.display().to_string(),
        from: request.from.to_string(),
        to: request.to.to_string(),
        signed_by: seal.name(),
        problems: request.problems,
        ..Exported::default()
    };
    let mut packs = BTreeSet::new();
    ledger.snapshot(|snapshot| {
        let total = snapshot.count(&period)?;
        let mut messages = Messages::new(target)?;
        snapshot.messages(&period, |message| {
            packs.insert((message.edition.clone(), message.pack_digest.clone()));
            messages.put(&mut bundle, message)?;
            progress("messages", messages.count(), total);
            Ok::<(), EngineError>(())
        })?;
        done.messages = messages.count();
        done.certificates = messages.finish(&mut bundle)?;

        snapshot.arrivals(&period, |arrival| {
            done.receipts += 1;
            bundle.file(&receipt_file(arrival.id, &arrival.sha256), &arrival.bytes)
        })?;

        let mut index = Index::begin(&mut bundle)?;
        snapshot.documents(&period, |document| {
            packs.insert((document.edition.clone(), document.pack_digest.clone()));
            done.documents += 1;
            index.row(snapshot, &document)
        })?;
        index.end()?;

        let mut events = bundle.begin("events.jsonl")?;
        snapshot.events(&period, |(event, own)| {
            done.events += 1;
            done.head = Some(Head {
                event: event.id,
                chain: event.chain.clone(),
                at: event.at,
            });
            events.line(&texts::event(&event, own))
        })?;
        events.end()
    })?;
    if let Some(head) = &done.head {
        bundle.file("head.json", format!("{}\n", super::head_line(head)).as_bytes())?;
    }
    let mut kept = Kept::new(config, ledger);
    for (edition, digest) in packs.iter().filter(|(_, digest)| !digest.is_empty()) {
        match kept.find(edition, digest)?.1 {
            Some(wasm) => {
                done.packs += 1;
                bundle.file(&format!("packs/{}-{digest}.wasm", safe(edition)), &wasm)?;
            }
            None => done.packs_missing.push(digest.clone()),
        }
    }
    bundle.file("check-chain.py", texts::CHECK_CHAIN.as_bytes())?;
    bundle.file("README.txt", texts::readme(&done, request, seal).as_bytes())?;
    seal.put(bundle, Timestamp::now())?;
    done.bytes = file_length(new.as_file(), target)?;
    file::keep(new, target)?;
    Ok(done)
}

/// Start and end time of a period.
fn period(request: &Request<'_>) -> Result<Period, EngineError> {
    let wrong = || AuditError::Period {
        from: request.from.to_string(),
        to: request.to.to_string(),
    };
    if request.to < request.from {
        return Err(wrong().into());
    }
    let midnight = |day: Date| clock::midnight(day).ok_or_else(wrong);
    let begin = midnight(request.from)?;
    let end = midnight(request.to.tomorrow().map_err(|_| wrong())?)?;
    let enterprise = request.enterprise.map(|one| one.code.as_str());
    Ok(Period::new(begin, end, enterprise))
}

/// Name of a receipt file in the export.
fn receipt_file(id: i64, sha256: &str) -> String {
    let digest: String = sha256.chars().filter(char::is_ascii_hexdigit).take(12).collect();
    format!("receipts/{id:08}-{digest}.xml")
}

fn file_length(mut file: &std::fs::File, target: &Path) -> Result<u64, EngineError> {
    let failed = |source| file::io("cannot write", target, source);
    file.flush().map_err(failed)?;
    Ok(file.metadata().map_err(failed)?.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_days_in_china_and_the_last_one_belongs_to_the_period() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let request = |from, to| Request {
            problems: 0,
            from: day(from),
            to: day(to),
            enterprise: None,
        };
        let moment = |text: &str| text.parse::<Timestamp>().unwrap();
        let (from, until) = (moment("2026-03-01T00:00:00+08:00"), moment("2026-03-03T00:00:00+08:00"));
        let expected = Period::new(from, until, None);
        let found = period(&request("2026-03-01", "2026-03-02")).unwrap();
        assert_eq!(format!("{found:?}"), format!("{expected:?}"));
        assert!(period(&request("2026-03-02", "2026-03-01")).is_err());
    }

    #[test]
    fn a_file_of_receipts_is_named_by_number_and_digest() {
        assert_eq!(
            receipt_file(7, "2d711642b726b04401627ca9fbac32f5"),
            "receipts/00000007-2d711642b726.xml"
        );
    }
}
