//! Updates a document's row to match what is known about it.

use rusqlite::{Row, Transaction, params};
use serde_json::json;

use crate::concerns;
use crate::fault::Fault;
use crate::fold::{Fact, Known, State, Way, assigned, fold};
use crate::status::Status;
use crate::trail::{Entry, Trail};
use cebridge_rule_core::pack::Meaning;

/// Recomputes and stores the state of a document, and notes a change if there is one. The documents that it is about
/// follow.
///
/// `heard` means that a receipt is the cause: the document is not silent.
pub(crate) fn refresh(trail: &Trail<'_>, document: i64, cause: &str, heard: bool, at: &str) -> Result<State, Fault> {
    let state = compute(trail.tx, document)?;
    let (before, was_final): (String, bool) = trail
        .tx
        .prepare_cached("SELECT status, is_final FROM documents WHERE id = ?1")?
        .query_row([document], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let changed = before != state.status.as_str() || was_final != state.is_final;
    let newest = state.newest.as_ref();
    trail
        .tx
        .prepare_cached(
            "UPDATE documents SET status = ?2, is_final = ?3, reasons_json = ?4, return_status = ?5, return_time = ?6, \
             return_info = ?7, live = live AND ?8, heard_at = CASE WHEN ?9 THEN ?10 ELSE heard_at END, \
             updated_at = CASE WHEN ?9 OR ?11 THEN ?10 ELSE updated_at END, held = ?12 WHERE id = ?1",
        )?
        .execute(params![
            document,
            state.status.as_str(),
            state.is_final,
            serde_json::to_string(&state.reasons)?,
            newest.map(|f| &f.return_status),
            newest.map(|f| &f.return_time),
            newest.map(|f| &f.return_info),
            !state.status.frees_key(),
            heard,
            at,
            changed,
            state.held,
        ])?;
    store_numbers(trail.tx, document, &state)?;
    if changed {
        pass_on_key(trail.tx, document)?;
        trail.record(&Entry {
            at,
            document: Some(document),
            kind: "status",
            detail: json!({ "from": before, "to": state.status.as_str(), "final": state.is_final, "cause": cause }),
            ..Entry::default()
        })?;
        for other in concerns::concerned(trail.tx, document)? {
            refresh(trail, other, cause, false, at)?;
        }
    }
    Ok(state)
}

/// The state that follows from outbox, receipts and the documents about this one.
pub(crate) fn compute(tx: &Transaction<'_>, document: i64) -> Result<State, Fault> {
    let facts = facts(tx, document)?;
    let (app_type, dead, error, successor): (String, bool, Option<String>, Option<i64>) = tx
        .prepare_cached(
            "SELECT d.app_type, coalesce(o.state = 'dead', 0), o.last_error, d.successor \
             FROM documents d LEFT JOIN outbox o ON o.id = d.outbox WHERE d.id = ?1",
        )?
        .query_row([document], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let granted = concerns::granted(tx, document, &assigned(&facts))?;
    let known = Known {
        way: if dead {
            Way::Dead(error.unwrap_or_default())
        } else {
            Way::Open
        },
        app_type,
        successor: successor.map(|id| concerns::name(tx, id)).transpose()?,
        withdrawn_by: granted.withdrawals,
        notes: granted.notes,
    };
    Ok(fold(&known, &facts))
}

fn facts(tx: &Transaction<'_>, document: i64) -> Result<Vec<Fact>, Fault> {
    const COLUMNS: &str =
        "id, digest, kind, return_status, return_time, return_info, rank, becomes, is_final, assigns_json";
    let mut statement = tx.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM receipts WHERE document = ?1 UNION ALL SELECT {COLUMNS} FROM receipts \
         WHERE kind = 'format' AND outbox = (SELECT outbox FROM documents WHERE id = ?1)"
    ))?;
    let mut rows = statement.query([document])?;
    let mut facts = Vec::new();
    while let Some(row) = rows.next()? {
        facts.push(fact(row)?);
    }
    Ok(facts)
}

fn fact(row: &Row<'_>) -> Result<Fact, Fault> {
    let means: Option<String> = row.get(7)?;
    let is_final: bool = row.get(8)?;
    Ok(Fact {
        id: row.get(0)?,
        digest: row.get(1)?,
        format_error: row.get::<_, String>(2)? == "format",
        return_status: row.get(3)?,
        return_time: row.get(4)?,
        return_info: row.get(5)?,
        rank: row.get(6)?,
        means: means
            .map(|word| meaning(&word))
            .transpose()?
            .map(|word| (word, is_final)),
        assigns: serde_json::from_str(&row.get::<_, String>(9)?)?,
    })
}

/// Reads a stored status word.
pub(crate) fn status(word: &str) -> rusqlite::Result<Status> {
    Status::parse(word).ok_or_else(|| {
        let what = format!("`{word}` is no status");
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, what.into())
    })
}

/// Reads the stored meaning of a receipt.
pub(crate) fn meaning(word: &str) -> rusqlite::Result<Meaning> {
    Meaning::parse(word).ok_or_else(|| {
        let what = format!("`{word}` is no meaning of a receipt");
        rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, what.into())
    })
}

fn store_numbers(tx: &Transaction<'_>, document: i64, state: &State) -> rusqlite::Result<()> {
    tx.prepare_cached("DELETE FROM numbers WHERE document = ?1 AND assigned = 1")?
        .execute([document])?;
    let mut insert =
        tx.prepare_cached("INSERT INTO numbers (document, assigned, name, value) VALUES (?1, 1, ?2, ?3)")?;
    for (name, value) in &state.assigned {
        insert.execute(params![document, name, value])?;
    }
    Ok(())
}

/// Gives the key to the newest document that still counts; all others of its identity lose it.
fn pass_on_key(tx: &Transaction<'_>, document: i64) -> rusqlite::Result<()> {
    let holder: Option<i64> = tx
        .prepare_cached(
            "SELECT max(n.id) FROM documents n JOIN documents d ON n.message = d.message AND n.key = d.key \
             AND n.app_type = d.app_type WHERE d.id = ?1 AND n.status NOT IN ('draft', 'refused', 'returned', 'withdrawn', 'dead-letter') AND n.successor IS NULL",
        )?
        .query_row([document], |row| row.get(0))?;
    tx.prepare_cached(
        "UPDATE documents SET live = 0 WHERE live = 1 AND id IS NOT ?2 AND (message, key, app_type) = \
         (SELECT message, key, app_type FROM documents WHERE id = ?1)",
    )?
    .execute(params![document, holder])?;
    if let Some(holder) = holder {
        tx.prepare_cached("UPDATE documents SET live = 1 WHERE id = ?1")?
            .execute([holder])?;
    }
    Ok(())
}
