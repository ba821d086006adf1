//! Files of a folder are read whole, and stay there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::fs;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use cebridge_transport::{InboxRules, Shelf, ShelfState, Shelved, TransportError};
use common::{Folders, set_modified};

/// A shelf of the folder `in`, with its clock.
fn shelf(folders: &Folders) -> Shelf {
    let rules = InboxRules {
        largest: 1000,
        ..InboxRules::default()
    };
    Shelf::new(folders.path("in"), "wasm", rules).with_clock(folders.clock.clone())
}

/// Content of a whole file.
fn content(one: &Shelved) -> &[u8] {
    match &one.state {
        ShelfState::Whole { bytes, .. } => bytes,
        other => panic!("{}: {other}", one.name),
    }
}

fn only(shelf: &Shelf) -> Shelved {
    let mut found = shelf.look().unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn what_lay_there_before_is_whole_at_once_and_stays() {
    let folders = Folders::new();
    for name in [
        "b.wasm",
        "a.wasm",
        ".hidden.wasm",
        "c.wasm.tmp",
        "notes.txt",
        "wasm",
        "awasm",
    ] {
        folders.put(name, name);
    }
    folders.clock.pass_seconds(2);
    let shelf = shelf(&folders);
    let found = shelf.look().unwrap();
    let names: Vec<_> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["a.wasm", "b.wasm"]);
    assert_eq!(
        (content(&found[0]), content(&found[1])),
        (&b"a.wasm"[..], &b"b.wasm"[..])
    );
    assert_eq!(found[0].path, folders.incoming("a.wasm"));
    let ShelfState::Whole { sha256, stamp, .. } = &found[0].state else {
        unreachable!("looked at above");
    };
    // As printed by `printf a.wasm | sha256sum`.
    assert_eq!(
        sha256,
        "4aaa3cac371d4739177d57676756d70b802431338eae7726bc1ddf35536188b6"
    );
    assert!(stamp.starts_with("6-"), "{stamp}");
    assert_eq!(folders.names("in").len(), 7);
}

#[test]
fn an_unchanged_file_is_not_read_again() {
    let folders = Folders::new();
    folders.put("a.wasm", "1");
    folders.clock.pass_seconds(2);
    let shelf = shelf(&folders);
    let (ShelfState::Whole { bytes: one, .. }, ShelfState::Whole { bytes: other, .. }) =
        (only(&shelf).state, only(&shelf).state)
    else {
        panic!("not whole");
    };
    assert!(Arc::ptr_eq(&one, &other));
}

#[test]
fn a_file_written_in_pieces_is_young_until_it_has_rested() {
    let folders = Folders::new();
    let shelf = shelf(&folders);
    let mut writer = folders.open("a.wasm");
    for piece in ["1", "2", "3"] {
        writer.write(piece);
        assert_eq!(only(&shelf).state, ShelfState::Young);
        folders.clock.pass(Duration::from_millis(1999));
        assert_eq!(only(&shelf).state, ShelfState::Young);
    }
    folders.clock.pass(Duration::from_millis(1));
    assert_eq!(content(&only(&shelf)), b"123");
    writer.write("4");
    assert_eq!(only(&shelf).state, ShelfState::Young);
    folders.clock.pass_seconds(2);
    assert_eq!(content(&only(&shelf)), b"1234");
}

#[test]
fn time_stamps_of_past_and_future_neither_hurry_nor_hide() {
    let folders = Folders::new();
    folders.put("ahead.wasm", "1");
    set_modified(
        &folders.incoming("ahead.wasm"),
        SystemTime::now() + Duration::from_secs(86_400),
    );
    let shelf = shelf(&folders);
    assert_eq!(only(&shelf).state, ShelfState::Young);
    // It appears between two looks, from a machine whose clock is behind.
    folders.put("behind.wasm", "1");
    set_modified(
        &folders.incoming("behind.wasm"),
        SystemTime::now() - Duration::from_secs(86_400),
    );
    assert_eq!(shelf.look().unwrap()[1].state, ShelfState::Young);
    folders.clock.pass_seconds(2);
    assert_eq!(shelf.look().unwrap().iter().map(content).count(), 2);
}

#[test]
fn a_file_renamed_in_needs_no_rest() {
    let folders = Folders::new();
    folders.put("other.txt", "");
    let shelf = shelf(&folders);
    shelf.look().unwrap();
    folders.rename_in("a.wasm", "1");
    assert_eq!(only(&shelf).state, ShelfState::Young, "not known to be renamed");
    shelf.renamed_in(&folders.incoming("a.wasm"));
    assert_eq!(content(&only(&shelf)), b"1");
    folders.put("a.wasm", "22");
    assert_eq!(only(&shelf).state, ShelfState::Young, "written again in place");
}

#[test]
fn a_file_that_is_too_long_is_told_and_read_once_it_is_shorter() {
    let folders = Folders::new();
    folders.put("a.wasm", &"x".repeat(1001));
    let shelf = shelf(&folders);
    let state = only(&shelf).state;
    assert_eq!(
        state,
        ShelfState::TooLarge {
            bytes: 1001,
            most: 1000
        }
    );
    assert_eq!(state.to_string(), "it has 1001 bytes, at most 1000 are read");
    folders.put("a.wasm", &"x".repeat(1000));
    folders.clock.pass_seconds(2);
    only(&shelf);
    folders.clock.pass_seconds(2);
    assert_eq!(content(&only(&shelf)).len(), 1000);
}

