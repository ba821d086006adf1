//! The host as its threads see it, and the reload of its configuration.

use super::work::Work;
use crate::checks;
use crate::config::{Config, ConfigError, Faults, differences};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::file_state::{FileState, Watched};
use crate::process;
use crate::running::Running;
use crate::signers::Signers;
use cebridge_keys::Environment;
use cebridge_ledger::Ledger;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Loader of a configuration.
pub type Source = Box<dyn Fn() -> Result<(Config, Faults), ConfigError> + Send + Sync>;

/// Source and triggers of a configuration reload.
pub struct Reload {
    /// Reads the configuration again.
    pub source: Source,
    /// Mappers named on the command line; the configuration may hold their settings.
    pub mappers: Vec<String>,
    /// The configuration file, if any, which is watched for changes.
    pub file: Option<PathBuf>,
    /// Set when a reload is requested, for example by SIGHUP.
    pub asked: Arc<AtomicBool>,
}

/// Polling interval of the file, and how long it must be unchanged before it is read.
const LOOK: Duration = Duration::from_secs(1);

/// The host, whose engine may be exchanged for one with another configuration.
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

    /// Signs with these keys from now on.
    pub(super) fn sign_by(&self, signers: Signers) {
        self.running.exchange(self.engine().signing_by(signers));
    }

    /// Returns the engine, with the thread's own ledger if it has one.
    pub(super) fn engine_with(&self, own: Option<&Arc<Ledger>>) -> Engine {
        let engine = Engine::clone(&self.engine());
        match own {
            Some(ledger) => engine.on(ledger),
            None => engine,
        }
    }

    /// Opens a separate ledger connection for a thread; if that fails, the thread shares one.
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

    /// Stops everything: threads check the flag between two steps, and plugin calls are cut short.
    pub(super) fn stop(&self) {
        let engine = self.engine();
        engine.stop.store(true, Ordering::Relaxed);
        engine.packs.sandbox.end();
    }

    pub(super) fn announce(&self) -> Result<(), EngineError> {
        let engine = self.engine();
        let state = serde_json::json!({ "version": env!("CARGO_PKG_VERSION"), "started": self.started });
        let now = engine.clock.now();
        engine.ledger.announce(&process::name(), &state.to_string(), now)?;
        Ok(())
    }

    pub(super) fn depart(&self) {
        // Others can see that the process has ended; deleting its row only shows it sooner.
        let _ = self.engine().ledger.depart(&process::name());
    }

    /// Takes up a changed configuration, if any. Returns lines for people.
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
                return vec![format!("configuration refused, the previous one stays: {error}")];
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

    /// Reads the configuration again. The error holds all faults.
    fn read(&self, known: &Engine) -> Result<Config, ConfigError> {
        let (next, faults) = (self.reload.source)()?;
        let faults = faults.and(checks::files(&next, &Environment).faults);
        let faults = faults.and(checks::of_work(&next, &known.packs, &self.reload.mappers).faults);
        faults.none_or()?;
        Ok(next)
    }

    fn file_has_changed(&self) -> bool {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        // A file that is briefly missing is being replaced.
        state(self.reload).is_some_and(|now| watched.is_new(Some(now), LOOK))
    }
}

fn state(reload: &Reload) -> Option<FileState> {
    FileState::of(reload.file.as_ref()?)
}

/// Returns one line for each fault of a new configuration.
fn refusal(error: &ConfigError) -> Vec<String> {
    let refused = "configuration refused, the previous one stays";
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

/// Returns the configuration to continue with, the sections that changed in it, and those that need a restart.
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
