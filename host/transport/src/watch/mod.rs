//! Wakes up when a folder changes, and knows which files were renamed into it.

mod signs;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};

use crate::error::TransportError;
use crate::files;
use crate::stamp::Stamp;

use signs::{Signs, is_change};

/// A folder counts as at rest when nothing happened for this long. Arbitrary, well above the gap
/// between writing and renaming.
const REST: Duration = Duration::from_millis(60);

/// A folder that never comes to rest is still reported after this long. Arbitrary.
const RESTLESS: Duration = Duration::from_secs(1);

/// Interval for comparing the system's watch with the folders, and for looking at folders where the system does not
/// report changes. Arbitrary.
const POLL: Duration = Duration::from_millis(500);

/// Signals changes in folders, not in their subfolders.
///
/// If the system cannot watch (too many watches, some network drives), the folders are listed regularly instead; and
/// each wait ends with a look, as systems lose changes made by other machines.
///
/// A folder may go away and come back, or be replaced by another one, at any time. The system watches the folder
/// that once had the path, wherever it was moved; here the path counts.
#[derive(Debug)]
pub struct FolderWatch {
    folders: Mutex<Vec<Folder>>,
    /// The system's watch; `None` if it offers none.
    watcher: Mutex<Option<RecommendedWatcher>>,
    signals: Mutex<Receiver<()>>,
    signs: Arc<Mutex<Signs>>,
    seen: Mutex<Listing>,
}

/// A folder whose changes are signalled.
#[derive(Debug)]
struct Folder {
    /// As given.
    path: PathBuf,
    absolute: PathBuf,
    /// The folder that the system watches; `None` if it watches none.
    watched: Option<Stamp>,
    /// Set while the folder is new at this path, so its content may be a change that the system did not report.
    fresh: bool,
}

/// The state of every file, by folder number and name.
type Listing = BTreeMap<(usize, OsString), Stamp>;

impl FolderWatch {
    /// Watches these folders; missing ones are created.
    ///
    /// # Errors
    /// When a folder cannot be created.
    pub fn new<P: AsRef<Path>>(paths: &[P]) -> Result<FolderWatch, TransportError> {
        let (sender, receiver) = mpsc::channel();
        let signs: Arc<Mutex<Signs>> = Arc::default();
        let noted = Arc::clone(&signs);
        let handler = move |event: notify::Result<Event>| {
            if let Ok(event) = &event {
                lock(&noted).note(event);
            }
            // An error may hide a change, so it wakes the waiter as well. Reading is not a change.
            if event.map_or(true, |event| is_change(event.kind)) {
                // The receiver is gone only when the watch is being dropped.
                let _ = sender.send(());
            }
        };
        let watch = FolderWatch::with(notify::recommended_watcher(handler).ok(), receiver, signs);
        for path in paths {
            watch.watch(path.as_ref())?;
        }
        // Files present from the start are not changes.
        watch.changed();
        Ok(watch)
    }

    fn with(watcher: Option<RecommendedWatcher>, signals: Receiver<()>, signs: Arc<Mutex<Signs>>) -> FolderWatch {
        FolderWatch {
            folders: Mutex::default(),
            watcher: Mutex::new(watcher),
            signals: Mutex::new(signals),
            signs,
            seen: Mutex::default(),
        }
    }

