//! Mappers: loading them, and the settings that the configuration has for them.

use crate::config::{Config, Setting};
use crate::error::EngineError;
use crate::packs::read_plugin;
use cebridge_runtime::mapping::MapperInfo;
use cebridge_runtime::{LoadError, MapperPlugin, Sandbox, shipped_mapper};
use std::collections::BTreeMap;
use std::path::Path;

/// Loads a mapper by name (`shop`, `ceb`) or plugin file (`.wasm`).
///
/// # Errors
/// An unknown name, or a file that is not a mapper.
pub fn load_mapper(sandbox: &Sandbox, name: &str) -> Result<MapperPlugin, EngineError> {
    if Path::new(name).extension().is_some_and(|extension| extension == "wasm") {
        let wasm = read_plugin(Path::new(name))?;
        let named = |error: LoadError| LoadError {
            plugin: name.to_owned(),
            cause: error.cause,
        };
        return Ok(MapperPlugin::load(sandbox, &wasm).map_err(named)?);
    }
    let wasm = shipped_mapper(name).ok_or_else(|| EngineError::NotConfigured {
        what: "the mapper",
        hint: format!("`{name}` is neither a shipped mapper (shop, ceb) nor a plugin file ending in .wasm"),
    })?;
    Ok(MapperPlugin::load(sandbox, wasm)?)
}

/// The settings of the mapper given by this argument: those under its own name, overridden by those under its file.
#[must_use]
pub(crate) fn settings_of(config: &Config, mapper: &MapperInfo, argument: &str) -> Vec<(String, String)> {
    let mut settings: BTreeMap<&str, &Setting> = BTreeMap::new();
    for (_, table) in tables_of(config, mapper, argument) {
        settings.extend(table.iter().map(|(name, value)| (name.as_str(), value)));
    }
    let settings = settings.into_iter();
    settings
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .collect()
}

/// The settings of one table, by name.
pub(crate) type Table = BTreeMap<String, Setting>;

/// The configuration tables for this mapper, the more specific one last.
pub(crate) fn tables_of<'c>(config: &'c Config, mapper: &MapperInfo, argument: &str) -> Vec<(&'c str, &'c Table)> {
    let tables = || config.mapper.iter().map(|(name, table)| (name.as_str(), table));
    let by_name = tables().filter(|(name, _)| *name == mapper.name && !is_file(name));
    by_name
        .chain(tables().filter(|(name, _)| means(config, name, argument)))
        .collect()
}

/// Returns `true` if a mapper is named by its file.
pub(crate) fn is_file(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "wasm")
}

/// Returns `true` if a table is named after the file that a command was given: literally, or by another path to it.
fn means(config: &Config, name: &str, argument: &str) -> bool {
    let place = |path: &Path| std::path::absolute(path).ok();
    let given = place(Path::new(argument));
    is_file(name)
        && (name == argument
            || given.is_some() && [place(Path::new(name)), place(&config.path(Path::new(name)))].contains(&given))
}
