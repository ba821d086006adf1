//! Holds the packs in use by edition, swapped as one immutable value.

use crate::pack::LoadedPack;
use arc_swap::ArcSwap;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// All packs at one moment. The value, and any pack taken from it, stays usable whatever is installed later.
#[derive(Debug, Clone, Default)]
pub struct PackSet {
    editions: BTreeMap<String, Line>,
}

/// The packs of one edition.
#[derive(Debug, Clone, Default)]
struct Line {
    current: Option<Arc<LoadedPack>>,
    /// The packs it replaced, latest first.
    previous: VecDeque<Arc<LoadedPack>>,
}

impl PackSet {
    /// Returns the pack of an edition, for example `2022-05`.
    #[must_use]
    pub fn edition(&self, edition: &str) -> Option<&Arc<LoadedPack>> {
        self.editions.get(edition)?.current.as_ref()
    }

    /// Iterates over the packs in use, ordered by edition.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<LoadedPack>> {
        self.editions.values().filter_map(|line| line.current.as_ref())
    }

    /// Iterates over the replaced packs of an edition, latest first.
    pub fn previous(&self, edition: &str) -> impl Iterator<Item = &Arc<LoadedPack>> {
        self.editions
            .get(edition)
            .into_iter()
            .flat_map(|line| line.previous.iter())
    }
}

/// The packs in use. Reading never waits; a change is a single pointer swap.
#[derive(Debug)]
pub struct Registry {
    current: ArcSwap<PackSet>,
    /// Held during a change, so that two changes do not undo each other.
    change: Mutex<()>,
    keep: usize,
}

impl Registry {
    /// Creates an empty registry that keeps up to `keep` replaced packs of each edition.
    #[must_use]
    pub fn new(keep: usize) -> Self {
        Self {
            current: ArcSwap::default(),
            change: Mutex::new(()),
            keep,
        }
    }

    /// Returns all packs as of now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<PackSet> {
        self.current.load_full()
    }

    /// Returns the pack of an edition.
    #[must_use]
    pub fn edition(&self, edition: &str) -> Option<Arc<LoadedPack>> {
        self.current.load().edition(edition).cloned()
    }

    /// Puts a pack into use for its edition.
    pub fn install(&self, pack: LoadedPack) -> Arc<LoadedPack> {
        let pack = Arc::new(pack);
        self.exchange(pack.rules().edition(), Some(Arc::clone(&pack)));
        pack
    }

    /// Takes the pack of an edition out of use; it is kept among the replaced ones.
    pub fn retire(&self, edition: &str) {
        self.exchange(edition, None);
    }

    fn exchange(&self, edition: &str, next: Option<Arc<LoadedPack>>) {
        // The lock protects no data, so a panic elsewhere can't have left anything half done.
        let _turn = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut packs = PackSet::clone(&self.current.load());
        let line = packs.editions.entry(edition.to_owned()).or_default();
        if let Some(pack) = line.current.take() {
            line.previous.push_front(pack);
        }
        if let Some(next) = &next {
            line.previous
                .retain(|known| known.rules().digest() != next.rules().digest());
        }
        line.previous.truncate(self.keep);
        line.current = next;
        self.current.store(Arc::new(packs));
    }
}
