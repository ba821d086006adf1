//! Folders shared with the exchange client: one file for each envelope.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use crate::error::TransportError;
use crate::{Incoming, Outgoing, Token, Transport, files, names};

/// Ends of names that mean "still being written".
const UNFINISHED: &[&str] = &[".tmp", ".part", ".filepart"];

/// Longest file read. Messages are smaller than 64 MiB, and base64 adds a third.
const LONGEST: u64 = 96 * 1024 * 1024;

/// One call of `receive` stops after this many bytes, so that a full folder does not fill the memory. Arbitrary.
const ROUND: usize = 256 * 1024 * 1024;

/// Temporary files of this age were left by a crash. Arbitrary.
const STALE: Duration = Duration::from_secs(3600);

/// Folders shared with the exchange client.
///
/// Envelopes appear in the outgoing folder whole and under a name that shows type, sender, receiver
/// and `CopMsgId`. Receipts are taken from the inbox in the order of their names.
#[derive(Debug, Clone)]
pub struct DirectoryTransport {
    out: PathBuf,
    inbox: PathBuf,
    done: PathBuf,
    bad: PathBuf,
    settle: Duration,
    memory: Arc<Mutex<Memory>>,
}

/// What is remembered from one call to the next.
#[derive(Debug, Default)]
struct Memory {
    /// Leftovers of earlier crashes were removed.
    tidied: bool,
    /// Files that may still grow: length and time of change, and since when they are so.
    young: HashMap<PathBuf, (u64, Option<SystemTime>, Instant)>,
    /// Files the last call could not read, and why.
    skipped: Vec<(String, String)>,
}

impl DirectoryTransport {
    /// Folders for envelopes going out, receipts coming in, receipts dealt with and receipts put aside.
    ///
    /// They are created when they are needed.
    #[must_use]
    pub fn new(
        out: impl Into<PathBuf>,
        inbox: impl Into<PathBuf>,
        done: impl Into<PathBuf>,
        bad: impl Into<PathBuf>,
    ) -> DirectoryTransport {
        DirectoryTransport {
            out: out.into(),
            inbox: inbox.into(),
            done: done.into(),
            bad: bad.into(),
            settle: Duration::ZERO,
            memory: Arc::default(),
        }
    }

    /// How long a file must be unchanged before it is taken; zero unless told, which is right for
    /// clients that rename files into place.
    #[must_use]
    pub fn settle(mut self, time: Duration) -> DirectoryTransport {
        self.settle = time;
        self
    }

    /// Files the last `receive` left alone because they could not be read, with the reason.
    #[must_use]
    pub fn skipped(&self) -> Vec<(String, String)> {
        self.with_memory(|memory| memory.skipped.clone())
    }

