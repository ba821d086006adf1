//! Data and signature of a message from one reading of its bytes.

use cebridge_signature::SignedParts;

use crate::document::Document;
use crate::error::ReadError;
use crate::limits::Limits;
use crate::read;

/// Reads a message and the parts of its signature at once: one tokenizer run feeds both, so nothing can be data that
/// the signature does not cover. [`SignedParts::verify`] judges the signature; use the document only when it is valid.
///
/// # Errors
/// As [`Document::parse`]. What only the signature can't work on, such as another encoding than UTF-8, is a reason of
/// its verdict.
pub fn read_signed(bytes: &[u8], limits: &Limits) -> Result<(Document, SignedParts), ReadError> {
    read::signed(bytes, limits)
}
