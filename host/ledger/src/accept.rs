//! Whether a key is free, and recording documents, refusals and messages in one transaction.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::clock::canonical;
use crate::concerns;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::input::{Batch, Intake, NewDocument, NewMessage};
use crate::inputs;
use crate::numbers;
use crate::state::refresh;
use crate::status::Status;
use crate::store::Ledger;
use crate::trail::{Entry, Trail};
use crate::view::Reason;

impl Ledger {
    /// What `record` would say to this document; `None` when the key is free.
    ///
    /// The key is free when no document holds it: those refused, returned, withdrawn or dead do not. A change or
    /// deletion (`app_type` other than `1`) also gives way to the next one with other content once it
    /// is final, and a new declaration to the next one once a deletion is final. A final document that was accepted
    /// before `key_free_before` (see [`NewDocument`]) gives way to one with other content. What is only to be held at
    /// customs (`app_status` `1`) gives way to its declaration and to other content.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn lookup(&self, document: &NewDocument) -> Result<Option<Intake>, LedgerError> {
        let free_before = moment(&document.key_free_before)?;
        self.read(|tx| Ok(holder(tx, document, &free_before)?))
    }

    /// Whether one of these inputs brought this document before, whatever became of it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn came_before(&self, inputs: &[i64], document: &NewDocument) -> Result<Option<i64>, LedgerError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached(
                "SELECT id FROM documents WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND content_hash = ?4 \
                 AND input = ?5 ORDER BY id DESC LIMIT 1",
            )?;
            for input in inputs {
                let found = statement
                    .query_row(
                        params![
                            document.message,
                            document.key,
                            document.app_type,
                            document.content_hash,
                            input
                        ],
                        |row| row.get(0),
                    )
                    .optional()?;
                if found.is_some() {
                    return Ok(found);
                }
            }
            Ok(None)
        })
    }

    /// Records documents and the messages that carry them, refused documents, drafts, and how far the inputs are
    /// recorded with them: all or nothing. Afterwards the documents count as accepted.
    ///
    /// Returns the ids in the order of `documents`. Every document belongs to exactly one message, which is of the same
    /// enterprise.
    ///
    /// # Errors
    /// `Duplicate` when a key is taken, also by a process that was faster; `CopMsgIdTaken`; `Invalid`;
    /// or when the ledger cannot be written. Nothing is recorded then.
    pub fn record(&self, batch: &Batch<'_>, at: &str) -> Result<Vec<i64>, LedgerError> {
        let at = canonical(at)?;
        let carrier = carriers(batch.documents, batch.messages)?;
        self.write(|trail| {
            for (document, reasons) in batch.refusals {
                record_refused(trail, document, reasons, &at)?;
            }
            for document in batch.drafts {
                record_draft(trail, document, &at)?;
            }
            let ids = accept(trail, batch, &carrier, &at)?;
            for progress in batch.progress {
                inputs::advance(trail, progress, &at)?;
            }
            Ok(ids)
        })
    }
}

fn accept(trail: &Trail<'_>, batch: &Batch<'_>, carrier: &[usize], at: &str) -> Result<Vec<i64>, Fault> {
    let outbox = batch
        .messages
        .iter()
        .map(|m| insert_message(trail, m, at))
        .collect::<Result<Vec<_>, _>>()?;
    let mut ids = Vec::with_capacity(batch.documents.len());
    for (document, &message) in batch.documents.iter().zip(carrier) {
        let free_before = moment(&document.key_free_before)?;
        if let Some(taken) = holder(trail.tx, document, &free_before)? {
            return Err(duplicate(document, taken).into());
        }
        let held = release(trail.tx, document)?;
        let id = match document.draft {
            Some(draft) => promote(trail, draft, document, outbox.get(message).copied(), at)?,
            None => insert_document(trail, document, Kind::Accepted(outbox.get(message).copied()), &[], at)?,
        };
        for held in held {
            succeed(trail, held, id, at)?;
        }
        ids.push(id);
    }
    Ok(ids)
}

/// What is only held at customs ends when it is declared.
fn succeed(trail: &Trail<'_>, held: i64, successor: i64, at: &str) -> Result<(), Fault> {
    trail
        .tx
        .prepare_cached("UPDATE documents SET successor = ?2 WHERE id = ?1")?
        .execute(params![held, successor])?;
    refresh(trail, held, "declared", false, at)?;
    Ok(())
}

