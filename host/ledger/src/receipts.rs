//! Receipts: kept once each, matched to documents, in any order.

use std::collections::BTreeSet;

use cebridge_clock::time17;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use crate::clock::canonical;
use crate::concerns;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::hash;
use crate::input::{Arrival, FormatError, FormatErrorOutcome, NewReceipt, ReceiptOutcome};
use crate::matching::{self, Trace};
use crate::outbox::{self, arrived};
use crate::sealed::{self, ROW};
use crate::state::{compute, meaning, refresh};
use crate::store::Ledger;
use crate::trail::{Entry, Trail};
use cebridge_rule_core::pack::Meaning;

/// Message type under which errors about whole messages are listed.
const FORMAT_ERROR: &str = "format-error";

impl Ledger {
    /// Records the receipts of one file, all or nothing; outcomes in the order given.
    ///
    /// Match strings of a receipt that found its document are learned: later receipts may use any of
    /// them, and earlier unmatched ones that wait for them are matched at once.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn apply_receipts(
        &self,
        receipts: &[NewReceipt],
        arrival: &Arrival<'_>,
        at: Timestamp,
    ) -> Result<Vec<ReceiptOutcome>, LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            let arrival = keep(trail, arrival, &at)?;
            receipts
                .iter()
                .map(|receipt| apply(trail, receipt, arrival, &at))
                .collect()
        })
    }

    /// Records an error about a whole message (CEB900, or a refusal by the exchange platform): its documents are
    /// returned, unless customs decides or has decided on them.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn apply_format_error(
        &self,
        error: &FormatError<'_>,
        arrival: &Arrival<'_>,
        at: Timestamp,
    ) -> Result<FormatErrorOutcome, LedgerError> {
        // These errors have no time that compares with others of customs.
        let return_time = time17(at);
        let at = canonical(at);
        self.write(|trail| {
            let arrival = keep(trail, arrival, &at)?;
            let id = match known(trail, error.digest)? {
                Some((_, true)) => return Ok(FormatErrorOutcome::Duplicate),
                Some((id, false)) => id,
                None => insert_format_error(trail, error, arrival, &return_time, &at)?,
            };
            if let Some(documents) = attach_format_error(trail, id, &at)? {
                return Ok(FormatErrorOutcome::Applied { documents });
            }
            let detail = json!({
                "receipt": id,
                "message": FORMAT_ERROR,
                "copMsgId": error.cop_msg_id,
                "code": error.code,
                ROW: sealed::receipt(trail.tx, id)?,
            });
            trail.record(&Entry {
                at: &at,
                kind: "receipt-unmatched",
                detail,
                bytes_sha256: Some(error.digest),
                ..Entry::default()
            })?;
            Ok(FormatErrorOutcome::Unmatched)
        })
    }

    /// Matches receipts that came before their documents; returns how many are matched now. Recording a document
    /// already matches its receipts, so this finds only what an earlier version left behind.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn rematch_unmatched(&self, at: Timestamp) -> Result<usize, LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            let before = unmatched(trail)?;
            let keys: Vec<String> = trail
                .tx
                .prepare_cached("SELECT DISTINCT key FROM open_keys WHERE key IN (SELECT key FROM match_keys)")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let messages: Vec<String> = trail
                .tx
                .prepare_cached(
                    "SELECT DISTINCT cop_msg_id FROM receipts WHERE document IS NULL AND outbox IS NULL \
                     AND kind = 'format' AND cop_msg_id IN (SELECT cop_msg_id FROM outbox)",
                )?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            attach_waiting(trail, keys.iter(), messages.iter(), &at)?;
            Ok(usize::try_from(before - unmatched(trail)?).unwrap_or_default())
        })
    }
}

