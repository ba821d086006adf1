//! File operations that survive a crash: whole files or none, and nothing ever overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::error::TransportError;

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A number no other call in this process gets.
fn unique() -> u64 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn make_folder(folder: &Path) -> Result<(), TransportError> {
    fs::create_dir_all(folder).map_err(|error| TransportError::io("create folder", folder, error))
}

/// Writes the file under a temporary name of its own, and renames it when it is on disk.
pub(crate) fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), TransportError> {
    let temporary = folder.join(format!(".{name}.{}-{}.tmp", process::id(), unique()));
    let target = folder.join(name);
    let written = write_new(&temporary, bytes).and_then(|()| fs::rename(&temporary, &target));
    if let Err(error) = written {
        // The original error matters, not that of tidying up.
        let _ = fs::remove_file(&temporary);
        return Err(TransportError::io("write", &target, error));
    }
    sync_folder(folder)
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Puts renames in this folder on disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), TransportError> {
    // Windows cannot open folders this way and has no such operation; renames are journaled there.
    if cfg!(not(unix)) {
        return Ok(());
    }
    File::open(folder)
        .and_then(|opened| opened.sync_all())
        .map_err(|error| TransportError::io("sync folder", folder, error))
}

/// Moves `from` into `folder`, beside whatever has the same name there. Returns the new path; `None`
/// when the file is gone because somebody else took it.
pub(crate) fn move_beside(from: &Path, folder: &Path, note: Option<&str>) -> Result<Option<PathBuf>, TransportError> {
    make_folder(folder)?;
    if fs::symlink_metadata(from).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    let target = reserve(from, folder)?;
    if let Some(note) = note {
        let beside = beside(&target);
        fs::write(&beside, note).map_err(|error| TransportError::io("write", &beside, error))?;
    }
    match rename_or_copy(from, &target) {
        Ok(()) => {
            sync_folder(folder)?;
            Ok(Some(target))
        }
        Err(error) => {
            // The reserved names are empty; nothing is lost with them.
            let _ = fs::remove_file(&target);
            let _ = fs::remove_file(beside(&target));
            match error.kind() {
                ErrorKind::NotFound => Ok(None),
                _ => Err(TransportError::io("move away", from, error)),
            }
        }
    }
}

/// The text file that says why a file was put aside.
pub(crate) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".reason");
    name.into()
}

/// Takes a free name in `folder` by making an empty file, which no other process can do as well.
fn reserve(from: &Path, folder: &Path) -> Result<PathBuf, TransportError> {
    let stem = from.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let extension = from
        .extension()
        .map(|e| format!(".{}", e.to_string_lossy()))
        .unwrap_or_default();
    let mut attempt = 1_u32;
    loop {
        let path = match attempt {
            1 => folder.join(from.file_name().unwrap_or_default()),
            2..=9 => folder.join(format!("{stem}-{attempt}{extension}")),
            // A client that uses one name for ever: counting up to it would take longer every time.
            _ => {
                let time = SystemTime::now()
                    .duration_since(UNIX_EPOCH)
                    .unwrap_or_default()
                    .as_millis();
                folder.join(format!("{stem}-{time}-{}-{}{extension}", process::id(), unique()))
            }
        };
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(_) => return Ok(path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(TransportError::io("create", &path, error)),
        }
    }
}

fn rename_or_copy(from: &Path, target: &Path) -> io::Result<()> {
    match fs::rename(from, target) {
        Err(error) if error.kind() == ErrorKind::CrossesDevices => {
            fs::copy(from, target)?;
            File::open(target)?.sync_all()?;
            fs::remove_file(from)
        }
        other => other,
    }
}

/// Reads a file unless it grows meanwhile (`None`) or is longer than `most` (an error).
pub(crate) fn read_still(path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut file = File::open(path)?;
    let before = file.metadata()?;
    if before.len() > most {
        return Err(io::Error::new(
            ErrorKind::FileTooLarge,
            format!("{} bytes, at most {most} are read", before.len()),
        ));
    }
    let mut bytes = Vec::new();
    // One byte more than expected shows growth without reading an endless file.
    (&mut file).take(before.len() + 1).read_to_end(&mut bytes)?;
    let after = file.metadata()?;
    let still = bytes.len() as u64 == before.len()
        && after.len() == before.len()
        && after.modified().ok() == before.modified().ok();
    Ok(still.then_some(bytes))
}
