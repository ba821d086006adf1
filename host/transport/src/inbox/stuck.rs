//! Files that are dealt with, and those of them that could not be moved away yet.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use crate::error::TransportError;
use crate::files;
use crate::regular;
use crate::stamp::Stamp;

use super::scan::Why;

/// Wait after the first failed move; doubled each time. Arbitrary.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Longest wait between two attempts to move a file. Arbitrary: a repaired folder is used
/// soon after.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// A file that is dealt with.
#[derive(Debug, Clone)]
pub(super) struct Leaving {
    pub(super) name: OsString,
    /// The state that was dealt with.
    pub(super) stamp: Stamp,
    /// SHA-256 of the content dealt with; `None` if it was not read.
    pub(super) sha256: Option<String>,
    /// Why it is set aside; `None` for files that were taken.
    pub(super) reason: Option<String>,
    failures: u32,
    /// When the move is retried, by the steady clock.
    next: Duration,
    /// Why the last attempt failed.
    problem: String,
}

/// Current state of the file that is to leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Now {
    /// It holds what was dealt with; this is its state now.
    Same(Stamp),
    /// It holds something else.
    Changed,
    /// It is no longer there.
    Gone,
}

impl Leaving {
    pub(super) fn new(name: &OsStr, stamp: Stamp, sha256: Option<&str>, reason: Option<&str>) -> Leaving {
        Leaving {
            name: name.to_owned(),
            stamp,
            sha256: sha256.map(str::to_owned),
            reason: reason.map(str::to_owned),
            failures: 0,
            next: Duration::ZERO,
            problem: String::new(),
        }
    }

    /// Notes a failed move, to be retried after a pause.
    fn failed(&mut self, problem: String, now: Duration) {
        let pause = FIRST_PAUSE * 2_u32.pow(self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        self.next = now + pause.min(LONGEST_PAUSE);
        self.problem = problem;
    }

    /// Compares the file with what was dealt with.
    pub(super) fn compare(&self, path: &Path) -> Result<Now, TransportError> {
        match self.look(path) {
            Ok(now) => Ok(now),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Now::Gone),
            Err(error) => Err(TransportError::io("read again", path, error)),
        }
    }

    fn look(&self, path: &Path) -> io::Result<Now> {
        let metadata = fs::symlink_metadata(path)?;
        let stamp = Stamp::of(&metadata);
        let Some(sha256) = &self.sha256 else {
            return Ok(if stamp == self.stamp {
                Now::Same(stamp)
            } else {
                Now::Changed
            });
        };
        if !metadata.is_file() || stamp.length != self.stamp.length {
            return Ok(Now::Changed);
        }
        // The same bytes with another time in the same file: it was only touched. The same bytes in another file
        // with another time: it was dropped there again.
        if stamp.modified != self.stamp.modified && !stamp.same_file(&self.stamp) {
            return Ok(Now::Changed);
        }
        Ok(match files::digest_still(&mut regular::open(path)?)? {
            Some((read, found)) if read == stamp && found == *sha256 => Now::Same(stamp),
            _ => Now::Changed,
        })
    }
}

/// Files that could not be moved away.
#[derive(Debug, Default)]
pub(super) struct Stuck(HashMap<OsString, Leaving>);

impl Stuck {
    /// Forgets files that are gone. `names` must be sorted.
    pub(super) fn list(&mut self, names: &[OsString]) {
        self.0.retain(|name, _| names.binary_search(name).is_ok());
    }

    pub(super) fn take(&mut self, name: &OsStr) -> Option<Leaving> {
        self.0.remove(name)
    }

    /// Notes a failed move, to be retried after a pause.
    pub(super) fn failed(&mut self, mut leaving: Leaving, problem: String, now: Duration) {
        leaving.failed(problem, now);
        self.0.insert(leaving.name.clone(), leaving);
    }

    /// Reason why a file in this state waits, unless moving it is due.
    pub(super) fn waits(&self, name: &OsStr, stamp: Stamp, now: Duration) -> Option<Why> {
        let leaving = self.0.get(name)?;
        (leaving.stamp == stamp && leaving.next > now).then(|| Why::Stuck {
            problem: leaving.problem.clone(),
            again_in: leaving.next - now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn pauses_grow_to_five_minutes() {
        let root = TempDir::new().unwrap();
        fs::write(root.path().join("a"), "x").unwrap();
        let stamp = Stamp::of(&fs::metadata(root.path().join("a")).unwrap());
        let mut leaving = Leaving::new(OsStr::new("a"), stamp, None, None);
        let mut pauses = Vec::new();
        for _ in 0..40 {
            leaving.failed("no".into(), Duration::ZERO);
            pauses.push(leaving.next.as_secs());
        }
        assert_eq!(pauses[..4], [1, 2, 4, 8]);
        assert_eq!(pauses[39], 300);
    }
}
