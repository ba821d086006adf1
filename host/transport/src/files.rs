//! File operations that survive a crash: whole files or none, and nothing ever overwritten by accident.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::access::Access;
use crate::error::TransportError;
use crate::regular;
use crate::stamp::Stamp;

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A number unique within this process.
pub(crate) fn unique() -> u64 {
    COUNTER.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn make_folder(folder: &Path) -> Result<(), TransportError> {
    fs::create_dir_all(folder).map_err(|error| TransportError::io("create folder", folder, error))
}

/// Names of everything in a folder, in order.
pub(crate) fn names(folder: &Path) -> Result<Vec<OsString>, TransportError> {
    let fail = |error| TransportError::io("list", folder, error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(fail)? {
        names.push(entry.map_err(fail)?.file_name());
    }
    names.sort();
    Ok(names)
}

/// A name for a file being written, beside its final name. Leftovers are recognised by dot and ending.
pub(crate) fn temporary(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.{}-{}.tmp", process::id(), unique()))
}

/// Writes the file under its own temporary name, and renames it when it is on disk.
pub(crate) fn write_whole(folder: &Path, name: &str, bytes: &[u8], access: Access) -> Result<(), TransportError> {
    let temporary = temporary(folder, name);
    let target = folder.join(name);
    let written = write_new(&temporary, bytes, access).and_then(|()| fs::rename(&temporary, &target));
    if let Err(error) = written {
        // The original error matters, not that of the cleanup.
        let _ = fs::remove_file(&temporary);
        return Err(TransportError::io("write", &target, error));
    }
    sync_folder(folder)
}

/// Writes a file that must not exist yet, and syncs it.
pub(crate) fn write_new(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut file = Access::create(path)?;
    file.write_all(bytes)?;
    access.grant(&file)?;
    file.sync_all()
}

/// Syncs renames in this folder to disk.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), TransportError> {
    let synced = if cfg!(unix) {
        File::open(folder).and_then(|opened| opened.sync_all())
    } else {
        // Windows cannot open folders this way and has no such operation; renames are journaled there.
        fs::metadata(folder).map(drop)
    };
    synced.map_err(|error| TransportError::io("sync folder", folder, error))
}

/// A file's content and the state it was read in.
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) stamp: Stamp,
}

/// Reads a file unless it changes meanwhile (`None`), is longer than `most` or is not a regular file (errors).
pub(crate) fn read_still(path: &Path, most: u64) -> io::Result<Option<Content>> {
    let mut file = match regular::open(path) {
        // A program holds a lease on the file, as file servers do for their clients, and was asked to give it up.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
        other => other?,
    };
    let stamp = Stamp::of(&file.metadata()?);
    if stamp.length > most {
        return Err(regular::too_large(stamp.length, most));
    }
    let mut bytes = Vec::new();
    // One byte more than expected shows growth without reading an endless file.
    (&mut file).take(stamp.length + 1).read_to_end(&mut bytes)?;
    let still = bytes.len() as u64 == stamp.length && Stamp::of(&file.metadata()?) == stamp;
    Ok(still.then_some(Content { bytes, stamp }))
}

/// SHA-256 of a file in hexadecimal, unless the file changes meanwhile (`None`). Reads in pieces.
pub(crate) fn digest_still(file: &mut File) -> io::Result<Option<(Stamp, String)>> {
    let stamp = Stamp::of(&file.metadata()?);
    let mut hash = Sha256::new();
    let mut left = (&mut *file).take(stamp.length + 1);
    let mut piece = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        let read = left.read(&mut piece)?;
        let Some(bytes) = piece.get(..read).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        hash.update(bytes);
        length += read as u64;
    }
    let still = length == stamp.length && Stamp::of(&file.metadata()?) == stamp;
    Ok(still.then(|| (stamp, hex::encode(hash.finalize()))))
}

/// SHA-256 in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
