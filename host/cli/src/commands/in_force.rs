//! `pack list`, `remove` and `rollback`: the packs in force, as the daemon has them if one is running.

use crate::Outcome;
use crate::context::{Context, Failure, moment};
use crate::output::{json_line, line, table};
use crate::person::person;
use cebridge_clock as clock;
use cebridge_engine::EngineError;
use cebridge_engine::packs::Packs;
use cebridge_engine::requests::{Answered, Ask, Reply, ask};
use cebridge_engine::{existing_ledger, open_ledger};
use cebridge_ledger::{Force, Ledger, OfferState};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// Period in which a pack is or was in force, the reason, and who decided it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct InForce {
    #[serde(serialize_with = "clock::utc::serialize")]
    since: Timestamp,
    #[serde(serialize_with = "clock::utc::serialize", skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    why: String,
    by: String,
}

impl From<&Force> for InForce {
    fn from(row: &Force) -> Self {
        Self {
            since: row.since,
            until: row.until,
            why: row.why.clone(),
            by: row.by.clone(),
        }
    }
}

pub(super) fn list(context: &Context, at: Option<&str>) -> Result<Outcome, Failure> {
    let at = at.map(|at| moment(Some(at))).transpose()?.map(|at| at.to_string());
    let ledger = context.config.path(&context.config.paths.ledger);
    // Listing must not create a ledger.
    let answered = if ledger.exists() {
        let ledger = Arc::new(existing_ledger(&context.config)?);
        let own = || match Packs::open(&context.config) {
            // The record can be read even if its packs can't be used.
            Err(error @ EngineError::InForce { .. }) => {
                context.note(&error.to_string());
                Packs::for_changes(&context.config, &ledger)
            }
            other => other,
        };
        ask(&ledger, &Ask::PackList { at }, &person(), own)?
    } else {
        let at = at.map(|at| at.parse()).transpose();
        let at = at.map_err(|error: jiff::Error| Failure::Other(error.to_string()))?;
        Answered {
            reply: Reply::Packs(Packs::open(&context.config)?.list(at)?),
            daemon: None,
        }
    };
    let packs = match answered.reply {
        Reply::Packs(packs) => packs,
        Reply::Done(text) | Reply::Refused(text) => return Err(Failure::Other(text)),
    };
    if context.json() {
        packs.iter().try_for_each(json_line)?;
        return Ok(Outcome::Good);
    }
    let mut rows = table(&[
        "edition", "version", "from", "state", "sha256", "since", "why", "by", "class",
    ]);
    for pack in &packs {
        let digest: String = pack.digest.chars().take(12).collect();
        rows.add_row([
            &pack.edition,
            &pack.version,
            &pack.effective_from,
            &pack.state,
            &digest,
            &clock::spoken_text(&pack.since),
            &pack.why,
            &pack.by,
            &pack.class,
        ]);
    }
    line(&rows.to_string())?;
    match answered.daemon {
        Some(owner) => context.note(&format!("as the daemon {owner} has it")),
        None => context.note("no daemon is running; these are the packs it would use"),
    }
    if ledger.exists() {
        for offer in Ledger::open_to_look_up(&ledger)?.offers()? {
            // What was said when the daemon looked last is outdated once the pack was put into force.
            let in_force = packs.iter().any(|pack| pack.digest == offer.sha256);
            if !in_force && !matches!(offer.state, OfferState::Taken | OfferState::Gone) {
                context.note(&format!("{}: {}: {}", offer.place, offer.state, offer.reason));
            }
        }
    }
    Ok(Outcome::Good)
}

/// Requests a change and prints the result.
pub(super) fn change(context: &Context, what: &Ask) -> Result<Outcome, Failure> {
    let answered = asked(context, what)?;
    let (good, text) = match answered.reply {
        Reply::Done(text) => (true, text),
        Reply::Refused(text) => (false, text),
        Reply::Packs(_) => (false, "the daemon answered something else".to_owned()),
    };
    if context.json() {
        json_line(&serde_json::json!({ "done": good, "text": text, "daemon": answered.daemon }))?;
    } else {
        line(&text)?;
    }
    Ok(Outcome::good_if(good))
}

fn asked(context: &Context, what: &Ask) -> Result<Answered, Failure> {
    let ledger = Arc::new(open_ledger(&context.config)?);
    let packs = || Packs::for_changes(&context.config, &ledger);
    Ok(ask(&ledger, what, &person(), packs)?)
}
