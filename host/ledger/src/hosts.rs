//! Hosts that run on the ledger, and requests that commands send them.

use cebridge_clock::utc;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde_json::{Value, json};

use crate::backup;
use crate::clock::{canonical, time};
use crate::error::LedgerError;
use crate::store::Ledger;
use crate::trail::Entry;

/// A host's last report about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HostView {
    /// Name of the process, as in leases.
    pub owner: String,
    /// When it first reported.
    #[serde(serialize_with = "utc::serialize")]
    pub started_at: Timestamp,
    /// When it last reported.
    #[serde(serialize_with = "utc::serialize")]
    pub seen_at: Timestamp,
    /// Its report, as JSON.
    #[serde(skip)]
    pub state_json: String,
}

/// A command's request to a running host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// The action, one word.
    pub verb: String,
    /// Particulars as JSON. They go into the audit trail, so they hold no secrets.
    pub args_json: String,
    /// The requester.
    pub by: String,
}

/// A request that has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Id in the ledger, growing with time.
    pub id: i64,
    /// The action, one word.
    pub verb: String,
    /// Particulars as JSON.
    pub args_json: String,
    /// The requester.
    pub by: String,
    /// When it was made.
    pub at: Timestamp,
    /// The host that is processing it.
    pub owner: Option<String>,
}

/// A host's answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// `true` if the request was carried out.
    pub good: bool,
    /// The result, or why it was not done, as JSON.
    pub text_json: String,
    /// The host that answered.
    pub owner: String,
    /// When it answered.
    pub at: Timestamp,
}

impl Ledger {
    /// Records that a host is running, and its state. Called every few seconds, so it leaves no event.
    ///
    /// # Errors
    /// `Invalid` if `state_json` is not JSON, or when the ledger cannot be written.
    pub fn announce(&self, owner: &str, state_json: &str, at: Timestamp) -> Result<(), LedgerError> {
        let at = canonical(at);
        json(state_json, "the state of a host")?;
        self.write(|trail| {
            trail
                .tx
                .prepare_cached(
                    "INSERT INTO hosts (owner, started_at, seen_at, state_json) VALUES (?1, ?2, ?2, ?3) \
                     ON CONFLICT (owner) DO UPDATE SET seen_at = ?2, state_json = ?3",
                )?
                .execute(params![owner, at, state_json])?;
            Ok(())
        })
    }

