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

#[cfg(target_os = "linux")]
#[test]
fn files_renamed_into_the_folder_are_named_once_and_written_ones_are_not() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("in");
    let watch = FolderWatch::new(&[&folder]).unwrap();
    fs::write(folder.join("written.xml"), "x").unwrap();
    for name in ["renamed.xml", "touched.xml"] {
        fs::write(folder.join("beside.tmp"), "x").unwrap();
        fs::rename(folder.join("beside.tmp"), folder.join(name)).unwrap();
    }
    fs::write(folder.join("touched.xml"), "written again in place").unwrap();
    // One more file: once it is known, so is everything before it.
    fs::write(root.path().join("last.xml"), "x").unwrap();
    fs::rename(root.path().join("last.xml"), folder.join("last.xml")).unwrap();
    let named = collect(&watch, &folder.join("last.xml"));
    assert_eq!(named, [folder.join("last.xml"), folder.join("renamed.xml")]);
    assert!(watch.take_renamed().is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn folders_can_be_added_and_are_named_as_they_were_given() {
    let root = TempDir::new().unwrap();
    let watch = FolderWatch::new(&[root.path()]).unwrap();
    let added = root.path().join("./later/in");
    watch.watch(&added).unwrap();
    watch.watch(&added).unwrap();
    fs::write(root.path().join("a.xml"), "x").unwrap();
    fs::rename(root.path().join("a.xml"), added.join("a.xml")).unwrap();
    let named = collect(&watch, &added.join("a.xml"));
    assert_eq!(named, [added.join("a.xml")]);
    assert!(named[0].to_str().unwrap().contains("/./later/"));
}

/// Renamed files up to this one.
#[cfg(target_os = "linux")]
fn collect(watch: &FolderWatch, last: &std::path::Path) -> Vec<std::path::PathBuf> {
    let end = std::time::Instant::now() + PATIENCE;
    let mut named = Vec::new();
    while !named.iter().any(|path| path == last) && std::time::Instant::now() < end {
        watch.wait(Duration::from_millis(100));
        named.extend(watch.take_renamed());
    }
    named.sort();
    named
}
