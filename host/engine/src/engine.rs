//! What the pipeline works with: configuration, packs, ledger, transport, key and clock.

use crate::clock::Clock;
use crate::config::Config;
use crate::error::EngineError;
use crate::packs::Packs;
use cebridge_ledger::Ledger;
use cebridge_runtime::{MapperPlugin, Sandbox, shipped_mapper};
use cebridge_signature::{Certificate, PrivateKey, Signer};
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
    signer: Option<Signer>,
}

impl Engine {
    /// Puts the parts together; `signer` may be absent where nothing is signed.
    #[must_use]
    pub fn new(
        config: Config,
        packs: Arc<Packs>,
        ledger: Ledger,
        transport: Box<dyn Transport>,
        signer: Option<Signer>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            config,
            packs,
            ledger: Arc::new(ledger),
            transport,
            clock,
            signer,
        }
    }

    /// Opens ledger and folders of a configuration.
    ///
    /// # Errors
    /// A ledger or folder that can't be used, packs that don't load.
    pub fn open(config: Config, signer: Option<Signer>, clock: Arc<dyn Clock>) -> Result<Self, EngineError> {
        let packs = Arc::new(Packs::open(&config)?);
        let ledger = open_ledger(&config)?;
        let transport = Box::new(directory_transport(&config));
        Ok(Self::new(config, packs, ledger, transport, signer, clock))
    }

    /// Whether everything is configured that a declaration needs, whatever the policy says about its signature.
    ///
    /// # Errors
    /// The first setting that is missing.
    pub fn ready_to_declare(&self) -> Result<(), EngineError> {
        let enterprise = &self.config.enterprise;
        for (value, what) in [
            (&enterprise.code, "enterprise.code"),
            (&enterprise.name, "enterprise.name"),
            (&enterprise.dxp_id, "enterprise.dxp-id"),
        ] {
            if value.is_empty() {
                let hint = "set it in the section [enterprise] of cebridge.toml".to_owned();
                return Err(EngineError::NotConfigured { what, hint });
            }
        }
        Ok(())
    }

    /// The key that signs.
    ///
    /// # Errors
    /// No key is configured.
    pub fn signer(&self) -> Result<&Signer, EngineError> {
        self.signer.as_ref().ok_or_else(|| EngineError::NotConfigured {
            what: "signing.key",
            hint: "set key and certificate (PEM files) in the section [signing] of cebridge.toml".to_owned(),
        })
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
    )
}

/// Reads key and certificate.
///
/// # Errors
/// A file that can't be read, a wrong or missing password, a key that does not fit its certificate.
pub fn load_signer(key: &Path, certificate: Option<&Path>, password: Option<&str>) -> Result<Signer, EngineError> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).map_err(|source| EngineError::Io {
            action: "cannot read",
            path: path.to_owned(),
            source,
        })
    };
    let key = PrivateKey::from_pem(&read(key)?, password)?;
    let certificate = match certificate {
        Some(path) => Some(Certificate::from_pem(&read(path)?)?),
        None => None,
    };
    Ok(Signer::new(key, certificate)?)
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