/// Records a document our own rules refused; it is never sent and does not hold its key.
///
/// The same document refused again is the same row, with the newest reasons.
fn record_refused(trail: &Trail<'_>, document: &NewDocument, reasons: &[Reason], at: &str) -> Result<(), Fault> {
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
        return insert_document(trail, document, Kind::Refused, reasons, at).map(drop);
    };
    trail
        .tx
        .prepare_cached("UPDATE documents SET input = coalesce(?2, input) WHERE id = ?1")?
        .execute(params![id, document.input])?;
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
        refused(trail, id, document, reasons, at)?;
    }
    Ok(())
}

/// Keeps a document that is not sent. A draft of the same key is replaced.
fn record_draft(trail: &Trail<'_>, document: &NewDocument, at: &str) -> Result<(), Fault> {
    let known: Option<i64> = trail
        .tx
        .prepare_cached(
            "SELECT id FROM documents WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND enterprise = ?4 \
             AND status = 'draft' ORDER BY id DESC LIMIT 1",
        )?
        .query_row(
            params![document.message, document.key, document.app_type, document.enterprise],
            |row| row.get(0),
        )
        .optional()?;
    match known {
        Some(id) => rewrite(trail, id, document, Kind::Draft, at)?,
        None => drop(insert_document(trail, document, Kind::Draft, &[], at)?),
    }
    Ok(())
}

/// A draft becomes a document on its way.
fn promote(trail: &Trail<'_>, draft: i64, document: &NewDocument, outbox: Option<i64>, at: &str) -> Result<i64, Fault> {
    let is_draft = trail
        .tx
        .prepare_cached("SELECT 1 FROM documents WHERE id = ?1 AND status = 'draft'")?
        .exists([draft])?;
    if !is_draft {
        // Another process submitted it a moment ago.
        return Err(duplicate(document, Intake::AlreadyAccepted(draft)).into());
    }
    rewrite(trail, draft, document, Kind::Accepted(outbox), at)?;
    Ok(draft)
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
fn holder(tx: &Transaction<'_>, document: &NewDocument, free_before: &str) -> rusqlite::Result<Option<Intake>> {
    struct Found {
        existing: i64,
        guid: String,
        hash: String,
        is_final: bool,
        long_ago: bool,
        app_status: String,
        ended: bool,
    }
    let found: Option<Found> = tx
        .prepare_cached(
            "SELECT id, guid, content_hash, is_final, accepted_at < ?4, app_status, EXISTS ( \
                 SELECT 1 FROM documents n WHERE n.message = d.message AND n.key = d.key AND n.id > d.id \
                 AND n.live = 1 AND n.is_final = 1 AND n.app_type = CASE d.app_type WHEN '1' THEN '3' ELSE '1' END) \
             FROM documents d WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND live = 1",
        )?
        .query_row(
            params![document.message, document.key, document.app_type, free_before],
            |row| {
                Ok(Found {
                    existing: row.get(0)?,
                    guid: row.get(1)?,
                    hash: row.get(2)?,
                    is_final: row.get(3)?,
                    long_ago: row.get(4)?,
                    app_status: row.get(5)?,
                    ended: row.get(6)?,
                })
            },
        )
        .optional()?;
    Ok(found.and_then(|found| {
        let same = found.hash == document.content_hash;
        let repeatable = found.long_ago || matches!(document.app_type.as_str(), "2" | "3");
        let only_held = found.app_status == HELD && (document.app_status != HELD || !same);
        if only_held || found.ended && found.is_final || repeatable && found.is_final && !same {
            None
        } else if same {
            Some(Intake::AlreadyAccepted(found.existing))
        } else {
            Some(Intake::Conflict {
                existing: found.existing,
                guid: found.guid,
            })
        }
    }))
}

/// `appStatus` of a document that customs keeps without taking it for a declaration (暂存).
const HELD: &str = "1";

/// Takes the key from a document that gives way, see `lookup`. Returns those of them that were only held at customs.
fn release(tx: &Transaction<'_>, document: &NewDocument) -> rusqlite::Result<Vec<i64>> {
    tx.prepare_cached(
        "UPDATE documents SET live = 0 WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND live = 1 \
         RETURNING id, app_status",
    )?
    .query_map(params![document.message, document.key, document.app_type], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?))
    })?
    .filter_map(|row| match row {
        Ok((id, app_status)) => (app_status == HELD).then_some(Ok(id)),
        Err(error) => Some(Err(error)),
    })
    .collect()
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

/// What is recorded of a new document.
#[derive(Clone, Copy)]
enum Kind {
    /// Accepted, in this message of the outbox.
    Accepted(Option<i64>),
    /// Refused by our own rules.
    Refused,
    /// Kept here.
    Draft,
}

