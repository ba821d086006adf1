//! Intake: whether a key is free, and recording documents with their messages in one transaction.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::clock::canonical;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::input::{Intake, NewDocument, NewMessage};
use crate::numbers;
use crate::status::Status;
use crate::store::Ledger;
use crate::trail::{Entry, Trail};
use crate::view::Reason;

impl Ledger {
    /// What `accept` would say to this document; `None` when the key is free.
    ///
    /// The key is free when no document holds it: those refused, returned or dead do not. A change or
    /// deletion (`app_type` other than `1`) also gives way to the next one with other content once it
    /// is final, and a new declaration to the next one once a deletion is final. A final document that was accepted
    /// before `key_free_before` (see [`NewDocument`]) gives way to one with other content.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn lookup(
        &self,
        message: &str,
        key: &str,
        app_type: &str,
        content_hash: &str,
        key_free_before: &str,
    ) -> Result<Option<Intake>, LedgerError> {
        let free_before = moment(key_free_before)?;
        self.read(|tx| Ok(holder(tx, message, key, app_type, content_hash, &free_before)?))
    }

    /// Records documents and the messages that carry them: all or nothing. Afterwards they count as accepted.
    ///
    /// Returns the ids in the order of `documents`. Every document belongs to exactly one message, which is of the same
    /// enterprise.
    ///
    /// # Errors
    /// `Duplicate` when a key is taken, also by a process that was faster; `CopMsgIdTaken`; `Invalid`;
    /// or when the ledger cannot be written. Nothing is recorded then.
    pub fn accept(
        &self,
        documents: &[NewDocument],
        messages: &[NewMessage],
        at: &str,
    ) -> Result<Vec<i64>, LedgerError> {
        let at = canonical(at)?;
        let carrier = carriers(documents, messages)?;
        let free_before: Vec<String> = documents
            .iter()
            .map(|document| moment(&document.key_free_before))
            .collect::<Result<_, _>>()?;
        self.write(|trail| {
            let outbox = messages
                .iter()
                .map(|m| insert_message(trail, m, &at))
                .collect::<Result<Vec<_>, _>>()?;
            let mut ids = Vec::with_capacity(documents.len());
            for ((document, &message), free_before) in documents.iter().zip(&carrier).zip(&free_before) {
                let taken = holder(
                    trail.tx,
                    &document.message,
                    &document.key,
                    &document.app_type,
                    &document.content_hash,
                    free_before,
                )?;
                if let Some(taken) = taken {
                    return Err(duplicate(document, taken).into());
                }
                release(trail.tx, document)?;
                ids.push(insert_document(
                    trail,
                    document,
                    outbox.get(message).copied(),
                    &[],
                    &at,
                )?);
            }
            Ok(ids)
        })
    }

    /// Records a document our own rules refused; it is never sent and does not hold its key.
    ///
    /// The same document refused again is the same row, with the newest reasons.
    ///
    /// # Errors
    /// `Invalid`, or when the ledger cannot be written.
    pub fn record_refused(&self, document: &NewDocument, reasons: &[Reason], at: &str) -> Result<i64, LedgerError> {
        let at = canonical(at)?;
        self.write(|trail| {
            let reasons_json = serde_json::to_string(reasons)?;
            let known: Option<(i64, String)> = trail
                .tx
                .prepare_cached(
                    "SELECT id, reasons_json FROM documents WHERE message = ?1 AND key = ?2 AND app_type = ?3 \
                     AND content_hash = ?4 AND enterprise = ?5 AND status = 'refused' ORDER BY id DESC LIMIT 1",
                )?
                .query_row(
                    params![
                        document.message,
                        document.key,
                        document.app_type,
                        document.content_hash,
                        document.enterprise
                    ],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let Some((id, before)) = known else {
                return insert_document(trail, document, None, reasons, &at);
            };
            if before != reasons_json {
                trail
                    .tx
                    .prepare_cached(
                        "UPDATE documents SET reasons_json = ?2, findings_json = ?3, edition = ?4, pack_digest = ?5, \
                         updated_at = ?6 WHERE id = ?1",
                    )?
                    .execute(params![
                        id,
                        reasons_json,
                        document.findings_json,
                        document.edition,
                        document.pack_digest,
                        at
                    ])?;
                refused(trail, id, document, reasons, &at)?;
            }
            Ok(id)
        })
    }
}

