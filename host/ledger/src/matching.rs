//! Finding the document a receipt answers.

use cebridge_clock::time17;
use jiff::Timestamp;
use rusqlite::{Transaction, params};

use crate::clock::{comparable, later, time_if_any};
use crate::fault::Fault;

/// Allowed lag of customs' clock behind ours; beyond it, a receipt is taken for an answer to an earlier document of the
/// same key. Arbitrary.
const CLOCK_SLACK_SECONDS: i64 = 60;

/// The parts of a receipt used to find its document.
pub(crate) struct Trace<'a> {
    pub(crate) match_keys: &'a [String],
    pub(crate) guid_hints: &'a [String],
    pub(crate) return_time: &'a str,
}

/// The document found.
pub(crate) struct Match {
    pub(crate) document: i64,
    pub(crate) outbox: i64,
    pub(crate) matched_by: String,
    /// The receipt cannot be about an earlier message, so this one arrived.
    pub(crate) certain: bool,
}

struct Candidate {
    document: i64,
    outbox: i64,
    guid: String,
    first_attempt_at: Option<Timestamp>,
}

/// Tries the match strings in order; the first one that is known decides.
///
/// Nothing here depends on a document's status; otherwise the order of arrival would matter.
pub(crate) fn find(tx: &Transaction<'_>, trace: &Trace<'_>) -> Result<Option<Match>, Fault> {
    for key in trace.match_keys {
        let candidates = candidates(tx, key)?;
        if let Some((chosen, certain)) = choose(&candidates, trace) {
            let (document, outbox) = (chosen.document, chosen.outbox);
            return Ok(Some(Match {
                document,
                outbox,
                matched_by: key.clone(),
                certain,
            }));
        }
    }
    Ok(None)
}

/// Documents with this match string, and others of the same business key: a number learned by one of them belongs to
/// all.
fn candidates(tx: &Transaction<'_>, key: &str) -> rusqlite::Result<Vec<Candidate>> {
    tx.prepare_cached(
        "SELECT DISTINCT s.id, s.outbox, s.guid, o.first_attempt_at FROM match_keys k \
         JOIN documents d ON d.id = k.document \
         JOIN documents s ON s.message = d.message AND s.key = d.key \
         JOIN outbox o ON o.id = s.outbox WHERE k.key = ?1 ORDER BY s.id DESC",
    )?
    .query_map([key], |row| {
        Ok(Candidate {
            document: row.get(0)?,
            outbox: row.get(1)?,
            guid: row.get(2)?,
            first_attempt_at: time_if_any(row, 3)?,
        })
    })?
    .collect()
}

/// Prefers the one whose guid is mentioned; else the newest one under way when customs answered.
fn choose<'a>(candidates: &'a [Candidate], trace: &Trace<'_>) -> Option<(&'a Candidate, bool)> {
    let hinted = candidates
        .iter()
        .find(|c| trace.guid_hints.iter().any(|hint| hint.eq_ignore_ascii_case(&c.guid)));
    if let Some(hinted) = hinted {
        return Some((hinted, true));
    }
    let answered = comparable(trace.return_time);
    for candidate in candidates {
        if let Some(begun) = candidate.first_attempt_at
            && time17(later(begun, -CLOCK_SLACK_SECONDS)) <= answered
        {
            return Some((candidate, true));
        }
    }
    // The clocks disagree, or there is no time: the newest that can have been answered at all.
    let begun = candidates.iter().find(|c| c.first_attempt_at.is_some());
    begun.or(candidates.first()).map(|c| (c, false))
}

/// Adds these match strings to the document. Returns those that are new.
pub(crate) fn learn<'a>(tx: &Transaction<'_>, document: i64, keys: &'a [String]) -> rusqlite::Result<Vec<&'a str>> {
    let mut insert = tx.prepare_cached("INSERT OR IGNORE INTO match_keys (key, document) VALUES (?1, ?2)")?;
    let mut learned = Vec::new();
    for key in keys {
        if insert.execute(params![key, document])? == 1 {
            learned.push(key.as_str());
        }
    }
    Ok(learned)
}