/// Attaches the receipts that came before the documents with these match strings, and the errors about whole messages
/// that came before these messages.
pub(crate) fn attach_waiting<'a>(
    trail: &Trail<'_>,
    keys: impl Iterator<Item = &'a String>,
    messages: impl Iterator<Item = &'a String>,
    at: &str,
) -> Result<(), Fault> {
    let mut records = BTreeSet::new();
    {
        let mut waiting = trail
            .tx
            .prepare_cached("SELECT receipt FROM open_keys WHERE key = ?1")?;
        for key in keys {
            let mut rows = waiting.query([key])?;
            while let Some(row) = rows.next()? {
                records.insert(row.get(0)?);
            }
        }
    }
    for id in records {
        attach(trail, id, at)?;
    }
    let mut errors: Vec<i64> = Vec::new();
    {
        let mut waiting = trail.tx.prepare_cached(
            "SELECT id FROM receipts WHERE document IS NULL AND outbox IS NULL AND kind = 'format' \
             AND cop_msg_id = ?1 ORDER BY id",
        )?;
        for message in messages {
            let mut rows = waiting.query([message])?;
            while let Some(row) = rows.next()? {
                errors.push(row.get(0)?);
            }
        }
    }
    for id in errors {
        attach_format_error(trail, id, at)?;
    }
    Ok(())
}

