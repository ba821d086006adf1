//! Everything the pipeline works with: configuration, packs, ledger, transport, keys and clock.

use crate::config::{Config, Enterprise};
use crate::error::EngineError;
use crate::packs::Packs;
use crate::signers::Signers;
use cebridge_clock::Clock;
use cebridge_keys::KeyPool;
use cebridge_ledger::{Ledger, LedgerError, PutBack};
use cebridge_transport::{DirectoryTransport, Transport};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A running host: everything a declaration needs.
#[derive(Clone)]
pub struct Engine {
    /// The configuration.
    pub config: Config,
    /// Packs in force.
    pub packs: Arc<Packs>,
    /// The store.
    pub ledger: Arc<Ledger>,
    /// The transport to the exchange platform.
    pub transport: Arc<dyn Transport>,
    /// The time source.
    pub clock: Arc<dyn Clock>,
    /// Set when the host must stop. Long-running work ends at the next point where nothing is lost.
    pub stop: Arc<AtomicBool>,
    /// Set if the ledger was restored from a copy; what was unsent by then is now held. See [`Ledger::take_up_copy`].
    pub put_back: Option<PutBack>,
    /// Held while receipts are read, so that each file is read once and resending waits for it.
    pub(crate) receiving: Arc<Mutex<()>>,
    signers: Arc<Signers>,
}

impl Engine {
    /// Puts the parts together; `signers` may be empty if nothing is signed.
    #[must_use]
    pub fn new(
        config: Config,
        packs: Arc<Packs>,
        ledger: Arc<Ledger>,
        transport: Arc<dyn Transport>,
        signers: Signers,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            config,
            packs,
            ledger,
            transport,
            clock,
            stop: Arc::default(),
            put_back: None,
            receiving: Arc::default(),
            signers: Arc::new(signers),
        }
    }

    /// The same host with another configuration, for settings that can change while it runs.
    #[must_use]
    pub fn by(&self, config: Config) -> Self {
        Self { config, ..self.clone() }
    }

    /// The same host with other keys.
    pub(crate) fn signing_by(&self, signers: Signers) -> Self {
        Self {
            signers: Arc::new(signers),
            ..self.clone()
        }
    }

    /// The same host with another connection to its ledger, so that threads do not wait for each other's disk access.
    pub(crate) fn on(self, ledger: &Arc<Ledger>) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            ..self
        }
    }

    /// Returns an error if the host is stopping.
    pub(crate) fn stopping(&self) -> Result<(), EngineError> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(EngineError::Stopping);
        }
        Ok(())
    }

    /// Opens the ledger and folders of a configuration. A ledger restored from a copy holds back what may have been
    /// sent since.
    ///
    /// # Errors
    /// A ledger or folder that can't be used, packs that don't load.
    pub fn open(config: Config, signers: Signers, clock: Arc<dyn Clock>) -> Result<Self, EngineError> {
        let ledger = open_ledger(&config)?;
        Self::open_on(ledger, config, signers, clock)
    }

    /// Like [`Self::open`], for a command that a person runs: the audit trail names the person.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_for(
        person: &str,
        config: Config,
        signers: Signers,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EngineError> {
        let ledger = open_ledger(&config)?.acting_as(person);
        Self::open_on(ledger, config, signers, clock)
    }

    fn open_on(ledger: Ledger, config: Config, signers: Signers, clock: Arc<dyn Clock>) -> Result<Self, EngineError> {
        let ledger = Arc::new(ledger);
        let put_back = ledger.take_up_copy(clock.now())?;
        let packs = Arc::new(Packs::recorded(&config, &ledger)?);
        let transport = Arc::new(directory_transport(&config));
        Ok(Self {
            put_back,
            ..Self::new(config, packs, ledger, transport, signers, clock)
        })
    }

    /// Checks that the named enterprise, or every one if none is named, has everything configured that a declaration
    /// needs, whatever the policy says about its signature. Returns the first of them.
    ///
    /// # Errors
    /// An unknown enterprise, or the first missing setting.
    pub fn ready_to_declare(&self, enterprise: Option<&str>) -> Result<&Enterprise, EngineError> {
        let chosen = self.config.chosen_enterprises(enterprise)?;
        for one in chosen {
            for (value, what) in [
                (&one.code, "enterprise.code"),
                (&one.name, "enterprise.name"),
                (&one.dxp_id, "enterprise.dxp-id"),
            ] {
                if value.is_empty() {
                    let hint = "set it in the section [enterprise] of cebridge.toml".to_owned();
                    return Err(EngineError::NotConfigured { what, hint });
                }
            }
        }
        Ok(chosen.first().unwrap_or(&self.config.enterprise))
    }

    /// The keys that sign for this enterprise and no other; `None` if it has none.
    #[must_use]
    pub fn keys(&self, enterprise: &Enterprise) -> Option<&KeyPool> {
        self.signers.of(enterprise)
    }

    /// The keys of all enterprises.
    #[must_use]
    pub fn signers(&self) -> &Signers {
        &self.signers
    }

    /// Fails if an enterprise has no key: a service that then refuses every file is of no use.
    ///
    /// # Errors
    /// The first enterprise without a key.
    pub fn ready_to_sign(&self) -> Result<(), EngineError> {
        for enterprise in self.config.all_enterprises() {
            if self.keys(enterprise).is_none() {
                return Err(self.no_key(enterprise));
            }
        }
        Ok(())
    }

    /// The error for an enterprise without a configured key.
    pub(crate) fn no_key(&self, enterprise: &Enterprise) -> EngineError {
        let (what, hint) = if self.config.enterprises.is_empty() {
            let hint = "set key and certificate in the section [signing] of cebridge.toml, or add [[enterprise.keys]]";
            ("signing.key", hint.to_owned())
        } else {
            let hint = format!("add [[enterprises.keys]] to the enterprise {}", enterprise.id());
            ("a key", hint)
        };
        EngineError::NotConfigured { what, hint }
    }
}

