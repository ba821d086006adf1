//! A folder whose files are read and stay in place.

mod state;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cebridge_clock::{Clock, SystemClock};

use crate::InboxRules;
use crate::clock::Moment;
use crate::error::TransportError;
use crate::files::{self, Content};
use crate::regular;
use crate::rest::Rest;
use crate::stamp::Stamp;

pub use state::{ShelfState, Shelved};

/// A folder whose files are read and stay in place.
///
/// Keep it between looks: how long a file has been unchanged, and what was read, is known only in memory. The content
/// of whole files is kept as long as they are there, so looking often costs little.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    /// Ending of the names that are looked at, with its dot.
    ending: String,
    rules: InboxRules,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    read: Read,
}

/// Function that reads files; tests inject changes between look and reading.
type Read = fn(&Path, u64) -> io::Result<Option<Content>>;

/// State kept from one look to the next.
#[derive(Debug, Default)]
struct Memory {
    rest: Rest,
    whole: HashMap<OsString, Kept>,
}

/// A whole file that was read.
#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    changed: Changed,
    sha256: String,
    bytes: Arc<Vec<u8>>,
}

/// Seconds and nanoseconds of the last change of a file's content or attributes, which no program can set. Reproducibly
/// packed archives give every version of a file the same modification time, and a new file often gets the inode of the
/// one removed.
type Changed = (i64, i64);

impl Shelf {
    /// Looks at the files of this folder whose names end with a dot and `ending`, such as `wasm`. `settle`, `temporary`
    /// and `largest` of the rules are used. The folder is not created.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, ending: &str, rules: InboxRules) -> Shelf {
        Shelf {
            folder: folder.into(),
            ending: format!(".{ending}"),
            rules,
            clock: Arc::new(SystemClock),
            memory: Mutex::default(),
            read: files::read_still,
        }
    }

    /// Uses a clock other than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Shelf {
        self.clock = clock;
        self
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that this file was renamed into the folder, so it is already whole. Files of other folders are ignored,
    /// and so are links, whose targets may still be written.
    pub fn renamed_in(&self, path: &Path) {
        let (Some(name), true) = (path.file_name(), path.parent() == Some(&self.folder)) else {
            return;
        };
        if let Some(metadata) = fs::symlink_metadata(path).ok().filter(Metadata::is_file) {
            let now = Moment::now(&*self.clock);
            self.memory().rest.mark_whole(name, Stamp::of(&metadata), now);
        }
    }

    /// Looks at the folder, in order of names. Files with hidden or unfinished names are skipped. Never waits for
    /// another program.
    ///
    /// A file present at the first look is whole if its own time stamp is older than `settle`; one that appears or
    /// changes later must stay unchanged for `settle`, whatever its time stamp says.
    ///
    /// # Errors
    /// Only when the folder cannot be listed, for example because it is missing.
    pub fn look(&self) -> Result<Vec<Shelved>, TransportError> {
        let memory = &mut *self.memory();
        let names = match files::names(&self.folder) {
            Ok(names) => names,
            Err(error) => {
                if is_gone(&error) {
                    memory.list(&[]);
                }
                return Err(error);
            }
        };
        let names: Vec<_> = names.into_iter().filter(|name| self.is_looked_at(name)).collect();
        memory.list(&names);
        let mut found = Vec::new();
        for name in names {
            let path = self.folder.join(&name);
            let state = self.state(memory, &name, &path);
            if !matches!(state, Some(ShelfState::Whole { .. })) {
                memory.whole.remove(&name);
            }
            found.extend(state.map(|state| Shelved {
                name: name.to_string_lossy().into_owned(),
                path,
                state,
            }));
        }
        Ok(found)
    }

    fn is_looked_at(&self, name: &OsStr) -> bool {
        name.as_encoded_bytes().ends_with(self.ending.as_bytes()) && !self.rules.is_temporary(&name.to_string_lossy())
    }

    /// State of this entry; `None` if it disappeared after the folder was listed.
    fn state(&self, memory: &mut Memory, name: &OsStr, path: &Path) -> Option<ShelfState> {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if regular::is_dangling(path, &error) => return Some(ShelfState::Dangling),
            Err(error) => return unreadable(&error),
        };
        if !metadata.is_file() {
            let kind = regular::kind(metadata.file_type());
            let link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
            let link = if link { "a link to " } else { "" };
            return Some(ShelfState::NotRegular(format!("{link}{kind}")));
        }
        let (stamp, changed) = (Stamp::of(&metadata), changed(&metadata));
        let now = Moment::now(&*self.clock);
        memory.rest.observe(name, stamp, now);
        if stamp.length > self.rules.largest {
            return Some(ShelfState::TooLarge {
                bytes: stamp.length,
                most: self.rules.largest,
            });
        }
        let kept = memory.whole.get(name);
        if let Some(kept) = kept.filter(|kept| kept.stamp == stamp && kept.changed == changed) {
            return Some(kept.state());
        }
        if memory.rest.is_young(name, self.rules.settle, now) {
            return Some(ShelfState::Young);
        }
        match (self.read)(path, self.rules.largest) {
            Ok(Some(content)) if content.stamp == stamp => {
                let kept = Kept::new(content, changed);
                let state = kept.state();
                memory.whole.insert(name.to_owned(), kept);
                Some(state)
            }
            // It changed or was replaced since it was looked at.
            Ok(_) => Some(ShelfState::Young),
            Err(error) if error.kind() == ErrorKind::FileTooLarge => Some(ShelfState::Young),
            Err(error) => unreadable(&error),
        }
    }
}

impl Memory {
    /// Forgets files that are no longer there. `names` must be sorted.
    fn list(&mut self, names: &[OsString]) {
        self.rest.list(names);
        self.whole.retain(|name, _| names.binary_search(name).is_ok());
    }
}

impl Kept {
    fn new(content: Content, changed: Changed) -> Kept {
        Kept {
            stamp: content.stamp,
            changed,
            sha256: files::digest(&content.bytes),
            bytes: Arc::new(content.bytes),
        }
    }

    fn state(&self) -> ShelfState {
        ShelfState::Whole {
            sha256: self.sha256.clone(),
            bytes: Arc::clone(&self.bytes),
            stamp: self.stamp.to_string(),
        }
    }
}

/// A file that is gone is not a problem.
fn unreadable(error: &io::Error) -> Option<ShelfState> {
    match error.kind() {
        ErrorKind::NotFound => None,
        _ => Some(ShelfState::Unreadable(error.to_string())),
    }
}

/// Returns `true` if the folder no longer exists, rather than being out of reach for a while.
fn is_gone(error: &TransportError) -> bool {
    matches!(error, TransportError::Io { source, .. }
        if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory))
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> Changed {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &Metadata) -> Changed {
    (0, 0)
}
