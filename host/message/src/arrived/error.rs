//! Errors for files from the exchange platform that can't be read.

use super::Content;
use crate::envelope::EnvelopeError;
use crate::error::ReadError;

/// A file that can't be read, with the actual cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrivalError {
    /// It is XML, but not well-formed, or beyond the limits.
    #[error("it is not readable XML: {0}")]
    Read(#[from] ReadError),
    /// It is not XML at all.
    #[error("{0}")]
    NotXml(Content),
    /// It is an envelope or a platform reply that can't be opened.
    #[error("the envelope can't be opened: {0}")]
    Envelope(#[from] EnvelopeError),
    /// The message inside an envelope is another envelope.
    #[error("this is another envelope, <{root}>; unpack it first (`cebridge unwrap`)")]
    Nested {
        /// Local name of its root.
        root: String,
    },
    /// The envelope is valid, but the message inside can't be read. Lines and columns count from the beginning of the
    /// message.
    #[error("inside Data of the envelope: {0}")]
    Inside(Box<ArrivalError>),
}
