//! Checks a configuration against what it names: packs, mappers, keys and files. Shape and values are checked when it
//! is read.

mod files;
mod mappers;
mod packs;

pub use files::{FoundKey, files};
pub use mappers::{configured_mapper, of_mapper};

use crate::config::{Config, ConfigError, Enterprise, Faults};
use crate::error::EngineError;
use crate::packs::Packs;
use cebridge_keys::Secrets;
use std::path::Path;

/// Result of checking a configuration.
#[derive(Default)]
pub struct Report {
    /// Its faults, in the order of the file.
    pub faults: Faults,
    /// Items that could not be checked, and oddities that may still be right.
    pub remarks: Vec<String>,
    /// The keys that could be checked.
    pub keys: Vec<FoundKey>,
}

/// Finds everything wrong in a file that can be found without declaring anything. `mappers` are plugin files that
/// commands use besides those of the intake folders.
///
/// # Errors
/// A file that can't be read.
pub fn everything(
    path: Option<&Path>,
    mappers: &[String],
    secrets: &dyn Secrets,
) -> Result<(Config, Report), ConfigError> {
    let (config, faults) = Config::examine(path)?;
    let mut report = files(&config, secrets);
    let keyless = |one: &&Enterprise| !config.enterprises.is_empty() && config.keys_of(one).is_empty();
    report
        .remarks
        .extend(config.all_enterprises().iter().filter(keyless).map(|one| {
            let id = one.id();
            format!("enterprise {id} has no key; it can't declare what must be signed ([[enterprises.keys]])")
        }));
    report.faults = report.faults.and(faults);
    let ledger = config.path(&config.paths.ledger);
    if ledger.exists()
        && let Err(error) = cebridge_ledger::look(&ledger)
    {
        report.remarks.push(format!("packs on record are not known: {error}"));
    }
    // A check must not put anything into force.
    match Packs::to_look_at(&config) {
        Ok(packs) => {
            let work = of_work(&config, &packs, mappers);
            report.faults = report.faults.and(work.faults);
            report.remarks.extend(work.remarks);
        }
        Err(error) => report
            .remarks
            .push(format!("rules and editions are not looked at: {error}")),
    }
    Ok((config, report))
}

/// Checks the packs and mappers named in a configuration.
#[must_use]
pub fn of_work(config: &Config, packs: &Packs, mappers: &[String]) -> Report {
    let (faults, mut remarks) = mappers::all(config, &packs.sandbox, mappers);
    remarks.extend(packs::out_of_order(config, packs));
    Report {
        faults: faults.and(packs::of_packs(config, packs)),
        remarks,
        ..Report::default()
    }
}

/// Checks the names that a configuration uses: rules, editions, profiles, roles, messages and mapper settings. For every
/// command, so that a typing mistake is not noticed only by the one that needs the name.
#[must_use]
pub fn of_names(config: &Config) -> Faults {
    let plain = !packs::names_any(config) && config.mapper.is_empty();
    // Packs that can't be read are reported by the commands that judge by them.
    let packs = (!plain).then(|| Packs::to_look_at(config).ok()).flatten();
    packs.map_or_else(Faults::default, |packs| {
        mappers::of_known(config, &packs.sandbox).and(packs::of_packs(config, &packs))
    })
}

/// Turns faults into an error.
///
/// # Errors
/// The faults.
pub fn refuse(faults: Faults) -> Result<(), EngineError> {
    Ok(faults.none_or().map_err(ConfigError::from)?)
}
