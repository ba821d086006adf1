//! A folder from which files are taken whole, however slowly they are written.

mod leave;
mod moved;
mod rules;
mod scan;
mod stuck;
#[cfg(test)]
mod tests;

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cebridge_clock::{Clock, SystemClock};

use crate::clock::Moment;
use crate::error::TransportError;
use crate::files::{self, Content};
use crate::rest::Rest;
use crate::stamp::Stamp;
use crate::{Incoming, Token};

use stuck::Stuck;

pub use rules::InboxRules;
pub use scan::{Moved, Scan, Waiting, Why};

/// One scan stops reading after this many bytes, so that a full folder does not fill up memory. Arbitrary.
const ROUND: usize = 256 * 1024 * 1024;

/// A folder from which files are taken whole.
///
/// Keep it between scans: how long a file has been unchanged, which files could not be moved away and which are still
/// written to after the move is known only in memory.
#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    done: PathBuf,
    bad: PathBuf,
    rules: InboxRules,
    clock: Arc<dyn Clock>,
    memory: Mutex<Memory>,
    read: Read,
}

/// Function that reads files; tests inject failures that no file system produces on demand.
type Read = fn(&Path, u64) -> io::Result<Option<Content>>;

/// State kept from one scan to the next.
#[derive(Debug, Default)]
struct Memory {
    rest: Rest,
    stuck: Stuck,
    moved: moved::Moved,
}

impl Inbox {
    /// Takes the folders for incoming files, files dealt with and files set aside. They are created when needed.
    #[must_use]
    pub fn new(
        folder: impl Into<PathBuf>,
        done: impl Into<PathBuf>,
        bad: impl Into<PathBuf>,
        rules: InboxRules,
    ) -> Inbox {
        Inbox {
            folder: folder.into(),
            done: done.into(),
            bad: bad.into(),
            rules,
            clock: Arc::new(SystemClock),
            memory: Mutex::default(),
            read: files::read_still,
        }
    }

