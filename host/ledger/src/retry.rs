//! Retries at an operator's request.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde_json::json;

use crate::clock::canonical;
use crate::concerns;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::input::RetrySelector;
use crate::outbox::{Post, documents, refresh_all};
use crate::query;
use crate::state::compute;
use crate::store::Ledger;
use crate::trail::Trail;
use crate::view::HELD;

impl Ledger {
    /// Makes messages due now and returns how many. Documents are found as by `find`.
    ///
    /// Only messages with a document that still waits or is a dead letter are sent again, always with the same bytes. A
    /// message already sent goes out again only if named, and never if customs says that it has it.
    ///
    /// # Errors
    /// `Unknown` if the named message or document does not exist; `Replaced` if sending a named message again would
    /// declare something twice; `AtCustoms` if customs has reported that it has one of its documents; or when the
    /// ledger cannot be written.
    pub fn retry(&self, selector: &RetrySelector, at: Timestamp) -> Result<usize, LedgerError> {
        let at = canonical(at);
        self.write(|trail| {
            let mut count = 0;
            for id in select(trail, selector)? {
                let post = Post::of(trail, id)?;
                if let Some(document) = replaced(trail, id)? {
                    if *selector == RetrySelector::All {
                        continue;
                    }
                    return Err(LedgerError::Replaced {
                        cop_msg_id: post.cop_msg_id,
                        document,
                    }
                    .into());
                }
                if let Some((document, code)) = claimed(trail, id)? {
                    if *selector == RetrySelector::All {
                        continue;
                    }
                    return Err(LedgerError::AtCustoms {
                        cop_msg_id: post.cop_msg_id,
                        document,
                        code,
                    }
                    .into());
                }
                // A message being sent right now needs no retry.
                let made_due = trail
                    .tx
                    .prepare_cached(
                        "UPDATE outbox SET state = 'pending', due_at = ?2, attempts = 0, lease_owner = NULL, \
                         lease_until = NULL WHERE id = ?1 AND (lease_until IS NULL OR lease_until <= ?2)",
                    )?
                    .execute(params![id, at])?;
                if made_due == 1 {
                    post.note(trail, id, "retry", json!({ "copMsgId": post.cop_msg_id }), &at)?;
                    refresh_all(trail, id, "retry", &at)?;
                    count += 1;
                }
            }
            Ok(count)
        })
    }
}

/// Messages that a selector matches.
fn select(trail: &Trail<'_>, selector: &RetrySelector) -> Result<Vec<i64>, Fault> {
    const WAITS: &str =
        "EXISTS (SELECT 1 FROM documents d WHERE d.outbox = o.id AND (d.is_final = 0 OR d.status = 'dead-letter'))";
    let ids = |sql: String, parameter: &str| -> rusqlite::Result<Vec<i64>> {
        trail
            .tx
            .prepare(&sql)?
            .query_map([parameter], |row| row.get(0))?
            .collect()
    };
    match selector {
        RetrySelector::All => Ok(ids(
            // What is held after a restore may have been sent: each is named by a person who looked for it.
            format!(
                "SELECT id FROM outbox o WHERE state <> 'sent' AND coalesce(last_error, '') NOT GLOB ?1 || '*' \
                 AND {WAITS} ORDER BY id"
            ),
            HELD,
        )?),
        RetrySelector::Message(cop_msg_id) => {
            if !trail
                .tx
                .prepare("SELECT 1 FROM outbox WHERE cop_msg_id = ?1")?
                .exists([cop_msg_id])?
            {
                return Err(LedgerError::Unknown {
                    what: "message",
                    id: cop_msg_id.clone(),
                }
                .into());
            }
            Ok(ids(
                format!("SELECT id FROM outbox o WHERE cop_msg_id = ?1 AND {WAITS}"),
                cop_msg_id,
            )?)
        }
        RetrySelector::Document(key) => {
            if query::search(trail.tx, key)?.is_empty() {
                return Err(LedgerError::Unknown {
                    what: "document",
                    id: key.clone(),
                }
                .into());
            }
            let mut found = Vec::new();
            for document in query::search(trail.tx, key)? {
                let own = "SELECT o.id FROM outbox o JOIN documents s ON s.outbox = o.id WHERE s.id = CAST(?1 AS INTEGER) \
                           AND (s.is_final = 0 OR s.status = 'dead-letter')";
                found.extend(ids(own.to_owned(), &document.to_string())?);
            }
            found.sort_unstable();
            found.dedup();
            Ok(found)
        }
    }
}

/// A document of the message that customs reports having, and the code of that report.
fn claimed(trail: &Trail<'_>, id: i64) -> Result<Option<(String, String)>, Fault> {
    for document in documents(trail.tx, id)? {
        let state = compute(trail.tx, document)?;
        if state.claimed {
            let code = state.reasons.into_iter().next().map(|reason| reason.code);
            return Ok(Some((concerns::name(trail.tx, document)?, code.unwrap_or_default())));
        }
    }
    Ok(None)
}

/// A document of the message whose key is held by a newer one.
fn replaced(trail: &Trail<'_>, id: i64) -> rusqlite::Result<Option<i64>> {
    trail
        .tx
        .prepare_cached(
            "SELECT d.id FROM documents d JOIN documents n ON n.message = d.message AND n.key = d.key \
             AND n.app_type = d.app_type AND n.id > d.id AND n.live = 1 WHERE d.outbox = ?1 LIMIT 1",
        )?
        .query_row([id], |row| row.get(0))
        .optional()
}
