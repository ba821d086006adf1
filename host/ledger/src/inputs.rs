//! Inputs of callers: each has a row before anything of it is recorded, and is taken once.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::json;

use crate::clock::{canonical, time};
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::input::Progress;
use crate::store::Ledger;
use crate::trail::{Entry, Trail};

/// An input that is about to be taken.
#[derive(Debug, Clone, Default)]
pub struct NewInput {
    /// Its location, such as the path of a file.
    pub place: String,
    /// Distinguishes the same file, still in place, from a new one with the same bytes; empty if nothing does.
    pub stamp: String,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// Length in bytes.
    pub size: u64,
    /// The mapper that reads it, as named by the caller.
    pub mapper: String,
    /// SHA-256 of the mapper's code, in hex.
    pub mapper_digest: String,
    /// The enterprise named by the caller; empty if none.
    pub enterprise: String,
    /// Edition that judges it.
    pub edition: String,
    /// SHA-256 of the rule pack that judges it, in hex.
    pub pack_digest: String,
    /// The time of declaration.
    pub declared_at: Timestamp,
    /// The shorter input from the same place: a file that grew after it was taken.
    pub shorter: Option<i64>,
    /// The process that takes it.
    pub owner: String,
    /// When its file was seen in place; `None` without a file. A process that finished this very file after that has
    /// taken it.
    pub seen_at: Option<Timestamp>,
}

/// State of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputState {
    /// Being recorded.
    Open,
    /// Completely recorded; its file may still be in place.
    Done,
    /// Nothing left to do: its file was moved away, or it could not be read at all.
    Closed,
}

/// The current state of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputView {
    /// Id in the ledger.
    pub id: i64,
    /// SHA-256 of the bytes, in hex.
    pub sha256: String,
    /// Length in bytes.
    pub size: u64,
    /// Distinguished its file from others with the same bytes.
    pub stamp: String,
    /// The mapper that reads it, as named by the caller.
    pub mapper: String,
    /// SHA-256 of the mapper's code, in hex.
    pub mapper_digest: String,
    /// The enterprise named by the caller; empty if none.
    pub enterprise: String,
    /// Edition that judges it.
    pub edition: String,
    /// SHA-256 of the rule pack that judges it, in hex.
    pub pack_digest: String,
    /// The time of declaration.
    pub declared_at: Timestamp,
    /// The first record that is not recorded yet.
    pub next_record: usize,
    /// The shorter input from the same place.
    pub shorter: Option<i64>,
    /// Its state.
    pub state: InputState,
    /// The process that takes it, while it is open.
    pub owner: Option<String>,
}

const COLUMNS: &str = "id, sha256, size, mapper, mapper_digest, enterprise, edition, pack_digest, declared_at, \
                       next_record, shorter, state, owner, stamp";

impl Ledger {
    /// Notes an input before any of it is recorded.
    ///
    /// # Errors
    /// `InputTaken` if the same bytes are being taken, or the same file was finished after it was seen; or when the
    /// ledger cannot be written.
    pub fn begin_input(&self, input: &NewInput, at: Timestamp) -> Result<InputView, LedgerError> {
        let at = canonical(at);
        let declared_at = canonical(input.declared_at);
        self.write(|trail| {
            if let Some(owner) = taken_by(trail, input)? {
                return Err(LedgerError::InputTaken { owner }.into());
            }
            trail
                .tx
                .prepare_cached(
                    "INSERT INTO inputs (place, stamp, sha256, size, mapper, mapper_digest, enterprise, edition, \
                     pack_digest, declared_at, shorter, state, owner, begun_at) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'open', ?12, ?13)",
                )?
                .execute(params![
                    input.place,
                    input.stamp,
                    input.sha256,
                    i64::try_from(input.size).unwrap_or(i64::MAX),
                    input.mapper,
                    input.mapper_digest,
                    input.enterprise,
                    input.edition,
                    input.pack_digest,
                    declared_at,
                    input.shorter,
                    input.owner,
                    at,
                ])?;
            let id = trail.tx.last_insert_rowid();
            let detail = json!({
                "input": id,
                "file": input.place,
                "bytes": input.size,
                "mapper": input.mapper,
                "mapperDigest": input.mapper_digest,
                "enterprise": input.enterprise,
                "edition": input.edition,
                "shorter": input.shorter,
                "stamp": input.stamp,
                "declaredAt": declared_at,
            });
            note(
                trail,
                "input",
                detail,
                Some(&input.pack_digest),
                Some(&input.sha256),
                &at,
            )?;
            by_id(trail, id)
        })
    }

