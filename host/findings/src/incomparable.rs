//! The error of documents that can't be judged together.

/// Documents can't be judged together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the documents of {pair} can't be compared: {reason}")]
pub struct Incomparable {
    /// Code of the pair or message.
    pub pair: String,
    /// The reason.
    pub reason: String,
}
