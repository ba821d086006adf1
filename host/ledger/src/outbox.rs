//! The outbox: claiming, sending, failing, giving up and retrying.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::json;

use crate::clock::{canonical, later, time, time_if_any};
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::input::Claim;
use crate::state::refresh;
use crate::store::Ledger;
use crate::trail::{Entry, Trail};
use crate::view::{HELD, Lot, OutboxItem, OutboxState};

/// Pending and due; `?1` is now, `?2` the latest due time and `?3` the latest lease end that a correct clock makes.
const DUE: &str = "state = 'pending' AND (attempts = 0 OR due_at <= ?1 OR due_at > ?2) \
                   AND (lease_until IS NULL OR lease_until <= ?1 OR lease_until > ?3)";

/// Starts from the open documents, which are few, not from the messages, which are many.
const STUCK: &str = "SELECT count(DISTINCT o.id), min(o.id) FROM documents d JOIN outbox o ON o.id = d.outbox \
     WHERE d.is_final = 0 AND d.held = 0 AND coalesce(d.heard_at, '') < ?1 AND o.state = 'sent' AND o.sent_at < ?1";

/// Starts from the messages of a short period.
const STUCK_SINCE: &str = "SELECT count(*), min(o.id) FROM outbox o WHERE o.state = 'sent' AND o.sent_at < ?1 \
     AND o.sent_at >= ?2 AND EXISTS (SELECT 1 FROM documents d WHERE d.outbox = o.id AND d.is_final = 0 AND d.held = 0 \
     AND coalesce(d.heard_at, '') < ?1)";

fn counted(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, Option<i64>)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn lot(tx: &rusqlite::Transaction<'_>, (messages, first): (i64, Option<i64>)) -> Result<Lot, Fault> {
    Ok(Lot {
        messages: messages.unsigned_abs(),
        first: first.map(|id| load(tx, id, false)).transpose()?,
    })
}