/// Opens the ledger of a configuration, creating its folder if needed.
///
/// # Errors
/// A file that can't be opened or is not a ledger.
pub fn open_ledger(config: &Config) -> Result<Ledger, EngineError> {
    let path = config.path(&config.paths.ledger);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| EngineError::Io {
            action: "cannot create",
            path: folder.to_owned(),
            source,
        })?;
    }
    if is_cut_off(&path) {
        return Err(LedgerError::Empty { path }.into());
    }
    Ok(Ledger::open(&path)?)
}

/// Returns `true` if the file exists and stays empty: what it held is gone, and taking it for a new ledger would declare
/// everything a second time. A file that another process is just making is empty for a moment.
fn is_cut_off(path: &Path) -> bool {
    let is_empty = || std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == 0);
    let begun = Instant::now();
    while is_empty() {
        if begun.elapsed() > BEING_MADE {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Time for which an empty ledger may be one that another process is making. Arbitrary.
const BEING_MADE: Duration = Duration::from_secs(2);

/// Opens the ledger of a configuration for a lookup. Unlike [`open_ledger`], it does not create one: an empty answer
/// from the wrong folder would be taken for the truth.
///
/// # Errors
/// The file does not exist, can't be opened, or is not a ledger.
pub fn existing_ledger(config: &Config) -> Result<Ledger, EngineError> {
    let path = config.path(&config.paths.ledger);
    match std::fs::metadata(&path) {
        Ok(found) if found.len() == 0 => Err(LedgerError::Empty { path }.into()),
        Ok(_) => Ok(Ledger::open_to_look_up(&path)?),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(LedgerError::Missing { path }.into()),
        // Its folder can't be entered, for example: opening says what is wrong.
        Err(_) => Ok(Ledger::open_to_look_up(&path)?),
    }
}

/// The directory transport of a configuration.
#[must_use]
pub fn directory_transport(config: &Config) -> DirectoryTransport {
    let inbox = config.path(&config.paths.inbox);
    DirectoryTransport::new(
        config.path(&config.paths.outbox),
        inbox.clone(),
        inbox.join("done"),
        inbox.join("bad"),
        config.receipts.rules(config.paths.access),
    )
}