#[test]
fn a_missing_folder_is_an_error_and_not_made() {
    let folders = Folders::new();
    let shelf = shelf(&folders);
    let error = shelf.look().unwrap_err();
    assert!(matches!(error, TransportError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound));
    assert!(!folders.path("in").exists());
    folders.put("a.wasm", "1");
    assert_eq!(only(&shelf).state, ShelfState::Young);
    folders.clock.pass_seconds(2);
    assert_eq!(content(&only(&shelf)), b"1");
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_named_and_hides_nothing() {
    use common::within::in_time;
    use std::os::unix::fs::symlink;
    let folders = Folders::new();
    folders.put("z.wasm", "1");
    let path = |name: &str| folders.incoming(name);
    common::make_pipe(&path("a.wasm"));
    let _socket = std::os::unix::net::UnixListener::bind(path("b.wasm")).unwrap();
    symlink("/dev/zero", path("c.wasm")).unwrap();
    fs::create_dir(path("d.wasm")).unwrap();
    symlink("a.wasm", path("e.wasm")).unwrap();
    symlink("d.wasm", path("f.wasm")).unwrap();
    symlink("nowhere", path("g.wasm")).unwrap();
    symlink("z.wasm/below", path("h.wasm")).unwrap();
    symlink("i.wasm", path("i.wasm")).unwrap();
    // A file of 3 GB that takes no space.
    fs::File::create(path("j.wasm")).unwrap().set_len(3 << 30).unwrap();
    folders.clock.pass_seconds(2);
    let shelf = shelf(&folders);
    let found = in_time(move || shelf.look().unwrap());
    let told: Vec<_> = found.iter().map(|one| one.state.to_string()).collect();
    assert_eq!(
        told,
        [
            "it is a pipe, not a regular file",
            "it is a socket, not a regular file",
            "it is a link to a device, not a regular file",
            "it is a folder, not a regular file",
            "it is a link to a pipe, not a regular file",
            "it is a link to a folder, not a regular file",
            "it is a link whose target is gone",
            "it is a link whose target is gone",
            "cannot be read for now: Too many levels of symbolic links (os error 40)",
            "it has 3221225472 bytes, at most 1000 are read",
            "whole, 1 bytes",
        ]
    );
}

#[cfg(unix)]
#[test]
fn links_are_read_through_and_a_switched_one_is_another_file() {
    use std::os::unix::fs::symlink;
    let folders = Folders::new();
    folders.put("other.txt", "");
    for version in ["1", "2"] {
        fs::write(folders.path(version), version).unwrap();
    }
    symlink(folders.path("1"), folders.incoming("a.wasm")).unwrap();
    // These files have the system's time, which is a little later than that of the clock.
    folders.clock.pass_seconds(60);
    let shelf = shelf(&folders);
    let first = only(&shelf);
    assert_eq!(content(&first), b"1");
    symlink(folders.path("2"), folders.path("link")).unwrap();
    fs::rename(folders.path("link"), folders.incoming("a.wasm")).unwrap();
    shelf.renamed_in(&folders.incoming("a.wasm"));
    assert_eq!(only(&shelf).state, ShelfState::Young, "what it leads to may be written");
    folders.clock.pass_seconds(2);
    assert_eq!(content(&only(&shelf)), b"2");
    fs::remove_file(folders.path("2")).unwrap();
    assert_eq!(only(&shelf).state, ShelfState::Dangling);
}

#[cfg(unix)]
#[test]
fn another_content_of_the_same_length_and_time_is_seen() {
    let folders = Folders::new();
    folders.put("a.wasm", "1");
    let time = folders.clock.wall();
    folders.clock.pass_seconds(2);
    let shelf = shelf(&folders);
    assert_eq!(content(&only(&shelf)), b"1");
    // As `tar` does with an archive that was packed reproducibly.
    std::thread::sleep(Duration::from_millis(20));
    fs::write(folders.incoming("a.wasm"), "2").unwrap();
    set_modified(&folders.incoming("a.wasm"), time);
    assert_eq!(content(&only(&shelf)), b"2");
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named_and_read_when_it_may() {
    use std::os::unix::fs::PermissionsExt;
    let folders = Folders::new();
    folders.put("a.wasm", "1");
    folders.put("b.wasm", "2");
    folders.clock.pass_seconds(2);
    let permit = |mode| fs::set_permissions(folders.incoming("a.wasm"), fs::Permissions::from_mode(mode)).unwrap();
    permit(0o000);
    if fs::File::open(folders.incoming("a.wasm")).is_ok() {
        // Root may read everything.
        return;
    }
    let shelf = shelf(&folders);
    let found = shelf.look().unwrap();
    assert!(matches!(&found[0].state, ShelfState::Unreadable(why) if why.contains("ermission denied")));
    assert_eq!(content(&found[1]), b"2");
    permit(0o600);
    assert_eq!(content(&shelf.look().unwrap()[0]), b"1");
}
