//! Files set aside from intake and receipts, and the folders to retry them from.

use crate::config::Config;
use crate::error::EngineError;
use cebridge_transport::{SetAside, set_aside};
use std::path::PathBuf;

/// A file that was set aside.
pub struct Entry {
    /// The file.
    pub file: SetAside,
    /// `intake` or `receipts`.
    pub from: &'static str,
    /// The folder to retry it from.
    pub folder: PathBuf,
}

/// Everything that was set aside: ERP files of all intake folders, then receipts.
///
/// # Errors
/// A folder that can't be listed.
pub fn entries(config: &Config) -> Result<Vec<Entry>, EngineError> {
    let intake = config.path(&config.paths.intake);
    let mut places: Vec<(&'static str, PathBuf)> = vec![("intake", intake.clone())];
    places.extend(config.enterprises.iter().map(|one| ("intake", intake.join(one.id()))));
    places.push(("receipts", config.path(&config.paths.inbox)));
    let mut entries = Vec::new();
    for (from, folder) in places {
        let found = set_aside(&folder.join("bad"))?;
        entries.extend(found.into_iter().map(|file| Entry {
            file,
            from,
            folder: folder.clone(),
        }));
    }
    Ok(entries)
}