    /// Removes a host that ended or is known to be dead.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn depart(&self, owner: &str) -> Result<(), LedgerError> {
        self.write(|trail| {
            trail
                .tx
                .prepare_cached("DELETE FROM hosts WHERE owner = ?1")?
                .execute([owner])?;
            Ok(())
        })
    }

    /// Hosts that announced themselves and did not depart, by start time. A killed one is still among them; its
    /// `seen_at` shows that.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn hosts(&self) -> Result<Vec<HostView>, LedgerError> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(
                    "SELECT owner, started_at, seen_at, state_json FROM hosts WHERE owner <> ?1 ORDER BY started_at, owner",
                )?
                .query_map([backup::MARK], |row| {
                    Ok(HostView {
                        owner: row.get(0)?,
                        started_at: time(row, 1)?,
                        seen_at: time(row, 2)?,
                        state_json: row.get(3)?,
                    })
                })?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Records a request for whichever host takes it, and returns its id.
    ///
    /// # Errors
    /// `Invalid` if the particulars are not JSON, or when the ledger cannot be written.
    pub fn ask(&self, request: &NewRequest, at: Timestamp) -> Result<i64, LedgerError> {
        let at = canonical(at);
        let args = json(&request.args_json, "what is asked of a host")?;
        self.write(|trail| {
            trail
                .tx
                .prepare_cached(
                    "INSERT INTO requests (verb, args_json, asked_by, asked_at, state) VALUES (?1, ?2, ?3, ?4, 'open')",
                )?
                .execute(params![request.verb, request.args_json, request.by, at])?;
            let id = trail.tx.last_insert_rowid();
            trail.record(&Entry {
                at: &at,
                kind: "request",
                detail: json!({ "request": id, "verb": request.verb, "args": args, "by": request.by }),
                ..Entry::default()
            })?;
            Ok(id)
        })
    }

    /// Requests that are neither answered nor withdrawn, oldest first, whether or not a host has them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn open_requests(&self) -> Result<Vec<Request>, LedgerError> {
        self.read(|tx| {
            let sql =
                "SELECT id, verb, args_json, asked_by, asked_at, owner FROM requests WHERE state = 'open' ORDER BY id";
            Ok(tx.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Gives a request to a host: a new one if `from` is `None`, or one of a host known to be dead. Returns `false`,
    /// without changing anything, if another host already has it or it was closed.
    ///
    /// Like the lease of a message, this leaves no event; the answer does.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn claim_request(&self, id: i64, owner: &str, from: Option<&str>) -> Result<bool, LedgerError> {
        self.write(|trail| {
            let taken = trail
                .tx
                .prepare_cached("UPDATE requests SET owner = ?2 WHERE id = ?1 AND owner IS ?3 AND state = 'open'")?
                .execute(params![id, owner, from])?;
            Ok(taken > 0)
        })
    }

    /// Answers a request as the host that is processing it.
    ///
    /// # Errors
    /// `Unknown` if this host does not have it (any more) or it is answered, `Invalid` if `text_json` is not JSON,
    /// When the ledger cannot be written.
    pub fn answer_request(
        &self,
        id: i64,
        owner: &str,
        good: bool,
        text_json: &str,
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let at = canonical(at);
        json(text_json, "the answer to a request")?;
        self.write(|trail| {
            let verb: Option<String> = trail
                .tx
                .prepare_cached(
                    "UPDATE requests SET state = 'answered', good = ?3, text_json = ?4, answered_at = ?5 \
                     WHERE id = ?1 AND owner = ?2 AND state = 'open' RETURNING verb",
                )?
                .query_row(params![id, owner, good, text_json, at], |row| row.get(0))
                .optional()?;
            let Some(verb) = verb else {
                return Err(LedgerError::Unknown {
                    what: "open request of this host with the id",
                    id: id.to_string(),
                }
                .into());
            };
            trail.record(&Entry {
                at: &at,
                kind: "request-answered",
                detail: json!({ "request": id, "verb": verb, "good": good, "owner": owner }),
                ..Entry::default()
            })?;
            Ok(())
        })
    }

    /// The answer to a request; `None` until there is one.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn answer(&self, id: i64) -> Result<Option<Answer>, LedgerError> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(
                    "SELECT good, text_json, owner, answered_at FROM requests WHERE id = ?1 AND state = 'answered'",
                )?
                .query_row([id], |row| {
                    Ok(Answer {
                        good: row.get(0)?,
                        text_json: row.get(1)?,
                        owner: row.get(2)?,
                        at: time(row, 3)?,
                    })
                })
                .optional()?)
        })
    }

    /// Withdraws a request that no host took and the command no longer waits for, so that it is not carried out later.
    /// Returns `false` and changes nothing if a host has taken or answered it.
    ///
    /// The row stays, marked; this leaves no event, as nothing was done.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn withdraw_request(&self, id: i64) -> Result<bool, LedgerError> {
        self.write(|trail| {
            let withdrawn = trail
                .tx
                .prepare_cached(
                    "UPDATE requests SET state = 'withdrawn' WHERE id = ?1 AND owner IS NULL AND state = 'open'",
                )?
                .execute([id])?;
            Ok(withdrawn > 0)
        })
    }
}

fn json(text: &str, what: &str) -> Result<Value, LedgerError> {
    serde_json::from_str(text).map_err(|error| LedgerError::Invalid(format!("{what} is no JSON ({error})")))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Request> {
    Ok(Request {
        id: row.get(0)?,
        verb: row.get(1)?,
        args_json: row.get(2)?,
        by: row.get(3)?,
        at: time(row, 4)?,
        owner: row.get(5)?,
    })
}
