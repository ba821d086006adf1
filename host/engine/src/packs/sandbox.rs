//! The sandbox of a configuration, with the folder in which it keeps compiled plugins.

use crate::config::Config;
use crate::error::EngineError;
use cebridge_runtime::{Sandbox, SandboxLimits};
use std::path::PathBuf;

/// Starts the sandbox, with the folder of compiled plugins.
pub(super) fn start(config: &Config) -> Result<Sandbox, EngineError> {
    let limits = SandboxLimits::default();
    Ok(match cache_folder(config) {
        Some(folder) => Sandbox::with_cache(limits, &folder)?,
        None => Sandbox::new(limits)?,
    })
}

/// The folder of compiled plugins: the configured one, else the one in which programs of this user keep such things.
fn cache_folder(config: &Config) -> Option<PathBuf> {
    if let Some(folder) = &config.paths.cache {
        return (!folder.as_os_str().is_empty()).then(|| config.path(folder));
    }
    let absolute = |name: &str| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    caches.map(|folder| folder.join("cebridge"))
}
