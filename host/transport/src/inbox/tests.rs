//! Failures that no file system produces on demand.

use std::io;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::{Inbox, InboxRules, Why};
use crate::files::{self, Content};

/// A disk that cannot read files whose names begin with `broken`, and may not read those with `closed`.
fn bad_disk(path: &Path, most: u64) -> io::Result<Option<Content>> {
    let name = path.file_name().unwrap().to_string_lossy();
    if name.starts_with("broken") {
        return Err(io::Error::other("Input/output error (os error 5)"));
    }
    if name.starts_with("closed") {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    files::read_still(path, most)
}

#[test]
fn a_file_that_cannot_be_read_is_named_and_holds_up_nothing() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("in");
    std::fs::create_dir(&folder).unwrap();
    for name in ["broken.xml", "closed.xml", "fine.xml"] {
        std::fs::write(folder.join(name), "<a/>").unwrap();
    }
    let rules = |patience| InboxRules {
        settle: Duration::ZERO,
        patience,
        ..InboxRules::default()
    };
    let inbox = |patience| {
        let mut inbox = Inbox::new(
            &folder,
            root.path().join("done"),
            root.path().join("bad"),
            rules(patience),
        );
        inbox.read = bad_disk;
        inbox
    };
    // Permissions may be set last, so nothing is decided about a young file.
    let scan = inbox(Duration::from_secs(60)).scan(9).unwrap();
    assert_eq!(scan.ready.len(), 1);
    let waiting: Vec<_> = scan.waiting.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(waiting, ["broken.xml", "closed.xml"]);
    assert!(matches!(&scan.waiting[0].why, Why::Unreadable(why) if why.contains("os error 5")));
    let scan = inbox(Duration::ZERO).scan(9).unwrap();
    assert_eq!(scan.waiting.len(), 1, "an error of the disk may pass");
    assert_eq!(scan.set_aside[0].0, "closed.xml");
    assert!(root.path().join("bad/closed.xml").exists());
}

/// Replaces the file with a pipe between looking at it and reading it.
#[cfg(unix)]
fn swapped(path: &Path, most: u64) -> io::Result<Option<Content>> {
    std::fs::remove_file(path).unwrap();
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
    files::read_still(path, most)
}

#[cfg(unix)]
#[test]
fn a_pipe_put_in_the_place_of_a_file_just_looked_at_does_not_hang() {
    let root = TempDir::new().unwrap();
    let folder = root.path().join("in");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("a.xml"), "<a/>").unwrap();
    let rules = InboxRules {
        settle: Duration::ZERO,
        ..InboxRules::default()
    };
    let mut inbox = Inbox::new(&folder, root.path().join("done"), root.path().join("bad"), rules);
    inbox.read = swapped;
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let scans = [inbox.scan(9).unwrap(), inbox.scan(9).unwrap()];
        sender.send(scans).unwrap();
    });
    let [first, second] = receiver.recv_timeout(Duration::from_secs(30)).expect("hangs");
    assert!(matches!(&first.waiting[0].why, Why::Unreadable(why) if why == "it is a pipe, not a regular file"));
    assert_eq!(second.set_aside[0].0, "a.xml");
}
