//! Moves envelopes between this host and the exchange platform: one file for each transport behind one trait.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod access;
mod clock;
mod directory;
mod error;
mod files;
mod inbox;
mod moving;
mod names;
mod outbox;
mod regular;
mod rest;
mod set_aside;
mod shelf;
mod stamp;
mod watch;

use std::path::{Path, PathBuf};

pub use access::{Access, AccessError};
pub use directory::DirectoryTransport;
pub use error::TransportError;
pub use inbox::{Inbox, InboxRules, Moved, Scan, Waiting, Why};
pub use regular::read_regular;
pub use set_aside::{SetAside, retake, set_aside};
pub use shelf::{Shelf, ShelfState, Shelved};
pub use watch::FolderWatch;

/// An envelope to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// `CopMsgId`: the same id always means the same bytes.
    pub cop_msg_id: &'a str,
    /// Message type of the envelope, such as `CEB311Message`.
    pub msg_type: &'a str,
    /// `SenderId`.
    pub sender: &'a str,
    /// First `ReceiverId`.
    pub receiver: &'a str,
    /// The envelope.
    pub bytes: &'a [u8],
}

/// Outcome of a hand-over that was begun and whose end was not noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// The other side has received the envelope, even if it has taken it away since. It must not be handed over again.
    Done,
    /// The other side never saw it; `prepare` and `hand_over` must be called.
    NotDone,
    /// The transport does not know.
    Unknown,
}

/// Something received and not yet acknowledged.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Name for people and logs, such as a file name.
    pub name: String,
    /// The content, untouched.
    pub bytes: Vec<u8>,
    /// Distinguishes this item from others of its name, even after a restart. For a file:
    /// `length-nanoseconds-device-inode`, with the time of its last change since 1970.
    pub stamp: String,
    /// SHA-256 of the content in hexadecimal.
    pub sha256: String,
    token: Token,
}

/// Data by which a transport finds a received item again.
#[derive(Debug, Clone)]
pub(crate) enum Token {
    File { path: PathBuf, stamp: stamp::Stamp },
}

/// A way to and from the exchange platform.
///
/// An envelope is handed over in two steps, so that the caller can record its intent between them. After a stop at any
/// moment, `recall` derives from the transport's state whether the hand-over happened:
///
/// ```text
/// prepare ─► record the intent ─► hand_over ─► record that it is sent
///                 └─ stop or error after this: recall ─► Done: record that it is sent
///                                                     └► NotDone: prepare, hand_over
/// ```
///
/// Received items come again until they are acknowledged or rejected.
pub trait Transport: Send + Sync {
    /// Makes everything ready so that `hand_over` is a single step. The other side sees nothing yet. May be repeated.
    ///
    /// # Errors
    /// `TransportError`, which says whether a retry may help. Nothing was handed over.
    fn prepare(&self, message: &Outgoing<'_>) -> Result<(), TransportError>;

    /// Hands a prepared envelope over. `Ok` means that the other side has it permanently. An envelope that the other
    /// side still has from an earlier attempt is recognised and not handed over again.
    ///
    /// # Errors
    /// `TransportError`. The hand-over may have happened anyway; `recall` finds out.
    fn hand_over(&self, message: &Outgoing<'_>) -> Result<(), TransportError>;

    /// Returns the outcome for an envelope that was prepared and then perhaps handed over. Meaningless for an envelope
    /// that was never prepared.
    ///
    /// # Errors
    /// When it cannot be found out now.
    fn recall(&self, message: &Outgoing<'_>) -> Result<Handover, TransportError>;

    /// Prepares and hands over, for callers that record nothing in between. May be repeated as long as the other side
    /// has not taken the envelope away.
    ///
    /// # Errors
    /// Those of `prepare` and `hand_over`.
    fn send(&self, message: &Outgoing<'_>) -> Result<(), TransportError> {
        self.prepare(message)?;
        match self.hand_over(message) {
            // Prepared a moment ago and no longer there: another process handed over the same envelope.
            Err(error @ TransportError::NotPrepared { .. }) => match self.recall(message)? {
                Handover::Done => Ok(()),
                Handover::NotDone | Handover::Unknown => Err(error),
            },
            other => other,
        }
    }

    /// Takes up to `limit` waiting items without removing them, and reports what cannot be taken.
    ///
    /// # Errors
    /// Only when nothing can be received at all; one bad item does not hide the others.
    fn receive(&self, limit: usize) -> Result<Scan, TransportError>;

    /// Notes that this file was renamed into one of the folders that the transport may read. No effect for transports
    /// without folders.
    fn renamed_in(&self, _path: &Path) {}

    /// Returns `true` if the item may still be incomplete because it is being written.
    fn is_young(&self, _item: &Incoming) -> bool {
        false
    }

    /// Defers an item that makes no sense and is young: it comes again once it has changed or is no longer young.
    fn defer(&self, _item: &Incoming) {}

    /// Acknowledges an item that is dealt with. It does not come again, unless it is no longer what was received.
    ///
    /// # Errors
    /// When it cannot be moved away. It does not come again as long as this process lives, and the transport keeps
    /// trying.
    fn acknowledge(&self, item: &Incoming) -> Result<Moved, TransportError>;

    /// Sets an unusable item aside with the reason. It does not come again, unless it is no longer what was received.
    ///
    /// # Errors
    /// As for `acknowledge`.
    fn reject(&self, item: &Incoming, reason: &str) -> Result<Moved, TransportError>;
}
