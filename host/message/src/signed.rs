//! Data and signature of a message from a single read of its bytes.

use cebridge_signature::SignedParts;

use crate::document::Document;
use crate::error::ReadError;
use crate::limits::Limits;
use crate::read;

/// Reads a message and the parts of its signature at once: one tokenizer run feeds both, so there is no data that the
/// signature does not cover. [`SignedParts::verify`] checks the signature; use the document only if it is valid.
///
/// # Errors
/// As [`Document::parse`]. Input that only the signature can't handle, such as an encoding other than UTF-8, becomes a
/// reason in its verdict.
pub fn read_signed(bytes: &[u8], limits: &Limits) -> Result<(Document, SignedParts), ReadError> {
    read::signed(bytes, limits)
}
