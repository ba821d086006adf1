//! Tracks how long each file of a folder has been unchanged, as seen from here.
//!
//! A file's own time stamp counts only at first sight: it may be wrong in both directions if another machine wrote it.
//! After that a steady clock decides.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::time::Duration;

use crate::clock::Moment;
use crate::stamp::Stamp;

/// State of the files in one folder.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    seen: HashMap<OsString, Seen>,
    /// Files present when the folder was first listed, until they are looked at. `None` before that.
    early: Option<HashSet<OsString>>,
}

/// One state of a file.
#[derive(Debug)]
struct Seen {
    stamp: Stamp,
    /// When it was first seen in this state, by the steady clock.
    since: Duration,
    /// Its age at that time by its own time stamp.
    age: Duration,
    /// It was there before anything was seen, so its time stamp is the only evidence.
    early: bool,
    /// It was renamed into the folder in this state.
    whole: bool,
    /// It was changed after it had been taken, and brought back: its writer does not rename.
    grown: bool,
    /// It made no sense in this state.
    deferred: bool,
}

impl Seen {
    fn new(stamp: Stamp, since: Duration) -> Seen {
        Seen {
            stamp,
            since,
            age: Duration::ZERO,
            early: false,
            whole: false,
            grown: false,
            deferred: false,
        }
    }
}

impl Rest {
    /// Notes the files in the folder and forgets all others. `names` must be sorted.
    pub(crate) fn list(&mut self, names: &[OsString]) {
        let early = self.early.get_or_insert_with(|| names.iter().cloned().collect());
        early.retain(|name| names.binary_search(name).is_ok());
        self.seen.retain(|name, _| names.binary_search(name).is_ok());
    }

    /// Notes the state of a file.
    pub(crate) fn observe(&mut self, name: &OsStr, stamp: Stamp, now: Moment) {
        let early = self.early.as_mut().is_some_and(|early| early.remove(name));
        let before = self.seen.get(name).map(|seen| seen.stamp);
        if before == Some(stamp) {
            return;
        }
        let mut seen = Seen::new(stamp, now.steady);
        // A file that changed since the last look is young, even if its time stamp is old.
        if !before.is_some_and(|before| before.same_file(&stamp)) {
            seen.age = stamp.age(now.wall);
            seen.early = early;
        }
        self.seen.insert(name.to_owned(), seen);
    }

    /// Notes that the file was renamed into the folder in this state.
    pub(crate) fn mark_whole(&mut self, name: &OsStr, stamp: Stamp, now: Moment) {
        self.observe(name, stamp, now);
        if let Some(seen) = self.seen.get_mut(name).filter(|seen| !seen.grown) {
            seen.whole = true;
            seen.deferred = false;
        }
    }

    /// Notes that a file that was taken has changed and was brought back in this state, which it has had since `since`.
    pub(crate) fn mark_grown(&mut self, name: &OsStr, stamp: Stamp, since: Duration) {
        let seen = Seen {
            grown: true,
            ..Seen::new(stamp, since)
        };
        self.seen.insert(name.to_owned(), seen);
    }

    /// Notes that the file made no sense in this state.
    pub(crate) fn defer(&mut self, name: &OsStr, stamp: Stamp) {
        if let Some(seen) = self.seen.get_mut(name).filter(|seen| seen.stamp == stamp) {
            seen.deferred = true;
        }
    }

    pub(crate) fn is_deferred(&self, name: &OsStr) -> bool {
        self.seen.get(name).is_some_and(|seen| seen.deferred)
    }

    /// Returns `true` if the file has been unchanged for `settle`. At first sight its own time stamp may prove it.
    pub(crate) fn is_still(&self, name: &OsStr, settle: Duration, now: Moment) -> bool {
        self.seen
            .get(name)
            .is_some_and(|seen| seen.whole || now.steady.saturating_sub(seen.since) + seen.age >= settle)
    }

    /// Returns `true` if the file may still be incomplete: it changed less than `patience` ago.
    ///
    /// The time stamp of a file that appeared between two looks proves nothing: the clock of the machine that wrote
    /// it may be behind.
    pub(crate) fn is_young(&self, name: &OsStr, patience: Duration, now: Moment) -> bool {
        self.seen.get(name).is_some_and(|seen| {
            let age = if seen.early { seen.age } else { Duration::ZERO };
            !seen.whole && now.steady.saturating_sub(seen.since) + age < patience
        })
    }

    /// Returns `true` if the file was last seen in this state.
    pub(crate) fn is_as_seen(&self, name: &OsStr, stamp: Stamp) -> bool {
        self.seen.get(name).is_some_and(|seen| seen.stamp == stamp)
    }
}
