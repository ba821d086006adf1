//! The standard as one page to browse.

use crate::Catalogue;

/// TODO
#[must_use]
pub fn page(_catalogues: &[Catalogue<'_>]) -> String {
    String::new()
}
