//! Where an input came from.

use jiff::Timestamp;

/// Origin of an input.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// Path of its file.
    pub place: String,
    /// Distinguishes the same file, still in place, from a new one with the same bytes; empty if not from a watched
    /// folder.
    pub stamp: String,
    /// When the file was seen there; `None` if not from a watched folder.
    pub seen_at: Option<Timestamp>,
}
