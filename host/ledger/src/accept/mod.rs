//! Checks whether a key is free, and records documents, refusals and messages in one transaction.

mod keys;
mod notes;
mod rows;

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use crate::clock::canonical;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::input::{Batch, Intake, NewDocument, NewMessage};
use crate::inputs;
use crate::receipts::attach_waiting;
use crate::state::refresh;
use crate::store::Ledger;
use crate::trail::Trail;
use crate::view::Reason;

use keys::{duplicate, holder, release};
use notes::refused;
use rows::{Kind, insert_document, insert_message, rewrite};

impl Ledger {
    /// Returns what `record` would answer for this document; `None` if the key is free.
    ///
    /// The key is free if no document holds it; refused, returned, withdrawn and dead documents hold none. A final
    /// change or deletion (`app_type` other than `1`) gives way to the next one with different content, and a new
    /// declaration to the next one once a deletion is final. A final document accepted before `key_free_before` (see
    /// [`NewDocument`]) gives way to one with different content. A document only held at customs (`app_status` `1`)
    /// gives way to its declaration and to different content.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn lookup(&self, document: &NewDocument) -> Result<Option<Intake>, LedgerError> {
        self.read(|tx| Ok(holder(tx, document)?))
    }

    /// Returns the id of this document if one of these inputs brought it before, whatever its status now.
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

    /// Records documents and the messages that carry them, refused documents, drafts, and the progress of the inputs:
    /// all or nothing. Afterwards the documents count as accepted.
    ///
    /// Returns the ids in the order of `documents`. Every document belongs to exactly one message of the same
    /// enterprise.
    ///
    /// # Errors
    /// `Duplicate` if a key is taken, even by a process that was just faster; `CopMsgIdTaken`; `Invalid`; or if the
    /// ledger cannot be written. Nothing is recorded then.
    pub fn record(&self, batch: &Batch<'_>, at: Timestamp) -> Result<Vec<i64>, LedgerError> {
        let at = canonical(at);
        let carrier = carriers(batch.documents, batch.messages)?;
        self.write(|trail| {
            for (document, reasons) in batch.refusals {
                record_refused(trail, document, reasons, &at)?;
            }
            for document in batch.drafts {
                record_draft(trail, document, &at)?;
            }
            let ids = accept(trail, batch, &carrier, &at)?;
            // A receipt may have arrived before its document was recorded.
            let keys = batch.documents.iter().flat_map(|document| &document.match_keys);
            let messages = batch.messages.iter().map(|message| &message.cop_msg_id);
            attach_waiting(trail, keys, messages, &at)?;
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
        if let Some(taken) = holder(trail.tx, document)? {
            return Err(duplicate(document, taken).into());
        }
        let held = release(trail.tx, document)?;
        let kept = match document.draft {
            Some(draft) => Some(draft),
            None => draft_of(trail, document)?,
        };
        let id = match kept {
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

/// Ends a document that was only held at customs, once it is declared.
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
/// The same document refused again keeps its row and gets the newest reasons.
fn record_refused(trail: &Trail<'_>, document: &NewDocument, reasons: &[Reason], at: &str) -> Result<(), Fault> {
    let reasons_json = serde_json::to_string(reasons)?;
    let known: Option<(i64, String, String)> = trail
        .tx
        .prepare_cached(
            "SELECT id, reasons_json, values_json FROM documents WHERE message = ?1 AND key = ?2 AND app_type = ?3 \
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
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    let Some((id, before, values_json)) = known else {
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
        // The row keeps its original values, which differ in guid and time at most.
        refused(trail, id, document, &values_json, reasons, at)?;
    }
    Ok(())
}

/// The draft with the same content, which becomes the declared document.
fn draft_of(trail: &Trail<'_>, document: &NewDocument) -> rusqlite::Result<Option<i64>> {
    trail
        .tx
        .prepare_cached(
            "SELECT id FROM documents WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND enterprise = ?4 \
             AND content_hash = ?5 AND status = 'draft' ORDER BY id DESC LIMIT 1",
        )?
        .query_row(
            params![
                document.message,
                document.key,
                document.app_type,
                document.enterprise,
                document.content_hash
            ],
            |row| row.get(0),
        )
        .optional()
}

/// Keeps a document without sending it. A draft of the same key is replaced.
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

/// Turns a draft into an accepted document.
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

/// Maps each document to the message that carries it.
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
