//! The rows of documents and messages.

use rusqlite::params;
use serde_json::json;

use crate::clock::canonical;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::hash::sha256;
use crate::input::{NewDocument, NewMessage};
use crate::status::Status;
use crate::trail::{Entry, Trail};
use crate::view::Reason;

use super::notes::{accepted, drafted, refused};

pub(super) fn insert_message(trail: &Trail<'_>, message: &NewMessage, at: &str) -> Result<i64, Fault> {
    let envelope_sha256 = sha256(&message.envelope);
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
            "edition": message.edition,
            "envelopeSha256": envelope_sha256,
        }),
        pack_digest: Some(&message.pack_digest),
        key_serial: Some(&message.key_serial),
        bytes_sha256: Some(&message.body_sha256),
        ..Entry::default()
    })?;
    Ok(id)
}

/// The kind of row a new document gets.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Accepted, in this message of the outbox.
    Accepted(Option<i64>),
    /// Refused by our own rules.
    Refused,
    /// Kept here, not sent.
    Draft,
}

impl Kind {
    pub(super) fn status(self) -> Status {
        match self {
            Kind::Accepted(_) => Status::Waiting,
            Kind::Refused => Status::Refused,
            Kind::Draft => Status::Draft,
        }
    }

    pub(super) fn outbox(self) -> Option<i64> {
        match self {
            Kind::Accepted(outbox) => outbox,
            Kind::Refused | Kind::Draft => None,
        }
    }
}

fn made_at(document: &NewDocument, at: &str) -> String {
    document.at.map_or_else(|| at.to_owned(), canonical)
}

pub(super) fn insert_document(
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
            made_at(document, at),
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
        Kind::Refused => refused(trail, id, document, &document.values_json, reasons, at)?,
        Kind::Draft => drafted(trail, id, document, at)?,
    }
    Ok(id)
}

/// Gives a draft's row new content and, if it is accepted, the message that carries it.
pub(super) fn rewrite(trail: &Trail<'_>, id: i64, document: &NewDocument, kind: Kind, at: &str) -> Result<(), Fault> {
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
            made_at(document, at),
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

pub(super) fn insert_numbers(trail: &Trail<'_>, id: i64, document: &NewDocument) -> rusqlite::Result<()> {
    let mut number = trail
        .tx
        .prepare_cached("INSERT INTO numbers (document, assigned, name, value) VALUES (?1, 0, ?2, ?3)")?;
    for (name, value) in &document.numbers {
        number.execute(params![id, name, value])?;
    }
    Ok(())
}
