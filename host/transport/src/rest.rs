//! How long each file of a folder has been unchanged, as seen from here.
//!
//! A file's own time stamp counts only at first sight: it may be wrong in both directions when another machine
//! wrote it. After that a steady clock tells.

use std::collections::{HashMap, HashSet};
use std::ffi::{OsStr, OsString};
use std::time::Duration;

use crate::clock::Moment;
use crate::stamp::Stamp;

/// What is known of the files of one folder.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    seen: HashMap<OsString, Seen>,
    /// Files that lay there when the folder was first listed, until they are looked at. `None` before that.
    early: Option<HashSet<OsString>>,
}

/// One state of a file.
#[derive(Debug)]
struct Seen {
    stamp: Stamp,
    /// When it was first seen so, by the steady clock.
    since: Duration,
    /// Its age at that time by its own time stamp.
    age: Duration,
    /// It lay there before anything was seen, so its time stamp is the only witness.
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
    /// Takes note of what lies in the folder: the rest is forgotten. `names` are in order.
    pub(crate) fn list(&mut self, names: &[OsString]) {
        let early = self.early.get_or_insert_with(|| names.iter().cloned().collect());
        early.retain(|name| names.binary_search(name).is_ok());
        self.seen.retain(|name, _| names.binary_search(name).is_ok());
    }

    /// Takes note of the state a file is in.
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

    /// The file was renamed into the folder in this state.
    pub(crate) fn mark_whole(&mut self, name: &OsStr, stamp: Stamp, now: Moment) {
        self.observe(name, stamp, now);
        if let Some(seen) = self.seen.get_mut(name).filter(|seen| !seen.grown) {
            seen.whole = true;
            seen.deferred = false;
        }
    }

    /// The file was changed after it had been taken, was brought back in this state, and has been so `since`.
    pub(crate) fn mark_grown(&mut self, name: &OsStr, stamp: Stamp, since: Duration) {
        let seen = Seen {
            grown: true,
            ..Seen::new(stamp, since)
        };
        self.seen.insert(name.to_owned(), seen);
    }

    /// The file made no sense in this state.
    pub(crate) fn defer(&mut self, name: &OsStr, stamp: Stamp) {
        if let Some(seen) = self.seen.get_mut(name).filter(|seen| seen.stamp == stamp) {
            seen.deferred = true;
        }
    }

    pub(crate) fn is_deferred(&self, name: &OsStr) -> bool {
        self.seen.get(name).is_some_and(|seen| seen.deferred)
    }

    /// Whether the file has been unchanged for `settle`. At first sight its own time stamp may say so.
    pub(crate) fn is_still(&self, name: &OsStr, settle: Duration, now: Moment) -> bool {
        self.seen
            .get(name)
            .is_some_and(|seen| seen.whole || now.steady.saturating_sub(seen.since) + seen.age >= settle)
    }

    /// Whether the file may still be a file that is being written: it changed less than `patience` ago.
    ///
    /// The time stamp of a file that appeared between two looks proves nothing: the clock of the machine that wrote
    /// it may be behind.
    pub(crate) fn is_young(&self, name: &OsStr, patience: Duration, now: Moment) -> bool {
        self.seen.get(name).is_some_and(|seen| {
            let age = if seen.early { seen.age } else { Duration::ZERO };
            !seen.whole && now.steady.saturating_sub(seen.since) + age < patience
        })
    }

    /// Whether this is the state the file was last seen in.
    pub(crate) fn is_as_seen(&self, name: &OsStr, stamp: Stamp) -> bool {
        self.seen.get(name).is_some_and(|seen| seen.stamp == stamp)
    }
}
