//! Swapping packs while the host runs: each file is a transaction with a named outcome.
//!
//! read whole file → verify signature, interface and interpreter → compile → run the pack's own cases → swap.
//! Anything that fails leaves the pack in force as it was. Work in flight ends on the pack that it began with.

use crate::daemon::name_of;
use crate::engine::Engine;
use crate::packs::run_cases;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder whose packs are in force.
pub struct PackFolder {
    folder: PathBuf,
    /// Digest of each file as it was last tried, and the edition that it put into force.
    seen: BTreeMap<PathBuf, (String, Option<String>)>,
}

impl PackFolder {
    /// Watches this folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            seen: BTreeMap::new(),
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Looks at the folder and swaps what changed; one line for each outcome.
    pub fn reload(&mut self, engine: &Engine) -> Vec<String> {
        let mut lines = Vec::new();
        let files = match self.files() {
            Ok(files) => files,
            Err(error) => return vec![format!("packs: {error}")],
        };
        for (path, wasm) in &files {
            let digest = hex::encode(Sha256::digest(wasm));
            if self.seen.get(path).is_some_and(|(known, _)| *known == digest) {
                continue;
            }
            let before = self.seen.get(path).and_then(|(_, edition)| edition.clone());
            let (outcome, edition, line) = match activate(engine, wasm) {
                Ok(edition) => {
                    let line = format!(
                        "pack {}: activated, edition {edition}, {}",
                        name_of(path),
                        short(&digest)
                    );
                    ("pack-activated", Some(edition), line)
                }
                Err(reason) => {
                    let line = format!("pack {}: refused, old pack kept: {reason}", name_of(path));
                    ("pack-refused", before, line)
                }
            };
            record(engine, outcome, path, &digest, &line);
            self.seen.insert(path.clone(), (digest, edition));
            lines.push(line);
        }
        lines.extend(self.restore_removed(engine, &files));
        lines
    }

    fn files(&self) -> std::io::Result<BTreeMap<PathBuf, Vec<u8>>> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let hidden = name_of(&path).starts_with('.');
            if !hidden && path.extension().is_some_and(|extension| extension == "wasm") {
                // A file that vanishes or can't be read between listing and reading is seen in the next round.
                if let Ok(wasm) = std::fs::read(&path) {
                    files.insert(path, wasm);
                }
            }
        }
        Ok(files)
    }

    /// A pack file that is gone gives its edition back to the shipped pack.
    fn restore_removed(&mut self, engine: &Engine, files: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
        let gone: Vec<PathBuf> = self
            .seen
            .keys()
            .filter(|path| !files.contains_key(*path))
            .cloned()
            .collect();
        let mut lines = Vec::new();
        for path in gone {
            let Some((digest, edition)) = self.seen.remove(&path) else {
                continue;
            };
            let Some(edition) = edition else { continue };
            if self
                .seen
                .values()
                .any(|(_, other)| other.as_deref() == Some(edition.as_str()))
            {
                continue;
            }
            let end = if engine.packs.withdraw(&edition) {
                "is the shipped one again"
            } else {
                "is no longer installed"
            };
            let line = format!("pack {}: removed, edition {edition} {end}", name_of(&path));
            record(engine, "pack-removed", &path, &digest, &line);
            lines.push(line);
        }
        lines
    }
}

/// Everything that can fail happens before the swap.
fn activate(engine: &Engine, wasm: &[u8]) -> Result<String, String> {
    let pack = engine.packs.load(wasm).map_err(|error| error.to_string())?;
    engine.packs.check(&pack)?;
    let failed: Vec<String> = run_cases(&pack)
        .map_err(|e| e.to_string())?
        .into_iter()
        .filter(|case| !case.passed())
        .map(|case| case.name)
        .collect();
    if !failed.is_empty() {
        return Err(format!("its own cases fail: {}", failed.join(", ")));
    }
    let edition = pack.edition().to_owned();
    engine.packs.install(pack);
    Ok(edition)
}

fn record(engine: &Engine, outcome: &str, path: &Path, digest: &str, line: &str) {
    let detail = serde_json::json!({ "file": name_of(path), "digest": digest, "outcome": line }).to_string();
    // The outcome is told on stderr in any case; a ledger that can't be written will stop the intake by itself.
    let _ = engine
        .ledger
        .record_event("packs", outcome, &detail, &engine.clock.now().to_string());
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
