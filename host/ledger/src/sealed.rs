//! Digests of rows: of the columns that never change once a row is recorded. The event about a row holds its digest, so
//! that a check finds what was changed later.

use rusqlite::{OptionalExtension, Transaction};

use crate::hash::sha256;

/// Name under which an event holds the digest.
pub(crate) const ROW: &str = "rowSha256";

/// Digest of a receipt, together with the file that brought it; `None` if it is gone.
pub(crate) fn receipt(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<String>> {
    const SQL: &str = "SELECT json_array(r.digest, r.kind, r.message, r.cop_msg_id, r.return_status, r.return_time, \
         r.return_info, r.values_json, hex(r.raw), r.rank, r.becomes, r.is_final, r.match_keys_json, r.guid_hints_json, \
         r.assigns_json, r.received_at, a.sha256, a.name, a.received_at) \
         FROM receipts r LEFT JOIN arrivals a ON a.id = r.arrival WHERE r.id = ?1";
    digest(tx, SQL, id)
}

/// Digest of what else was recorded with a document: when it was made, its state for customs, its input, its message and
/// the documents that it is about.
pub(crate) fn document(tx: &Transaction<'_>, id: i64) -> rusqlite::Result<Option<String>> {
    const SQL: &str = "SELECT json_array(made_at, app_status, input, outbox, (SELECT json_group_array(json_array(message, \
         name, value, effect) ORDER BY message, name, value) FROM concerns WHERE document = ?1)) \
         FROM documents WHERE id = ?1";
    digest(tx, SQL, id)
}

fn digest(tx: &Transaction<'_>, sql: &str, id: i64) -> rusqlite::Result<Option<String>> {
    let text: Option<String> = tx.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(text.map(sha256))
}