/// Stores the file of receipts, once, and returns its id.
fn keep(trail: &Trail<'_>, arrival: &Arrival<'_>, at: &str) -> rusqlite::Result<i64> {
    let sha256 = hash::sha256(arrival.bytes);
    let new = trail
        .tx
        .prepare_cached("INSERT OR IGNORE INTO arrivals (sha256, name, bytes, received_at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![sha256, arrival.name, arrival.bytes, at])?;
    let id: i64 = trail
        .tx
        .prepare_cached("SELECT id FROM arrivals WHERE sha256 = ?1")?
        .query_row([&sha256], |row| row.get(0))?;
    if new == 1 {
        trail.record(&Entry {
            at,
            kind: "receipt-file",
            detail: json!({ "arrival": id, "file": arrival.name, "bytes": arrival.bytes.len() }),
            bytes_sha256: Some(&sha256),
            ..Entry::default()
        })?;
    }
    Ok(id)
}

/// Records one receipt and brings its document up to date.
fn apply(trail: &Trail<'_>, receipt: &NewReceipt, arrival: i64, at: &str) -> Result<ReceiptOutcome, Fault> {
    if let Some((id, matched)) = known(trail, &receipt.digest)? {
        // The document may have appeared since.
        let again = if matched { None } else { attach(trail, id, at)? };
        return Ok(again.unwrap_or(ReceiptOutcome::Duplicate));
    }
    let id = insert(trail, receipt, arrival, at)?;
    if let Some(outcome) = attach(trail, id, at)? {
        return Ok(outcome);
    }
    let mut open = trail
        .tx
        .prepare_cached("INSERT OR IGNORE INTO open_keys (key, receipt) VALUES (?1, ?2)")?;
    for key in &receipt.match_keys {
        open.execute(params![key, id])?;
    }
    trail.record(&Entry {
        at,
        kind: "receipt-unmatched",
        detail: json!({
            "receipt": id,
            "message": receipt.message,
            "returnStatus": receipt.return_status,
            ROW: sealed::receipt(trail.tx, id)?,
        }),
        bytes_sha256: Some(&receipt.digest),
        ..Entry::default()
    })?;
    Ok(ReceiptOutcome::Unmatched)
}

/// Id of a receipt received before, and whether it found its document.
fn known(trail: &Trail<'_>, digest: &str) -> rusqlite::Result<Option<(i64, bool)>> {
    trail
        .tx
        .prepare_cached("SELECT id, document IS NOT NULL OR outbox IS NOT NULL FROM receipts WHERE digest = ?1")?
        .query_row([digest], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()
}

fn unmatched(trail: &Trail<'_>) -> rusqlite::Result<i64> {
    trail
        .tx
        .prepare_cached("SELECT count(*) FROM receipts WHERE document IS NULL AND outbox IS NULL")?
        .query_row([], |row| row.get(0))
}

fn insert(trail: &Trail<'_>, receipt: &NewReceipt, arrival: i64, at: &str) -> Result<i64, Fault> {
    trail
        .tx
        .prepare_cached(
            "INSERT INTO receipts (digest, kind, message, return_status, return_time, return_info, values_json, raw, rank, \
             becomes, is_final, match_keys_json, guid_hints_json, assigns_json, received_at, arrival) \
             VALUES (?1, 'record', ?2, ?3, ?4, ?5, ?6, x'', ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        )?
        .execute(params![
            receipt.digest,
            receipt.message,
            receipt.return_status,
            receipt.return_time,
            receipt.return_info,
            receipt.values_json,
            receipt.rank,
            receipt.means.map(|(meaning, _)| meaning.as_str()),
            receipt.means.is_some_and(|(_, is_final)| is_final),
            serde_json::to_string(&receipt.match_keys)?,
            serde_json::to_string(&receipt.guid_hints)?,
            serde_json::to_string(&receipt.assigns)?,
            at,
            arrival,
        ])?;
    Ok(trail.tx.last_insert_rowid())
}

fn insert_format_error(
    trail: &Trail<'_>,
    error: &FormatError<'_>,
    arrival: i64,
    return_time: &str,
    at: &str,
) -> Result<i64, Fault> {
    trail
        .tx
        .prepare_cached(
            "INSERT INTO receipts (digest, kind, message, cop_msg_id, return_status, return_time, return_info, values_json, \
             raw, rank, becomes, is_final, match_keys_json, guid_hints_json, assigns_json, received_at, arrival) \
             VALUES (?1, 'format', ?2, ?3, ?4, ?5, ?6, '{}', x'', 0, ?7, 1, '[]', '[]', '[]', ?8, ?9)",
        )?
        .execute(params![
            error.digest,
            FORMAT_ERROR,
            error.cop_msg_id,
            error.code,
            return_time,
            error.info,
            Meaning::Returned.as_str(),
            at,
            arrival,
        ])?;
    Ok(trail.tx.last_insert_rowid())
}

/// The parts of a stored receipt that matching needs.
struct Stored {
    digest: String,
    message: String,
    return_status: String,
    return_time: String,
    match_keys: Vec<String>,
    guid_hints: Vec<String>,
    means: Option<Meaning>,
}

fn stored(trail: &Trail<'_>, id: i64) -> Result<Stored, Fault> {
    let mut statement = trail.tx.prepare_cached(
        "SELECT digest, message, return_status, return_time, match_keys_json, guid_hints_json, becomes \
         FROM receipts WHERE id = ?1",
    )?;
    let mut rows = statement.query([id])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    Ok(Stored {
        digest: row.get(0)?,
        message: row.get(1)?,
        return_status: row.get(2)?,
        return_time: row.get(3)?,
        match_keys: serde_json::from_str(&row.get::<_, String>(4)?)?,
        guid_hints: serde_json::from_str(&row.get::<_, String>(5)?)?,
        means: row
            .get::<_, Option<String>>(6)?
            .map(|word| meaning(&word))
            .transpose()?,
    })
}

/// Matches a stored receipt, and then those that waited for its strings. `None` if it finds no document.
fn attach(trail: &Trail<'_>, first: i64, at: &str) -> Result<Option<ReceiptOutcome>, Fault> {
    let mut document = None;
    let mut queue = vec![first];
    while let Some(id) = queue.pop() {
        let Some((reached, freed)) = attach_one(trail, id, at)? else {
            continue;
        };
        document = document.or(Some(reached));
        queue.extend(freed);
    }
    // Computed at the end, as a freed receipt may change the outcome.
    document.map(|document| outcome(trail, first, document)).transpose()
}

fn outcome(trail: &Trail<'_>, receipt: i64, document: i64) -> Result<ReceiptOutcome, Fault> {
    let state = compute(trail.tx, document)?;
    let stored = stored(trail, receipt)?;
    let newest = state.newest.as_ref();
    let is_newest = newest.is_some_and(|fact| fact.id == receipt);
    let says_nothing = newest.is_some_and(|fact| fact.means.is_none()) || stored.return_status.is_empty();
    let complains = stored.means.is_some_and(Meaning::is_complaint);
    Ok(
        if state.deciding == Some(receipt) || is_newest && says_nothing || stored.return_status.is_empty() {
            ReceiptOutcome::Applied {
                document,
                status: state.status,
            }
        } else if is_newest || complains {
            ReceiptOutcome::Noted { document }
        } else {
            ReceiptOutcome::Older { document }
        },
    )
}

/// Matches one receipt. Returns its document and the receipts that can be matched now.
fn attach_one(trail: &Trail<'_>, id: i64, at: &str) -> Result<Option<(i64, Vec<i64>)>, Fault> {
    let receipt = stored(trail, id)?;
    let trace = Trace {
        match_keys: &receipt.match_keys,
        guid_hints: &receipt.guid_hints,
        return_time: &receipt.return_time,
    };
    let Some(found) = matching::find(trail.tx, &trace)? else {
        return Ok(None);
    };
    let document = found.document;
    // A receipt is matched once: one that was freed twice is skipped here.
    let fresh = trail
        .tx
        .prepare_cached("UPDATE receipts SET document = ?2, matched_by = ?3 WHERE id = ?1 AND document IS NULL")?
        .execute(params![id, document, found.matched_by])?;
    if fresh == 0 {
        return Ok(None);
    }
    trail
        .tx
        .prepare_cached("DELETE FROM open_keys WHERE receipt = ?1")?
        .execute([id])?;
    let mut freed = Vec::new();
    for key in matching::learn(trail.tx, document, &receipt.match_keys)? {
        let mut waiting = trail
            .tx
            .prepare_cached("SELECT receipt FROM open_keys WHERE key = ?1 ORDER BY receipt DESC")?;
        freed.extend(
            waiting
                .query_map([key], |row| row.get::<_, i64>(0))?
                .collect::<Result<Vec<_>, _>>()?,
        );
    }
    trail.record(&Entry {
        at,
        document: Some(document),
        kind: "receipt",
        detail: json!({
            "receipt": id,
            "message": receipt.message,
            "returnStatus": receipt.return_status,
            "returnTime": receipt.return_time,
            "matchedBy": found.matched_by,
            ROW: sealed::receipt(trail.tx, id)?,
        }),
        bytes_sha256: Some(&receipt.digest),
        ..Entry::default()
    })?;
    // If customs complains that it already has the document, it need not be sent again, whichever message brought it.
    let complains = receipt.means.is_some_and(Meaning::is_complaint);
    if found.certain || complains {
        arrived(trail, found.outbox, at)?;
    }
    let cause = format!("{} {}", receipt.message, receipt.return_status);
    refresh(trail, document, cause.trim_end(), true, at)?;
    for sibling in concerns::siblings(trail.tx, document)? {
        refresh(trail, sibling, cause.trim_end(), false, at)?;
    }
    Ok(Some((document, freed)))
}

/// Matches a stored error about a whole message and yields the documents that it returned.
fn attach_format_error(trail: &Trail<'_>, id: i64, at: &str) -> Result<Option<Vec<i64>>, Fault> {
    let found: Option<(i64, String, String)> = trail
        .tx
        .prepare_cached(
            "SELECT o.id, r.digest, r.return_status FROM receipts r JOIN outbox o ON o.cop_msg_id = r.cop_msg_id \
             WHERE r.id = ?1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((message, digest, code)) = found else {
        return Ok(None);
    };
    trail
        .tx
        .prepare_cached("UPDATE receipts SET outbox = ?2, matched_by = cop_msg_id WHERE id = ?1")?
        .execute(params![id, message])?;
    trail.record(&Entry {
        at,
        message: Some(message),
        kind: "receipt",
        detail: json!({
            "receipt": id,
            "message": FORMAT_ERROR,
            "code": code,
            ROW: sealed::receipt(trail.tx, id)?,
        }),
        bytes_sha256: Some(&digest),
        ..Entry::default()
    })?;
    arrived(trail, message, at)?;
    let mut returned = Vec::new();
    for document in outbox::documents(trail.tx, message)? {
        let state = refresh(trail, document, &format!("{FORMAT_ERROR} {code}"), true, at)?;
        if state.deciding == Some(id) {
            returned.push(document);
        }
    }
    Ok(Some(returned))
}
