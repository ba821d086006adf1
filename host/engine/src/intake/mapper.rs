//! The mapper of an intake folder, loaded when first needed and again when its file changes.

use crate::checks::configured_mapper;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::file_state::FileState;
use crate::packs::short;
use crate::round::Tell;
use cebridge_runtime::MapperPlugin;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The mappers of all intake folders: each is loaded once.
#[derive(Debug, Default)]
pub(crate) struct Mappers(Mutex<BTreeMap<String, Shared>>);

/// A mapper that several folders use.
pub(super) type Shared = Arc<Mutex<MapperFile>>;

impl Mappers {
    /// Returns the mapper with this name.
    pub(super) fn get(&self, name: &str) -> Shared {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Mutex::new(MapperFile::new(name)));
        Arc::clone(known.entry(name.to_owned()).or_insert_with(new))
    }
}

/// A mapper by name or plugin file.
#[derive(Debug)]
pub(super) struct MapperFile {
    name: String,
    /// The plugin file; `None` for the shipped mappers.
    path: Option<PathBuf>,
    plugin: Option<Arc<MapperPlugin>>,
    /// State of the file when it was last read.
    seen: Option<FileState>,
}

impl MapperFile {
    fn new(name: &str) -> Self {
        let path = Path::new(name);
        let is_file = path.extension().is_some_and(|extension| extension == "wasm");
        Self {
            name: name.to_owned(),
            path: is_file.then(|| path.to_owned()),
            plugin: None,
            seen: None,
        }
    }

    /// Returns `true` if the file has changed since it was last read.
    pub(super) fn has_changed(&self) -> bool {
        self.path
            .as_deref()
            .is_some_and(|path| FileState::of(path) != self.seen)
    }

    /// Returns the mapper. A changed file goes through the same admission as the first one; while it is invalid, as
    /// when still being written, the previous one stays in use.
    ///
    /// # Errors
    /// No mapper has this name, or the file is not a mapper.
    pub(super) fn plugin(&mut self, engine: &Engine, tell: Tell<'_>) -> Result<Arc<MapperPlugin>, EngineError> {
        let sandbox = &engine.packs.sandbox;
        let Some(path) = &self.path else {
            let plugin = match &self.plugin {
                Some(plugin) => Arc::clone(plugin),
                None => Arc::new(configured_mapper(&engine.config, sandbox, &self.name)?),
            };
            self.plugin = Some(Arc::clone(&plugin));
            return Ok(plugin);
        };
        let now = FileState::of(path);
        if let Some(plugin) = self.plugin.as_ref().filter(|_| now == self.seen) {
            return Ok(Arc::clone(plugin));
        }
        self.seen = now;
        let loaded = configured_mapper(&engine.config, sandbox, &self.name);
        let plugin = match (loaded, &self.plugin) {
            (Ok(plugin), Some(before)) if plugin.digest() == before.digest() => Arc::clone(before),
            (Ok(plugin), before) => {
                if before.is_some() {
                    let (name, digest) = (plugin.name(), short(plugin.digest()));
                    tell(&format!("{}: replaced, {name}, {digest}", self.name));
                }
                Arc::new(plugin)
            }
            (Err(error), Some(before)) => {
                tell(&format!(
                    "{}: the new file is refused, {} {} goes on: {error}",
                    self.name,
                    before.name(),
                    short(before.digest())
                ));
                Arc::clone(before)
            }
            (Err(error), None) => return Err(error),
        };
        self.plugin = Some(Arc::clone(&plugin));
        Ok(plugin)
    }
}