impl Ledger {
    /// Takes due messages, oldest first, under a lease: no other process gets them until it ends.
    ///
    /// A worker that does not report back in time (a crash) loses the lease, and the message is handed out again. A due
    /// time beyond the longest wait, or a lease longer than any lease, was made by a wrong clock and counts as now; a
    /// message never tried is due at once.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn claim_outbox(&self, claim: &Claim<'_>, now: Timestamp) -> Result<Vec<OutboxItem>, LedgerError> {
        let Claim { worker, limit, .. } = *claim;
        let until = canonical(later(now, claim.lease_seconds));
        let horizon = canonical(later(now, claim.longest_wait));
        let now = canonical(now);
        let most_attempts = if claim.repeats { i64::MAX } else { 0 };
        // Polling an idle outbox takes no write lock.
        let work = self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT 1 FROM outbox WHERE {DUE} AND attempts <= ?4 LIMIT 1"))?
                .exists(params![now, horizon, until, most_attempts])?)
        })?;
        if !work || limit == 0 {
            return Ok(Vec::new());
        }
        self.write(|trail| {
            let due: Vec<(i64, Option<String>)> = trail
                .tx
                .prepare_cached(&format!(
                    "SELECT id, lease_owner FROM outbox WHERE {DUE} AND attempts <= ?5 ORDER BY id LIMIT ?4"
                ))?
                .query_map(
                    params![
                        now,
                        horizon,
                        until,
                        i64::try_from(limit).unwrap_or(i64::MAX),
                        most_attempts
                    ],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )?
                .collect::<Result<_, _>>()?;
            let mut items = Vec::with_capacity(due.len());
            for (id, lost) in due {
                trail
                    .tx
                    .prepare_cached(
                        "UPDATE outbox SET lease_owner = ?2, lease_until = ?3, attempts = attempts + 1, \
                         first_attempt_at = coalesce(first_attempt_at, ?4) WHERE id = ?1",
                    )?
                    .execute(params![id, worker, until, now])?;
                if let Some(lost) = lost {
                    let detail = json!({ "from": lost, "to": worker });
                    trail.record(&Entry {
                        at: &now,
                        message: Some(id),
                        kind: "lease-expired",
                        detail,
                        ..Entry::default()
                    })?;
                }
                items.push(load(trail.tx, id, true)?);
            }
            Ok(items)
        })
    }

    /// Returns `true` if a message that was tried before is due: recent arrivals should be read first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn repeats_due(&self, now: Timestamp, lease_seconds: i64, longest_wait: i64) -> Result<bool, LedgerError> {
        let until = canonical(later(now, lease_seconds));
        let horizon = canonical(later(now, longest_wait));
        let now = canonical(now);
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT 1 FROM outbox WHERE {DUE} AND attempts > 0 LIMIT 1"))?
                .exists([&now, &horizon, &until])?)
        })
    }

    /// Processes that hold leases on messages.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn lease_owners(&self) -> Result<Vec<String>, LedgerError> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached("SELECT DISTINCT lease_owner FROM outbox WHERE lease_owner IS NOT NULL")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Ends the leases of a process known to be dead, so that its messages are handed out again.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn end_leases(&self, owner: &str, at: Timestamp) -> Result<(), LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            let ids: Vec<i64> = trail
                .tx
                .prepare_cached("UPDATE outbox SET lease_until = NULL WHERE lease_owner = ?1 RETURNING id")?
                .query_map([owner], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for id in ids {
                trail.record(&Entry {
                    at: &at,
                    message: Some(id),
                    kind: "lease-ended",
                    detail: json!({ "of": owner, "why": "the process is gone" }),
                    ..Entry::default()
                })?;
                trail
                    .tx
                    .prepare_cached("UPDATE outbox SET lease_owner = NULL WHERE id = ?1")?
                    .execute([id])?;
            }
            Ok(())
        })
    }

    /// Gives back messages that were claimed but not tried, as if never claimed.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn unclaim(&self, ids: &[i64], worker: &str) -> Result<(), LedgerError> {
        self.write(|trail| {
            for id in ids {
                trail
                    .tx
                    .prepare_cached(
                        "UPDATE outbox SET lease_owner = NULL, lease_until = NULL, attempts = max(attempts - 1, 0), \
                         first_attempt_at = CASE WHEN attempts <= 1 AND handing_over_at IS NULL THEN NULL \
                         ELSE first_attempt_at END WHERE id = ?1 AND lease_owner = ?2 AND state = 'pending'",
                    )?
                    .execute(params![id, worker])?;
            }
            Ok(())
        })
    }

    /// Notes that the hand-over of these messages begins: from now on the transport knows its outcome.
    ///
    /// Returns those that may still be handed over: meanwhile a receipt may have proved that one arrived, or another
    /// process may have taken one over.
    ///
    /// # Errors
    /// When the ledger cannot be written; nothing may be handed over then.
    pub fn hand_over(&self, ids: &[i64], worker: &str, at: Timestamp) -> Result<Vec<i64>, LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            let mut ready = Vec::with_capacity(ids.len());
            for &id in ids {
                let begun = trail
                    .tx
                    .prepare_cached(
                        "UPDATE outbox SET handing_over_at = ?3 WHERE id = ?1 AND lease_owner = ?2 AND state = 'pending'",
                    )?
                    .execute(params![id, worker, at])?;
                if begun == 1 {
                    let post = Post::of(trail, id)?;
                    let detail = json!({ "copMsgId": post.cop_msg_id, "attempt": post.attempts });
                    post.note(trail, id, "handing-over", detail, &at)?;
                    ready.push(id);
                }
            }
            Ok(ready)
        })
    }

    /// Marks these messages as handed over.
    ///
    /// # Errors
    /// `Unknown` for a wrong id, or when the ledger cannot be written; the transport is then asked for the outcome.
    pub fn mark_sent(&self, ids: &[i64], at: Timestamp) -> Result<(), LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            for &id in ids {
                let post = Post::of(trail, id)?;
                trail
                    .tx
                    .prepare_cached(
                        "UPDATE outbox SET state = 'sent', sent_at = ?2, lease_owner = NULL, lease_until = NULL, \
                         handing_over_at = NULL, last_error = NULL WHERE id = ?1",
                    )?
                    .execute(params![id, at])?;
                let detail = json!({ "copMsgId": post.cop_msg_id, "attempt": post.attempts });
                post.note(trail, id, "sent", detail, &at)?;
                if post.state == OutboxState::Dead {
                    refresh_all(trail, id, "sent", &at)?;
                }
            }
            Ok(())
        })
    }

    /// Notes that sending failed: retry at `retry_at`, or never (`None`), which makes it a dead letter.
    ///
    /// A message that was sent in the meantime stays sent.
    ///
    /// # Errors
    /// `Unknown` for a wrong id, or when the ledger cannot be written.
    pub fn mark_failed(
        &self,
        id: i64,
        error: &str,
        retry_at: Option<Timestamp>,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let at = canonical(at);
        let retry_at = retry_at.map(canonical);
        self.write(|trail| {
            let post = Post::of(trail, id)?;
            if post.state == OutboxState::Sent {
                return Ok(());
            }
            trail
                .tx
                .prepare_cached(
                    "UPDATE outbox SET state = CASE WHEN ?3 IS NULL THEN 'dead' ELSE 'pending' END, \
                     due_at = coalesce(?3, due_at), last_error = ?2, lease_owner = NULL, lease_until = NULL WHERE id = ?1",
                )?
                .execute(params![id, error, retry_at])?;
            let detail = json!({ "copMsgId": post.cop_msg_id, "attempt": post.attempts, "error": error, "retryAt": retry_at });
            post.note(trail, id, if retry_at.is_some() { "failed" } else { "dead-letter" }, detail, &at)?;
            refresh_all(trail, id, "dead-letter", &at)
        })
    }

    /// Number of messages that are held since the ledger was restored from a backup.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn held(&self) -> Result<u64, LedgerError> {
        self.read(|tx| {
            let sql = "SELECT count(*) FROM outbox WHERE state = 'dead' AND last_error GLOB ?1 || '*'";
            let count: i64 = tx.prepare_cached(sql)?.query_row([HELD], |row| row.get(0))?;
            Ok(count.unsigned_abs())
        })
    }

    /// Messages that were given up, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn dead_letters(&self) -> Result<Vec<OutboxItem>, LedgerError> {
        self.read(|tx| {
            let ids: Vec<i64> = tx
                .prepare_cached("SELECT id FROM outbox WHERE state = 'dead' ORDER BY id")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            ids.into_iter().map(|id| load(tx, id, false)).collect()
        })
    }

    /// Messages that are still to be sent.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn unsent(&self) -> Result<Lot, LedgerError> {
        self.read(|tx| {
            let found = tx
                .prepare_cached("SELECT count(*), min(id) FROM outbox WHERE state = 'pending'")?
                .query_row([], counted)?;
            lot(tx, found)
        })
    }

    /// Messages sent before `before` with a document that is neither final nor held at customs and has had no receipt
    /// since `before`. With `after`, only those sent from then on, at a cost proportional to their number; without it
    /// every open document is examined.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn stuck(&self, after: Option<Timestamp>, before: Timestamp) -> Result<Lot, LedgerError> {
        let before = canonical(before);
        let after = after.map(canonical);
        self.read(|tx| {
            let found = match after {
                Some(after) => tx.prepare_cached(STUCK_SINCE)?.query_row([before, after], counted)?,
                None => tx.prepare_cached(STUCK)?.query_row([before], counted)?,
            };
            lot(tx, found)
        })
    }

    /// The stored envelope of a message.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn envelope(&self, cop_msg_id: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|tx| {
            let mut statement = tx.prepare_cached("SELECT envelope FROM outbox WHERE cop_msg_id = ?1")?;
            Ok(statement.query_row([cop_msg_id], |row| row.get(0)).optional()?)
        })
    }
}

