//! Checks the ledger, the messages waiting in it, and the daemons that use it.

use super::{Shared, Sight};
use crate::config::Config;
use crate::process;
use cebridge_clock as clock;
use cebridge_ledger::{Ledger, LedgerError, OutboxItem, look};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

const TOPIC: &str = "ledger";
const DELIVERY: &str = "delivery";
const DAEMON: &str = "daemon";

/// Inspects the ledger, and opens it if that changes nothing.
pub(super) fn open(config: &Config) -> (Option<Shared>, Vec<Sight>) {
    let path = config.path(&config.paths.ledger);
    let shown = path.display();
    if !path.exists() {
        let text = format!("there is none at {shown} yet; the first declaration makes it");
        return (None, vec![Sight::ok(TOPIC, text)]);
    }
    if path.is_dir() {
        let text = format!("{shown} is a folder");
        return (None, vec![Sight::fault(TOPIC, text, "name a file in [paths] ledger")]);
    }
    let seen = match look(&path) {
        Ok(seen) => seen,
        // The error says what to do.
        Err(error) => return (None, vec![Sight::fault(TOPIC, error.to_string(), "")]),
    };
    let last = match &seen.last_event {
        Some((at, kind)) => format!("the last event is {kind} at {}", clock::spoken(*at)),
        None => "it is empty".to_owned(),
    };
    let text = format!("{shown}, schema {}: {last}", seen.schema);
    if !seen.is_current() {
        let text = format!("{text}; this program works with schema {}", seen.newest);
        let advice = "take a backup: the next command that opens it brings it up to date";
        return (None, vec![Sight::warning(TOPIC, text, advice)]);
    }
    match Ledger::open_to_look_up(&path) {
        Ok(ledger) => (Some(Arc::new(ledger)), vec![Sight::ok(TOPIC, text)]),
        Err(error) => (None, vec![Sight::fault(TOPIC, error.to_string(), "")]),
    }
}

/// Reports messages that wait to be sent or answered.
pub(super) fn delivery(config: &Config, ledger: &Ledger, now: Timestamp) -> Result<Vec<Sight>, LedgerError> {
    let mut sights = Vec::new();
    if let Some(made_at) = ledger.untouched_copy_of()? {
        let text = format!(
            "this ledger is the backup of {}, and no command has written to it since",
            clock::spoken(made_at)
        );
        let advice = "the next one that does holds the messages that were not sent by then";
        sights.push(Sight::warning(DELIVERY, text, advice));
    }
    let (held, dead): (Vec<_>, Vec<_>) = ledger.dead_letters()?.into_iter().partition(OutboxItem::is_held);
    if let Some(first) = held.first() {
        let text = format!(
            "{} messages are held since the ledger was restored from a backup, the oldest {} {}",
            held.len(),
            first.message,
            first.cop_msg_id
        );
        let advice = "look for each on the platform; `cebridge retry COPMSGID` sends one that is not there";
        sights.push(Sight::fault(DELIVERY, text, advice));
    }
    if let Some(first) = dead.first() {
        let why = first.last_error.as_deref().unwrap_or("no reason is on record");
        let text = format!("{} messages were given up, the oldest because: {why}", dead.len());
        sights.push(Sight::fault(DELIVERY, text, "mend the cause, then `cebridge retry`"));
    }
    let unsent = ledger.unsent()?;
    if let Some(first) = &unsent.first {
        let why = first
            .last_error
            .as_ref()
            .map_or(String::new(), |why| format!("; {why}"));
        let text = format!(
            "{} messages are not sent, the oldest since {}{why}",
            unsent.messages,
            clock::spoken(first.accepted_at)
        );
        sights.push(Sight::warning(
            DELIVERY,
            text,
            "`cebridge run` sends them, `cebridge status` says why they wait",
        ));
    }
    let minutes = i64::from(config.delivery.stuck_after);
    let before = now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now);
    let stuck = ledger.stuck(None, before)?;
    if let Some(first) = &stuck.first {
        let sent = first.sent_at.map(clock::spoken).unwrap_or_default();
        let text = format!(
            "{} messages were sent and not answered within {minutes} minutes, the oldest {} {} of {sent}",
            stuck.messages, first.message, first.cop_msg_id
        );
        let advice = "look at the exchange platform before anything else; they are not sent again by themselves";
        sights.push(Sight::warning(DELIVERY, text, advice));
    }
    if sights.is_empty() {
        sights.push(Sight::ok(DELIVERY, "everything is sent and answered, or not due yet"));
    }
    Ok(sights)
}

/// Reports the daemons of this ledger.
pub(super) fn daemons(ledger: &Ledger, now: Timestamp) -> Result<Vec<Sight>, LedgerError> {
    let living = process::living(ledger, now)?;
    let mut sights: Vec<Sight> = living
        .iter()
        .map(|host| {
            Sight::ok(
                DAEMON,
                format!("{} runs since {}", host.owner, clock::spoken(host.started_at)),
            )
        })
        .collect();
    for host in ledger.hosts()? {
        if !living.iter().any(|one| one.owner == host.owner) {
            let text = format!(
                "{} ended without saying so; it was last heard at {}",
                host.owner,
                clock::spoken(host.seen_at)
            );
            sights.push(Sight::warning(DAEMON, text, "`cebridge run` goes on with what it left"));
        }
    }
    if sights.is_empty() {
        sights.push(Sight::ok(DAEMON, "none runs on this ledger"));
    }
    Ok(sights)
}
