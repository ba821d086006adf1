//! Folders in which the daemon looks for ERP files; they determine mapper and enterprise.
//!
//! ```text
//! intake/                      mapper and enterprise of the command line
//! intake/MAPPER/               this mapper
//! intake/ENTERPRISE/           with several enterprises: this one
//! intake/ENTERPRISE/MAPPER/    both
//! ```
//!
//! Files end up in `done` or `bad` below `intake`, or below the enterprise's own folder.

use crate::config::Config;
use crate::error::EngineError;
use std::path::{Path, PathBuf};

/// A folder with ERP files.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Slot {
    /// The folder.
    pub folder: PathBuf,
    /// The folder with `done` and `bad`.
    pub home: PathBuf,
    /// Mapper that reads the files.
    pub mapper: String,
    /// Id of the enterprise that declares; `None` for the only one, or the one that the documents name.
    pub enterprise: Option<String>,
}

impl Slot {
    /// Returns mapper and enterprise for files outside a mapper's or enterprise's own folder.
    #[must_use]
    pub fn defaults(mapper: &str, enterprise: Option<&str>) -> Self {
        Self {
            mapper: mapper.to_owned(),
            enterprise: enterprise.map(str::to_owned),
            ..Self::default()
        }
    }
}

/// Returns every current folder with ERP files, ordered by name. Creates the folders of the enterprises.
pub(crate) fn slots(config: &Config, intake: &Path, defaults: &Slot) -> Result<Vec<Slot>, EngineError> {
    let mut slots = Vec::new();
    let owned = config.enterprises.iter().map(|one| Slot {
        enterprise: Some(one.id().to_owned()),
        ..defaults.clone()
    });
    for slot in owned {
        let home = intake.join(slot.enterprise.as_deref().unwrap_or_default());
        std::fs::create_dir_all(&home).map_err(|source| EngineError::Io {
            action: "cannot create",
            path: home.clone(),
            source,
        })?;
        add(&home, &slot, &[], &mut slots)?;
    }
    let enterprises: Vec<&str> = config.enterprises.iter().map(|one| one.id()).collect();
    add(intake, defaults, &enterprises, &mut slots)?;
    slots.sort();
    Ok(slots)
}

/// Returns the mappers that intake folders are named after. Creates nothing.
pub(crate) fn mappers_of_folders(config: &Config) -> Vec<String> {
    let intake = config.path(&config.paths.intake);
    let enterprises: Vec<&str> = config.enterprises.iter().map(|one| one.id()).collect();
    let mut slots = Vec::new();
    for home in std::iter::once(intake.clone()).chain(enterprises.iter().map(|id| intake.join(id))) {
        // A missing folder has no mappers below it.
        let _ = add(&home, &Slot::default(), &enterprises, &mut slots);
    }
    let names = slots.into_iter().map(|slot| slot.mapper);
    names.filter(|name| !name.is_empty()).collect()
}

/// Adds a folder, and those below it that are named after mappers.
fn add(home: &Path, defaults: &Slot, not_mappers: &[&str], slots: &mut Vec<Slot>) -> Result<(), EngineError> {
    let slot = |folder: &Path, mapper: &str| Slot {
        folder: folder.to_owned(),
        home: home.to_owned(),
        mapper: mapper.to_owned(),
        enterprise: defaults.enterprise.clone(),
    };
    slots.push(slot(home, &defaults.mapper));
    let fail = |source| EngineError::Io {
        action: "cannot list",
        path: home.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(home).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let other = ["done", "bad"].contains(&name) || name.starts_with('.') || not_mappers.contains(&name);
        if path.is_dir() && !other {
            slots.push(slot(&path, name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Enterprise;

    fn found(config: &Config, intake: &Path) -> Vec<(String, String, Option<String>, bool)> {
        slots(config, intake, &Slot::defaults("shop", None))
            .unwrap()
            .into_iter()
            .map(|slot| {
                let folder = slot.folder.strip_prefix(intake).unwrap().display().to_string();
                (folder, slot.mapper, slot.enterprise, slot.home == intake)
            })
            .collect()
    }

    #[test]
    fn folders_name_mappers_and_enterprises() {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["ceb", "done", ".hidden", "seller/ceb", "seller/bad"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        let row = |folder: &str, mapper: &str, enterprise: Option<&str>| {
            (
                folder.to_owned(),
                mapper.to_owned(),
                enterprise.map(str::to_owned),
                enterprise.is_none(),
            )
        };
        let several = Config {
            enterprises: ["platform", "seller"]
                .map(|id| Enterprise {
                    id: id.into(),
                    ..Enterprise::default()
                })
                .into(),
            ..Config::default()
        };
        assert_eq!(
            found(&several, dir.path()),
            [
                row("", "shop", None),
                row("ceb", "ceb", None),
                row("platform", "shop", Some("platform")),
                row("seller", "shop", Some("seller")),
                row("seller/ceb", "ceb", Some("seller")),
            ]
        );
        let one = found(&Config::default(), dir.path());
        assert!(
            one.contains(&row("seller", "seller", None)),
            "one enterprise has no folder: {one:?}"
        );
    }
}
