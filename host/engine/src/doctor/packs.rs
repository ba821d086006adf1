//! Checks the packs: those on record as in force, and files of the packs folder that are not in order.

use super::{Shared, Sight, told};
use crate::config::{Config, is_key_itself};
use crate::error::EngineError;
use crate::packs::{Choice, Offers, Packs, short};
use cebridge_clock as clock;
use cebridge_ledger::{ForceOrigin, Ledger, LedgerError, OfferState};
use jiff::Timestamp;
use std::path::Path;

const TOPIC: &str = "packs";
const MEND: &str = "mend it, or take it out of the packs folder";

pub(super) fn look(config: &Config, ledger: Option<&Shared>, now: Timestamp) -> Vec<Sight> {
    let mut sights = Vec::new();
    let outdated = ledger.is_none() && config.path(&config.paths.ledger).exists();
    let packs = match outdated {
        true => Packs::to_look_at(config),
        false => Packs::open(config),
    };
    match packs {
        Ok(packs) => {
            sights.push(today(&packs, &clock::day(now)));
            sights.extend(not_kept(&packs));
            sights.extend(told(offered(config, &packs, ledger)));
        }
        // Its faults are already reported.
        Err(EngineError::Config(_)) => {}
        Err(error) if is_key_itself(&error.to_string()) => {}
        Err(error) => sights.push(Sight::fault(TOPIC, error.to_string(), "")),
    }
    if let Some(ledger) = ledger {
        sights.extend(told(gone(ledger).map_err(EngineError::from)));
    }
    sights
}

fn today(packs: &Packs, day: &str) -> Sight {
    match packs.choose(&Choice::Day(day.to_owned())) {
        Ok(pack) => Sight::ok(TOPIC, format!("today: {}", packs.words(pack.rules()))),
        Err(error) => Sight::fault(
            TOPIC,
            error.to_string(),
            "`cebridge pack list` shows the editions with their days",
        ),
    }
}

/// Reports a folder of compiled plugins that can't be used.
fn not_kept(packs: &Packs) -> Option<Sight> {
    let fault = packs.sandbox.cache_fault()?;
    let text = format!("plugins are compiled anew by each command, as none can be kept compiled: {fault}");
    let advice = "give the folder to the user who runs cebridge (mode 700), or name another one in [paths] cache; \"\" \
                  keeps nothing";
    Some(Sight::warning(TOPIC, text, advice))
}

/// Reports files of the packs folder that are not in order: as the running daemon has recorded them, or as one would
/// find them at its start.
fn offered(config: &Config, packs: &Packs, ledger: Option<&Shared>) -> Result<Vec<Sight>, EngineError> {
    if let Some(ledger) = ledger
        && packs.is_served()?
    {
        return Ok(recorded(ledger)?);
    }
    let mut offers = Offers::at_once(config);
    offers.look(packs);
    if let Some(reason) = packs.standstill() {
        return Ok(vec![Sight::fault(TOPIC, reason, MEND)]);
    }
    let faulty = offers.faulty().iter();
    Ok(faulty.map(|text| Sight::warning(TOPIC, text, MEND)).collect())
}

/// Reports packs in force whose file is gone.
fn gone(ledger: &Ledger) -> Result<Vec<Sight>, LedgerError> {
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
    Ok(sights)
}

fn recorded(ledger: &Ledger) -> Result<Vec<Sight>, LedgerError> {
    let mut sights = Vec::new();
    for offer in ledger.offers()? {
        if matches!(offer.state, OfferState::Refused | OfferState::Conflict) && Path::new(&offer.place).exists() {
            let text = format!("{} is not used ({}): {}", offer.place, offer.state, offer.reason);
            sights.push(Sight::warning(TOPIC, text, MEND));
        }
    }
    Ok(sights)
}
