//! Waking up on changes in real folders.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::thread;
use std::time::Duration;

use cebridge_transport::FolderWatch;
use tempfile::TempDir;

/// Long enough for any machine; a test that passes does not wait for it.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn a_renamed_file_wakes_the_waiter() {
    let root = TempDir::new().unwrap();
    let (quiet, busy) = (root.path().join("quiet"), root.path().join("busy"));
    let watch = FolderWatch::new(&[&quiet, &busy]).unwrap();
    assert!(quiet.is_dir(), "missing folders are made");
    let writer = thread::spawn(move || {
        fs::write(busy.join(".a.tmp"), "x").unwrap();
        fs::rename(busy.join(".a.tmp"), busy.join("a.xml")).unwrap();
    });
    assert!(watch.wait(PATIENCE));
    writer.join().unwrap();
}

#[test]
fn a_change_before_the_wait_counts() {
    let root = TempDir::new().unwrap();
    let watch = FolderWatch::new(&[root.path()]).unwrap();
    fs::write(root.path().join("a.xml"), "x").unwrap();
    assert!(watch.wait(PATIENCE));
}

#[test]
fn silence_is_no_change_and_reading_is_silence() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("a.xml"), "x").unwrap();
    let watch = FolderWatch::new(&[root.path()]).unwrap();
    fs::read(root.path().join("a.xml")).unwrap();
    assert!(!watch.wait(Duration::from_millis(100)));
}

#[test]
fn polling_sees_new_changed_and_removed_files() {
    let root = TempDir::new().unwrap();
    let file = root.path().join("a.xml");
    let watch = FolderWatch::polling(&[root.path()]).unwrap();
    assert!(!watch.wait(Duration::ZERO));
    fs::write(&file, "x").unwrap();
    assert!(watch.wait(PATIENCE));
    fs::write(&file, "longer").unwrap();
    assert!(watch.wait(PATIENCE));
    fs::remove_file(&file).unwrap();
    assert!(watch.wait(PATIENCE));
    assert!(!watch.wait(Duration::ZERO));
}
