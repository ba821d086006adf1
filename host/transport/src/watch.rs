//! Waking up when a folder changes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use notify::event::{AccessKind, AccessMode, EventKind};
use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use crate::error::TransportError;
use crate::files;

/// A folder counts as at rest when nothing happened for this long. Arbitrary, well above the gap
/// between writing and renaming.
const REST: Duration = Duration::from_millis(60);

/// A folder that never comes to rest is reported after this long all the same. Arbitrary.
const RESTLESS: Duration = Duration::from_secs(1);

/// How often folders are looked at where the system does not report changes. Arbitrary.
const POLL: Duration = Duration::from_millis(500);

/// Signals changes in folders, not in their subfolders.
///
/// Where the system cannot watch (too many watches, some network drives) the folders are listed
/// regularly instead; and each wait ends with a look, as systems lose changes made by other machines.
#[derive(Debug)]
pub struct FolderWatch {
    folders: Vec<PathBuf>,
    signals: Option<Mutex<Receiver<()>>>,
    /// Keeps the watch alive.
    _watcher: Option<RecommendedWatcher>,
    seen: Mutex<Listing>,
}

/// Length and time of change of every file.
type Listing = BTreeMap<(usize, OsString), (u64, Option<SystemTime>)>;

impl FolderWatch {
    /// Watches these folders; missing ones are created.
    ///
    /// # Errors
    /// When a folder cannot be created.
    pub fn new<P: AsRef<Path>>(paths: &[P]) -> Result<FolderWatch, TransportError> {
        let folders: Vec<PathBuf> = paths.iter().map(|p| p.as_ref().to_owned()).collect();
        folders.iter().try_for_each(|folder| files::make_folder(folder))?;
        let (watcher, signals) = start(&folders).unzip();
        Ok(FolderWatch::with(folders, watcher, signals))
    }

    /// Like `new`, but lists the folders regularly and asks nothing of the system.
    ///
    /// # Errors
    /// When a folder cannot be created.
    pub fn polling<P: AsRef<Path>>(paths: &[P]) -> Result<FolderWatch, TransportError> {
        let folders: Vec<PathBuf> = paths.iter().map(|p| p.as_ref().to_owned()).collect();
        folders.iter().try_for_each(|folder| files::make_folder(folder))?;
        Ok(FolderWatch::with(folders, None, None))
    }

    fn with(folders: Vec<PathBuf>, watcher: Option<RecommendedWatcher>, signals: Option<Receiver<()>>) -> FolderWatch {
        let seen = Mutex::new(list(&folders));
        FolderWatch {
            folders,
            signals: signals.map(Mutex::new),
            _watcher: watcher,
            seen,
        }
    }

    /// Waits until something changed and came to rest (`true`), or the time is up (`false`).
    ///
    /// Changes since the last call count. A signal may come without a visible change, never the other way round.
    pub fn wait(&self, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let signalled = match &self.signals {
            Some(signals) => {
                let signals = signals.lock().unwrap_or_else(PoisonError::into_inner);
                match signals.recv_timeout(timeout) {
                    Ok(()) => {
                        rest(&signals);
                        true
                    }
                    Err(RecvTimeoutError::Timeout) => false,
                    Err(RecvTimeoutError::Disconnected) => self.poll(end),
                }
            }
            None => self.poll(end),
        };
        // Always brought up to date, so that one change is not reported twice.
        self.changed() || signalled
    }

    fn poll(&self, end: Instant) -> bool {
        loop {
            if self.changed() {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            thread::sleep(left.min(POLL));
        }
    }

    /// Whether the folders look different from last time.
    fn changed(&self) -> bool {
        let now = list(&self.folders);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let changed = *seen != now;
        *seen = now;
        changed
    }
}

/// The system's watch, or nothing when it has none to give.
fn start(folders: &[PathBuf]) -> Option<(RecommendedWatcher, Receiver<()>)> {
    let (sender, receiver) = mpsc::channel();
    let handler = move |event: notify::Result<notify::Event>| {
        // An error may hide a change, so it wakes the waiter as well. Reading is no change.
        if event.map_or(true, |event| is_change(event.kind)) {
            // The receiver is gone only when the watch is being dropped.
            let _ = sender.send(());
        }
    };
    let mut watcher = notify::recommended_watcher(handler).ok()?;
    for folder in folders {
        watcher.watch(folder, RecursiveMode::NonRecursive).ok()?;
    }
    Some((watcher, receiver))
}

fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

/// Swallows signals until none came for a while.
fn rest(signals: &Receiver<()>) {
    let end = Instant::now() + RESTLESS;
    while Instant::now() < end && signals.recv_timeout(REST).is_ok() {}
}

/// An unreadable folder lists as empty: when it comes back, that is a change.
fn list(folders: &[PathBuf]) -> Listing {
    let mut listing = Listing::new();
    for (number, folder) in folders.iter().enumerate() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if let Ok(metadata) = entry.metadata() {
                listing.insert((number, entry.file_name()), (metadata.len(), metadata.modified().ok()));
            }
        }
    }
    listing
}
