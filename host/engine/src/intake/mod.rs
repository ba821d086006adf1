//! Intake of ERP files: each is taken whole and once, declared, and moved away.

mod breaker;
mod desk;
mod mapper;
mod report;
mod slots;

pub(crate) use desk::Desk;
pub use slots::Slot;
pub(crate) use slots::mappers_of_folders;

use crate::checks::configured_mapper;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::round::Tell;
use mapper::Mappers;
use slots::slots;
use std::path::{Path, PathBuf};

/// The intake folders of a daemon.
pub(crate) struct Intake<'t> {
    defaults: &'t Slot,
    folder: PathBuf,
    mappers: Mappers,
    tell: Tell<'t>,
}

impl<'t> Intake<'t> {
    /// Opens the intake, creating its folder.
    ///
    /// # Errors
    /// It can't be created, or the mapper of files directly in it can't be loaded.
    pub(crate) fn open(engine: &Engine, defaults: &'t Slot, tell: Tell<'t>) -> Result<Self, EngineError> {
        let folder = engine.config.path(&engine.config.paths.intake);
        std::fs::create_dir_all(&folder).map_err(|source| EngineError::Io {
            action: "cannot create",
            path: folder.clone(),
            source,
        })?;
        configured_mapper(&engine.config, &engine.packs.sandbox, &defaults.mapper)?;
        Ok(Self {
            defaults,
            folder,
            mappers: Mappers::default(),
            tell,
        })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns desks for the folders that have none yet.
    ///
    /// # Errors
    /// The intake folder can't be listed.
    pub(crate) fn new_desks(&self, engine: &Engine, known: &[Slot]) -> Result<Vec<Desk<'t>>, EngineError> {
        let slots = slots(&engine.config, &self.folder, self.defaults)?;
        let new = slots.into_iter().filter(|slot| !known.contains(slot));
        Ok(new.map(|slot| Desk::new(slot, &self.mappers, self.tell)).collect())
    }
}

/// Returns a path that does not depend on where the daemon was started.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
