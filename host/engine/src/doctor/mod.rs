//! `doctor`: checks that the host can do its work today, and advises where it can't. It changes nothing.

mod clock;
mod folders;
mod keys;
mod ledger;
mod packs;

use crate::checks;
use crate::config::{Config, ConfigError};
use crate::error::EngineError;
use crate::inbox;
use cebridge_clock::{choose_zone, parse_zone};
use cebridge_keys::Secrets;
use cebridge_ledger::Ledger;
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

/// State of one checked item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// As it should be.
    Ok,
    /// Work goes on, but the operator should look at it.
    Warning,
    /// Something does not work.
    Fault,
}

impl State {
    /// Returns its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Fault => "fault",
        }
    }
}

/// One line of the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// `configuration`, `folders`, `disk`, `ledger`, `clock`, `keys`, `packs`, `set aside`, `delivery` or `daemon`.
    pub topic: &'static str,
    /// State of the item.
    pub state: State,
    /// Description of the observation.
    pub text: String,
    /// Recommended action.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub advice: String,
}

impl Sight {
    fn ok(topic: &'static str, text: impl Into<String>) -> Self {
        Self::of(State::Ok, topic, text, "")
    }

    fn warning(topic: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::of(State::Warning, topic, text, advice)
    }

    fn fault(topic: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::of(State::Fault, topic, text, advice)
    }

    fn of(state: State, topic: &'static str, text: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            topic,
            state,
            text: text.into(),
            advice: advice.into(),
        }
    }
}

/// Runs all checks.
///
/// # Errors
/// A configuration file that can't be read.
pub fn look(path: Option<&Path>, secrets: &dyn Secrets, now: Timestamp) -> Result<Vec<Sight>, ConfigError> {
    let (config, report) = checks::everything(path, &[], secrets)?;
    if let Ok(zone) = parse_zone(&config.log.time_zone) {
        choose_zone(zone);
    }
    let mut sights = configuration(path, &report);
    sights.extend(folders::look(&config));
    let (open, of_ledger) = ledger::open(&config);
    sights.extend(of_ledger);
    sights.extend(clock::look(open.as_deref(), now));
    sights.extend(keys::look(&config, &report.keys, now));
    sights.extend(packs::look(&config, open.as_ref(), now));
    sights.extend(set_aside(&config));
    if let Some(ledger) = &open {
        sights.extend(told(ledger::delivery(&config, ledger, now).map_err(EngineError::from)));
        sights.extend(told(ledger::daemons(ledger, now).map_err(EngineError::from)));
    }
    Ok(sights)
}

fn configuration(path: Option<&Path>, report: &checks::Report) -> Vec<Sight> {
    let topic = "configuration";
    let mut sights: Vec<Sight> = report
        .faults
        .iter()
        .map(|fault| {
            let text = fault.to_string();
            let (text, advice) = text.split_once("\n  hint: ").unwrap_or((&text, ""));
            Sight::fault(topic, text, advice)
        })
        .collect();
    let unseen = report.remarks.iter().map(|remark| Sight::warning(topic, remark, ""));
    sights.extend(unseen);
    match Config::file(path) {
        None => sights.push(Sight::warning(
            topic,
            "there is no cebridge.toml here; the defaults hold, and nothing can be declared",
            "`cebridge config example > cebridge.toml` writes one to begin with",
        )),
        Some(file) if sights.is_empty() => sights.push(Sight::ok(topic, format!("{}: no fault", file.display()))),
        Some(_) => {}
    }
    sights
}

fn set_aside(config: &Config) -> Vec<Sight> {
    let topic = "set aside";
    match inbox::entries(config) {
        Ok(entries) if entries.is_empty() => vec![Sight::ok(topic, "no file was set aside")],
        Ok(entries) => {
            let count = |from: &str| entries.iter().filter(|entry| entry.from == from).count();
            let text = format!(
                "{} ERP files and {} receipts were set aside",
                count("intake"),
                count("receipts")
            );
            vec![Sight::warning(
                topic,
                text,
                "`cebridge inbox` names them with their reasons",
            )]
        }
        Err(error) => vec![Sight::fault(topic, error.to_string(), "")],
    }
}

/// Turns a failure to read the ledger into a fault.
fn told(sights: Result<Vec<Sight>, EngineError>) -> Vec<Sight> {
    sights.unwrap_or_else(|error| vec![Sight::fault("ledger", error.to_string(), "")])
}

type Shared = Arc<Ledger>;
