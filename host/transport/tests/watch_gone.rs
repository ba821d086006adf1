//! Watched folders that go away, come back, and are replaced.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use cebridge_transport::FolderWatch;
use tempfile::TempDir;

/// Longest wait for a change. A wait always ends with a look, so this is far longer than `SOON`.
const PATIENCE: Duration = Duration::from_secs(30);

/// A change noticed within this time was not found by the look at the end of the wait.
const SOON: Duration = Duration::from_secs(10);

/// Long enough for the watch to see that a folder was replaced.
const NOTICED: Duration = Duration::from_millis(700);

/// A folder `in` that is watched, and that may go away.
struct Watched {
    root: TempDir,
    watch: FolderWatch,
}

impl Watched {
    fn new() -> Watched {
        let root = TempDir::new().unwrap();
        let watch = FolderWatch::new(&[root.path().join("in")]).unwrap();
        Watched { root, watch }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// Waits until nothing happens any more.
    fn settle(&self) {
        let end = Instant::now() + PATIENCE;
        while self.watch.wait(NOTICED) {
            assert!(Instant::now() < end, "never comes to rest");
        }
    }

    /// Checks that a new file wakes the waiter soon, and that a renamed one is named.
    fn assert_watched(&self, folder: &Path) {
        self.settle();
        self.watch.take_renamed();
        fs::write(self.path("beside"), "x").unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(200));
                fs::rename(self.path("beside"), folder.join("new.xml")).unwrap();
            });
            let begun = Instant::now();
            assert!(self.watch.wait(PATIENCE));
            assert!(begun.elapsed() < SOON, "seen only when the wait was over");
        });
        assert_eq!(self.watch.take_renamed(), [folder.join("new.xml")]);
    }

    /// Checks that waiting takes its full time.
    fn assert_quiet(&self) {
        self.settle();
        let begun = Instant::now();
        assert!(!self.watch.wait(NOTICED));
        assert!(begun.elapsed() >= NOTICED);
    }
}

#[test]
fn a_folder_renamed_away_and_made_anew_is_watched() {
    let watched = Watched::new();
    watched.rename("in", "away");
    fs::create_dir(watched.path("in")).unwrap();
    watched.assert_watched(&watched.path("in"));
}

#[test]
fn a_folder_deleted_and_made_anew_is_watched() {
    let watched = Watched::new();
    // The new one often gets the inode of the old.
    for _ in 0..3 {
        fs::remove_dir_all(watched.path("in")).unwrap();
        fs::create_dir(watched.path("in")).unwrap();
        watched.assert_watched(&watched.path("in"));
    }
}

#[test]
fn a_folder_that_comes_back_while_it_is_waited_for_wakes_the_waiter_if_it_holds_files() {
    let watched = Watched::new();
    watched.rename("in", "away");
    watched.assert_quiet();
    fs::write(watched.path("away/a.xml"), "x").unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(200));
            watched.rename("away", "in");
        });
        let begun = Instant::now();
        assert!(watched.watch.wait(PATIENCE));
        assert!(begun.elapsed() < SOON, "seen only when the wait was over");
    });
    watched.assert_watched(&watched.path("in"));
}

#[test]
fn a_folder_that_is_gone_or_a_file_is_waited_for_in_peace() {
    let watched = Watched::new();
    watched.rename("in", "away");
    watched.assert_quiet();
    fs::write(watched.path("in"), "no folder").unwrap();
    watched.assert_quiet();
    fs::remove_file(watched.path("in")).unwrap();
    watched.rename("away", "in");
    watched.assert_watched(&watched.path("in"));
}

#[test]
fn what_happens_in_a_folder_after_it_was_renamed_away_is_no_change() {
    let watched = Watched::new();
    watched.rename("in", "away");
    fs::create_dir(watched.path("in")).unwrap();
    watched.settle();
    fs::write(watched.path("away/a.tmp"), "x").unwrap();
    watched.rename("away/a.tmp", "away/a.xml");
    assert!(!watched.watch.wait(NOTICED));
    assert!(watched.watch.take_renamed().is_empty());
}

#[test]
fn a_file_renamed_in_before_its_folder_was_replaced_is_not_named() {
    let watched = Watched::new();
    fs::write(watched.path("in/a.tmp"), "x").unwrap();
    watched.rename("in/a.tmp", "in/a.xml");
    watched.settle();
    watched.rename("in", "away");
    fs::create_dir(watched.path("in")).unwrap();
    fs::write(watched.path("in/a.xml"), "half of another fi").unwrap();
    assert!(watched.watch.take_renamed().is_empty());
}

#[test]
fn files_of_a_replaced_folder_are_a_change_even_if_its_replacement_was_noticed_before_the_wait() {
    let watched = Watched::new();
    fs::create_dir(watched.path("other")).unwrap();
    fs::write(watched.path("other/a.xml"), "x").unwrap();
    symlink("other", watched.path("link")).unwrap();
    // Replacing a folder with a link takes two steps; the system reports the first.
    watched.rename("in", "away");
    watched.settle();
    watched.rename("link", "in");
    watched.watch.take_renamed();
    let begun = Instant::now();
    assert!(watched.watch.wait(PATIENCE));
    assert!(begun.elapsed() < SOON, "seen only when the wait was over");
}

#[test]
fn a_folder_below_a_watched_one_that_is_moved_out_and_back_is_watched() {
    let watched = Watched::new();
    let shop = watched.path("in/shop");
    watched.watch.watch(&shop).unwrap();
    for _ in 0..2 {
        watched.rename("in/shop", "shop");
        watched.rename("shop", "in/shop");
        watched.assert_watched(&shop);
        fs::remove_file(shop.join("new.xml")).unwrap();
    }
}

#[test]
fn a_link_that_leads_to_another_folder_is_followed_there() {
    let root = TempDir::new().unwrap();
    let path = |name: &str| root.path().join(name);
    for name in ["1", "2"] {
        fs::create_dir(path(name)).unwrap();
    }
    symlink("1", path("in")).unwrap();
    let watch = FolderWatch::new(&[path("in")]).unwrap();
    symlink("2", path("link")).unwrap();
    fs::rename(path("link"), path("in")).unwrap();
    let watched = Watched { root, watch };
    watched.assert_watched(&watched.path("in"));
    assert!(watched.path("2/new.xml").exists());
}
