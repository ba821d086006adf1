//! Moves files between folders without ever overwriting one.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Seek};
use std::path::{Path, PathBuf};
use std::process;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::access::Access;
use crate::error::TransportError;
use crate::files;
use crate::regular;

/// The place a file was moved to.
#[derive(Debug)]
pub(crate) struct Landed {
    pub(crate) path: PathBuf,
    /// The original, if it had to be copied to another file system: a program that still has it open keeps writing to
    /// it.
    pub(crate) original: Option<File>,
}

/// Moves `from` into `folder` as `name`, or under a similar name if that is taken, with a note in a text file next to
/// it, and applies `access` to both. `None` if another process took the file. The folder is not yet synced.
pub(crate) fn move_beside(
    from: &Path,
    folder: &Path,
    name: &OsStr,
    note: Option<&str>,
    access: Option<Access>,
) -> Result<Option<Landed>, TransportError> {
    files::make_folder(folder)?;
    match fs::symlink_metadata(from) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TransportError::io("move away", from, error)),
    }
    let target = reserve(folder, name, note.map(|note| (note, access.unwrap_or_default())))?;
    match rename_or_copy(from, folder, &target) {
        Ok(original) => {
            if let Some(access) = access {
                access.grant_moved(&target);
            }
            Ok(Some(Landed { path: target, original }))
        }
        Err(error) => {
            release(&target, note.is_some());
            match error.kind() {
                ErrorKind::NotFound => Ok(None),
                _ => Err(TransportError::io("move away", from, error)),
            }
        }
    }
}

/// The text file that says why a file was set aside.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".reason");
    name.into()
}

/// Reserves a free name in `folder` by creating an empty file, which only one process can do, and writes the note next
/// to it.
pub(crate) fn reserve(folder: &Path, name: &OsStr, note: Option<(&str, Access)>) -> Result<PathBuf, TransportError> {
    let mut attempt = 1_u32;
    loop {
        let path = folder.join(candidate(name, attempt));
        attempt = attempt.saturating_add(1);
        match Access::create(&path) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(TransportError::io("create", &path, error)),
        }
        let Some((note, access)) = note else {
            return Ok(path);
        };
        match files::write_new(&beside(&path), note.as_bytes(), access) {
            Ok(()) => return Ok(path),
            // The note of another file, or a file with such a name: it stays.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => release(&path, false),
            Err(error) => {
                release(&path, true);
                return Err(TransportError::io("write", &beside(&path), error));
            }
        }
    }
}

/// Releases a reserved name.
pub(crate) fn release(path: &Path, noted: bool) {
    // The reserved file is empty; nothing is lost with it, and it only clutters if it stays.
    let _ = fs::remove_file(path);
    if noted {
        let _ = fs::remove_file(beside(path));
    }
}

/// `NAME`, then `NAME-2` to `NAME-9`, then names that cannot be taken.
fn candidate(name: &OsStr, attempt: u32) -> OsString {
    if attempt == 1 {
        return name.to_owned();
    }
    let path = Path::new(name);
    let mut candidate = path.file_stem().unwrap_or(name).to_owned();
    if attempt <= 9 {
        candidate.push(format!("-{attempt}"));
    } else {
        // A client that uses one name forever: counting up to it would take longer every time.
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        candidate.push(format!("-{}-{}-{}", time.as_millis(), process::id(), files::unique()));
    }
    if let Some(extension) = path.extension() {
        candidate.push(".");
        candidate.push(extension);
    }
    candidate
}

/// Moves a file to a reserved name. Returns the original if it had to be copied.
fn rename_or_copy(from: &Path, folder: &Path, target: &Path) -> io::Result<Option<File>> {
    match fs::rename(from, target) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {}
        other => return other.map(|()| None),
    }
    // Copying a link would copy what it points at, and copying a pipe might never end.
    if !fs::symlink_metadata(from)?.is_file() {
        return Err(io::Error::new(
            ErrorKind::Unsupported,
            "it is not a regular file and cannot be copied to another file system",
        ));
    }
    let original = regular::open(from)?;
    copy_whole(&original, folder, target)?;
    fs::remove_file(from)?;
    Ok(Some(original))
}

/// Copies an open file under a temporary name and renames it to `target` when it is on disk.
pub(crate) fn copy_whole(mut original: &File, folder: &Path, target: &Path) -> io::Result<()> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = files::temporary(folder, &name);
    let copied = Access::create(&temporary)
        .and_then(|mut copy| {
            original.rewind()?;
            io::copy(&mut original, &mut copy)?;
            let metadata = original.metadata()?;
            copy.set_permissions(metadata.permissions())?;
            copy.set_modified(metadata.modified()?)?;
            copy.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, target));
    if copied.is_err() {
        // The original error matters, not that of the cleanup.
        let _ = fs::remove_file(&temporary);
    }
    copied
}