    /// Watches one more folder; a missing one is created. Files already in it count as a change.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn watch(&self, path: &Path) -> Result<(), TransportError> {
        files::make_folder(path)?;
        let mut folders = lock(&self.folders);
        if folders.iter().any(|folder| folder.path == path) {
            return Ok(());
        }
        // Unchanged without a working folder; the system then reports no other path either.
        let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        lock(&self.signs).add_folder(absolute.clone());
        folders.push(Folder {
            path: path.to_owned(),
            absolute,
            watched: None,
            fresh: true,
        });
        drop(folders);
        self.renew();
        Ok(())
    }

    /// Files that were renamed into the folders since the last call and not changed after that.
    ///
    /// Not all of them: the system may not report one, or too many may come at once.
    pub fn take_renamed(&self) -> Vec<PathBuf> {
        // A file of the same name in a new folder is another file.
        self.renew();
        let renamed = lock(&self.signs).take_renamed();
        let folders = lock(&self.folders);
        let as_given = |path: &PathBuf| {
            let mut folders = folders.iter();
            let folder = folders.find(|folder| path.parent() == Some(&folder.absolute))?;
            Some(folder.path.join(path.file_name()?))
        };
        renamed.iter().filter_map(as_given).collect()
    }

    /// Waits until something changed and came to rest (`true`), or the time is up (`false`).
    ///
    /// Changes since the last call count. A signal may come without a visible change, never the other way round.
    pub fn wait(&self, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let signals = lock(&self.signals);
        loop {
            // The remaining time is computed first, so that the last look comes after the end.
            let left = end.saturating_duration_since(Instant::now());
            if (self.renew() || left.is_zero()) && self.changed() {
                return true;
            }
            let pause = left.min(POLL);
            match signals.recv_timeout(pause) {
                Ok(()) => {
                    rest(&signals);
                    self.renew();
                    // Brought up to date, so that one change is not reported twice.
                    self.changed();
                    return true;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(pause),
            }
            if left.is_zero() {
                return false;
            }
        }
    }

    /// Has the system watch the folders that have the paths now. Returns `true` if they must be listed to detect
    /// changes: one is fresh, or is there and cannot be watched.
    fn renew(&self) -> bool {
        let lost = lock(&self.signs).take_lost();
        let mut folders = lock(&self.folders);
        let mut watcher = lock(&self.watcher);
        let mut untold = false;
        for folder in folders.iter_mut() {
            let now = fs::metadata(&folder.path).ok().filter(Metadata::is_dir);
            let now = now.map(|metadata| Stamp::of(&metadata));
            let same = folder
                .watched
                .zip(now)
                .is_some_and(|(one, other)| one.same_file(&other));
            // A new folder may have the inode of the one that was removed.
            if !same || lost.contains(&folder.absolute) {
                folder.watch_anew(watcher.as_mut(), now, &self.signs);
            }
            untold |= folder.fresh || now.is_some() && folder.watched.is_none();
        }
        untold
    }

    /// Returns `true` if the folders look different from last time.
    fn changed(&self) -> bool {
        let mut folders = lock(&self.folders);
        let now = list(&folders);
        folders.iter_mut().for_each(|folder| folder.fresh = false);
        drop(folders);
        let mut seen = lock(&self.seen);
        let changed = *seen != now;
        *seen = now;
        changed
    }
}

impl Folder {
    /// Has the system watch the folder that has the path `now`, and no longer the one before.
    fn watch_anew(&mut self, watcher: Option<&mut RecommendedWatcher>, now: Option<Stamp>, signs: &Mutex<Signs>) {
        let Some(watcher) = watcher else { return };
        if self.watched.take().is_some() {
            // It would keep reporting the old folder. If the system has already dropped it, so much the better.
            let _ = watcher.unwatch(&self.path);
            lock(signs).forget_renamed(&self.absolute);
            self.fresh = true;
        }
        if now.is_some() && watcher.watch(&self.path, RecursiveMode::NonRecursive).is_ok() {
            self.watched = now;
            self.fresh = true;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drains signals until none has come for a while.
fn rest(signals: &Receiver<()>) {
    let end = Instant::now() + RESTLESS;
    while Instant::now() < end && signals.recv_timeout(REST).is_ok() {}
}

/// An unreadable folder lists as empty: when it comes back, that is a change.
fn list(folders: &[Folder]) -> Listing {
    let mut listing = Listing::new();
    for (number, folder) in folders.iter().enumerate() {
        for entry in fs::read_dir(&folder.path).into_iter().flatten().flatten() {
            if let Ok(metadata) = entry.metadata() {
                listing.insert((number, entry.file_name()), Stamp::of(&metadata));
            }
        }
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Long enough for any machine; a test that passes does not wait for it.
    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn without_help_of_the_system_new_changed_and_removed_files_are_seen() {
        let root = TempDir::new().unwrap();
        let file = root.path().join("a.xml");
        let watch = FolderWatch::with(None, mpsc::channel().1, Arc::default());
        watch.watch(root.path()).unwrap();
        assert!(!watch.wait(Duration::ZERO));
        fs::write(&file, "x").unwrap();
        assert!(watch.wait(PATIENCE));
        fs::write(&file, "longer").unwrap();
        assert!(watch.wait(PATIENCE));
        fs::remove_file(&file).unwrap();
        assert!(watch.wait(PATIENCE));
        assert!(!watch.wait(Duration::ZERO));
    }

    #[test]
    fn without_help_of_the_system_waiting_takes_its_time() {
        let root = TempDir::new().unwrap();
        let watch = FolderWatch::with(None, mpsc::channel().1, Arc::default());
        watch.watch(root.path()).unwrap();
        let begun = Instant::now();
        assert!(!watch.wait(Duration::from_millis(300)));
        assert!(begun.elapsed() >= Duration::from_millis(300));
    }
}
