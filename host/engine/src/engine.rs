//! What the pipeline works with: configuration, packs, ledger, transport, keys and clock.

use crate::clock::Clock;
use crate::config::{Config, Enterprise};
use crate::error::EngineError;
use crate::packs::Packs;
use crate::signers::Signers;
use cebridge_keys::KeyPool;
use cebridge_ledger::Ledger;
use cebridge_runtime::{MapperPlugin, Sandbox, shipped_mapper};
use cebridge_transport::{DirectoryTransport, Transport};
use std::path::Path;
use std::sync::Arc;

/// A running host: everything a declaration needs.
pub struct Engine {
    /// The configuration.
    pub config: Config,
    /// Packs in force.
    pub packs: Arc<Packs>,
    /// The store.
    pub ledger: Arc<Ledger>,
    /// The way to the exchange platform.
    pub transport: Box<dyn Transport>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    signers: Signers,
}

impl Engine {
    /// Puts the parts together; `signers` may be empty where nothing is signed.
    #[must_use]
    pub fn new(
        config: Config,
        packs: Arc<Packs>,
        ledger: Ledger,
        transport: Box<dyn Transport>,
        signers: Signers,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            config,
            packs,
            ledger: Arc::new(ledger),
            transport,
            clock,
            signers,
        }
    }

    /// Opens ledger and folders of a configuration.
    ///
    /// # Errors
    /// A ledger or folder that can't be used, packs that don't load.
    pub fn open(config: Config, signers: Signers, clock: Arc<dyn Clock>) -> Result<Self, EngineError> {
        let packs = Arc::new(Packs::open(&config)?);
        let ledger = open_ledger(&config)?;
        let transport = Box::new(directory_transport(&config));
        Ok(Self::new(config, packs, ledger, transport, signers, clock))
    }

    /// Whether everything is configured that a declaration needs, whatever the policy says about its signature: of the
    /// enterprise that is named, else of all. Returns the first one of these.
    ///
    /// # Errors
    /// A name that no enterprise has, or the first setting that is missing.
    pub fn ready_to_declare(&self, enterprise: Option<&str>) -> Result<&Enterprise, EngineError> {
        let chosen = match enterprise {
            Some(name) => std::slice::from_ref(self.config.choose_enterprise(Some(name))?),
            None => self.config.all_enterprises(),
        };
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

    /// The keys that sign for an enterprise, and for no other; nothing when it has none.
    #[must_use]
    pub fn keys(&self, enterprise: &Enterprise) -> Option<&KeyPool> {
        self.signers.of(enterprise)
    }

    /// The keys of all enterprises.
    #[must_use]
    pub fn signers(&self) -> &Signers {
        &self.signers
    }

    /// Refuses to go on without a key: a service that then refuses every file helps nobody.
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

    /// No key is configured for an enterprise.
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

/// Opens the ledger of a configuration; the folder is created.
///
/// # Errors
/// A file that can't be opened or is no ledger.
pub fn open_ledger(config: &Config) -> Result<Ledger, EngineError> {
    let path = config.path(&config.paths.ledger);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|source| EngineError::Io {
            action: "cannot create",
            path: folder.to_owned(),
            source,
        })?;
    }
    Ok(Ledger::open(&path)?)
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
        config.receipts.rules(),
    )
}

/// A mapper by name (`shop`, `ceb`) or plugin file (`.wasm`).
///
/// # Errors
/// An unknown name, or a file that is no mapper.
pub fn load_mapper(sandbox: &Sandbox, name: &str) -> Result<MapperPlugin, EngineError> {
    if Path::new(name).extension().is_some_and(|extension| extension == "wasm") {
        let path = Path::new(name);
        let wasm = std::fs::read(path).map_err(|source| EngineError::Io {
            action: "cannot read",
            path: path.to_owned(),
            source,
        })?;
        return Ok(MapperPlugin::load(sandbox, &wasm)?);
    }
    let wasm = shipped_mapper(name).ok_or_else(|| EngineError::NotConfigured {
        what: "the mapper",
        hint: format!("`{name}` is neither a shipped mapper (shop, ceb) nor a plugin file ending in .wasm"),
    })?;
    Ok(MapperPlugin::load(sandbox, wasm)?)
}