/// The text form of a moment inside the ledger; empty stays empty, which is before every moment.
fn moment(at: &str) -> Result<String, LedgerError> {
    if at.is_empty() {
        Ok(String::new())
    } else {
        canonical(at)
    }
}

/// Which message carries each document.
fn carriers(documents: &[NewDocument], messages: &[NewMessage]) -> Result<Vec<usize>, LedgerError> {
    let mut carrier: Vec<Option<usize>> = vec![None; documents.len()];
    for (number, message) in messages.iter().enumerate() {
        if message.cop_msg_id.is_empty() {
            return Err(LedgerError::Invalid(format!("message {number} has no CopMsgId")));
        }
        for &index in &message.documents {
            let slot = carrier.get_mut(index).ok_or_else(|| {
                LedgerError::Invalid(format!(
                    "message {} names document {index} of {}",
                    message.cop_msg_id,
                    documents.len()
                ))
            })?;
            if documents
                .get(index)
                .is_some_and(|document| document.enterprise != message.enterprise)
            {
                return Err(LedgerError::Invalid(format!(
                    "document {index} belongs to another enterprise than message {}, which carries it",
                    message.cop_msg_id
                )));
            }
            if slot.replace(number).is_some() {
                return Err(LedgerError::Invalid(format!(
                    "document {index} is in more than one message"
                )));
            }
        }
    }
    let mut seen = HashSet::new();
    for document in documents {
        if !seen.insert((&document.message, &document.key, &document.app_type)) {
            return Err(duplicate(document, Intake::Accepted(0)));
        }
    }
    let missing = |index| LedgerError::Invalid(format!("document {index} is in no message"));
    carrier
        .into_iter()
        .enumerate()
        .map(|(index, slot)| slot.ok_or_else(|| missing(index)))
        .collect()
}

fn duplicate(document: &NewDocument, taken: Intake) -> LedgerError {
    let (existing, guid, same_content) = match taken {
        Intake::Accepted(id) => (id, document.guid.clone(), false),
        Intake::AlreadyAccepted(id) => (id, String::new(), true),
        Intake::Conflict { existing, guid } => (existing, guid, false),
    };
    LedgerError::Duplicate {
        message: document.message.clone(),
        key: document.key.clone(),
        existing,
        guid,
        same_content,
    }
}

/// The document that stands in the way, if any.
fn holder(
    tx: &Transaction<'_>,
    message: &str,
    key: &str,
    app_type: &str,
    content_hash: &str,
    free_before: &str,
) -> rusqlite::Result<Option<Intake>> {
    let found: Option<(i64, String, String, bool, bool, bool)> = tx
        .prepare_cached(
            "SELECT id, guid, content_hash, is_final, accepted_at < ?4, EXISTS ( \
                 SELECT 1 FROM documents n WHERE n.message = d.message AND n.key = d.key AND n.id > d.id \
                 AND n.live = 1 AND n.is_final = 1 AND n.app_type = CASE d.app_type WHEN '1' THEN '3' ELSE '1' END) \
             FROM documents d WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND live = 1",
        )?
        .query_row(params![message, key, app_type, free_before], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
                row.get(5)?,
            ))
        })
        .optional()?;
    Ok(found.and_then(|(existing, guid, hash, is_final, long_ago, ended)| {
        let repeatable = long_ago || matches!(app_type, "2" | "3");
        if ended && is_final || repeatable && is_final && hash != content_hash {
            None
        } else if hash == content_hash {
            Some(Intake::AlreadyAccepted(existing))
        } else {
            Some(Intake::Conflict { existing, guid })
        }
    }))
}

/// Takes the key from a document that gives way, see `lookup`.
fn release(tx: &Transaction<'_>, document: &NewDocument) -> rusqlite::Result<()> {
    tx.prepare_cached("UPDATE documents SET live = 0 WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND live = 1")?
        .execute(params![document.message, document.key, document.app_type])?;
    Ok(())
}

