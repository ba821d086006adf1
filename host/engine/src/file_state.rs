//! Detects that a file has changed, without reading it.

use std::fs::Metadata;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// Distinguishes states of a file: length, modification time, and identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileState {
    length: u64,
    changed: SystemTime,
    identity: u64,
}

impl FileState {
    /// `None` if the path is not a regular file.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(path).ok().filter(Metadata::is_file)?;
        Some(Self {
            length: metadata.len(),
            changed: metadata.modified().ok()?,
            identity: identity(&metadata),
        })
    }
}

#[cfg(unix)]
fn identity(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> u64 {
    0
}

/// A file, or several that belong together, polled for changes.
#[derive(Debug)]
pub(crate) struct Watched<S> {
    /// The state in use.
    used: S,
    seen: S,
    since: Instant,
}

impl<S: PartialEq + Clone> Watched<S> {
    /// Starts with this state in use.
    pub(crate) fn new(state: S) -> Self {
        Self {
            used: state.clone(),
            seen: state,
            since: Instant::now(),
        }
    }

    /// Returns `true` if `now` differs from the state in use and has not changed for `rest`; before that, the file may
    /// still be being written. It is then the state in use.
    pub(crate) fn is_new(&mut self, now: S, rest: Duration) -> bool {
        if self.seen != now {
            self.seen = now;
            self.since = Instant::now();
        }
        let new = self.seen != self.used && self.since.elapsed() >= rest;
        if new {
            self.used = self.seen.clone();
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_once_and_only_at_rest() {
        let long = Duration::from_secs(3600);
        let mut watched = Watched::new(1);
        assert!(!watched.is_new(1, Duration::ZERO));
        assert!(!watched.is_new(2, long), "it may still be written");
        assert!(watched.is_new(2, Duration::ZERO));
        assert!(!watched.is_new(2, Duration::ZERO));
        assert!(!watched.is_new(3, long));
        assert!(!watched.is_new(2, Duration::ZERO), "it is what it was");
    }

    #[test]
    fn a_file_that_is_replaced_by_one_of_the_same_length_and_time_is_another() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        std::fs::write(&old, "1").unwrap();
        std::fs::write(&new, "2").unwrap();
        let time = std::fs::metadata(&old).unwrap().modified().unwrap();
        std::fs::File::options()
            .write(true)
            .open(&new)
            .unwrap()
            .set_modified(time)
            .unwrap();
        let before = FileState::of(&old).unwrap();
        std::fs::rename(&new, &old).unwrap();
        assert_ne!(FileState::of(&old), Some(before));
        assert_eq!(FileState::of(folder.path()), None);
    }
}
