//! Moving envelopes between this host and the exchange platform: one file for each transport behind one trait.

mod directory;
mod error;
mod files;
mod names;
mod watch;

pub use directory::DirectoryTransport;
pub use error::TransportError;
pub use watch::FolderWatch;

/// An envelope to send.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// `CopMsgId`: sending the same one again is harmless.
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

/// Something received and not yet acknowledged.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Name for people and logs, such as a file name.
    pub name: String,
    /// The content, untouched.
    pub bytes: Vec<u8>,
    token: Token,
}

/// What a transport needs to find a received item again.
#[derive(Debug, Clone)]
pub(crate) enum Token {
    File(std::path::PathBuf),
}

/// A way to and from the exchange platform.
///
/// Delivery is at least once in both directions: `send` may be repeated with the same envelope, and
/// what was received comes again until it is acknowledged or rejected.
pub trait Transport: Send + Sync {
    /// Name for logs and errors.
    fn name(&self) -> &str;

    /// Hands the envelope over. `Ok` means the other side has it for good.
    ///
    /// # Errors
    /// `TransportError`, which tells whether trying again may help.
    fn send(&self, message: &Outgoing<'_>) -> Result<(), TransportError>;

    /// Takes up to `limit` waiting items without removing them.
    ///
    /// # Errors
    /// Only when nothing can be received at all; one bad item does not hide the others.
    fn receive(&self, limit: usize) -> Result<Vec<Incoming>, TransportError>;

    /// The item is dealt with and shall not come again.
    ///
    /// # Errors
    /// When it cannot be taken out of the way; it will come again.
    fn acknowledge(&self, item: &Incoming) -> Result<(), TransportError>;

    /// The item cannot be used; it is put aside with the reason and shall not come again.
    ///
    /// # Errors
    /// When it cannot be taken out of the way; it will come again.
    fn reject(&self, item: &Incoming, reason: &str) -> Result<(), TransportError>;
}