fn insert_message(trail: &Trail<'_>, message: &NewMessage, at: &str) -> Result<i64, Fault> {
    let envelope_sha256 = hex::encode(Sha256::digest(&message.envelope));
    let taken = trail
        .tx
        .prepare_cached("SELECT 1 FROM outbox WHERE cop_msg_id = ?1")?
        .exists([&message.cop_msg_id])?;
    if taken {
        return Err(LedgerError::CopMsgIdTaken(message.cop_msg_id.clone()).into());
    }
    trail
        .tx
        .prepare_cached(
            "INSERT INTO outbox (cop_msg_id, guid, message, envelope, envelope_sha256, body_sha256, key_serial, profile, \
             pack_digest, edition, state, accepted_at, due_at, enterprise) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'pending', ?11, ?11, ?12)",
        )?
        .execute(params![
            message.cop_msg_id,
            message.guid,
            message.message,
            message.envelope,
            envelope_sha256,
            message.body_sha256,
            message.key_serial,
            message.profile,
            message.pack_digest,
            message.edition,
            at,
            message.enterprise,
        ])?;
    let id = trail.tx.last_insert_rowid();
    trail.record(&Entry {
        at,
        message: Some(id),
        kind: "signed",
        detail: json!({
            "copMsgId": message.cop_msg_id,
            "message": message.message,
            "enterprise": message.enterprise,
            "guid": message.guid,
            "profile": message.profile,
            "documents": message.documents.len(),
            "envelopeSha256": envelope_sha256,
        }),
        pack_digest: Some(&message.pack_digest),
        key_serial: Some(&message.key_serial),
        bytes_sha256: Some(&message.body_sha256),
        ..Entry::default()
    })?;
    Ok(id)
}

/// Records a document: waiting in the outbox message, or refused when there is none.
fn insert_document(
    trail: &Trail<'_>,
    document: &NewDocument,
    outbox: Option<i64>,
    reasons: &[Reason],
    at: &str,
) -> Result<i64, Fault> {
    let status = if outbox.is_some() {
        Status::Waiting
    } else {
        Status::Refused
    };
    let made_at = if document.at.is_empty() {
        at.to_owned()
    } else {
        canonical(&document.at)?
    };
    trail
        .tx
        .prepare_cached(
            "INSERT INTO documents (message, key, app_type, guid, source, edition, pack_digest, content_hash, values_json, \
             findings_json, made_at, accepted_at, updated_at, status, is_final, live, outbox, reasons_json, enterprise) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        )?
        .execute(params![
            document.message,
            document.key,
            document.app_type,
            document.guid,
            document.source,
            document.edition,
            document.pack_digest,
            document.content_hash,
            document.values_json,
            document.findings_json,
            made_at,
            at,
            status.as_str(),
            status.is_final(),
            outbox.is_some(),
            outbox,
            serde_json::to_string(reasons)?,
            document.enterprise,
        ])?;
    let id = trail.tx.last_insert_rowid();
    let mut number = trail
        .tx
        .prepare_cached("INSERT INTO numbers (document, assigned, name, value) VALUES (?1, 0, ?2, ?3)")?;
    for (name, value) in numbers::searchable(&document.values_json) {
        number.execute(params![id, name, value])?;
    }
    if outbox.is_none() {
        refused(trail, id, document, reasons, at)?;
        return Ok(id);
    }
    let mut match_key = trail
        .tx
        .prepare_cached("INSERT OR IGNORE INTO match_keys (key, document) VALUES (?1, ?2)")?;
    for key in &document.match_keys {
        match_key.execute(params![key, id])?;
    }
    trail.record(&Entry {
        at,
        document: Some(id),
        message: outbox,
        kind: "accepted",
        detail: json!({
            "message": document.message,
            "enterprise": document.enterprise,
            "key": document.key,
            "appType": document.app_type,
            "guid": document.guid,
            "edition": document.edition,
            "contentHash": document.content_hash,
        }),
        pack_digest: Some(&document.pack_digest),
        ..Entry::default()
    })?;
    Ok(id)
}

/// Notes a refusal. Rule ids only: the texts of reasons quote personal data.
fn refused(trail: &Trail<'_>, id: i64, document: &NewDocument, reasons: &[Reason], at: &str) -> Result<(), Fault> {
    let rules: Vec<&str> = reasons.iter().map(|r| r.rule.as_str()).collect();
    trail.record(&Entry {
        at,
        document: Some(id),
        kind: "refused",
        detail: json!({
            "message": document.message,
            "enterprise": document.enterprise,
            "key": document.key,
            "rules": rules,
            "edition": document.edition,
        }),
        pack_digest: Some(&document.pack_digest),
        ..Entry::default()
    })?;
    Ok(())
}