    fn with_memory<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        work(&mut self.memory.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Removes what crashes left in the outgoing folder, once.
    fn tidy(&self) -> Result<(), TransportError> {
        files::make_folder(&self.out)?;
        if self.with_memory(|memory| std::mem::replace(&mut memory.tidied, true)) {
            return Ok(());
        }
        for (name, path) in self.names(&self.out)? {
            let ours = name.starts_with('.') && name.ends_with(".tmp");
            let age = fs::metadata(&path)
                .and_then(|m| m.modified())
                .ok()
                .and_then(|t| t.elapsed().ok());
            if ours && age.is_some_and(|age| age > STALE) {
                // Only untidy if it stays; the next start tries again.
                let _ = fs::remove_file(&path);
            }
        }
        Ok(())
    }

    /// Everything in a folder, in the order of names.
    fn names(&self, folder: &Path) -> Result<Vec<(String, PathBuf)>, TransportError> {
        let fail = |error| TransportError::io("list", folder, error);
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
        found.sort();
        Ok(found)
    }

    /// Whether the file has been left alone for the settle time, by its own time stamp or as seen from here.
    fn settled(&self, path: &Path, metadata: &Metadata) -> bool {
        let modified = metadata.modified().ok();
        let age = modified.and_then(|time| time.elapsed().ok());
        if self.settle.is_zero() || age.is_some_and(|age| age >= self.settle) {
            return true;
        }
        self.with_memory(|memory| {
            let seen = memory
                .young
                .entry(path.to_owned())
                .or_insert((metadata.len(), modified, Instant::now()));
            if (seen.0, seen.1) != (metadata.len(), modified) {
                *seen = (metadata.len(), modified, Instant::now());
            }
            seen.2.elapsed() >= self.settle
        })
    }

    /// Reads one file of the inbox; `None` when it is not to be taken now.
    fn take(&self, name: &str, path: &Path) -> Option<Vec<u8>> {
        let problem = match self.read(name, path) {
            Ok(bytes) => return bytes,
            Err(problem) => problem,
        };
        // Nobody will repair these by waiting. Other troubles may pass.
        let for_good = matches!(
            problem.kind(),
            ErrorKind::PermissionDenied | ErrorKind::FileTooLarge | ErrorKind::InvalidInput
        );
        let reason = format!("cannot be read: {problem}");
        if problem.kind() == ErrorKind::NotFound || for_good && self.put_aside(path, &reason).is_ok() {
            return None;
        }
        self.with_memory(|memory| memory.skipped.push((name.to_owned(), reason)));
        None
    }

    fn read(&self, name: &str, path: &Path) -> std::io::Result<Option<Vec<u8>>> {
        let lower = name.to_ascii_lowercase();
        if name.starts_with('.') || UNFINISHED.iter().any(|end| lower.ends_with(end)) {
            return Ok(None);
        }
        let metadata = fs::symlink_metadata(path)?;
        if metadata.is_dir() || metadata.is_file() && metadata.len() == 0 {
            return Ok(None);
        }
        if !metadata.is_file() {
            // A link may point at any file of this machine, and a pipe never ends.
            return Err(std::io::Error::new(ErrorKind::InvalidInput, "it is no regular file"));
        }
        if !self.settled(path, &metadata) {
            return Ok(None);
        }
        files::read_still(path, LONGEST)
    }

    fn put_aside(&self, path: &Path, reason: &str) -> Result<(), TransportError> {
        files::move_beside(path, &self.bad, Some(&format!("{reason}\n"))).map(drop)
    }

    /// The inbox file an item came from.
    fn origin<'a>(&self, item: &'a Incoming) -> Result<&'a Path, TransportError> {
        let Token::File(path) = &item.token;
        if path.parent() == Some(self.inbox.as_path()) {
            Ok(path)
        } else {
            Err(TransportError::Foreign(item.name.clone()))
        }
    }
}

impl Transport for DirectoryTransport {
    fn name(&self) -> &str {
        "directory"
    }

    fn send(&self, message: &Outgoing<'_>) -> Result<(), TransportError> {
        let name = names::outgoing(message)?;
        self.tidy()?;
        let path = self.out.join(&name);
        match fs::read(&path) {
            // Sent before, perhaps in the moment of a crash.
            Ok(there) if there == message.bytes => return files::sync_folder(&self.out),
            // Cut off by a crash of whoever copied it here: completed below.
            Ok(there) if message.bytes.starts_with(&there) => {}
            Ok(_) => {
                return Err(TransportError::Occupied {
                    path,
                    cop_msg_id: message.cop_msg_id.to_owned(),
                });
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(TransportError::io("read", &path, error)),
        }
        files::write_whole(&self.out, &name, message.bytes)
    }

    fn receive(&self, limit: usize) -> Result<Vec<Incoming>, TransportError> {
        files::make_folder(&self.inbox)?;
        let names = self.names(&self.inbox)?;
        self.with_memory(|memory| {
            memory.skipped.clear();
            // Files that somebody else took are forgotten.
            memory
                .young
                .retain(|path, _| names.iter().any(|(_, there)| there == path));
        });
        let mut taken = Vec::new();
        let mut size = 0;
        for (name, path) in names {
            if taken.len() >= limit || size >= ROUND {
                break;
            }
            if let Some(bytes) = self.take(&name, &path) {
                size += bytes.len();
                taken.push(Incoming {
                    name,
                    bytes,
                    token: Token::File(path),
                });
            }
        }
        Ok(taken)
    }

    fn acknowledge(&self, item: &Incoming) -> Result<(), TransportError> {
        files::move_beside(self.origin(item)?, &self.done, None).map(drop)
    }

    fn reject(&self, item: &Incoming, reason: &str) -> Result<(), TransportError> {
        self.put_aside(self.origin(item)?, reason)
    }
}
