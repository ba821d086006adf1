//! The ledger's record of the set in force, and the archive of packs.

use crate::config::Config;
use crate::error::EngineError;
use cebridge_ledger::{Force, Ledger, NewPack};
use cebridge_runtime::LoadedPack;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ledger, and the folder of the archive if one is configured.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pub(crate) ledger: Arc<Ledger>,
    folder: Option<PathBuf>,
}

impl Store {
    pub(crate) fn new(config: &Config, ledger: &Arc<Ledger>) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            folder: config.packs.archive.as_ref().map(|folder| config.path(folder)),
        }
    }

    /// Archives the file of a pack under its digest.
    ///
    /// # Errors
    /// The archive can't be written.
    pub(crate) fn keep(&self, pack: &LoadedPack, at: Timestamp) -> Result<(), EngineError> {
        let file = pack.file();
        if let Some(folder) = &self.folder {
            let failed = |source| EngineError::Io {
                action: "cannot write the archive of packs",
                path: folder.clone(),
                source,
            };
            std::fs::create_dir_all(folder).map_err(failed)?;
            let path = folder.join(format!("{}.wasm", pack.rules().digest()));
            if !path.exists() {
                let new = folder.join(format!(".{}.{}.tmp", pack.rules().digest(), std::process::id()));
                let written = std::fs::write(&new, file.wasm())
                    .and_then(|()| std::fs::File::open(&new)?.sync_all())
                    .and_then(|()| std::fs::rename(&new, &path));
                written.map_err(failed)?;
            }
        }
        let row = NewPack {
            digest: pack.rules().digest(),
            edition: pack.rules().edition(),
            version: &pack.rules().manifest().version,
            bytes: file.wasm(),
        };
        self.ledger.archive_pack(&row, self.folder.is_none(), at)?;
        Ok(())
    }

    /// Returns the file of a pack by its full digest; `None` if it is not in the archive.
    ///
    /// # Errors
    /// The archive can't be read, or holds other bytes under this digest.
    pub(crate) fn bytes(&self, digest: &str) -> Result<Option<Vec<u8>>, EngineError> {
        if let Some(bytes) = self.ledger.archived_bytes(digest)? {
            return Ok(Some(bytes));
        }
        match &self.folder {
            Some(folder) => in_folder(folder, digest),
            None => Ok(None),
        }
    }

    /// Returns the version of the record, and the rows in force.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub(crate) fn in_force(&self) -> Result<(i64, Vec<Force>), EngineError> {
        // Version first: a change in between is then noticed next time.
        let version = self.ledger.force_version()?;
        Ok((version, self.ledger.in_force()?))
    }
}

/// Reads the file of a pack from an archive folder, unchecked; `None` if it does not exist.
///
/// # Errors
/// The file can't be read.
pub(crate) fn in_folder(folder: &Path, digest: &str) -> Result<Option<Vec<u8>>, EngineError> {
    let path = folder.join(format!("{digest}.wasm"));
    if !path.exists() {
        return Ok(None);
    }
    super::admission::read_plugin(&path).map(Some)
}
