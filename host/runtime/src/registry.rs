//! The packs in use, by edition and date, swapped as one immutable value.

use crate::pack::LoadedPack;
use arc_swap::ArcSwap;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// All packs at one moment. Whoever holds it, or a pack of it, keeps it whatever is installed later.
#[derive(Debug, Clone, Default)]
pub struct Packs {
    /// For each edition its packs, the one in use first, then those that it replaced.
    editions: BTreeMap<String, VecDeque<Arc<LoadedPack>>>,
}

impl Packs {
    /// The pack of an edition, for example `2022-05`.
    #[must_use]
    pub fn edition(&self, edition: &str) -> Option<&Arc<LoadedPack>> {
        self.editions.get(edition)?.front()
    }

    /// The pack of the edition in force on a day (`YYYY-MM-DD`, China Standard Time): the latest that has begun.
    #[must_use]
    pub fn for_date(&self, date: &str) -> Option<&Arc<LoadedPack>> {
        let begun = self.iter().filter(|pack| pack.effective_from() <= date);
        begun.max_by(|a, b| (a.effective_from(), a.edition()).cmp(&(b.effective_from(), b.edition())))
    }

    /// The packs in use, in order of their editions.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<LoadedPack>> {
        self.editions.values().filter_map(VecDeque::front)
    }

    /// The packs that an edition's pack has replaced, latest first.
    pub fn previous(&self, edition: &str) -> impl Iterator<Item = &Arc<LoadedPack>> {
        self.editions
            .get(edition)
            .into_iter()
            .flat_map(|packs| packs.iter().skip(1))
    }

    /// Whether there is no pack at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.editions.is_empty()
    }
}

/// The packs in use. Reading never waits; a change is one exchange of a pointer.
#[derive(Debug)]
pub struct Registry {
    current: ArcSwap<Packs>,
    /// Held while a change is made, so that two changes do not undo each other.
    change: Mutex<()>,
    keep: usize,
}

impl Registry {
    /// An empty registry that keeps so many replaced packs of each edition.
    #[must_use]
    pub fn new(keep: usize) -> Self {
        Self {
            current: ArcSwap::default(),
            change: Mutex::new(()),
            keep,
        }
    }

    /// All packs as of now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Packs> {
        self.current.load_full()
    }

    /// The pack of an edition.
    #[must_use]
    pub fn edition(&self, edition: &str) -> Option<Arc<LoadedPack>> {
        self.current.load().edition(edition).cloned()
    }

    /// The pack of the edition in force on a day (`YYYY-MM-DD`, China Standard Time).
    #[must_use]
    pub fn for_date(&self, date: &str) -> Option<Arc<LoadedPack>> {
        self.current.load().for_date(date).cloned()
    }

    /// Puts a pack in use for its edition; the one it replaces is kept for [`Registry::rollback`].
    ///
    /// A pack that is already there (by digest) moves to the front and takes the new grades.
    pub fn install(&self, pack: LoadedPack) -> Arc<LoadedPack> {
        let pack = Arc::new(pack);
        self.change(|packs| {
            let edition = packs.editions.entry(pack.edition().to_owned()).or_default();
            edition.retain(|known| known.digest() != pack.digest());
            edition.push_front(Arc::clone(&pack));
            edition.truncate(self.keep.saturating_add(1));
        });
        pack
    }

    /// Puts the previous pack of an edition back in use and returns it; the one that was in use is dropped. `None`, and
    /// nothing changes, when there is no previous one.
    pub fn rollback(&self, edition: &str) -> Option<Arc<LoadedPack>> {
        self.change(|packs| {
            let known = packs.editions.get_mut(edition)?;
            let previous = known.get(1).cloned()?;
            known.pop_front();
            Some(previous)
        })
    }

    /// Takes an edition out of use, with everything kept of it; returns the pack that was in use.
    pub fn remove(&self, edition: &str) -> Option<Arc<LoadedPack>> {
        self.change(|packs| packs.editions.remove(edition).and_then(|packs| packs.front().cloned()))
    }

    fn change<T>(&self, edit: impl FnOnce(&mut Packs) -> T) -> T {
        // The lock protects no data, so a panic elsewhere can't have left anything half done.
        let _turn = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut packs = Packs::clone(&self.current.load());
        let result = edit(&mut packs);
        self.current.store(Arc::new(packs));
        result
    }
}
