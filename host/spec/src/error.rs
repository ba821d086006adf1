//! Errors of publishing a pack.

/// Reason a pack can't be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StandardError {
    /// The edition does not have the requested message.
    #[error("edition {edition} has no message {asked}; it has {known}")]
    UnknownMessage {
        /// The requested code.
        asked: String,
        /// The edition.
        edition: String,
        /// Codes that it has.
        known: String,
    },
    /// The pack refers to something it does not hold.
    #[error("the pack is damaged: it refers to {what} {position}, which it does not hold")]
    Damaged {
        /// Kind of the missing item.
        what: &'static str,
        /// Its position.
        position: usize,
    },
    /// Something that XSD 1.0 cannot express.
    #[error("{place} cannot be written as XSD 1.0: {reason}")]
    NotXsd {
        /// The element.
        place: String,
        /// The reason.
        reason: String,
    },
}
