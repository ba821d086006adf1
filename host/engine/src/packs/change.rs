//! Changes to the set in force, by files and by people.

use super::short::short;
use super::{InForce, NOT_ON_RECORD, Packs, SHIPPED};
use crate::error::EngineError;
use cebridge_ledger::{Force, ForceOrigin, NewForce, Offer};
use cebridge_runtime::{LoadedPack, shipped_sources};
use jiff::Timestamp;
use std::sync::Arc;

/// Outcome of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It is in force.
    Done,
    /// The record had changed meanwhile; nothing was done.
    Outdated,
}

impl Packs {
    /// Puts an admitted pack into force, and on record if this process records.
    ///
    /// # Errors
    /// Archive or ledger can't be written; nothing changes.
    pub(super) fn put(
        &self,
        pack: LoadedPack,
        new: &NewForce,
        offer: Option<&Offer>,
        ends: &[String],
    ) -> Result<Change, EngineError> {
        let _turn = self.turn();
        let now = Timestamp::now();
        let Some(store) = self.store.as_ref().filter(|_| self.records) else {
            self.put_here(pack, new, ends);
            return Ok(Change::Done);
        };
        store.keep(&pack, now)?;
        let expected = self.in_force.load().version;
        let ends: Vec<&str> = ends.iter().map(String::as_str).collect();
        let put = store.ledger.put_in_force(new, offer, &ends, expected, now)?;
        if put.is_some() {
            self.registry.install(pack);
        }
        // Also if another process was faster: the next try then sees its change.
        self.read_record(store)?;
        Ok(if put.is_some() { Change::Done } else { Change::Outdated })
    }

    /// Puts a pack into force in the memory of this process only.
    fn put_here(&self, pack: LoadedPack, new: &NewForce, ends: &[String]) {
        let known = self.in_force.load_full();
        let mut next = InForce::clone(&known);
        for edition in ends {
            next.rows.remove(edition);
            self.registry.retire(edition);
        }
        self.registry.install(pack);
        let row = Force {
            id: NOT_ON_RECORD,
            edition: new.edition.clone(),
            digest: new.digest.clone(),
            version: new.version.clone(),
            origin: new.origin,
            place: new.place.clone(),
            since: Timestamp::now(),
            until: None,
            why: format!("{}, which the next daemon would put into force", new.why),
            by: String::new(),
            ended_why: None,
            ended_by: None,
        };
        next.rows.insert(new.edition.clone(), row);
        self.in_force.store(Arc::new(next));
    }

    /// Takes a file's pack out of force; a shipped edition returns to its shipped form. Returns the new state.
    ///
    /// # Errors
    /// The edition is not in force or is the shipped one already; the ledger can't be written.
    pub fn remove(&self, edition: &str, by: &str) -> Result<String, EngineError> {
        let Some(store) = &self.store else {
            return Err(wrong(edition, "there is no ledger, so nothing is on record"));
        };
        let rows = store.ledger.in_force()?;
        let row = rows.iter().find(|row| row.edition == edition);
        let Some(row) = row.filter(|row| row.origin == ForceOrigin::File) else {
            return Err(wrong(
                edition,
                "no pack of a file is in force for it; `cebridge pack list` names those that are",
            ));
        };
        // Built first, so that the record has no gap meanwhile.
        let ships = self.shipped.contains_key(edition);
        let shipped = ships.then(|| self.build(&shipped_sources(), edition)).transpose()?;
        let now = Timestamp::now();
        store.ledger.end_force(edition, "removed", by, now)?;
        let turn = self.turn();
        let read = self.read_record(store);
        drop(turn);
        read?;
        let digest = short(&row.digest);
        if let Some(pack) = shipped {
            let pack = self.registry.install(pack);
            self.note_use_as(
                &pack,
                &format!("{SHIPPED}, in place of {digest}, which was removed"),
                by,
            )?;
        }
        Ok(if self.shipped.contains_key(edition) {
            format!("edition {edition}: {digest} was taken out, the shipped one is in force again")
        } else {
            format!("edition {edition}: {digest} was taken out, the edition is not in force any more")
        })
    }

