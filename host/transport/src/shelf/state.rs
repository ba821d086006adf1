//! Entries of a shelf.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// One entry of a folder whose files stay in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelved {
    /// Its name.
    pub name: String,
    /// The folder's path as given, with the name.
    pub path: PathBuf,
    /// Its state, and whether it can be used.
    pub state: ShelfState,
}

/// State of an entry. The text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShelfState {
    /// It is whole. It is read again only when it has changed.
    Whole {
        /// SHA-256 of the bytes in hexadecimal.
        sha256: String,
        /// Its content.
        bytes: Arc<Vec<u8>>,
        /// `length-nanoseconds-device-inode`, with the time of its last change since 1970. For a link, those of its
        /// target.
        stamp: String,
    },
    /// It was changed a moment ago and may still be written.
    Young,
    /// It is a pipe, socket, device or folder, or a link to one of these: `a pipe`, `a link to a folder`.
    NotRegular(String),
    /// It is a link whose target is gone.
    Dangling,
    /// It is too long to be read.
    TooLarge {
        /// Its length in bytes.
        bytes: u64,
        /// The greatest length that is read, in bytes.
        most: u64,
    },
    /// It cannot be read for now, with the system's message.
    Unreadable(String),
}

impl fmt::Display for ShelfState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ShelfState::Whole { bytes, .. } => write!(f, "whole, {} bytes", bytes.len()),
            ShelfState::Young => f.write_str("changed a moment ago; it is read when it stays unchanged"),
            ShelfState::NotRegular(kind) => write!(f, "it is {kind}, not a regular file"),
            ShelfState::Dangling => f.write_str("it is a link whose target is gone"),
            ShelfState::TooLarge { bytes, most } => write!(f, "it has {bytes} bytes, at most {most} are read"),
            ShelfState::Unreadable(problem) => write!(f, "cannot be read for now: {problem}"),
        }
    }
}
