//! Digests in short, for people.

/// Returns the first twelve digits of a digest.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
