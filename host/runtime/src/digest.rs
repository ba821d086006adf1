//! The digest that identifies files.

use sha2::{Digest, Sha256};

/// Returns the SHA-256 as lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
