//! The audit trail: one chained row for every state change.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::clock::time;
use crate::view::Event;

/// A writing transaction and its actor.
pub(crate) struct Trail<'a> {
    pub(crate) tx: &'a Transaction<'a>,
    actor: &'a str,
}

/// One change to write down.
#[derive(Default)]
pub(crate) struct Entry<'a> {
    pub(crate) at: &'a str,
    /// The actor, if not the holder of the ledger handle.
    pub(crate) actor: Option<&'a str>,
    pub(crate) document: Option<i64>,
    pub(crate) message: Option<i64>,
    pub(crate) kind: &'a str,
    pub(crate) detail: Value,
    pub(crate) pack_digest: Option<&'a str>,
    pub(crate) key_serial: Option<&'a str>,
    pub(crate) bytes_sha256: Option<&'a str>,
}

impl<'a> Trail<'a> {
    pub(crate) fn new(tx: &'a Transaction<'a>, actor: &'a str) -> Trail<'a> {
        Trail { tx, actor }
    }

    /// Adds a row and returns its id.
    pub(crate) fn record(&self, entry: &Entry<'_>) -> rusqlite::Result<i64> {
        let before: Option<String> = self
            .tx
            .prepare_cached("SELECT chain FROM events ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        let mut event = Recorded {
            id: 0,
            at: entry.at.to_owned(),
            actor: entry.actor.unwrap_or(self.actor).to_owned(),
            document: entry.document,
            message: entry.message,
            kind: entry.kind.to_owned(),
            detail_json: entry.detail.to_string(),
            pack_digest: entry.pack_digest.map(str::to_owned),
            key_serial: entry.key_serial.map(str::to_owned),
            bytes_sha256: entry.bytes_sha256.map(str::to_owned),
            chain: String::new(),
        };
        event.chain = link(before.as_deref().unwrap_or_default(), &event);
        self.tx
            .prepare_cached(
                "INSERT INTO events (at, actor, document, message, kind, detail_json, pack_digest, key_serial, \
                 bytes_sha256, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                event.at,
                event.actor,
                event.document,
                event.message,
                event.kind,
                event.detail_json,
                event.pack_digest,
                event.key_serial,
                event.bytes_sha256,
                event.chain,
            ])?;
        Ok(self.tx.last_insert_rowid())
    }
}

/// Columns of an event, in the order that `read` expects.
pub(crate) const COLUMNS: &str =
    "id, at, actor, document, message, kind, detail_json, pack_digest, key_serial, bytes_sha256, chain";

/// An event as its row holds it, which is what the chain is made of. In a row that was tampered with, the text of the time may be anything.
pub(crate) struct Recorded {
    pub(crate) id: i64,
    pub(crate) at: String,
    pub(crate) actor: String,
    pub(crate) document: Option<i64>,
    pub(crate) message: Option<i64>,
    pub(crate) kind: String,
    pub(crate) detail_json: String,
    pub(crate) pack_digest: Option<String>,
    pub(crate) key_serial: Option<String>,
    pub(crate) bytes_sha256: Option<String>,
    pub(crate) chain: String,
}

/// Reads an event as its row holds it.
pub(crate) fn recorded(row: &Row<'_>) -> rusqlite::Result<Recorded> {
    Ok(Recorded {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        document: row.get(3)?,
        message: row.get(4)?,
        kind: row.get(5)?,
        detail_json: row.get(6)?,
        pack_digest: row.get(7)?,
        key_serial: row.get(8)?,
        bytes_sha256: row.get(9)?,
        chain: row.get(10)?,
    })
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Event> {
    let found = recorded(row)?;
    Ok(Event {
        id: found.id,
        at: time(row, 1)?,
        actor: found.actor,
        document: found.document,
        message: found.message,
        kind: found.kind,
        detail_json: found.detail_json,
        pack_digest: found.pack_digest,
        key_serial: found.key_serial,
        bytes_sha256: found.bytes_sha256,
        chain: found.chain,
    })
}

/// Chain value of an event: changing, dropping or inserting a row breaks every later one.
pub(crate) fn link(before: &str, event: &Recorded) -> String {
    let mut hash = Sha256::new();
    // Lengths first, so that different rows never yield the same bytes.
    let mut field = |text: Option<&str>| {
        hash.update(text.map_or(u64::MAX, |t| t.len() as u64).to_be_bytes());
        hash.update(text.unwrap_or_default());
    };
    field(Some(before));
    field(Some(&event.at));
    field(Some(&event.actor));
    field(event.document.map(|id| id.to_string()).as_deref());
    field(event.message.map(|id| id.to_string()).as_deref());
    field(Some(&event.kind));
    field(Some(&event.detail_json));
    field(event.pack_digest.as_deref());
    field(event.key_serial.as_deref());
    field(event.bytes_sha256.as_deref());
    hex::encode(hash.finalize())
}
