//! Moving envelopes between this host and the exchange platform: one file for each transport behind one trait.

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
pub use clock::Clock;
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
    /// `CopMsgId`: the same one always stands for the same bytes.
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

/// What became of a hand-over that was begun and whose end was not noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// The other side has the envelope for good, even if it has taken it away since. It must not be handed over again.
    Done,
    /// The other side never saw it; `prepare` and `hand_over` are to be called.
    NotDone,
    /// The transport cannot tell.
    Unknown,
}

/// Something received and not yet acknowledged.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Name for people and logs, such as a file name.
    pub name: String,
    /// The content, untouched.
    pub bytes: Vec<u8>,
    /// Tells this item from others of its name, also after a restart. Of a file: `length-nanoseconds-device-inode`,
    /// with the time of its last change since 1970.
    pub stamp: String,
    /// SHA-256 of the content in hexadecimal.
    pub sha256: String,
    token: Token,
}

/// What a transport needs to find a received item again.
#[derive(Debug, Clone)]
pub(crate) enum Token {
    File { path: PathBuf, stamp: stamp::Stamp },
}

/// A way to and from the exchange platform.
///
/// An envelope is handed over in two steps, so that the caller can record its intent between them. After a stop at any
/// moment, `recall` tells from what the transport holds whether the hand-over happened:
///
/// ```text
/// prepare ─► record the intent ─► hand_over ─► record that it is sent
///                 └─ stop or error after this: recall ─► Done: record that it is sent
///                                                     └► NotDone: prepare, hand_over
/// ```
///
/// What was received comes again until it is acknowledged or rejected.
pub trait Transport: Send + Sync {
    /// Name for logs and errors.
    fn name(&self) -> &str;

    /// Makes everything ready so that `hand_over` is a single step. The other side sees nothing yet. May be repeated.
    ///
    /// # Errors
    /// `TransportError`, which tells whether trying again may help. Nothing was handed over.
    fn prepare(&self, message: &Outgoing<'_>) -> Result<(), TransportError>;

    /// Hands a prepared envelope over. `Ok` means the other side has it for good. An envelope that the other side
    /// still has from an earlier attempt is recognised and not handed over again.
    ///
    /// # Errors
    /// `TransportError`. The hand-over may have happened all the same: `recall` tells.
    fn hand_over(&self, message: &Outgoing<'_>) -> Result<(), TransportError>;

    /// What became of an envelope that was prepared and then perhaps handed over. Says nothing true about an envelope
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
            // Prepared a moment ago and not there any more: another process handed over the same envelope.
            Err(error @ TransportError::NotPrepared { .. }) => match self.recall(message)? {
                Handover::Done => Ok(()),
                Handover::NotDone | Handover::Unknown => Err(error),
            },
            other => other,
        }
    }

    /// Takes up to `limit` waiting items without removing them, and tells what cannot be taken.
    ///
    /// # Errors
    /// Only when nothing can be received at all; one bad item does not hide the others.
    fn receive(&self, limit: usize) -> Result<Scan, TransportError>;

    /// This file was renamed into one of the folders that the transport may read. Without meaning for transports that
    /// have none.
    fn renamed_in(&self, _path: &Path) {}

    /// Whether the item may still be incomplete because it is being written.
    fn is_young(&self, _item: &Incoming) -> bool {
        false
    }

    /// The item makes no sense and is young: it comes again when it has changed or is no longer young.
    fn defer(&self, _item: &Incoming) {}

    /// The item is dealt with and shall not come again, unless it no longer is what was received.
    ///
    /// # Errors
    /// When it cannot be taken out of the way. It does not come again as long as this process lives, and the transport
    /// keeps trying.
    fn acknowledge(&self, item: &Incoming) -> Result<Moved, TransportError>;

    /// The item cannot be used; it is set aside with the reason and shall not come again, unless it no longer is what
    /// was received.
    ///
    /// # Errors
    /// As for `acknowledge`.
    fn reject(&self, item: &Incoming, reason: &str) -> Result<Moved, TransportError>;
}
