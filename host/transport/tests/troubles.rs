//! Trouble in watched folders by people and programs: nothing hangs, nothing is taken in a loop, no other file is
//! hidden.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cebridge_transport::{FolderWatch, Inbox, InboxRules, Moved, Scan, Why};
use common::within::in_time;
use common::{Folders, ready};

/// More looks than a folder at rest causes.
const ROUNDS: usize = 20;

/// An inbox with its watch, as in the daemon.
struct Host {
    folders: Folders,
    inbox: Arc<Inbox>,
    watch: FolderWatch,
}

impl Host {
    /// Takes files at once and reads up to 1 MiB of them.
    fn new() -> Host {
        let folders = Folders::new();
        let rules = InboxRules {
            settle: Duration::ZERO,
            patience: Duration::ZERO,
            largest: 1 << 20,
            ..InboxRules::default()
        };
        Host {
            inbox: Arc::new(folders.inbox_by(rules)),
            watch: FolderWatch::new(&[folders.path("in")]).unwrap(),
            folders,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folders.incoming(name)
    }

    fn scan(&self) -> Scan {
        let inbox = Arc::clone(&self.inbox);
        in_time(move || inbox.scan(9).unwrap())
    }

    /// Looks and waits in turn until a wait ends without a change; the clock does not move.
    fn assert_comes_to_rest(&self) {
        for _ in 0..ROUNDS {
            // It fails while the path is not a folder.
            let _ = self.inbox.scan(9);
            let begun = Instant::now();
            if !self.watch.wait(Duration::from_millis(300)) {
                assert!(begun.elapsed() >= Duration::from_millis(300));
                return;
            }
        }
        panic!("looking at the folder wakes its watcher for ever");
    }

    /// Checks that a new file is offered and leaves.
    fn assert_works(&self) {
        self.folders.put("fine.xml", "<a/>");
        let scan = self.scan();
        let item = scan.ready.iter().find(|item| item.name == "fine.xml").unwrap();
        assert!(matches!(self.inbox.acknowledge(item).unwrap(), Moved::Away(_)));
    }
}

/// Names and reasons of the files set aside.
fn aside(scan: &Scan) -> Vec<(&str, &str)> {
    let aside = scan.set_aside.iter();
    aside.map(|(name, reason)| (name.as_str(), reason.as_str())).collect()
}

#[test]
fn what_is_no_file_is_set_aside_or_left_and_hides_nothing() {
    let host = Host::new();
    common::make_pipe(&host.path("a.xml"));
    symlink("/dev/zero", host.path("b.xml")).unwrap();
    symlink("nowhere", host.path("c.xml")).unwrap();
    fs::create_dir(host.path("d.xml")).unwrap();
    symlink("e.xml", host.path("e.xml")).unwrap();
    fs::write(host.path("z.xml"), "<a/>").unwrap();
    let scan = host.scan();
    assert_eq!(ready(&scan), ["z.xml"]);
    let reason = "it is not a regular file";
    assert_eq!(
        aside(&scan),
        ["a.xml", "b.xml", "c.xml", "e.xml"].map(|name| (name, reason))
    );
    assert_eq!(host.folders.names("in"), ["d.xml", "z.xml"]);
    host.assert_comes_to_rest();
}

#[test]
fn what_is_no_file_and_cannot_be_set_aside_is_named_and_hides_nothing() {
    let host = Host::new();
    fs::write(host.folders.path("bad"), "no folder").unwrap();
    common::make_pipe(&host.path("a.xml"));
    symlink("/dev/zero", host.path("b.xml")).unwrap();
    fs::File::create(host.path("c.xml")).unwrap().set_len(3 << 30).unwrap();
    fs::write(host.path("z.xml"), "<a/>").unwrap();
    let scan = host.scan();
    assert_eq!(ready(&scan), ["z.xml"]);
    let stuck = scan.waiting.iter().filter(|one| matches!(one.why, Why::Stuck { .. }));
    assert_eq!(stuck.count(), 3);
    host.assert_comes_to_rest();
    fs::remove_file(host.folders.path("bad")).unwrap();
    host.folders.clock.pass_seconds(300);
    assert_eq!(host.scan().set_aside.len(), 3);
}

#[test]
fn a_file_that_cannot_move_to_done_is_not_offered_again_and_does_not_keep_the_watch_awake() {
    let host = Host::new();
    fs::write(host.folders.path("done"), "no folder").unwrap();
    fs::write(host.path("a.xml"), "<a/>").unwrap();
    let scan = host.scan();
    assert!(host.inbox.acknowledge(&scan.ready[0]).is_err());
    fs::write(host.path("b.xml"), "<a/>").unwrap();
    let scan = host.scan();
    assert_eq!(ready(&scan), ["b.xml"]);
    assert!(matches!(&scan.waiting[0].why, Why::Stuck { .. }));
    host.assert_comes_to_rest();
}

#[test]
fn folders_of_the_same_name_in_done_and_bad_do_not_stop_a_file() {
    let host = Host::new();
    for taken in ["done/a.xml", "bad/b.xml", "bad/b-2.xml.reason"] {
        fs::create_dir_all(host.folders.path(taken)).unwrap();
    }
    fs::write(host.path("a.xml"), "<a/>").unwrap();
    fs::write(host.path("b.xml"), "<a>").unwrap();
    let scan = host.scan();
    host.inbox.acknowledge(&scan.ready[0]).unwrap();
    host.inbox.reject(&scan.ready[1], "it has no end").unwrap();
    assert_eq!(host.folders.names("done"), ["a-2.xml", "a.xml"]);
    assert!(host.folders.names("bad").contains(&"b-3.xml".to_owned()));
    assert!(host.folders.names("in").is_empty());
}

#[test]
fn a_file_of_three_gigabytes_is_set_aside_unread() {
    let host = Host::new();
    fs::File::create(host.path("a.xml")).unwrap().set_len(3 << 30).unwrap();
    let begun = Instant::now();
    let scan = host.scan();
    assert!(begun.elapsed() < Duration::from_secs(1), "reading it takes longer");
    let reason = "cannot be read: it has 3221225472 bytes, at most 1048576 are read";
    assert_eq!(aside(&scan), [("a.xml", reason)]);
    host.assert_works();
    host.assert_comes_to_rest();
}

#[test]
fn a_file_that_may_not_be_read_hides_nothing() {
    let host = Host::new();
    fs::write(host.path("a.xml"), "<a/>").unwrap();
    fs::set_permissions(host.path("a.xml"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::File::open(host.path("a.xml")).is_ok() {
        // Root may read everything.
        return;
    }
    let scan = host.scan();
    assert_eq!(scan.set_aside.len(), 1);
    host.assert_works();
    host.assert_comes_to_rest();
}

#[test]
fn a_folder_renamed_away_is_made_anew_and_may_come_back_in_its_place() {
    let host = Host::new();
    fs::write(host.path("a.xml"), "<a/>").unwrap();
    let away = host.folders.path("away");
    fs::rename(host.folders.path("in"), &away).unwrap();
    assert!(host.scan().ready.is_empty());
    host.assert_comes_to_rest();
    host.assert_works();
    fs::rename(&away, host.folders.path("in")).unwrap();
    assert_eq!(ready(&host.scan()), ["a.xml"]);
    host.assert_works();
}

#[test]
fn an_item_whose_folder_was_renamed_away_is_gone() {
    let host = Host::new();
    fs::write(host.path("a.xml"), "<a/>").unwrap();
    let scan = host.scan();
    fs::rename(host.folders.path("in"), host.folders.path("away")).unwrap();
    assert_eq!(host.inbox.acknowledge(&scan.ready[0]).unwrap(), Moved::Gone);
    assert_eq!(host.folders.names("away"), ["a.xml"]);
    assert!(host.folders.names("done").is_empty());
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error_until_it_is_gone() {
    let host = Host::new();
    fs::remove_dir(host.folders.path("in")).unwrap();
    fs::write(host.folders.path("in"), "no folder").unwrap();
    let inbox = Arc::clone(&host.inbox);
    let error = in_time(move || inbox.scan(9)).unwrap_err();
    assert!(
        error.to_string().contains("create folder") && error.is_temporary(),
        "{error}"
    );
    host.assert_comes_to_rest();
    assert_eq!(host.folders.read("in"), "no folder");
    fs::remove_file(host.folders.path("in")).unwrap();
    host.assert_works();
}

#[test]
fn a_pipe_or_a_dangling_link_in_the_place_of_the_folder_is_an_error_until_it_is_gone() {
    let host = Host::new();
    let folder = host.folders.path("in");
    fs::remove_dir(&folder).unwrap();
    for step in [
        |path: &PathBuf| common::make_pipe(path),
        |path: &PathBuf| {
            symlink("nowhere", path).unwrap();
        },
    ] {
        step(&folder);
        let inbox = Arc::clone(&host.inbox);
        assert!(in_time(move || inbox.scan(9)).is_err());
        host.assert_comes_to_rest();
        fs::remove_file(&folder).unwrap();
    }
    host.assert_works();
}