    /// Puts an edition's previous pack back in force, or the one whose digest begins with `to`. Returns the new state.
    ///
    /// # Errors
    /// The pack does not exist or may not be put into force; the ledger can't be written.
    pub fn rollback(&self, edition: &str, to: Option<&str>, by: &str) -> Result<String, EngineError> {
        let Some(store) = &self.store else {
            return Err(wrong(edition, "there is no ledger, so nothing is on record"));
        };
        let (_, rows) = store.in_force()?;
        let current = rows.iter().find(|row| row.edition == edition);
        let target = self.target(edition, to, current.map(|row| row.digest.as_str()))?;
        if current.is_some_and(|row| row.digest == target) {
            return Err(wrong(edition, &format!("{} is in force already", short(&target))));
        }
        if self.shipped_digest(edition).is_some_and(|digest| digest == target) {
            return self.remove(edition, by);
        }
        let bytes = store.bytes(&target)?;
        let bytes = bytes.ok_or_else(|| wrong(edition, &format!("{} is not in the archive", short(&target))))?;
        let pack = self.settings.load().admission.admit(bytes);
        let pack = pack.map_err(|refused| wrong(edition, &format!("{}: {}", short(&target), refused.reason)))?;
        let new = NewForce {
            edition: edition.to_owned(),
            digest: target.clone(),
            version: pack.rules().manifest().version.clone(),
            origin: ForceOrigin::File,
            place: String::new(),
            why: "rolled back".to_owned(),
            by: by.to_owned(),
        };
        match self.put(pack, &new, None, &[])? {
            Change::Done => Ok(format!("edition {edition}: {} is in force again", short(&target))),
            Change::Outdated => Err(wrong(edition, "something else changed at this moment; try again")),
        }
    }

    /// Returns the digest of the pack that a rollback brings back.
    fn target(&self, edition: &str, to: Option<&str>, current: Option<&str>) -> Result<String, EngineError> {
        let Some(store) = &self.store else {
            return Err(wrong(edition, "there is no ledger"));
        };
        if to.is_some_and(str::is_empty) {
            return Err(wrong(
                edition,
                "--to needs the first digits of a digest; `cebridge pack list` shows them",
            ));
        }
        let Some(prefix) = to else {
            let history = store.ledger.force_history(edition)?;
            let before = history.into_iter().find(|row| Some(row.digest.as_str()) != current);
            return match before {
                Some(row) => Ok(row.digest),
                None => {
                    let shipped = self
                        .shipped_digest(edition)
                        .filter(|digest| Some(digest.as_str()) != current);
                    shipped.ok_or_else(|| wrong(edition, "no earlier pack of this edition is on record"))
                }
            };
        };
        let mut found: Vec<String> = store
            .ledger
            .archived_packs(&prefix.to_lowercase())?
            .into_iter()
            .filter(|row| row.edition == edition)
            .map(|row| row.digest)
            .collect();
        match (found.pop(), found.is_empty()) {
            (Some(digest), true) => Ok(digest),
            (Some(_), false) => Err(wrong(
                edition,
                &format!("several packs begin with {prefix}; give more of the digest"),
            )),
            (None, _) => Err(wrong(
                edition,
                &format!("no pack of this edition in the archive begins with {prefix}"),
            )),
        }
    }

    fn shipped_digest(&self, edition: &str) -> Option<String> {
        self.shipped.get(edition)?;
        let pack = self.build(&shipped_sources(), edition).ok()?;
        Some(pack.rules().digest().to_owned())
    }
}

fn wrong(edition: &str, reason: &str) -> EngineError {
    EngineError::Change {
        edition: edition.to_owned(),
        reason: reason.to_owned(),
    }
}
