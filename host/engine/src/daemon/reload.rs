//! The host as its threads see it, and what happens when its configuration changes.

use super::work::Work;
use crate::checks;
use crate::config::{Config, ConfigError, Faults, differences};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::file_state::{FileState, Watched};
use crate::process;
use crate::running::Running;
use crate::signers::Signers;
use cebridge_ledger::Ledger;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Where a configuration comes from.
pub type Source = Box<dyn Fn() -> Result<(Config, Faults), ConfigError> + Send + Sync>;

/// How the daemon learns of a new configuration.
pub struct Reload {
    /// Reads it anew.
    pub source: Source,
    /// Mappers that were named on the command line, whose settings it may have.
    pub mappers: Vec<String>,
    /// Its file, which is looked at for changes; none without one.
    pub file: Option<PathBuf>,
    /// Set when it was asked for, as by SIGHUP.
    pub asked: Arc<AtomicBool>,
}

/// How often the file is looked at, and how long it must be unchanged before it is read.
const LOOK: Duration = Duration::from_secs(1);

/// The host: its engine may be exchanged for one with another configuration.
pub(super) struct Host<'r> {
    running: &'r Running,
    reload: &'r Reload,
    started: String,
    watched: Mutex<Watched<Option<FileState>>>,
}

impl<'r> Host<'r> {
    pub(super) fn new(running: &'r Running, reload: &'r Reload) -> Self {
        Self {
            running,
            reload,
            started: running.engine().clock.now().to_string(),
            watched: Mutex::new(Watched::new(state(reload))),
        }
    }

    pub(super) fn engine(&self) -> Arc<Engine> {
        self.running.engine()
    }

    /// Goes on with other keys.
    pub(super) fn sign_by(&self, signers: Signers) {
        self.running.exchange(self.engine().signing_by(signers));
    }

    /// The engine with a ledger of the thread's own.
    pub(super) fn engine_with(&self, own: Option<&Arc<Ledger>>) -> Engine {
        let engine = Engine::clone(&self.engine());
        match own {
            Some(ledger) => engine.on(ledger),
            None => engine,
        }
    }

    /// A connection for a thread of its own; where there can be none the thread shares one.
    pub(super) fn own_ledger(&self, work: &mut Work<'_>) -> Option<Arc<Ledger>> {
        match crate::engine::open_ledger(&self.engine().config) {
            Ok(ledger) => Some(Arc::new(ledger)),
            Err(error) => {
                work.tell_once(format!("a second connection to the ledger: {error}"));
                None
            }
        }
    }

    pub(super) fn stopping(&self) -> bool {
        self.engine().stopping().is_err()
    }

    /// Ends everything: threads look at it between two steps, and calls of plugins are cut short.
    pub(super) fn stop(&self) {
        let engine = self.engine();
        engine.stop.store(true, Ordering::Relaxed);
        engine.packs.sandbox.end();
    }

    pub(super) fn announce(&self) -> Result<(), EngineError> {
        let engine = self.engine();
        let state = serde_json::json!({ "version": env!("CARGO_PKG_VERSION"), "started": self.started });
        let now = engine.clock.now().to_string();
        engine.ledger.announce(&process::name(), &state.to_string(), &now)?;
        Ok(())
    }

    pub(super) fn depart(&self) {
        // Whoever asks sees that the process has ended; the row only tells it sooner.
        let _ = self.engine().ledger.depart(&process::name());
    }

    /// Takes up another configuration where there is one; lines for people.
    pub(super) fn reload(&self) -> Vec<String> {
        let asked = self.reload.asked.swap(false, Ordering::Relaxed);
        if !asked && !self.file_has_changed() {
            return Vec::new();
        }
        let known = self.engine();
        let next = match self.read(&known) {
            Ok(next) => next,
            Err(error) => return refusal(&error),
        };
        let (merged, changed, restart) = merge(&known.config, &next);
        let told = |sections: &[&str]| -> String {
            let keys = sections.iter().flat_map(|name| differences(&known.config, &next, name));
            keys.collect::<Vec<_>>().join("; ")
        };
        let mut lines = Vec::new();
        if !changed.is_empty() {
            if let Err(error) = known.packs.reconfigure(&merged) {
                return vec![format!("configuration refused, the one before stays: {error}")];
            }
            self.running.exchange(known.by(merged));
            lines.push(format!(
                "configuration: {} taken up: {}",
                sections(&changed),
                told(&changed)
            ));
        } else if restart.is_empty() {
            lines.push("configuration: read again, nothing changed".to_owned());
        }
        if !restart.is_empty() {
            lines.push(format!(
                "configuration: {} changed, which needs a restart; what was before stays until then: {}",
                sections(&restart),
                told(&restart)
            ));
        }
        lines
    }

    /// Reads the configuration again. The error holds all its faults.
    fn read(&self, known: &Engine) -> Result<Config, ConfigError> {
        let (next, faults) = (self.reload.source)()?;
        let faults = faults.and(checks::of_work(&next, &known.packs, &self.reload.mappers).faults);
        faults.none_or()?;
        Ok(next)
    }

    fn file_has_changed(&self) -> bool {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that is gone for a moment is being replaced.
        state(self.reload).is_some_and(|now| watched.is_new(Some(now), LOOK))
    }
}

fn state(reload: &Reload) -> Option<FileState> {
    FileState::of(reload.file.as_ref()?)
}

/// What is wrong with a new configuration: a line for each fault.
fn refusal(error: &ConfigError) -> Vec<String> {
    let refused = "configuration refused, the one before stays";
    match error {
        ConfigError::Invalid(faults) => faults
            .iter()
            .map(|fault| format!("{refused}: {}", fault.in_a_line()))
            .collect(),
        other => vec![format!("{refused}: {other}")],
    }
}

fn sections(names: &[&str]) -> String {
    let named: Vec<String> = names.iter().map(|name| format!("[{name}]")).collect();
    named.join(", ")
}

/// The configuration to go on with, the sections that changed in it, and those that need a restart.
fn merge(known: &Config, next: &Config) -> (Config, Vec<&'static str>, Vec<&'static str>) {
    let mut merged = known.clone();
    merged.origin = next.origin.clone();
    let (mut changed, mut restart) = (Vec::new(), Vec::new());
    macro_rules! live {
        ($($field:ident: $name:literal),* $(,)?) => {$(
            if known.$field != next.$field {
                changed.push($name);
                merged.$field = next.$field.clone();
            }
        )*};
    }
    macro_rules! fixed {
        ($($field:ident: $name:literal),* $(,)?) => {$(
            if known.$field != next.$field {
                restart.push($name);
            }
        )*};
    }
    live!(declare: "declare", delivery: "delivery", mapper: "mapper", rules: "rules", packs: "packs",
        record: "record");
    fixed!(
        enterprise: "enterprise", enterprises: "enterprises", paths: "paths", signing: "signing", intake: "intake",
        receipts: "receipts", service: "service", pay179: "pay179", ukey_gateway: "ukey-gateway", log: "log",
    );
    (merged, changed, restart)
}