    /// Completely recorded inputs with this place and these bytes whose file was not moved away, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn inputs_lying(&self, place: &str, sha256: &str) -> Result<Vec<InputView>, LedgerError> {
        self.read(|tx| {
            let sql = format!(
                "SELECT {COLUMNS} FROM inputs WHERE place = ?1 AND sha256 = ?2 AND state = 'done' ORDER BY id DESC"
            );
            Ok(tx
                .prepare_cached(&sql)?
                .query_map(params![place, sha256], read)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Inputs with these bytes that are not completely recorded, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn open_inputs(&self, sha256: &str) -> Result<Vec<InputView>, LedgerError> {
        self.read(|tx| {
            let sql = format!("SELECT {COLUMNS} FROM inputs WHERE sha256 = ?1 AND state = 'open' ORDER BY id DESC");
            Ok(tx
                .prepare_cached(&sql)?
                .query_map([sha256], read)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Inputs from this place that were shorter than `size`, longest first: a file may have grown after it was taken.
    /// If a later input was not shorter, the file was put there anew and did not grow from the earlier ones.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn shorter_inputs(&self, place: &str, size: u64) -> Result<Vec<InputView>, LedgerError> {
        /// More pauses than any writer makes. Arbitrary.
        const MOST: i64 = 20;
        self.read(|tx| {
            let sql = format!(
                "SELECT {COLUMNS} FROM inputs i WHERE place = ?1 AND size < ?2 AND size > 0 AND NOT EXISTS (SELECT 1 FROM \
                 inputs l WHERE l.place = ?1 AND l.id > i.id AND l.size >= ?2 AND l.state <> 'open') \
                 ORDER BY size DESC, id DESC LIMIT ?3"
            );
            let size = i64::try_from(size).unwrap_or(i64::MAX);
            Ok(tx
                .prepare_cached(&sql)?
                .query_map(params![place, size, MOST], read)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Places of the inputs recorded since this moment, with their stamps and the SHA-256 of their bytes.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn inputs_since(&self, since: Timestamp) -> Result<Vec<(String, String, String)>, LedgerError> {
        let since = canonical(since);
        self.read(|tx| {
            let sql =
                "SELECT place, stamp, sha256 FROM inputs WHERE ended_at >= ?1 AND stamp <> '' ORDER BY ended_at, id";
            Ok(tx
                .prepare_cached(sql)?
                .query_map([since], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// The input and those that it continues, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn input_line(&self, input: i64) -> Result<Vec<i64>, LedgerError> {
        self.read(|tx| {
            let sql = "WITH RECURSIVE line (id, shorter) AS (SELECT id, shorter FROM inputs WHERE id = ?1 UNION \
                       SELECT i.id, i.shorter FROM inputs i JOIN line l ON i.id = l.shorter) SELECT id FROM line";
            Ok(tx
                .prepare_cached(sql)?
                .query_map([input], |row| row.get(0))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Resumes an open input under another owner: under other rules if the original ones are gone, and from the
    /// beginning if the mapper changed.
    ///
    /// # Errors
    /// `Unknown` when it is not open or has another owner by now, or when the ledger cannot be written.
    pub fn resume_input(&self, known: &InputView, next: &NewInput, at: Timestamp) -> Result<InputView, LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            let same_mapper = known.mapper_digest == next.mapper_digest;
            let next_record = if same_mapper { known.next_record } else { 0 };
            let taken = trail
                .tx
                .prepare_cached(
                    "UPDATE inputs SET owner = ?3, mapper_digest = ?4, edition = ?5, pack_digest = ?6, next_record = ?7, \
                     place = ?8, stamp = ?9 WHERE id = ?1 AND state = 'open' AND owner IS ?2",
                )?
                .execute(params![
                    known.id,
                    known.owner,
                    next.owner,
                    next.mapper_digest,
                    next.edition,
                    next.pack_digest,
                    whole(next_record),
                    next.place,
                    next.stamp,
                ])?;
            if taken == 0 {
                return Err(LedgerError::Unknown {
                    what: "open input",
                    id: known.id.to_string(),
                }
                .into());
            }
            let detail = json!({
                "input": known.id,
                "file": next.place,
                "nextRecord": next_record,
                "stamp": next.stamp,
                "mapperDigest": next.mapper_digest,
                "edition": next.edition,
                "from": known.owner,
                "to": next.owner,
            });
            note(trail, "input-resumed", detail, Some(&next.pack_digest), Some(&known.sha256), &at)?;
            by_id(trail, known.id)
        })
    }

    /// Notes that the file of an input was moved away.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn input_moved(&self, input: i64, at: Timestamp) -> Result<(), LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            trail
                .tx
                .prepare_cached("UPDATE inputs SET state = 'closed', moved_at = ?2 WHERE id = ?1 AND state = 'done'")?
                .execute(params![input, at])?;
            Ok(())
        })
    }

    /// Closes an input that can't be read at all.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn close_input(&self, input: i64, reason: &str, at: Timestamp) -> Result<(), LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            trail
                .tx
                .prepare_cached("UPDATE inputs SET state = 'closed', ended_at = ?2, owner = NULL WHERE id = ?1")?
                .execute(params![input, at])?;
            note(
                trail,
                "input-refused",
                json!({ "input": input, "reason": reason }),
                None,
                None,
                &at,
            )?;
            Ok(())
        })
    }
}

/// Advances the progress of an input, within the transaction that records it.
pub(crate) fn advance(trail: &Trail<'_>, progress: &Progress, at: &str) -> Result<(), Fault> {
    trail
        .tx
        .prepare_cached("UPDATE inputs SET next_record = ?2 WHERE id = ?1")?
        .execute(params![progress.input, whole(progress.next_record)])?;
    if progress.done {
        end(trail, progress.input, at)?;
    }
    Ok(())
}

fn end(trail: &Trail<'_>, input: i64, at: &str) -> rusqlite::Result<()> {
    trail
        .tx
        .prepare_cached(
            "UPDATE inputs SET state = 'done', ended_at = ?2, owner = NULL WHERE id = ?1 AND state = 'open'",
        )?
        .execute(params![input, at])?;
    Ok(())
}

/// Returns the process that is taking this input or has just taken it.
fn taken_by(trail: &Trail<'_>, input: &NewInput) -> rusqlite::Result<Option<String>> {
    let owner: Option<Option<String>> = trail
        .tx
        .prepare_cached(
            "SELECT owner FROM inputs WHERE sha256 = ?1 AND mapper = ?2 AND enterprise = ?3 AND state = 'open' LIMIT 1",
        )?
        .query_row(params![input.sha256, input.mapper, input.enterprise], |row| row.get(0))
        .optional()?;
    if let Some(owner) = owner {
        return Ok(Some(owner.unwrap_or_default()));
    }
    let Some(seen_at) = input.seen_at.filter(|_| !input.stamp.is_empty()) else {
        return Ok(None);
    };
    let done = trail
        .tx
        .prepare_cached(
            "SELECT 1 FROM inputs WHERE place = ?1 AND sha256 = ?2 AND stamp = ?3 AND coalesce(moved_at, ended_at) >= ?4 LIMIT 1",
        )?
        .exists(params![input.place, input.sha256, input.stamp, canonical(seen_at)])?;
    Ok(done.then(|| "another process, which was done with it a moment ago".to_owned()))
}

fn note(
    trail: &Trail<'_>,
    kind: &str,
    detail: serde_json::Value,
    pack_digest: Option<&str>,
    bytes_sha256: Option<&str>,
    at: &str,
) -> rusqlite::Result<()> {
    trail.record(&Entry {
        at,
        kind,
        detail,
        pack_digest,
        bytes_sha256,
        ..Entry::default()
    })?;
    Ok(())
}

fn by_id(trail: &Trail<'_>, id: i64) -> Result<InputView, Fault> {
    let sql = format!("SELECT {COLUMNS} FROM inputs WHERE id = ?1");
    Ok(trail.tx.prepare_cached(&sql)?.query_row([id], read)?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<InputView> {
    let state: String = row.get(11)?;
    Ok(InputView {
        id: row.get(0)?,
        sha256: row.get(1)?,
        size: row.get::<_, i64>(2)?.unsigned_abs(),
        mapper: row.get(3)?,
        mapper_digest: row.get(4)?,
        enterprise: row.get(5)?,
        edition: row.get(6)?,
        pack_digest: row.get(7)?,
        declared_at: time(row, 8)?,
        next_record: usize::try_from(row.get::<_, i64>(9)?).unwrap_or_default(),
        shorter: row.get(10)?,
        state: match state.as_str() {
            "open" => InputState::Open,
            "done" => InputState::Done,
            _ => InputState::Closed,
        },
        owner: row.get(12)?,
        stamp: row.get(13)?,
    })
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
