//! The file of the memory: JSON lines, one for each step, each on disk before its receipts leave.
//!
//! The first line names the format and its version. Every further line is a list of changes that belong together. A
//! killed process leaves at most an unfinished last line, which counts as not written.

use crate::change::Change;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const NAME: &str = "customs.jsonl";
const VERSION: u32 = 1;

/// Reason the memory of customs can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A file operation failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// The action attempted, such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another simulator is using this folder.
    #[error("{} is in use by another simulator; end it or give this one a folder of its own", .0.display())]
    Busy(PathBuf),
    /// The file was made by a later version.
    #[error(
        "{} is of version {found}, this program reads version {VERSION}; use the program that wrote it, or an empty folder",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The content of the file is damaged.
    #[error("{}, line {line}: {reason}; restore the file from a copy, or begin with an empty folder", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first line that can't be read, from 1.
        line: usize,
        /// The fault.
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Head {
    #[serde(rename = "customs-simulator")]
    version: u32,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    /// `None` until it is rewritten.
    file: Option<File>,
    /// Holds the folder's lock.
    _lock: File,
}

impl Journal {
    /// Locks the folder and reads its journal.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Vec<Change>), StateError> {
        fs::create_dir_all(folder).map_err(fail("create folder", folder))?;
        let lock_path = folder.join("lock");
        let lock = File::create(&lock_path).map_err(fail("create", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StateError::Busy(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(fail("lock", &lock_path)(error)),
        }
        let path = folder.join(NAME);
        let changes = match fs::read(&path) {
            Ok(bytes) => read(&path, &bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(fail("read", &path)(error)),
        };
        let journal = Self {
            path,
            file: None,
            _lock: lock,
        };
        Ok((journal, changes))
    }

    /// Starts the file afresh with these changes: written beside it, then renamed.
    pub(crate) fn rewritten(mut self, changes: &[Change]) -> Result<Self, StateError> {
        let beside = self.path.with_extension("new");
        let mut file = File::create(&beside).map_err(fail("create", &beside))?;
        let mut bytes = line(&Head { version: VERSION }, &beside)?;
        if !changes.is_empty() {
            bytes.extend(line(&changes, &beside)?);
        }
        file.write_all(&bytes)
            .and_then(|()| file.sync_all())
            .map_err(fail("write", &beside))?;
        fs::rename(&beside, &self.path).map_err(fail("write", &self.path))?;
        // Windows can't open folders and has no such operation; renames are journaled there.
        if let (true, Some(folder)) = (cfg!(unix), self.path.parent()) {
            File::open(folder)
                .and_then(|opened| opened.sync_all())
                .map_err(fail("sync folder", folder))?;
        }
        self.file = Some(file);
        Ok(self)
    }

    /// Appends changes; they are on disk when this returns.
    pub(crate) fn append(&mut self, changes: &[Change]) -> Result<(), StateError> {
        let bytes = line(&changes, &self.path)?;
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(&bytes)
            .and_then(|()| file.sync_data())
            .map_err(fail("write", &self.path))
    }
}

fn fail(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> StateError {
    let path = path.to_owned();
    move |source| StateError::Io { action, path, source }
}

fn line(value: &impl Serialize, path: &Path) -> Result<Vec<u8>, StateError> {
    let mut bytes = serde_json::to_vec(value).map_err(|error| fail("write", path)(error.into()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn read(path: &Path, bytes: &[u8]) -> Result<Vec<Change>, StateError> {
    let damaged = |index: usize, reason: String| StateError::Damaged {
        path: path.to_owned(),
        line: index + 1,
        reason,
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let mut lines = bytes[..whole].split_inclusive(|&byte| byte == b'\n').enumerate();
    let first = lines.next().map(|(_, line)| line).unwrap_or_default();
    let head: Head = serde_json::from_slice(first)
        .map_err(|_| damaged(0, "it is not a memory file of this simulator".to_owned()))?;
    if head.version > VERSION {
        return Err(StateError::Newer {
            path: path.to_owned(),
            found: head.version,
        });
    }
    let mut out = Vec::new();
    for (index, line) in lines {
        let changes: Vec<Change> = serde_json::from_slice(line).map_err(|error| damaged(index, error.to_string()))?;
        out.extend(changes);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(last: u64) -> Vec<Change> {
        vec![Change::Number {
            start: "22442026I".to_owned(),
            last,
        }]
    }

    fn written(folder: &Path) {
        let (journal, changes) = Journal::open(folder).unwrap();
        assert!(changes.is_empty());
        let mut journal = journal.rewritten(&[]).unwrap();
        journal.append(&numbers(1)).unwrap();
        journal.append(&numbers(2)).unwrap();
    }

    fn opened(folder: &Path) -> Result<Vec<Change>, StateError> {
        Journal::open(folder).map(|(_, changes)| changes)
    }

    #[test]
    fn a_line_cut_off_by_a_kill_counts_as_not_written() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let file = folder.path().join(NAME);
        let bytes = fs::read(&file).unwrap();
        assert_eq!(opened(folder.path()).unwrap(), [numbers(1), numbers(2)].concat());
        fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(opened(folder.path()).unwrap(), numbers(1));
        // Later changes do not end up behind the truncated line.
        let (journal, changes) = Journal::open(folder.path()).unwrap();
        let mut journal = journal.rewritten(&changes).unwrap();
        journal.append(&numbers(3)).unwrap();
        drop(journal);
        assert_eq!(opened(folder.path()).unwrap(), [numbers(1), numbers(3)].concat());
    }

    #[test]
    fn damage_and_later_versions_are_named_with_file_and_line() {
        let folder = tempfile::tempdir().unwrap();
        written(folder.path());
        let file = folder.path().join(NAME);
        let text = fs::read_to_string(&file).unwrap();
        fs::write(
            &file,
            text.replacen("22442026I\",\"last\":1", "22442026I\",\"last\":x", 1),
        )
        .unwrap();
        let error = opened(folder.path()).unwrap_err();
        assert!(matches!(error, StateError::Damaged { line: 2, .. }), "{error}");
        assert!(error.to_string().contains("customs.jsonl, line 2"), "{error}");
        fs::write(&file, text.replacen(":1}", ":2}", 1)).unwrap();
        assert!(matches!(opened(folder.path()), Err(StateError::Newer { found: 2, .. })));
        for alien in ["", "orderNo,price\n", "{\"version\":1}\n"] {
            fs::write(&file, alien).unwrap();
            assert!(
                matches!(opened(folder.path()), Err(StateError::Damaged { line: 1, .. })),
                "{alien:?}"
            );
        }
    }

    #[test]
    fn one_simulator_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Journal::open(folder.path()).unwrap();
        assert!(matches!(opened(folder.path()), Err(StateError::Busy(_))));
        drop(first);
        opened(folder.path()).unwrap();
    }
}
