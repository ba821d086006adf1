//! Exports the shipped rule source as a folder: everything needed to write an edition without a checkout.

use super::{ScaffoldError, write};
use cebridge_runtime::shipped_sources;
use std::path::{Path, PathBuf};

/// Descriptions and editor hints, which are not rule source.
const BESIDE: [(&str, &str); 6] = [
    ("README.md", include_str!("../../../../rules/README.md")),
    ("NOTICE.md", include_str!("../../../../rules/NOTICE.md")),
    (
        "schema/message.schema.json",
        include_str!("../../../../rules/schema/message.schema.json"),
    ),
    (
        "schema/edition.schema.json",
        include_str!("../../../../rules/schema/edition.schema.json"),
    ),
    (
        "schema/codes.schema.json",
        include_str!("../../../../rules/schema/codes.schema.json"),
    ),
    (
        "schema/signature.schema.json",
        include_str!("../../../../rules/schema/signature.schema.json"),
    ),
];
/// Maps schemas to files, for editors.
const HINTS: &str = include_str!("../../../../.taplo.toml");

/// Writes the rules to a folder and returns the files.
///
/// # Errors
/// The folder holds rules already, or can't be written.
pub fn export(folder: &Path) -> Result<Vec<PathBuf>, ScaffoldError> {
    let editions = folder.join("editions");
    if editions.exists() {
        return Err(ScaffoldError::Exists {
            path: editions,
            hint: "choose an empty folder".to_owned(),
        });
    }
    let mut files: Vec<(PathBuf, String)> = shipped_sources()
        .files
        .into_iter()
        .map(|(path, text)| (folder.join(path), text))
        .collect();
    files.extend(BESIDE.map(|(path, text)| (folder.join(path), text.to_owned())));
    // In the project the rules have their own folder; here they are the root.
    files.push((folder.join(".taplo.toml"), HINTS.replace("rules/", "")));
    write(files)
}
