//! Why a file that came from the exchange platform can't be read.

use super::Content;
use crate::envelope::EnvelopeError;
use crate::error::ReadError;

/// A file that can't be read, with the true cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ArrivalError {
    /// It is XML, but not well-formed, or beyond the limits.
    #[error("it is no readable XML: {0}")]
    Read(#[from] ReadError),
    /// It is no XML at all.
    #[error("{0}")]
    NotXml(Content),
    /// It is an envelope or a platform reply that can't be taken apart.
    #[error("the envelope can't be opened: {0}")]
    Envelope(#[from] EnvelopeError),
    /// The message inside an envelope is an envelope again.
    #[error("this is another envelope, <{root}>; unpack it first (`cebridge unwrap`)")]
    Nested {
        /// Local name of its root.
        root: String,
    },
    /// The envelope is good, the message inside can't be read. Lines and columns count from the beginning of the
    /// message.
    #[error("inside Data of the envelope: {0}")]
    Inside(Box<ArrivalError>),
}
