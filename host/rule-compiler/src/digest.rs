//! Computes the digest of rule source.

use crate::text::Sources;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Returns the SHA-256 (hex) of path, NUL, content, NUL of each file, in order of paths.
pub(crate) fn of(files: &[usize], sources: &Sources<'_>) -> String {
    let sorted: BTreeMap<&str, usize> = files.iter().map(|file| (sources.path(*file), *file)).collect();
    let mut hash = Sha256::new();
    for (path, file) in sorted {
        for part in [path, sources.text(file)] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
    }
    hex::encode(hash.finalize())
}