/// Notes that a receipt proves the message arrived, whatever the transport said: it is not sent again.
pub(crate) fn arrived(trail: &Trail<'_>, id: i64, at: &str) -> Result<(), Fault> {
    let proved = trail
        .tx
        .prepare_cached(
            "UPDATE outbox SET state = 'sent', sent_at = coalesce(sent_at, ?2), lease_owner = NULL, lease_until = NULL, \
             handing_over_at = NULL, last_error = NULL WHERE id = ?1 AND state <> 'sent' AND first_attempt_at IS NOT NULL",
        )?
        .execute(params![id, at])?;
    if proved == 1 {
        let post = Post::of(trail, id)?;
        post.note(trail, id, "arrived", json!({ "copMsgId": post.cop_msg_id }), at)?;
        refresh_all(trail, id, "arrived", at)?;
    }
    Ok(())
}

/// Recomputes the state of every document in a message.
pub(crate) fn refresh_all(trail: &Trail<'_>, id: i64, cause: &str, at: &str) -> Result<(), Fault> {
    for document in documents(trail.tx, id)? {
        refresh(trail, document, cause, false, at)?;
    }
    Ok(())
}

/// Documents of a message.
pub(crate) fn documents(tx: &rusqlite::Transaction<'_>, id: i64) -> rusqlite::Result<Vec<i64>> {
    tx.prepare_cached("SELECT id FROM documents WHERE outbox = ?1 ORDER BY id")?
        .query_map([id], |row| row.get(0))?
        .collect()
}

