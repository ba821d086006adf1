//! Words about files of the packs folder, and what is in force beside them.

use super::super::Packs;
use super::super::short::short;
use cebridge_clock as clock;
use cebridge_ledger::Force;
use std::path::Path;

/// Returns the rows in force that came from this file.
pub(super) fn brought(packs: &Packs, path: &Path) -> impl Iterator<Item = Force> {
    let rows = packs.files_in_force().into_iter();
    rows.filter(move |row| Path::new(&row.place) == path)
}

/// Describes what stays in force although the file is not in order.
pub(super) fn stays(packs: &Packs, path: &Path) -> String {
    let rows: Vec<String> = brought(packs, path).map(|row| in_force(packs, &row.edition)).collect();
    if rows.is_empty() {
        "nothing changes".to_owned()
    } else {
        rows.join(", ")
    }
}

/// Describes the pack that stays in force.
pub(super) fn in_force(packs: &Packs, edition: &str) -> String {
    match packs.force_of(edition) {
        Some(row) => format!(
            "edition {edition} stays in force as {}, since {}",
            short(&row.digest),
            clock::spoken(row.since)
        ),
        None => format!("edition {edition} stays as it is"),
    }
}

/// Returns the file name of a path, for people.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
