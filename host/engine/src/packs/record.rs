//! Keeps the loaded packs in line with the ledger's record, and records the use of packs.

use super::store::Store;
use super::{InForce, Packs, SHIPPED, unusable, words};
use crate::error::EngineError;
use cebridge_ledger::{Force, ForceOrigin, NewForce};
use cebridge_runtime::{LoadedPack, PackFile};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

impl Packs {
    /// Records that the shipped pack of an edition is in force, when it is first used.
    ///
    /// # Errors
    /// Ledger or archive can't be read or written.
    pub(super) fn note_use(&self, pack: &LoadedPack) -> Result<(), EngineError> {
        self.note_use_as(pack, SHIPPED, "cebridge")
    }

    /// The same, with this reason and person.
    ///
    /// # Errors
    /// As [`Packs::note_use`].
    pub(super) fn note_use_as(&self, pack: &LoadedPack, why: &str, by: &str) -> Result<(), EngineError> {
        let Some(store) = self.store.as_ref().filter(|_| self.records) else {
            return Ok(());
        };
        let is_known = |row: &Force| row.digest == pack.rules().digest() || row.origin == ForceOrigin::File;
        if self.force_of(pack.rules().edition()).is_some_and(|row| is_known(&row)) {
            return Ok(());
        }
        let _turn = self.turn();
        let (version, rows) = store.in_force()?;
        if rows
            .iter()
            .any(|row| row.edition == pack.rules().edition() && is_known(row))
        {
            return self.read_record(store);
        }
        let now = Timestamp::now();
        store.keep(pack, now)?;
        let new = NewForce {
            edition: pack.rules().edition().to_owned(),
            digest: pack.rules().digest().to_owned(),
            version: pack.rules().manifest().version.clone(),
            origin: ForceOrigin::Shipped,
            place: String::new(),
            why: why.to_owned(),
            by: by.to_owned(),
        };
        // If another process changed something meanwhile, that is followed as well.
        store.ledger.put_in_force(&new, None, &[], version, now)?;
        self.read_record(store)
    }

    /// Brings the loaded packs up to date with the record, which other processes may have changed.
    ///
    /// # Errors
    /// The ledger can't be read, or a pack in force is no longer usable; everything stays as it was.
    pub fn follow(&self) -> Result<(), EngineError> {
        let Some(store) = &self.store else { return Ok(()) };
        let known = self.in_force.load();
        if known.version != 0 && store.ledger.force_version()? == known.version {
            return Ok(());
        }
        let _turn = self.turn();
        let before = self.in_force.load_full();
        self.read_record(store)?;
        self.note_news(&before);
        Ok(())
    }

    /// Returns the changes by other processes since the last call, in words.
    pub fn news(&self) -> Vec<String> {
        std::mem::take(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note_news(&self, before: &InForce) {
        let now = self.in_force.load();
        if before.version == 0 || before.version == now.version {
            return;
        }
        let mut news = self.news.lock().unwrap_or_else(PoisonError::into_inner);
        for row in now.rows.values() {
            if before
                .rows
                .get(&row.edition)
                .is_none_or(|known| known.digest != row.digest)
            {
                let text = words(&row.edition, &row.digest, Some(row));
                news.push(format!("another process changed the packs: {text}"));
            }
        }
        for edition in before.rows.keys().filter(|edition| !now.rows.contains_key(*edition)) {
            news.push(format!(
                "another process changed the packs: edition {edition} was taken out"
            ));
        }
    }

    /// As [`Packs::follow`], for a caller that holds the `change` lock.
    pub(super) fn read_record(&self, store: &Store) -> Result<(), EngineError> {
        let known = self.in_force.load_full();
        let (version, rows) = store.in_force()?;
        let mut next = InForce {
            version,
            rows: BTreeMap::new(),
        };
        for row in rows {
            let loaded = self.registry.edition(&row.edition);
            let there = loaded.is_some_and(|pack| pack.rules().digest() == row.digest);
            if row.origin == ForceOrigin::File && !there {
                self.registry.install(self.restore(store, &row)?);
            }
            next.rows.insert(row.edition.clone(), row);
        }
        let is_file = |rows: &BTreeMap<String, Force>, edition: &str| {
            rows.get(edition).is_some_and(|row| row.origin == ForceOrigin::File)
        };
        for edition in known.rows.keys() {
            if is_file(&known.rows, edition) && !is_file(&next.rows, edition) {
                self.registry.retire(edition);
            }
        }
        self.in_force.store(Arc::new(next));
        Ok(())
    }

    /// Loads the pack of a row of the record from the archive.
    fn restore(&self, store: &Store, row: &Force) -> Result<LoadedPack, EngineError> {
        let bytes = store
            .bytes(&row.digest)
            .map_err(|error| unusable(row, error.to_string()))?
            .ok_or_else(|| unusable(row, "its file is not in the archive".to_owned()))?;
        let settings = self.settings.load();
        let file = PackFile::read(bytes).map_err(|error| unusable(row, error.cause.to_string()))?;
        settings.admission.restore(file).map_err(|reason| unusable(row, reason))
    }
}