impl Kind {
    fn status(self) -> Status {
        match self {
            Kind::Accepted(_) => Status::Waiting,
            Kind::Refused => Status::Refused,
            Kind::Draft => Status::Draft,
        }
    }

    fn outbox(self) -> Option<i64> {
        match self {
            Kind::Accepted(outbox) => outbox,
            Kind::Refused | Kind::Draft => None,
        }
    }
}

fn made_at(document: &NewDocument, at: &str) -> Result<String, LedgerError> {
    if document.at.is_empty() {
        Ok(at.to_owned())
    } else {
        canonical(&document.at)
    }
}

fn insert_document(
    trail: &Trail<'_>,
    document: &NewDocument,
    kind: Kind,
    reasons: &[Reason],
    at: &str,
) -> Result<i64, Fault> {
    let status = kind.status();
    trail
        .tx
        .prepare_cached(
            "INSERT INTO documents (message, key, app_type, guid, source, edition, pack_digest, content_hash, values_json, \
             findings_json, made_at, accepted_at, updated_at, status, is_final, live, outbox, reasons_json, enterprise, \
             app_status, input) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)",
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
            made_at(document, at)?,
            at,
            status.as_str(),
            status.is_final(),
            kind.outbox().is_some(),
            kind.outbox(),
            serde_json::to_string(reasons)?,
            document.enterprise,
            document.app_status,
            document.input,
        ])?;
    let id = trail.tx.last_insert_rowid();
    insert_numbers(trail, id, document)?;
    match kind {
        Kind::Accepted(outbox) => accepted(trail, id, document, outbox, at)?,
        Kind::Refused => refused(trail, id, document, reasons, at)?,
        Kind::Draft => drafted(trail, id, document, at)?,
    }
    Ok(id)
}

/// Gives a draft's row new content, and perhaps a message that carries it.
fn rewrite(trail: &Trail<'_>, id: i64, document: &NewDocument, kind: Kind, at: &str) -> Result<(), Fault> {
    trail
        .tx
        .prepare_cached(
            "UPDATE documents SET guid = ?2, source = ?3, edition = ?4, pack_digest = ?5, content_hash = ?6, \
             values_json = ?7, findings_json = ?8, made_at = ?9, accepted_at = ?10, updated_at = ?10, status = ?11, \
             live = ?12, outbox = ?13, app_status = ?14, input = ?15 WHERE id = ?1",
        )?
        .execute(params![
            id,
            document.guid,
            document.source,
            document.edition,
            document.pack_digest,
            document.content_hash,
            document.values_json,
            document.findings_json,
            made_at(document, at)?,
            at,
            kind.status().as_str(),
            kind.outbox().is_some(),
            kind.outbox(),
            document.app_status,
            document.input,
        ])?;
    trail
        .tx
        .prepare_cached("DELETE FROM numbers WHERE document = ?1")?
        .execute([id])?;
    insert_numbers(trail, id, document)?;
    match kind {
        Kind::Accepted(outbox) => accepted(trail, id, document, outbox, at),
        Kind::Refused => Ok(()),
        Kind::Draft => drafted(trail, id, document, at),
    }
}

fn insert_numbers(trail: &Trail<'_>, id: i64, document: &NewDocument) -> rusqlite::Result<()> {
    let mut number = trail
        .tx
        .prepare_cached("INSERT INTO numbers (document, assigned, name, value) VALUES (?1, 0, ?2, ?3)")?;
    for (name, value) in numbers::searchable(&document.values_json) {
        number.execute(params![id, name, value])?;
    }
    Ok(())
}

/// Notes an acceptance, and under which strings receipts find the document.
fn accepted(trail: &Trail<'_>, id: i64, document: &NewDocument, outbox: Option<i64>, at: &str) -> Result<(), Fault> {
    let mut match_key = trail
        .tx
        .prepare_cached("INSERT OR IGNORE INTO match_keys (key, document) VALUES (?1, ?2)")?;
    for key in &document.match_keys {
        match_key.execute(params![key, id])?;
    }
    concerns::insert(trail, id, &document.concerns)?;
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
            "input": document.input,
        }),
        pack_digest: Some(&document.pack_digest),
        ..Entry::default()
    })?;
    Ok(())
}

fn drafted(trail: &Trail<'_>, id: i64, document: &NewDocument, at: &str) -> Result<(), Fault> {
    trail.record(&Entry {
        at,
        document: Some(id),
        kind: "drafted",
        detail: json!({
            "message": document.message,
            "enterprise": document.enterprise,
            "key": document.key,
            "contentHash": document.content_hash,
        }),
        pack_digest: Some(&document.pack_digest),
        ..Entry::default()
    })?;
    Ok(())
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
