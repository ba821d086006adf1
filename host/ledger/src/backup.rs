//! Copies of the ledger, and putting one of them back.
//!
//! A copy carries a mark, so a ledger with the mark was put back. Messages unsent in the copy may have been sent since,
//! and perhaps changed or withdrawn. They are held until a person decides.

use std::path::Path;

use cebridge_clock::{spoken, utc};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde_json::json;

use crate::clock::{canonical, time};
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::head::Head;
use crate::outbox::{Post, refresh_all};
use crate::store::Ledger;
use crate::trail::Entry;
use crate::view::HELD;

/// Name of the copy's row among the hosts; no process has this name.
pub(crate) const MARK: &str = "put back from a copy";

/// A ledger that was put back from a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PutBack {
    /// When the copy was made.
    #[serde(serialize_with = "utc::serialize")]
    pub made_at: Timestamp,
    /// The last event in the copy.
    pub head: Option<Head>,
    /// `CopMsgId` of the messages unsent when the copy was made, which are now held.
    pub held: Vec<String>,
}

impl Ledger {
    /// Copies the ledger into an empty file, while others may write. The copy is a single file, as compact as possible,
    /// and carries the mark.
    ///
    /// # Errors
    /// When the ledger cannot be read, or the file cannot be written.
    pub fn copy_to(&self, target: &Path, at: Timestamp) -> Result<(), LedgerError> {
        let at = canonical(at);
        let name = target
            .to_str()
            .ok_or_else(|| LedgerError::Invalid(format!("the name {} is not UTF-8", target.display())))?;
        self.vacuum_into(name)?;
        let mark = || -> Result<(), Fault> {
            let copy = Connection::open(target)?;
            copy.pragma_update(None, "synchronous", "FULL")?;
            // Ledgers of earlier versions have no table for it.
            let has_place = copy
                .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'hosts'")?
                .exists([])?;
            if has_place {
                copy.execute(
                    "INSERT OR REPLACE INTO hosts (owner, started_at, seen_at, state_json) VALUES (?1, ?2, ?2, \
                     coalesce((SELECT json_object('event', id, 'chain', chain, 'at', at) FROM events ORDER BY id DESC \
                     LIMIT 1), 'null'))",
                    params![MARK, at],
                )?;
            }
            Ok(())
        };
        mark().map_err(|fault| fault.at(target))
    }

    /// Returns the time at which this copy was made if nothing has been done with it since; the next process that may
    /// write holds its unsent messages.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn untouched_copy_of(&self) -> Result<Option<Timestamp>, LedgerError> {
        self.read(|tx| {
            let made_at = "SELECT started_at FROM hosts WHERE owner = ?1";
            Ok(tx.query_row(made_at, [MARK], |row| time(row, 0)).optional()?)
        })
    }

    /// If this ledger was put back from a copy: removes the mark, holds the messages that were unsent when the copy was
    /// made, and notes it in the trail. Otherwise changes nothing and returns `None`.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub fn take_up_copy(&self, at: Timestamp) -> Result<Option<PutBack>, LedgerError> {
        const FIND: &str = "SELECT started_at, state_json FROM hosts WHERE owner = ?1";
        let at = canonical(at);
        if !self.read(|tx| Ok(tx.prepare_cached(FIND)?.exists([MARK])?))? {
            return Ok(None);
        }
        self.write(|trail| {
            let mark: Option<(Timestamp, String)> = trail
                .tx
                .prepare_cached(FIND)?
                .query_row([MARK], |row| Ok((time(row, 0)?, row.get(1)?)))
                .optional()?;
            let Some((made_at, head)) = mark else {
                // Another process was faster.
                return Ok(None);
            };
            let copy_of = canonical(made_at);
            trail.tx.execute("DELETE FROM hosts WHERE owner = ?1", [MARK])?;
            let why = format!(
                "{HELD}the ledger was restored from a backup of {}, and this may have been sent since. Look for it on \
                 the platform or wait for its receipts; `cebridge retry COPMSGID` sends it",
                spoken(made_at)
            );
            let unsent: Vec<i64> = trail
                .tx
                .prepare_cached("SELECT id FROM outbox WHERE state = 'pending' ORDER BY id")?
                .query_map([], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            let mut held = Vec::with_capacity(unsent.len());
            for id in unsent {
                // As if it had been tried: a receipt then proves that it arrived.
                trail
                    .tx
                    .prepare_cached(
                        "UPDATE outbox SET state = 'dead', last_error = ?2, lease_owner = NULL, lease_until = NULL, \
                         first_attempt_at = coalesce(first_attempt_at, ?3) WHERE id = ?1",
                    )?
                    .execute(params![id, why, at])?;
                let post = Post::of(trail, id)?;
                post.note(
                    trail,
                    id,
                    "held",
                    json!({ "copMsgId": post.cop_msg_id, "copyOf": copy_of }),
                    &at,
                )?;
                refresh_all(trail, id, "held", &at)?;
                held.push(post.cop_msg_id);
            }
            let head: Option<Head> = serde_json::from_str(&head)?;
            trail.record(&Entry {
                at: &at,
                kind: "put-back",
                detail: json!({ "copyOf": copy_of, "head": head, "held": held.len() }),
                ..Entry::default()
            })?;
            Ok(Some(PutBack { made_at, head, held }))
        })
    }
}
