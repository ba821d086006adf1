//! Files that were set aside: their reason files, and taking them again.
//!
//! `bad/NAME` is next to `bad/NAME.reason`, a text of two lines: the reason, and `from: ` with the file's original
//! path.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::TransportError;
use crate::{files, moving, regular};

/// Longest reason file read, in bytes. Arbitrary.
const LONGEST_NOTE: u64 = 64 * 1024;

/// Prefix of the line with the original path.
const FROM: &str = "from: ";

/// A file that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// Its name in the folder of files set aside.
    pub name: String,
    /// Why it was set aside.
    pub reason: String,
    /// Its original path; `None` in notes of earlier versions and for files that were put there by hand.
    pub from: Option<PathBuf>,
    /// Its length in bytes.
    pub size: u64,
    /// When it was last changed, by its own time stamp.
    pub modified: SystemTime,
    path: PathBuf,
}

/// Text of the reason file for a file that was at `from`.
pub(crate) fn note(reason: &str, from: &Path) -> String {
    // Absolute, so that a command finds it from any working folder; unchanged without a working folder.
    let from = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
    let from = from.display().to_string().replace(char::is_control, "?");
    let reason: Vec<&str> = reason.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    format!("{}\n{FROM}{from}\n", reason.join(" "))
}

/// Lists the files in a folder of files set aside, in order of names. A missing folder holds nothing.
///
/// # Errors
/// When the folder or one of its files cannot be looked at.
pub fn set_aside(bad: &Path) -> Result<Vec<SetAside>, TransportError> {
    let names: BTreeSet<OsString> = match files::names(bad) {
        Ok(names) => names.into_iter().collect(),
        Err(TransportError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for name in &names {
        let path = bad.join(name);
        let noted = names.contains(moving::beside(Path::new(name)).as_os_str());
        if !noted && is_note(name) || name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(TransportError::io("look at", &path, error)),
        };
        // An empty file is a name that was reserved when the program was killed; the file itself did not move.
        if metadata.is_dir() || metadata.is_file() && metadata.len() == 0 {
            continue;
        }
        found.push(read(name.to_string_lossy().into_owned(), path, &metadata, noted)?);
    }
    Ok(found)
}

fn is_note(name: &OsString) -> bool {
    name.as_encoded_bytes().ends_with(b".reason")
}

fn read(name: String, path: PathBuf, metadata: &Metadata, noted: bool) -> Result<SetAside, TransportError> {
    let note = if noted {
        read_note(&moving::beside(&path))?
    } else {
        String::new()
    };
    let mut lines = note.lines();
    let reason = lines
        .next()
        .filter(|line| !line.is_empty())
        .unwrap_or("no reason was noted");
    Ok(SetAside {
        name,
        reason: reason.to_owned(),
        from: lines.next().and_then(|line| line.strip_prefix(FROM)).map(PathBuf::from),
        size: metadata.len(),
        modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        path,
    })
}

fn read_note(path: &Path) -> Result<String, TransportError> {
    let fail = |error| TransportError::io("read", path, error);
    let bytes = regular::read_up_to(path, LONGEST_NOTE).map_err(fail)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Moves a file that was set aside back to where it came from, or into `folder` if that was not noted, and removes its
/// reason file. Returns its path, which has another name if the old one is taken. Nothing is overwritten.
///
/// # Errors
/// `Elsewhere` when the noted place is not in `folder` or a folder in it; `Io` when the file cannot be moved.
pub fn retake(entry: &SetAside, folder: &Path) -> Result<PathBuf, TransportError> {
    let fail = |error| TransportError::io("take again", &entry.path, error);
    let gone = || fail(io::Error::from(ErrorKind::NotFound));
    let (home, name) = match &entry.from {
        Some(from) => origin(from, folder).ok_or_else(|| TransportError::Elsewhere {
            name: entry.name.clone(),
            from: from.clone(),
            folder: folder.to_owned(),
        })?,
        None => (folder, entry.path.file_name().ok_or_else(gone)?),
    };
    let landed = moving::move_beside(&entry.path, home, name, None, None)?.ok_or_else(gone)?;
    files::sync_folder(home)?;
    match fs::remove_file(moving::beside(&entry.path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(fail(error)),
        _ => Ok(landed.path),
    }
}

/// Original folder and name of a file, if the folder still exists and is `folder` or inside it: write access to the
/// folder of files set aside must not be enough to put files anywhere else.
fn origin<'a>(from: &'a Path, folder: &Path) -> Option<(&'a Path, &'a OsStr)> {
    let home = from.parent()?;
    let inside = fs::canonicalize(home).ok()?.starts_with(fs::canonicalize(folder).ok()?);
    inside.then_some((home, from.file_name()?))
}
