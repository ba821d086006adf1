//! The only way in for packs: at the start, while running and in every command.
//!
//! regular file of a bounded size → interface, manifest and data → signature and trust → proof → compiling within a
//! time limit → the pack's own cases. Nothing of a pack runs before its trust is settled.

use super::cases::run_cases;
use crate::config::Config;
use crate::error::EngineError;
use cebridge_runtime::{
    Baker, LoadError, LoadedPack, MAX_PLUGIN_BYTES, PackClass, PackFile, PackSignature, Refusal, VerifyingKey,
    pack_trust_keys,
};
use cebridge_transport::read_regular;
use std::path::Path;

/// Reason why a pack may not be put into force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The reason, for people.
    pub reason: String,
    /// Set if the file is not readable as a pack at all, as while still being written.
    pub half: bool,
}

/// Requirements for putting a pack into force.
#[derive(Debug, Clone)]
pub(crate) struct Admission {
    baker: Baker,
    trust: Trust,
}

/// The keys whose packs are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trust {
    /// Unsigned packs are accepted, too.
    Anybody,
    /// Only packs that one of these keys has signed.
    Keys(Vec<VerifyingKey>),
}

impl Admission {
    /// Reads the trust file of the configuration.
    ///
    /// # Errors
    /// A trust file that can't be read or holds no key.
    pub(crate) fn new(config: &Config, baker: &Baker) -> Result<Self, EngineError> {
        Ok(Self {
            baker: baker.clone(),
            trust: trust(config)?,
        })
    }

    /// Returns `true` if packs must be signed.
    pub(crate) fn wants_signatures(&self) -> bool {
        self.trust != Trust::Anybody
    }

    /// Checks that a pack may be run, before any of it is.
    ///
    /// # Errors
    /// The reason why it may not.
    pub(crate) fn trusted(&self, file: &PackFile) -> Result<(), String> {
        let Trust::Keys(keys) = &self.trust else {
            return match file.signature(&[]) {
                PackSignature::Invalid { reason } => Err(format!("its signature is wrong: {reason}")),
                _ => Ok(()),
            };
        };
        match file.signature(keys) {
            PackSignature::Trusted { .. } => Ok(()),
            PackSignature::Unsigned => Err("it is not signed, and rules.trust demands a trusted signature".to_owned()),
            PackSignature::Untrusted { key } => Err(format!("it is signed by {key}, which rules.trust does not name")),
            PackSignature::Invalid { reason } => Err(format!("its signature is wrong: {reason}")),
        }
    }

    /// Runs all checks on a pack.
    ///
    /// # Errors
    /// The reason why it may not be put into force.
    pub(crate) fn admit(&self, wasm: Vec<u8>) -> Result<LoadedPack, Refused> {
        let file = PackFile::read(wasm).map_err(|error| Refused {
            half: is_half(&error.cause),
            reason: error.cause.to_string(),
        })?;
        let pack = self.load(file).map_err(whole)?;
        passes(&pack)?;
        Ok(pack)
    }

    /// Runs all checks except the cases, for bytes that have passed them before.
    ///
    /// # Errors
    /// The reason why it may not be in force.
    pub(crate) fn load(&self, file: PackFile) -> Result<LoadedPack, String> {
        self.trusted(&file)?;
        let class = file.class(&self.baker).map_err(|error| error.cause.to_string())?;
        if !class.is_data_only() {
            let hint = "a data-only pack is made by `cebridge pack build`";
            return Err(format!("its code is not the shipped interpreter's; {hint}"));
        }
        LoadedPack::from_file(&self.baker, file).map_err(|error| error.cause.to_string())
    }
}

impl Admission {
    /// Runs the checks on a pack of the record, which has passed its cases, but perhaps with another interpreter.
    ///
    /// # Errors
    /// The reason why it may not be in force.
    pub(crate) fn restore(&self, file: PackFile) -> Result<LoadedPack, String> {
        let pack = self.load(file)?;
        if pack.class() == PackClass::Earlier {
            passes(&pack).map_err(|refused| refused.reason)?;
        }
        Ok(pack)
    }
}

fn passes(pack: &LoadedPack) -> Result<(), Refused> {
    let results = run_cases(pack).map_err(|error| whole(error.to_string()))?;
    let failed: Vec<String> = results
        .into_iter()
        .filter(|case| !case.passed())
        .map(|case| case.name)
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(whole(format!("its own cases fail: {}", failed.join(", "))))
    }
}

fn whole(reason: String) -> Refused {
    Refused { reason, half: false }
}

/// Returns `true` if a file refused for this may be incomplete because it is still being written.
fn is_half(cause: &Refusal) -> bool {
    matches!(
        cause,
        Refusal::NotWasm
            | Refusal::Malformed { .. }
            | Refusal::MissingSection { .. }
            | Refusal::BadSection { .. }
            | Refusal::MissingExport { .. }
            | Refusal::Changed
    )
}

/// Reads a pack file, which must be a regular file of a possible size.
///
/// # Errors
/// It can't be read, or is not such a file.
pub fn read_pack(path: &Path) -> Result<PackFile, EngineError> {
    let wasm = read_plugin(path)?;
    let named = |error: LoadError| LoadError {
        plugin: path.display().to_string(),
        cause: error.cause,
    };
    Ok(PackFile::read(wasm).map_err(named)?)
}

/// Reads the file of a plugin, which must be a regular file of a possible size.
///
/// # Errors
/// It can't be read, or is not such a file.
pub fn read_plugin(path: &Path) -> Result<Vec<u8>, EngineError> {
    read_regular(path, MAX_PLUGIN_BYTES as u64).map_err(|source| EngineError::Io {
        action: "cannot read",
        path: path.to_owned(),
        source,
    })
}

fn trust(config: &Config) -> Result<Trust, EngineError> {
    let Some(path) = &config.rules.trust else {
        return Ok(Trust::Anybody);
    };
    let path = config.path(path);
    let text = std::fs::read_to_string(&path).map_err(|source| EngineError::Io {
        action: "cannot read",
        path: path.clone(),
        source,
    })?;
    let keys = pack_trust_keys(&text).map_err(|error| EngineError::Setting {
        what: "rules.trust".to_owned(),
        value: path.display().to_string(),
        hint: format!("{error}; without trusted keys every pack would be accepted"),
    })?;
    Ok(Trust::Keys(keys))
}
