//! Waking up when a folder changes, and knowing which files were renamed into it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use notify::event::{AccessKind, AccessMode, Event, EventKind, ModifyKind, RenameMode};
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

/// Most renamed files remembered; the others merely have to rest before they are taken. Arbitrary.
const RENAMED: usize = 4096;

/// Signals changes in folders, not in their subfolders.
///
/// Where the system cannot watch (too many watches, some network drives) the folders are listed
/// regularly instead; and each wait ends with a look, as systems lose changes made by other machines.
#[derive(Debug)]
pub struct FolderWatch {
    folders: Mutex<Vec<PathBuf>>,
    /// The system's watch; `None` where it has none to give.
    watcher: Mutex<Option<RecommendedWatcher>>,
    signals: Mutex<Receiver<()>>,
    renamed: Arc<Mutex<BTreeSet<PathBuf>>>,
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
        let (sender, receiver) = mpsc::channel();
        let renamed = Arc::default();
        let noted = Arc::clone(&renamed);
        let handler = move |event: notify::Result<Event>| {
            if let Ok(event) = &event {
                note_renames(&mut lock(&noted), event);
            }
            // An error may hide a change, so it wakes the waiter as well. Reading is no change.
            if event.map_or(true, |event| is_change(event.kind)) {
                // The receiver is gone only when the watch is being dropped.
                let _ = sender.send(());
            }
        };
        let watch = FolderWatch::with(notify::recommended_watcher(handler).ok(), receiver, renamed);
        for path in paths {
            watch.watch(path.as_ref())?;
        }
        // Files that are there from the start are no change.
        watch.changed();
        Ok(watch)
    }

    fn with(
        watcher: Option<RecommendedWatcher>,
        signals: Receiver<()>,
        renamed: Arc<Mutex<BTreeSet<PathBuf>>>,
    ) -> FolderWatch {
        FolderWatch {
            folders: Mutex::default(),
            watcher: Mutex::new(watcher),
            signals: Mutex::new(signals),
            renamed,
            seen: Mutex::default(),
        }
    }

    /// Watches one more folder; a missing one is created. What lies in it already counts as a change.
    ///
    /// # Errors
    /// When the folder cannot be created.
    pub fn watch(&self, path: &Path) -> Result<(), TransportError> {
        files::make_folder(path)?;
        let mut folders = lock(&self.folders);
        if folders.iter().any(|folder| folder == path) {
            return Ok(());
        }
        let mut watcher = lock(&self.watcher);
        let watched = watcher
            .as_mut()
            .is_some_and(|watcher| watcher.watch(path, RecursiveMode::NonRecursive).is_ok());
        if !watched {
            // Its end closes the signals, and `wait` lists the folders from then on.
            *watcher = None;
        }
        folders.push(path.to_owned());
        Ok(())
    }

    /// Files that were renamed into the folders since the last call and not changed after that.
    ///
    /// Not all of them: the system may not tell, or too many came at once.
    pub fn take_renamed(&self) -> Vec<PathBuf> {
        let renamed = std::mem::take(&mut *lock(&self.renamed));
        let folders = lock(&self.folders);
        let known: Vec<_> = folders
            .iter()
            .filter_map(|folder| Some((std::path::absolute(folder).ok()?, folder)))
            .collect();
        let as_given = |path: &PathBuf| {
            let (_, folder) = known.iter().find(|(absolute, _)| path.parent() == Some(absolute))?;
            Some(folder.join(path.file_name()?))
        };
        renamed.iter().filter_map(as_given).collect()
    }

    /// Waits until something changed and came to rest (`true`), or the time is up (`false`).
    ///
    /// Changes since the last call count. A signal may come without a visible change, never the other way round.
    pub fn wait(&self, timeout: Duration) -> bool {
        let end = Instant::now() + timeout;
        let signals = lock(&self.signals);
        let signalled = match signals.recv_timeout(timeout) {
            Ok(()) => {
                rest(&signals);
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => self.poll(end),
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
        let now = list(&lock(&self.folders));
        let mut seen = lock(&self.seen);
        let changed = *seen != now;
        *seen = now;
        changed
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

/// A renamed file counts as long as nothing else happens to it.
fn note_renames(renamed: &mut BTreeSet<PathBuf>, event: &Event) {
    match event.kind {
        EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
            if let Some(path) = event.paths.last().filter(|_| renamed.len() < RENAMED) {
                renamed.insert(path.clone());
            }
        }
        EventKind::Create(_)
        | EventKind::Remove(_)
        | EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Name(RenameMode::From)) => {
            for path in &event.paths {
                renamed.remove(path);
            }
        }
        _ => {}
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
    fn no_more_renamed_files_are_remembered_than_the_limit() {
        let mut renamed = BTreeSet::new();
        for number in 0..RENAMED + 10 {
            let event = Event::new(EventKind::Modify(ModifyKind::Name(RenameMode::To)))
                .add_path(PathBuf::from(format!("/in/{number}")));
            note_renames(&mut renamed, &event);
        }
        assert_eq!(renamed.len(), RENAMED);
    }
}
