//! Where the files of an enterprise ended up.

use crate::world::sha256;
use std::fs;
use std::path::{Path, PathBuf};

/// Where a file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the folder itself, not taken yet.
    Waiting,
    Done,
    Bad,
}

/// A file in the folders of the enterprise.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) place: Place,
    pub(crate) reason: String,
}

/// All files below a folder, without temporary ones.
pub(crate) fn look(folder: &Path) -> Vec<Found> {
    let mut found = Vec::new();
    look_into(folder, Place::Waiting, &mut found);
    found
}

fn look_into(folder: &Path, place: Place, found: &mut Vec<Found>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            let place = match name.as_str() {
                "done" => Place::Done,
                "bad" => Place::Bad,
                _ => place,
            };
            look_into(&path, place, found);
        } else if !name.starts_with('.')
            && !name.ends_with(".reason")
            && (place != Place::Waiting || !name.ends_with(".uploading"))
        {
            // It may be moved at this very moment; the next look finds it.
            let Ok(bytes) = fs::read(&path) else { continue };
            let reason = fs::read_to_string(format!("{}.reason", path.display())).unwrap_or_default();
            found.push(Found {
                name,
                sha256: sha256(&bytes),
                place,
                reason: reason.trim().to_owned(),
                path,
            });
        }
    }
}
