//! Checks the packs: those on record as in force, and files of the packs folder that are not in order.

use super::{Shared, Sight};
use crate::config::Config;
use crate::error::EngineError;
use crate::packs::{Choice, Packs, short};
use cebridge_clock as clock;
use cebridge_ledger::{ForceOrigin, Ledger, LedgerError, OfferState};
use jiff::Timestamp;
use std::path::Path;

const TOPIC: &str = "packs";

pub(super) fn look(config: &Config, ledger: Option<&Shared>, now: Timestamp) -> Vec<Sight> {
    let mut sights = Vec::new();
    let outdated = ledger.is_none() && config.path(&config.paths.ledger).exists();
    let packs = match outdated {
        true => Packs::to_look_at(config),
        false => Packs::open(config),
    };
    match packs {
        Ok(packs) => sights.push(today(&packs, &clock::day(now))),
        // Its faults are already reported.
        Err(EngineError::Config(_)) => {}
        Err(error) => sights.push(Sight::fault(TOPIC, error.to_string(), "")),
    }
    if let Some(ledger) = ledger {
        match record(ledger) {
            Ok(found) => sights.extend(found),
            Err(error) => sights.push(Sight::fault("ledger", error.to_string(), "")),
        }
    }
    sights
}

fn today(packs: &Packs, day: &str) -> Sight {
    match packs.choose(&Choice::Day(day.to_owned())) {
        Ok(pack) => Sight::ok(TOPIC, format!("today: {}", packs.words(&pack))),
        Err(error) => Sight::fault(
            TOPIC,
            error.to_string(),
            "`cebridge pack list` shows the editions with their days",
        ),
    }
}

fn record(ledger: &Ledger) -> Result<Vec<Sight>, LedgerError> {
    let mut sights = Vec::new();
    for row in ledger.in_force()? {
        if row.origin == ForceOrigin::File && !row.place.is_empty() && !Path::new(&row.place).exists() {
            let text = format!(
                "edition {}: {} is gone; the pack {} stays in force, from the archive",
                row.edition,
                row.place,
                short(&row.digest)
            );
            let advice = format!("put it back, or take it out: `cebridge pack remove {}`", row.edition);
            sights.push(Sight::warning(TOPIC, text, advice));
        }
    }
    for offer in ledger.offers()? {
        if matches!(offer.state, OfferState::Refused | OfferState::Conflict) && Path::new(&offer.place).exists() {
            let text = format!("{} is not used ({}): {}", offer.place, offer.state, offer.reason);
            sights.push(Sight::warning(
                TOPIC,
                text,
                "mend it, or take it out of the packs folder",
            ));
        }
    }
    Ok(sights)
}
