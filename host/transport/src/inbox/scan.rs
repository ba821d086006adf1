//! Results of scanning a folder.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::Incoming;

/// Result of scanning a folder.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// Whole files, in the order of their names.
    pub ready: Vec<Incoming>,
    /// Files that cannot be taken now.
    pub waiting: Vec<Waiting>,
    /// Names of files that can never be taken and were set aside, with the reason.
    pub set_aside: Vec<(String, String)>,
    /// Names of files that were changed after they had been taken. They are back and come again with their current
    /// content, usually a longer version of what was taken.
    pub grown: Vec<String>,
}

/// A file that cannot be taken now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub name: String,
    /// Why it waits.
    pub why: Why,
}

/// Why a file is not taken now. The text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// It was changed a moment ago and may still be written.
    Young,
    /// Its content made no sense and it may still be written.
    Deferred,
    /// It has been empty for a long time.
    Empty,
    /// It cannot be read for now.
    Unreadable(String),
    /// It is dealt with but cannot be moved away.
    Stuck {
        /// Why it cannot be moved.
        problem: String,
        /// Time until the move is retried.
        again_in: Duration,
    },
    /// It was changed after it had been taken but cannot be brought back.
    Away(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Young => f.write_str("changed a moment ago; it is taken when it stays unchanged"),
            Why::Deferred => f.write_str("cannot be read as it is and may still be written; it is looked at again"),
            Why::Empty => f.write_str("empty; it is taken when it has content"),
            Why::Unreadable(problem) => write!(f, "cannot be read for now: {problem}"),
            Why::Stuck { problem, again_in } => {
                write!(f, "dealt with, but {problem}; tried again in {} s", again_in.as_secs())
            }
            Why::Away(problem) => write!(f, "written to after it was taken, but {problem}"),
        }
    }
}

/// Outcome for a file that was to leave the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// It is here now; no path for transports that keep no files.
    Away(Option<PathBuf>),
    /// It no longer holds what was read. It stays and comes again once it is whole.
    Changed,
    /// It is no longer there: another process took it.
    Gone,
}
