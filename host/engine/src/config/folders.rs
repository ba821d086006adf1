//! Checks where files and folders of the configuration lie: each folder serves one kind of file, and nothing of the host
//! lies where everything is taken and moved away.

use super::{Config, Fault, KeyPath};
use cebridge_keys::KeyPlace;
use std::path::{Component, Path, PathBuf};

/// A file or folder, with its key in the configuration.
#[derive(Clone)]
struct Place {
    key: KeyPath,
    path: PathBuf,
}

impl Place {
    fn new(config: &Config, section: &str, key: &str, path: &Path) -> Self {
        Self {
            key: KeyPath::of(section).key(key),
            path: plain(&config.path(path)),
        }
    }

    fn fault(&self, config: &Config, problem: String, expected: String) -> Fault {
        let fault = Fault::of(&config.origin, &self.key, problem);
        fault.value(self.path.display().to_string()).expected(expected)
    }
}

/// Returns all faults.
pub(super) fn check(config: &Config) -> Vec<Fault> {
    let paths = &config.paths;
    // From these everything is taken.
    let taking = [
        Place::new(config, "paths", "intake", &paths.intake),
        Place::new(config, "paths", "inbox", &paths.inbox),
    ];
    let folders: Vec<Place> = taking.iter().cloned().chain(others(config)).collect();
    let mut faults = Vec::new();
    for (at, folder) in folders.iter().enumerate() {
        if let Some(other) = folders.iter().take(at).find(|other| other.path == folder.path) {
            let problem = format!("it is the folder of {}, too", other.key);
            faults.push(folder.fault(config, problem, "Name a folder of its own for each.".to_owned()));
        }
    }
    for place in folders.iter().chain(&files(config)) {
        let inside = |taker: &&Place| place.path != taker.path && place.path.starts_with(&taker.path);
        if let Some(taker) = taking.iter().find(inside) {
            let taker = &taker.key;
            let problem = format!("it lies in the folder of {taker}, from which everything is taken and moved away");
            let expected = format!("Name another place for it, or another folder for {taker}.");
            faults.push(place.fault(config, problem, expected));
        }
    }
    faults
}

/// The other folders that are in use.
fn others(config: &Config) -> Vec<Place> {
    let (paths, pay179) = (&config.paths, &config.pay179);
    let named = [
        ("paths", "packs", Some(&paths.packs)),
        ("paths", "outbox", Some(&paths.outbox)),
        (
            "paths",
            "cache",
            paths.cache.as_ref().filter(|path| !path.as_os_str().is_empty()),
        ),
        ("packs", "archive", config.packs.archive.as_ref()),
        ("pay179", "folder", pay179.listen.map(|_| &pay179.folder)),
    ];
    places(config, &named)
}

/// Files that must stay where they are.
fn files(config: &Config) -> Vec<Place> {
    let (signing, service) = (&config.signing, &config.service);
    let named = [
        ("paths", "ledger", Some(&config.paths.ledger)),
        ("signing", "certificate", signing.certificate.as_ref()),
        ("signing", "trust", signing.trust.as_ref()),
        ("rules", "trust", config.rules.trust.as_ref()),
        ("record", "export-key", config.record.export_key.as_ref()),
        ("service", "certificate", service.certificate.as_ref()),
        ("service", "key", service.key.as_ref()),
    ];
    let mut files = places(config, &named);
    for (place, _, source) in config.keys() {
        if let KeyPlace::File { key, certificate, .. } = &source.place {
            let mut add = |name: &str, path: &Path| {
                let key = place.key(name);
                files.push(Place { key, path: plain(path) });
            };
            add("key", key);
            if let Some(file) = certificate {
                add("certificate", file);
            }
        }
    }
    files
}

fn places(config: &Config, named: &[(&str, &str, Option<&PathBuf>)]) -> Vec<Place> {
    let set = named
        .iter()
        .filter_map(|(section, key, path)| Some((section, key, (*path)?)));
    set.map(|(section, key, path)| Place::new(config, section, key, path))
        .collect()
}

/// A path without `.` and `..`, whether or not it exists; links are not followed.
fn plain(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut parts = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}
