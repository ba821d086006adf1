//! Changes between looking at a file and reading it, and the content that is remembered.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::{Shelf, ShelfState};
use crate::InboxRules;
use crate::files::{self, Content};

/// A shelf that reads files as soon as it sees them, up to 10 bytes.
fn shelf(folder: &Path) -> Shelf {
    let rules = InboxRules {
        settle: Duration::ZERO,
        largest: 10,
        ..InboxRules::default()
    };
    Shelf::new(folder, "wasm", rules)
}

fn state(shelf: &Shelf) -> ShelfState {
    shelf.look().unwrap().remove(0).state
}

/// Appends to the file between look and reading.
fn append(path: &Path, most: u64) -> io::Result<Option<Content>> {
    OpenOptions::new().append(true).open(path)?.write_all(b"more")?;
    files::read_still(path, most)
}

/// Removes the file between look and reading.
fn remove(path: &Path, most: u64) -> io::Result<Option<Content>> {
    fs::remove_file(path)?;
    files::read_still(path, most)
}

#[test]
fn a_file_that_changes_while_it_is_read_is_young_even_if_it_gets_too_long() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("a.wasm"), "1234").unwrap();
    let mut shelf = shelf(root.path());
    shelf.read = append;
    assert_eq!(state(&shelf), ShelfState::Young, "8 bytes");
    assert_eq!(state(&shelf), ShelfState::Young, "12 bytes");
    assert_eq!(state(&shelf), ShelfState::TooLarge { bytes: 12, most: 10 });
}

#[test]
fn a_file_that_goes_away_before_it_is_read_is_not_listed() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("a.wasm"), "1").unwrap();
    let mut shelf = shelf(root.path());
    shelf.read = remove;
    assert_eq!(shelf.look().unwrap(), []);
}

#[test]
fn content_is_remembered_only_while_its_file_is_there_and_unchanged() {
    let root = TempDir::new().unwrap();
    let (folder, away) = (root.path().join("packs"), root.path().join("away"));
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.wasm"), "1").unwrap();
    let shelf = shelf(&folder);
    let kept = || {
        let ShelfState::Whole { bytes, .. } = state(&shelf) else {
            panic!("{:?}", state(&shelf));
        };
        Arc::downgrade(&bytes)
    };
    let first = kept();
    assert!(first.upgrade().is_some());
    fs::write(folder.join("a.wasm"), "12345678901").unwrap();
    assert!(matches!(state(&shelf), ShelfState::TooLarge { .. }));
    assert!(first.upgrade().is_none(), "changed");
    fs::write(folder.join("a.wasm"), "2").unwrap();
    let second = kept();
    fs::rename(&folder, &away).unwrap();
    assert!(shelf.look().is_err());
    assert!(second.upgrade().is_none(), "the folder is gone");
    fs::rename(&away, &folder).unwrap();
    let third = kept();
    fs::remove_file(folder.join("a.wasm")).unwrap();
    assert_eq!(shelf.look().unwrap(), []);
    assert!(third.upgrade().is_none(), "the file is gone");
}
