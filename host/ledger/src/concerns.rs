//! Documents about other documents: withdrawals that end them, returns of goods that leave a note.
//!
//! The number that a document names may have been assigned to any document of a business key, and it belongs to all of
//! them. Only documents older than the one about them count: a key may be used again after a withdrawal.

use std::collections::BTreeMap;

use rusqlite::{Transaction, params};

use crate::fault::Fault;
use crate::input::Concern;
use crate::trail::Trail;

/// Granted withdrawals of a document and notes about it, as texts for people.
#[derive(Default)]
pub(crate) struct Granted {
    pub(crate) withdrawals: Vec<String>,
    pub(crate) notes: Vec<String>,
}

/// Stores references to the documents that a new one is about.
pub(crate) fn insert(trail: &Trail<'_>, document: i64, concerns: &[Concern]) -> rusqlite::Result<()> {
    let mut insert = trail.tx.prepare_cached(
        "INSERT OR IGNORE INTO concerns (document, message, name, value, effect) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for concern in concerns {
        insert.execute(params![
            document,
            concern.message,
            concern.name,
            concern.value,
            concern.effect.as_str()
        ])?;
    }
    Ok(())
}

/// Granted documents about this one; `assigned` holds its numbers from customs, which may not be stored yet.
pub(crate) fn granted(
    tx: &Transaction<'_>,
    document: i64,
    assigned: &BTreeMap<String, String>,
) -> Result<Granted, Fault> {
    const ABOUT: &str = "JOIN documents w ON w.id = c.document \
         WHERE d.id = ?1 AND w.id > d.id AND w.is_final = 1 AND w.status IN ('stored', 'released')";
    let mut found: Vec<(i64, String)> = tx
        .prepare_cached(&format!(
            "SELECT DISTINCT c.document, c.effect FROM documents d \
             JOIN documents s ON s.message = d.message AND s.key = d.key \
             JOIN numbers n ON n.document = s.id AND (s.id <> d.id OR n.assigned = 0) \
             JOIN concerns c ON c.value = n.value AND c.message = d.message AND c.name = n.name {ABOUT}"
        ))?
        .query_map([document], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut by_number = tx.prepare_cached(&format!(
        "SELECT DISTINCT c.document, c.effect FROM documents d JOIN concerns c ON c.message = d.message \
         AND c.name = ?2 AND c.value = ?3 {ABOUT}"
    ))?;
    for (name, value) in assigned {
        let more = by_number.query_map(params![document, name, value], |row| Ok((row.get(0)?, row.get(1)?)))?;
        found.extend(more.collect::<Result<Vec<_>, _>>()?);
    }
    found.sort();
    found.dedup();
    let mut granted = Granted::default();
    for (id, effect) in found {
        let name = name(tx, id)?;
        match effect.as_str() {
            "withdraws" => granted.withdrawals.push(name),
            _ => granted.notes.push(format!("{name} about it was granted")),
        }
    }
    Ok(granted)
}

/// The sent documents that this one is about.
pub(crate) fn concerned(tx: &Transaction<'_>, document: i64) -> rusqlite::Result<Vec<i64>> {
    tx.prepare_cached(
        "SELECT DISTINCT s.id FROM concerns c JOIN numbers n ON n.value = c.value AND n.name = c.name \
         JOIN documents k ON k.id = n.document AND k.message = c.message \
         JOIN documents s ON s.message = k.message AND s.key = k.key \
         WHERE c.document = ?1 AND s.id < ?1 AND s.outbox IS NOT NULL ORDER BY s.id",
    )?
    .query_map([document], |row| row.get(0))?
    .collect()
}

/// Other sent documents of the same business key: a number assigned to one of them concerns them all.
pub(crate) fn siblings(tx: &Transaction<'_>, document: i64) -> rusqlite::Result<Vec<i64>> {
    tx.prepare_cached(
        "SELECT s.id FROM documents d JOIN documents s ON s.message = d.message AND s.key = d.key AND s.id <> d.id \
         WHERE d.id = ?1 AND s.outbox IS NOT NULL ORDER BY s.id",
    )?
    .query_map([document], |row| row.get(0))?
    .collect()
}

/// Names a document for people: message, number and guid.
pub(crate) fn name(tx: &Transaction<'_>, document: i64) -> rusqlite::Result<String> {
    tx.prepare_cached("SELECT message, key, guid FROM documents WHERE id = ?1")?
        .query_row([document], |row| {
            let (message, key, guid): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let number = key.rsplit('|').next().unwrap_or(&key);
            Ok(format!("{message} {number} (guid {guid})"))
        })
}
