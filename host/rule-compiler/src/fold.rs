//! Merges one edition into the result of its parents: what it adds, then what it changes.

use crate::change;
use crate::edition::{self, Edition, EditionFiles};
use crate::keys::EDITION_FILE;
use crate::manifest;
use crate::roles;
use crate::table::Table;
use crate::text::Sources;

/// Merges one edition into the result of its parents.
pub(crate) fn fold(edition: &mut Edition, files: &EditionFiles<'_>, folder: &str, sources: &Sources<'_>) {
    let top = Table::top(files.file, &files.table, sources);
    top.only("edition.toml", &EDITION_FILE);
    if let Some(manifest) = manifest::read(top, folder, sources) {
        edition.manifest = manifest;
    }
    edition::namespaces(edition, top, sources);
    roles::restate(&mut edition.roles, top, sources);
    // Messages and blocks come first, so that the order of the files does not matter to changes and rules.
    for file in &files.others {
        edition::definitions(edition, file, sources);
    }
    for file in &files.others {
        change::apply(edition, file, sources);
    }
}
