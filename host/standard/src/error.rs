//! Why a pack can't be published.

/// Why a pack can't be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StandardError {
    /// A message was asked for that the edition does not have.
    #[error("edition {edition} has no message {asked}; it has {known}")]
    UnknownMessage {
        /// The code that was asked for.
        asked: String,
        /// The edition.
        edition: String,
        /// Codes that it has.
        known: String,
    },
    /// The pack refers to something that it does not hold.
    #[error("the pack is damaged: it refers to {what} {position}, which it does not hold")]
    Damaged {
        /// What is missing.
        what: &'static str,
        /// Its position.
        position: usize,
    },
    /// Something that XSD 1.0 cannot say.
    #[error("{place} cannot be written as XSD 1.0: {reason}")]
    NotXsd {
        /// The element.
        place: String,
        /// What is in the way.
        reason: String,
    },
}
