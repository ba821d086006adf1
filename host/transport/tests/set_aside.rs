//! Listing files set aside, and taking them again.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use cebridge_transport::{Inbox, InboxRules, SetAside, TransportError, retake, set_aside};
use common::Folders;

/// An inbox below `in`, like the folders of mappers, with its files set aside in `bad`.
fn reject(folders: &Folders, name: &str, content: &str, reason: &str) -> Inbox {
    let shop = folders.path("in/shop");
    fs::create_dir_all(&shop).unwrap();
    fs::write(shop.join(name), content).unwrap();
    let inbox = Inbox::new(&shop, folders.path("done"), folders.path("bad"), InboxRules::default())
        .with_clock(folders.clock.clone());
    folders.clock.pass_seconds(5);
    let item = inbox.scan(9).unwrap().ready.remove(0);
    inbox.reject(&item, reason).unwrap();
    inbox
}

fn listed(folders: &Folders) -> Vec<SetAside> {
    set_aside(&folders.path("bad")).unwrap()
}

#[test]
fn files_are_listed_with_reason_and_origin_and_go_back_there() {
    let folders = Folders::new();
    let inbox = reject(&folders, "orders.csv", "a;b\n", "row 1:\n  the price is missing\n");
    let entry = listed(&folders).remove(0);
    assert_eq!(entry.name, "orders.csv");
    assert_eq!(entry.reason, "row 1: the price is missing");
    assert_eq!(entry.from, Some(folders.path("in/shop/orders.csv")));
    assert_eq!(entry.size, 4);
    let path = retake(&entry, &folders.path("in")).unwrap();
    assert_eq!(path, folders.path("in/shop/orders.csv"));
    assert!(folders.names("bad").is_empty());
    assert_eq!(inbox.scan(9).unwrap().ready[0].bytes, b"a;b\n");
    assert!(listed(&folders).is_empty());
}

#[test]
fn notes_of_earlier_versions_and_files_without_one_go_to_the_folder_given() {
    let folders = Folders::new();
    fs::create_dir_all(folders.path("bad")).unwrap();
    for (name, text) in [("a.xml", "<a/>"), ("a.xml.reason", "no receipt\n"), ("b.xml", "<b/>")] {
        fs::write(folders.path("bad").join(name), text).unwrap();
    }
    let entries = listed(&folders);
    let reasons: Vec<_> = entries.iter().map(|entry| entry.reason.as_str()).collect();
    assert_eq!(reasons, ["no receipt", "no reason was noted"]);
    assert!(entries.iter().all(|entry| entry.from.is_none()));
    for entry in &entries {
        retake(entry, &folders.path("in")).unwrap();
    }
    assert_eq!(folders.names("in"), ["a.xml", "b.xml"]);
    assert!(folders.names("bad").is_empty());
}

#[test]
fn nothing_is_overwritten_when_a_file_is_taken_again() {
    let folders = Folders::new();
    reject(&folders, "orders.csv", "old\n", "no");
    fs::write(folders.path("in/shop/orders.csv"), "new\n").unwrap();
    let path = retake(&listed(&folders)[0], &folders.path("in")).unwrap();
    assert_eq!(path, folders.path("in/shop/orders-2.csv"));
    assert_eq!(folders.read("in/shop/orders.csv"), "new\n");
    assert_eq!(folders.read("in/shop/orders-2.csv"), "old\n");
}

#[test]
fn a_note_cannot_send_a_file_out_of_the_folder() {
    let folders = Folders::new();
    reject(&folders, "orders.csv", "a\n", "no");
    fs::create_dir(folders.path("elsewhere")).unwrap();
    let note = folders.path("bad/orders.csv.reason");
    for place in ["elsewhere", "in/../elsewhere", "in/gone"] {
        fs::write(&note, format!("no\nfrom: {}/x\n", folders.path(place).display())).unwrap();
        let error = retake(&listed(&folders)[0], &folders.path("in")).unwrap_err();
        assert!(matches!(error, TransportError::Elsewhere { .. }), "{place}: {error}");
    }
    assert_eq!(folders.names("bad"), ["orders.csv", "orders.csv.reason"]);
}

#[test]
fn names_that_look_like_notes_are_kept_apart_from_notes() {
    let folders = Folders::new();
    reject(&folders, "a.xml", "one", "first");
    reject(&folders, "a.xml.reason", "two", "second");
    reject(&folders, "a.xml", "three", "third");
    let entries: Vec<_> = listed(&folders).into_iter().map(|one| (one.name, one.reason)).collect();
    let expected = [("a-2.xml", "third"), ("a.xml", "first"), ("a.xml-2.reason", "second")];
    assert_eq!(
        entries,
        expected.map(|(name, reason)| (name.to_owned(), reason.to_owned()))
    );
    assert_eq!(folders.read("bad/a.xml-2.reason"), "two");
}

#[test]
fn what_a_kill_in_the_middle_of_a_move_leaves_is_not_listed() {
    let folders = Folders::new();
    fs::create_dir_all(folders.path("bad")).unwrap();
    fs::write(folders.path("bad/a.xml"), "").unwrap();
    fs::write(folders.path("bad/a.xml.reason"), "no\nfrom: in/a.xml\n").unwrap();
    fs::write(folders.path("bad/b.xml.reason"), "left behind\n").unwrap();
    assert!(listed(&folders).is_empty());
}

#[test]
fn a_missing_folder_holds_nothing() {
    assert!(listed(&Folders::new()).is_empty());
}