    /// Uses a clock other than the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Inbox {
        self.clock = clock;
        self
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        Moment::now(&*self.clock)
    }

    /// Notes that this file was renamed into the folder, so it is already whole. Files of other folders are ignored.
    pub fn renamed_in(&self, path: &Path) {
        let (Some(name), true) = (path.file_name(), path.parent() == Some(&self.folder)) else {
            return;
        };
        // A file that is gone again needs no note.
        if let Some(metadata) = fs::symlink_metadata(path).ok().filter(Metadata::is_file) {
            self.memory().rest.mark_whole(name, Stamp::of(&metadata), self.now());
        }
    }

    /// Watches a file that an earlier process took a short time ago: `name`, `stamp` and `sha256` are those of the
    /// `Incoming`. If it was changed since, the next scan brings it back.
    ///
    /// # Errors
    /// `BadStamp`.
    pub fn watch_moved(&self, name: &str, stamp: &str, sha256: &str) -> Result<(), TransportError> {
        let stamp = stamp.parse()?;
        let now = self.now().steady;
        self.memory().moved.watch_earlier(OsStr::new(name), stamp, sha256, now);
        Ok(())
    }

    /// Scans the folder and reads up to `limit` whole files, without removing them.
    ///
    /// # Errors
    /// Only when the folder cannot be created or listed; one bad file does not hide the others.
    pub fn scan(&self, limit: usize) -> Result<Scan, TransportError> {
        files::make_folder(&self.folder)?;
        let memory = &mut *self.memory();
        let mut scan = Scan::default();
        self.bring_back(memory, &mut scan);
        let names = files::names(&self.folder)?;
        memory.rest.list(&names);
        memory.stuck.list(&names);
        let mut size = 0;
        for name in names {
            if scan.ready.len() >= limit || size >= ROUND {
                break;
            }
            let seen = self.look_at(memory, &name);
            let shown = name.to_string_lossy().into_owned();
            match seen {
                Seen::Nothing => {}
                Seen::Ready(item) => {
                    size += item.bytes.len();
                    scan.ready.push(item);
                }
                Seen::Waits(why) => scan.waiting.push(Waiting { name: shown, why }),
                Seen::SetAside(reason) => scan.set_aside.push((shown, reason)),
            }
        }
        Ok(scan)
    }

    /// Brings back files that were changed after they had been taken.
    fn bring_back(&self, memory: &mut Memory, scan: &mut Scan) {
        let homes = [self.done.as_path(), self.bad.as_path()];
        let now = self.now().steady;
        let (returned, failed) = memory.moved.round(&self.folder, homes, self.rules.settle, now);
        for one in returned {
            if let Ok(metadata) = fs::symlink_metadata(self.folder.join(&one.name)) {
                memory.rest.mark_grown(&one.name, Stamp::of(&metadata), one.since);
            }
            scan.grown.push(one.name.to_string_lossy().into_owned());
        }
        for (name, problem) in failed {
            scan.waiting.push(Waiting {
                name: name.to_string_lossy().into_owned(),
                why: Why::Away(problem.to_string()),
            });
        }
    }

    fn look_at(&self, memory: &mut Memory, name: &OsStr) -> Seen {
        if self.rules.is_temporary(&name.to_string_lossy()) {
            return Seen::Nothing;
        }
        let path = self.folder.join(name);
        // Whatever has the path of one of these folders is not a file to take.
        if path == self.done || path == self.bad {
            return Seen::Nothing;
        }
        let metadata = match fs::symlink_metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) => return Seen::trouble(&error),
        };
        // A link to a folder counts as a folder.
        if metadata.is_dir() || metadata.is_symlink() && path.is_dir() {
            return Seen::Nothing;
        }
        let now = self.now();
        let stamp = Stamp::of(&metadata);
        memory.rest.observe(name, stamp, now);
        if let Some(seen) = self.leave_again(memory, name, stamp) {
            return seen;
        }
        if !metadata.is_file() {
            // A link may point at any file of this machine, and a pipe never ends.
            return self.put_aside(memory, name, stamp, "it is not a regular file");
        }
        let young = memory.rest.is_young(name, self.rules.patience, now);
        if stamp.length == 0 {
            return if young { Seen::Nothing } else { Seen::Waits(Why::Empty) };
        }
        if !memory.rest.is_still(name, self.rules.settle, now) {
            return Seen::Waits(Why::Young);
        }
        if young && memory.rest.is_deferred(name) {
            return Seen::Waits(Why::Deferred);
        }
        match (self.read)(&path, self.rules.largest) {
            // A stamp other than the one just seen means that another file is in its place.
            Ok(Some(content)) if content.stamp == stamp => Seen::Ready(incoming(name, path, content)),
            Ok(_) => Seen::Waits(Why::Young),
            Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                self.put_aside(memory, name, stamp, &format!("cannot be read: {error}"))
            }
            // Permissions may be set last, so a young file is given time.
            Err(error) if error.kind() == ErrorKind::PermissionDenied && !young => {
                self.put_aside(memory, name, stamp, &format!("cannot be read: {error}"))
            }
            Err(error) => Seen::trouble(&error),
        }
    }
}

/// Result of looking at one entry of the folder.
enum Seen {
    /// Not a file to take.
    Nothing,
    Ready(Incoming),
    Waits(Why),
    SetAside(String),
}

impl Seen {
    /// A file that another process took is not a problem.
    fn trouble(error: &io::Error) -> Seen {
        match error.kind() {
            ErrorKind::NotFound => Seen::Nothing,
            _ => Seen::Waits(Why::Unreadable(error.to_string())),
        }
    }
}

fn incoming(name: &OsStr, path: PathBuf, content: Content) -> Incoming {
    Incoming {
        name: name.to_string_lossy().into_owned(),
        sha256: files::digest(&content.bytes),
        bytes: content.bytes,
        stamp: content.stamp.to_string(),
        token: Token::File {
            path,
            stamp: content.stamp,
        },
    }
}