/// The data that the trail notes about a message.
pub(crate) struct Post {
    pub(crate) cop_msg_id: String,
    state: OutboxState,
    attempts: i64,
    owner: Option<String>,
    envelope_sha256: String,
    key_serial: String,
    pack_digest: String,
}

impl Post {
    pub(crate) fn of(trail: &Trail<'_>, id: i64) -> Result<Post, Fault> {
        let found = trail
            .tx
            .prepare_cached(
                "SELECT cop_msg_id, state, attempts, lease_owner, envelope_sha256, key_serial, pack_digest \
                 FROM outbox WHERE id = ?1",
            )?
            .query_row([id], |row| {
                Ok(Post {
                    cop_msg_id: row.get(0)?,
                    state: state(&row.get::<_, String>(1)?)?,
                    attempts: row.get(2)?,
                    owner: row.get(3)?,
                    envelope_sha256: row.get(4)?,
                    key_serial: row.get(5)?,
                    pack_digest: row.get(6)?,
                })
            })
            .optional()?;
        found.ok_or_else(|| {
            LedgerError::Unknown {
                what: "message",
                id: id.to_string(),
            }
            .into()
        })
    }

    /// Adds one row for the message, with the hash of the exact bytes that are sent.
    pub(crate) fn note(
        &self,
        trail: &Trail<'_>,
        id: i64,
        kind: &str,
        detail: serde_json::Value,
        at: &str,
    ) -> rusqlite::Result<()> {
        trail.record(&Entry {
            at,
            actor: self.owner.as_deref(),
            message: Some(id),
            kind,
            detail,
            pack_digest: Some(&self.pack_digest),
            key_serial: Some(&self.key_serial),
            bytes_sha256: Some(&self.envelope_sha256),
            ..Entry::default()
        })?;
        Ok(())
    }
}

fn load(tx: &rusqlite::Transaction<'_>, id: i64, with_envelope: bool) -> Result<OutboxItem, Fault> {
    let mut item = tx
        .prepare_cached(
            "SELECT id, cop_msg_id, guid, message, CASE WHEN ?2 THEN envelope ELSE x'' END, body_sha256, key_serial, \
             profile, pack_digest, edition, state, attempts, last_error, accepted_at, due_at, sent_at, \
             enterprise, handing_over_at IS NOT NULL FROM outbox WHERE id = ?1",
        )?
        .query_row(params![id, with_envelope], item)?;
    item.keys = tx
        .prepare_cached("SELECT key FROM documents WHERE outbox = ?1 ORDER BY id")?
        .query_map([id], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(item)
}

fn item(row: &Row<'_>) -> rusqlite::Result<OutboxItem> {
    Ok(OutboxItem {
        id: row.get(0)?,
        cop_msg_id: row.get(1)?,
        guid: row.get(2)?,
        message: row.get(3)?,
        envelope: row.get(4)?,
        body_sha256: row.get(5)?,
        key_serial: row.get(6)?,
        profile: row.get(7)?,
        pack_digest: row.get(8)?,
        edition: row.get(9)?,
        state: state(&row.get::<_, String>(10)?)?,
        attempts: row.get(11)?,
        last_error: row.get(12)?,
        accepted_at: time(row, 13)?,
        due_at: time(row, 14)?,
        sent_at: time_if_any(row, 15)?,
        enterprise: row.get(16)?,
        handing_over: row.get(17)?,
        keys: Vec::new(),
    })
}

pub(crate) fn state(word: &str) -> rusqlite::Result<OutboxState> {
    match word {
        "pending" => Ok(OutboxState::Pending),
        "sent" => Ok(OutboxState::Sent),
        "dead" => Ok(OutboxState::Dead),
        other => {
            let what = format!("`{other}` is no outbox state");
            Err(rusqlite::Error::FromSqlConversionFailure(
                0,
                rusqlite::types::Type::Text,
                what.into(),
            ))
        }
    }
}
