//! Requests from commands to the daemon, by way of the ledger: one row asks, another answers.
//!
//! If no daemon is running, the command does the work itself.

use crate::error::EngineError;
use crate::packs::{Listed, Packs};
use crate::process;
use cebridge_clock::Clock;
use cebridge_ledger::{Ledger, NewRequest};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::{Duration, Instant};

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "kebab-case")]
pub enum Ask {
    /// List the packs in force, now or at a time (RFC 3339).
    PackList {
        /// The time.
        at: Option<String>,
    },
    /// Take the pack of a file out of force.
    PackRemove {
        /// Its edition.
        edition: String,
    },
    /// Put an earlier pack back into force.
    PackRollback {
        /// Its edition.
        edition: String,
        /// Start of its digest.
        to: Option<String>,
    },
}

impl Ask {
    fn verb(&self) -> &'static str {
        match self {
            Self::PackList { .. } => "pack-list",
            Self::PackRemove { .. } => "pack-remove",
            Self::PackRollback { .. } => "pack-rollback",
        }
    }
}

/// The reply to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The packs.
    Packs(Vec<Listed>),
    /// The new state.
    Done(String),
    /// The reason it was not done.
    Refused(String),
}

/// An answer and its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub reply: Reply,
    /// The daemon that gave it; `None` if no daemon is running and the command did the work itself.
    pub daemon: Option<String>,
}

/// Longest wait for the daemon. It answers between two scans of its folders, but may be compiling a pack.
const PATIENCE: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(50);

/// Asks the daemon that works on this ledger, or does the work here if no daemon is running.
///
/// `packs` opens the packs of this process, only if they are needed.
///
/// # Errors
/// The ledger can't be read or written; the daemon does not answer.
pub fn ask(
    ledger: &Ledger,
    what: &Ask,
    by: &str,
    packs: impl FnOnce() -> Result<Packs, EngineError>,
) -> Result<Answered, EngineError> {
    let now = Timestamp::now();
    if process::living(ledger, now)?.is_empty() {
        return Ok(Answered {
            reply: answer(&packs()?, what, by),
            daemon: None,
        });
    }
    let request = NewRequest {
        verb: what.verb().to_owned(),
        args_json: serde_json::to_string(what).unwrap_or_default(),
        by: by.to_owned(),
    };
    let id = ledger.ask(&request, now)?;
    let start = Instant::now();
    loop {
        if let Some(found) = ledger.answer(id)? {
            let reply = serde_json::from_str(&found.text_json);
            return Ok(Answered {
                reply: reply.unwrap_or_else(|_| Reply::Refused(format!("the daemon answered {}", found.text_json))),
                daemon: Some(found.owner),
            });
        }
        let waited = start.elapsed() > PATIENCE;
        let ended = process::living(ledger, Timestamp::now())?.is_empty();
        if (waited || ended) && ledger.withdraw_request(id)? {
            let why = if ended {
                "ended before it answered; nothing was changed, try again".to_owned()
            } else {
                let seconds = PATIENCE.as_secs();
                format!("did not answer within {seconds} s; nothing was changed, look at its log")
            };
            return Err(EngineError::NoAnswer { why });
        }
        std::thread::sleep(AGAIN);
    }
}

/// Answers open requests. Returns one line for each change, for display.
///
/// # Errors
/// The ledger can't be read or written.
pub(crate) fn serve(ledger: &Ledger, packs: &Packs, clock: &dyn Clock) -> Result<Vec<String>, EngineError> {
    let mut lines = Vec::new();
    let own = process::name();
    for request in ledger.open_requests()? {
        let from = request.owner.as_deref();
        if from.is_some_and(|owner| owner == own || !process::is_gone(owner)) {
            continue;
        }
        if !ledger.claim_request(request.id, &own, from)? {
            continue;
        }
        let reply = match serde_json::from_str::<Ask>(&request.args_json) {
            Ok(what) => answer(packs, &what, &request.by),
            Err(error) => Reply::Refused(format!("this daemon does not know that request: {error}")),
        };
        let good = !matches!(reply, Reply::Refused(_));
        let text = serde_json::to_string(&reply).unwrap_or_else(|_| "null".to_owned());
        ledger.answer_request(request.id, &own, good, &text, clock.now())?;
        match reply {
            Reply::Packs(_) => {}
            Reply::Done(text) => lines.push(format!("{}: {text}", request.by)),
            Reply::Refused(text) => lines.push(format!("{}: {} refused: {text}", request.by, request.verb)),
        }
    }
    Ok(lines)
}

fn answer(packs: &Packs, what: &Ask, by: &str) -> Reply {
    let done = match what {
        Ask::PackList { at } => {
            let at = at.as_ref().map(|at| at.parse()).transpose();
            return match at
                .map_err(|error: jiff::Error| error.to_string())
                .map(|at| packs.list(at))
            {
                Ok(Ok(list)) => Reply::Packs(list),
                Ok(Err(error)) => Reply::Refused(error.to_string()),
                Err(reason) => Reply::Refused(reason),
            };
        }
        Ask::PackRemove { edition } => packs.remove(edition, by),
        Ask::PackRollback { edition, to } => packs.rollback(edition, to.as_deref(), by),
    };
    match done {
        Ok(text) => Reply::Done(text),
        Err(error) => Reply::Refused(error.to_string()),
    }
}
