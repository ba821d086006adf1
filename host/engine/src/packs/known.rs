//! Lookup of editions and rules by name for configuration checks: in force, shipped, on record or in the folder.

use super::Packs;
use super::admission::read_pack;
use super::store::Store;
use crate::config::Config;
use crate::error::EngineError;
use cebridge_ledger::Ledger;
use cebridge_rule_compiler::compile;
use cebridge_rule_core::pack::Pack;
use cebridge_runtime::{PackFile, shipped_sources};
use std::path::{Path, PathBuf};
use std::sync::Arc;

impl Packs {
    /// Opens the packs of the record only to look at them: takes up nothing from the packs folder, and neither creates
    /// nor migrates a ledger.
    ///
    /// # Errors
    /// As [`Packs::open`].
    pub fn to_look_at(config: &Config) -> Result<Self, EngineError> {
        let path = config.path(&config.paths.ledger);
        // Faults of a ledger are reported by the check of the ledger.
        let current = path.exists() && cebridge_ledger::look(&path).is_ok_and(|seen| seen.is_current());
        let ledger = current
            .then(|| Ledger::open_to_look_up(&path))
            .transpose()?
            .map(Arc::new);
        let trusting = Config {
            rules: crate::config::Rules {
                // An unreadable trust file is a separate fault.
                trust: None,
                ..config.rules.clone()
            },
            ..config.clone()
        };
        match Self::begin(&trusting, ledger.as_ref(), false) {
            Err(EngineError::InForce { .. }) => {}
            done => return done,
        }
        let mut packs = Self::empty(&trusting)?;
        packs.shipped = super::shipped::shipped_editions(&shipped_sources())?;
        packs.store = ledger.map(|ledger| Store::new(config, &ledger));
        Ok(packs)
    }

    /// Returns `true` if an edition is shipped, in force, was in force, or is in the packs folder.
    #[must_use]
    pub fn knows_edition(&self, edition: &str) -> bool {
        self.shipped.contains_key(edition)
            || self.registry.edition(edition).is_some()
            || self.archived_rows().iter().any(|row| row.edition == edition)
            || self.lying().any(|file| file.manifest().edition == edition)
    }

    /// Returns `true` if a rule is in a pack that is shipped, in force, was in force, or is in the packs folder.
    #[must_use]
    pub fn knows_rule(&self, id: &str) -> bool {
        let has = |pack: &Pack| pack.rules.iter().any(|rule| rule.id == id);
        // Cheap ways first: every command that loads packs asks this.
        if self.registry.snapshot().iter().any(|pack| has(pack.rules().pack())) {
            return true;
        }
        let written = format!("\"{id}\"");
        let in_source = |(path, text): (&String, &String)| !path.contains("/cases/") && text.contains(&written);
        let sources = shipped_sources();
        if sources.files.iter().any(in_source) || self.with_newest(has) == Some(true) {
            return true;
        }
        let others = self.shipped.keys();
        let mut others = others.filter_map(|edition| compile(&sources, edition).ok());
        if others.any(|pack| has(&pack)) || self.lying().any(|file| has(file.pack())) {
            return true;
        }
        let Some(store) = &self.store else { return false };
        let archived = self.archived_rows().into_iter();
        let mut archived = archived.filter_map(|row| PackFile::read(store.bytes(&row.digest).ok()??).ok());
        archived.any(|file| has(file.pack()))
    }

    /// Returns the ids of the rules in force, for hints.
    #[must_use]
    pub fn rule_ids(&self) -> Vec<String> {
        let ids = |pack: &Pack| -> Vec<String> { pack.rules.iter().map(|rule| rule.id.clone()).collect() };
        let mut all: Vec<String> = self
            .registry
            .snapshot()
            .iter()
            .flat_map(|pack| ids(pack.rules().pack()))
            .collect();
        all.extend(self.with_newest(ids).unwrap_or_default());
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Asks the newest edition: the pack in force, else the shipped rules.
    pub fn with_newest<T>(&self, ask: impl FnOnce(&Pack) -> T) -> Option<T> {
        let (edition, _) = self.editions().pop()?;
        match self.registry.edition(&edition) {
            Some(pack) => Some(ask(pack.rules().pack())),
            None => self.shipped_today().map(ask),
        }
    }

    /// Returns the names of the readings of the transitions in all editions.
    #[must_use]
    pub fn transition_readings(&self) -> Vec<String> {
        let of = |pack: &Pack| -> Vec<String> {
            let rules = pack.signature.iter().filter_map(|rule| rule.transition.as_ref());
            let readings = rules.flat_map(|transition| &transition.readings);
            readings.map(|reading| reading.name.clone()).collect()
        };
        let sources = shipped_sources();
        let shipped = self
            .shipped
            .keys()
            .filter_map(|edition| compile(&sources, edition).ok());
        let mut all: Vec<String> = shipped.flat_map(|pack| of(&pack)).collect();
        all.extend(self.registry.snapshot().iter().flat_map(|pack| of(pack.rules().pack())));
        all
    }

    fn archived_rows(&self) -> Vec<cebridge_ledger::PackRow> {
        let store = self.store.as_ref();
        store
            .and_then(|store| store.ledger.archived_packs("").ok())
            .unwrap_or_default()
    }

    /// Returns the files in the packs folder that are packs, admissible or not.
    fn lying(&self) -> impl Iterator<Item = PackFile> {
        let folder: PathBuf = self.settings.load().folder.clone();
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let is_plugin = |path: &Path| path.extension().is_some_and(|extension| extension == "wasm");
        let paths = entries.map(|entry| entry.path()).filter(move |path| is_plugin(path));
        paths.filter_map(|path| read_pack(&path).ok())
    }
}
