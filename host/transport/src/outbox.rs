//! Hands envelopes over in a folder, in two steps, the second of which is a single rename.
//!
//! A prepared envelope is named `.NAME.ready`, which no client of the folder takes; handing it over renames it to
//! `NAME`. So the envelope is handed over if and only if the ready file is gone, even if a client has taken it away.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::access::Access;
use crate::error::TransportError;
use crate::{Handover, Outgoing, files, names, regular};

/// Age at which temporary files count as left by a crash, and interval for removing them. Arbitrary.
const STALE: Duration = Duration::from_secs(3600);

/// A folder for outgoing envelopes.
#[derive(Debug)]
pub(crate) struct Outbox {
    folder: PathBuf,
    access: Access,
    /// When leftovers of crashes were last removed.
    tidied: Mutex<Option<Instant>>,
}

/// State of an envelope's place.
enum Place {
    Free,
    /// The envelope itself.
    Ours,
    /// The beginning of it: a copy that a crash cut off.
    CutOff,
}

impl Outbox {
    pub(crate) fn new(folder: PathBuf, access: Access) -> Outbox {
        Outbox {
            folder,
            access,
            tidied: Mutex::default(),
        }
    }

    pub(crate) fn prepare(&self, message: &Outgoing<'_>) -> Result<(), TransportError> {
        let name = names::outgoing(message)?;
        files::make_folder(&self.folder)?;
        self.tidy();
        if let Place::Ours = self.place(&name, message)? {
            return Ok(());
        }
        let ready = self.ready(&name);
        match read(&ready, message) {
            // Its name may not be on disk yet if the system stopped at the wrong moment.
            Ok(there) if there == message.bytes => files::sync_folder(&self.folder),
            Ok(_) => files::write_whole(&self.folder, &ready_name(&name), message.bytes, self.access),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                files::write_whole(&self.folder, &ready_name(&name), message.bytes, self.access)
            }
            Err(error) => Err(TransportError::io("read", &ready, error)),
        }
    }

    pub(crate) fn hand_over(&self, message: &Outgoing<'_>) -> Result<(), TransportError> {
        let name = names::outgoing(message)?;
        let ready = self.ready(&name);
        if let Place::Ours = self.place(&name, message)? {
            return self.finish(&ready);
        }
        match fs::rename(&ready, self.folder.join(&name)) {
            Ok(()) => files::sync_folder(&self.folder),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(TransportError::NotPrepared {
                path: ready,
                cop_msg_id: message.cop_msg_id.to_owned(),
            }),
            Err(error) => Err(TransportError::io("hand over", &ready, error)),
        }
    }

    pub(crate) fn recall(&self, message: &Outgoing<'_>) -> Result<Handover, TransportError> {
        let name = names::outgoing(message)?;
        let ready = self.ready(&name);
        match self.place(&name, message)? {
            Place::Ours => {
                self.finish(&ready)?;
                return Ok(Handover::Done);
            }
            Place::CutOff => return Ok(Handover::NotDone),
            Place::Free => {}
        }
        match fs::symlink_metadata(&ready) {
            Ok(_) => Ok(Handover::NotDone),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // Renamed, and taken by the client. Without the folder this is unknown, and syncing it fails.
                files::sync_folder(&self.folder)?;
                Ok(Handover::Done)
            }
            Err(error) => Err(TransportError::io("look for", &ready, error)),
        }
    }

    /// Removes a ready file when the envelope is already in its place: it is not needed, and would look like a
    /// hand-over that did not happen.
    fn finish(&self, ready: &Path) -> Result<(), TransportError> {
        match fs::remove_file(ready) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(TransportError::io("remove", ready, error)),
            _ => files::sync_folder(&self.folder),
        }
    }

    fn ready(&self, name: &str) -> PathBuf {
        self.folder.join(ready_name(name))
    }

    fn place(&self, name: &str, message: &Outgoing<'_>) -> Result<Place, TransportError> {
        let path = self.folder.join(name);
        let occupied = || TransportError::Occupied {
            path: path.clone(),
            cop_msg_id: message.cop_msg_id.to_owned(),
        };
        let fail = |error| TransportError::io("read", &path, error);
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Place::Free),
            Err(error) => return Err(fail(error)),
        };
        // A folder in the way fails when read. Anything else is not ours, and a pipe never ends.
        let alien = !metadata.is_file() || metadata.len() > message.bytes.len() as u64;
        if alien && !metadata.is_dir() {
            return Err(occupied());
        }
        match read(&path, message) {
            Ok(there) if there == message.bytes => Ok(Place::Ours),
            Ok(there) if message.bytes.starts_with(&there) => Ok(Place::CutOff),
            Ok(_) => Err(occupied()),
            // Just taken.
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Place::Free),
            Err(error) => Err(fail(error)),
        }
    }

    /// Removes temporary files left by crashes, from time to time. A failure only leaves clutter.
    fn tidy(&self) {
        let mut tidied = self.tidied.lock().unwrap_or_else(PoisonError::into_inner);
        if tidied.is_some_and(|last| last.elapsed() < STALE) {
            return;
        }
        *tidied = Some(Instant::now());
        for name in files::names(&self.folder).unwrap_or_default() {
            let bytes = name.as_encoded_bytes();
            if !bytes.starts_with(b".") || !bytes.ends_with(b".tmp") {
                continue;
            }
            let path = self.folder.join(&name);
            let modified = fs::symlink_metadata(&path).and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|time| time.elapsed().ok());
            if age.is_some_and(|age| age > STALE) {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

/// Reads a file, at most one byte more than the message, which shows that it is longer.
fn read(path: &Path, message: &Outgoing<'_>) -> io::Result<Vec<u8>> {
    regular::read_up_to(path, message.bytes.len() as u64 + 1)
}

fn ready_name(name: &str) -> String {
    format!(".{name}.ready")
}
