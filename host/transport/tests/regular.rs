//! Reading regular files only.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use cebridge_transport::{DirectoryTransport, InboxRules, Transport, read_regular, set_aside};
use common::within::in_time;
use common::{envelope, make_pipe};
use tempfile::TempDir;

/// Reason the file cannot be read.
fn problem(path: &Path) -> String {
    let path = path.to_owned();
    in_time(move || read_regular(&path, 10)).unwrap_err().to_string()
}

#[test]
fn files_and_links_to_them_are_read_up_to_the_limit() {
    let root = TempDir::new().unwrap();
    let (file, link) = (root.path().join("a"), root.path().join("link"));
    symlink("a", &link).unwrap();
    fs::write(&file, "0123456789").unwrap();
    assert_eq!(read_regular(&file, 10).unwrap(), b"0123456789");
    assert_eq!(read_regular(&link, 10).unwrap(), b"0123456789");
    fs::write(&file, "0123456789a").unwrap();
    assert_eq!(problem(&link), "it has 11 bytes, at most 10 are read");
}

#[test]
fn a_file_that_claims_to_be_empty_and_is_not_is_read_no_further_than_the_limit() {
    // The kernel's list of mounts is a regular file of 0 bytes that holds more.
    let mounts = PathBuf::from("/proc/self/mounts");
    if mounts.exists() {
        assert_eq!(problem(&mounts), "it has 11 bytes, at most 10 are read");
    }
}

#[test]
fn what_is_no_file_is_named_in_words() {
    let root = TempDir::new().unwrap();
    let path = |name: &str| root.path().join(name);
    make_pipe(&path("pipe"));
    symlink("pipe", path("to-pipe")).unwrap();
    symlink("/dev/zero", path("zero")).unwrap();
    symlink("nowhere", path("dangling")).unwrap();
    let _socket = UnixListener::bind(path("socket")).unwrap();
    assert_eq!(problem(&path("pipe")), "it is a pipe, not a regular file");
    assert_eq!(problem(&path("to-pipe")), "it is a pipe, not a regular file");
    assert_eq!(problem(&path("zero")), "it is a device, not a regular file");
    assert_eq!(problem(&path("socket")), "it is a socket, not a regular file");
    assert_eq!(problem(root.path()), "it is a folder, not a regular file");
    assert_eq!(problem(&path("dangling")), "it is a link whose target is gone");
    assert!(problem(&path("missing")).starts_with("No such file"));
}

#[test]
fn a_pipe_in_the_place_of_a_reason_does_not_hang_the_list_of_files_set_aside() {
    let root = TempDir::new().unwrap();
    fs::write(root.path().join("a.xml"), "<a/>").unwrap();
    make_pipe(&root.path().join("a.xml.reason"));
    let bad = root.path().to_owned();
    let error = in_time(move || set_aside(&bad)).unwrap_err().to_string();
    assert!(
        error.ends_with("a.xml.reason: it is a pipe, not a regular file"),
        "{error}"
    );
}

#[test]
fn a_pipe_in_the_place_of_a_ready_envelope_does_not_hang_the_sending() {
    let root = TempDir::new().unwrap();
    let path = |name: &str| root.path().join(name);
    let transport = DirectoryTransport::new(
        path("out"),
        path("in"),
        path("done"),
        path("bad"),
        InboxRules::default(),
    );
    transport.prepare(&envelope("A-1", b"<a/>")).unwrap();
    let ready = fs::read_dir(path("out")).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&ready).unwrap();
    make_pipe(&ready);
    let error = in_time(move || transport.prepare(&envelope("A-1", b"<a/>"))).unwrap_err();
    assert!(
        error.to_string().contains("it is a pipe") && error.is_temporary(),
        "{error}"
    );
}
