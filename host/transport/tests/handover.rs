//! Handing over in two steps, stopped after each of them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::path::PathBuf;

use cebridge_transport::{Handover, Outgoing, Transport, TransportError};
use common::{Folders, envelope};

const NAME: &str = "CEB311Message_DXPENT0000000001_DXPEDCCEB0000002_M1.xml";
const READY: &str = ".CEB311Message_DXPENT0000000001_DXPEDCCEB0000002_M1.xml.ready";

fn message() -> Outgoing<'static> {
    envelope("M1", b"<DxpMsg>all</DxpMsg>")
}

fn place(folders: &Folders) -> PathBuf {
    folders.path("out").join(NAME)
}

/// Acts as the client of the folder.
fn fetch(folders: &Folders) {
    fs::rename(place(folders), folders.path("fetched")).unwrap();
}

#[test]
fn the_other_side_sees_nothing_before_the_hand_over_and_everything_after_it() {
    let folders = Folders::new();
    let transport = folders.transport();
    transport.prepare(&message()).unwrap();
    assert_eq!(folders.names("out"), [READY]);
    transport.hand_over(&message()).unwrap();
    assert_eq!(folders.names("out"), [NAME]);
    assert_eq!(fs::read(place(&folders)).unwrap(), message().bytes);
}

#[test]
fn stopped_before_the_hand_over_it_is_not_done() {
    let folders = Folders::new();
    folders.transport().prepare(&message()).unwrap();
    // A new process.
    let transport = folders.transport();
    assert_eq!(transport.recall(&message()).unwrap(), Handover::NotDone);
    transport.prepare(&message()).unwrap();
    transport.hand_over(&message()).unwrap();
    assert_eq!(folders.names("out"), [NAME]);
}

#[test]
fn stopped_after_the_hand_over_it_is_done_whether_it_was_fetched_or_not() {
    let folders = Folders::new();
    let transport = folders.transport();
    transport.prepare(&message()).unwrap();
    transport.hand_over(&message()).unwrap();
    let transport = folders.transport();
    assert_eq!(transport.recall(&message()).unwrap(), Handover::Done);
    fetch(&folders);
    assert_eq!(transport.recall(&message()).unwrap(), Handover::Done);
    assert!(folders.names("out").is_empty(), "nothing was written again");
}

#[test]
fn a_hand_over_whose_end_was_not_heard_is_found_done() {
    let folders = Folders::new();
    let transport = folders.transport();
    transport.prepare(&message()).unwrap();
    // The rename happened; the folder cannot be synced because the share went away at that moment.
    fs::rename(folders.path("out").join(READY), place(&folders)).unwrap();
    fs::rename(folders.path("out"), folders.path("away")).unwrap();
    let error = transport.recall(&message()).unwrap_err();
    assert!(error.is_temporary() && error.to_string().contains("sync"), "{error}");
    assert!(!folders.path("out").exists(), "asking makes no folder");
    fs::rename(folders.path("away"), folders.path("out")).unwrap();
    fetch(&folders);
    assert_eq!(transport.recall(&message()).unwrap(), Handover::Done);
    let error = transport.hand_over(&message()).unwrap_err();
    assert!(matches!(error, TransportError::NotPrepared { .. }), "{error}");
    assert!(folders.names("out").is_empty());
}

#[test]
fn an_envelope_of_an_earlier_version_is_recognised_and_not_written_again() {
    let folders = Folders::new();
    fs::create_dir_all(folders.path("out")).unwrap();
    fs::write(place(&folders), message().bytes).unwrap();
    let before = fs::metadata(place(&folders)).unwrap().modified().unwrap();
    let transport = folders.transport();
    transport.prepare(&message()).unwrap();
    assert_eq!(folders.names("out"), [NAME]);
    transport.hand_over(&message()).unwrap();
    assert_eq!(transport.recall(&message()).unwrap(), Handover::Done);
    assert_eq!(fs::metadata(place(&folders)).unwrap().modified().unwrap(), before);
}

#[test]
fn fetched_between_the_steps_it_is_not_written_again() {
    let folders = Folders::new();
    fs::create_dir_all(folders.path("out")).unwrap();
    fs::write(place(&folders), message().bytes).unwrap();
    let transport = folders.transport();
    transport.prepare(&message()).unwrap();
    fetch(&folders);
    assert!(matches!(
        transport.hand_over(&message()),
        Err(TransportError::NotPrepared { .. })
    ));
    assert_eq!(transport.recall(&message()).unwrap(), Handover::Done);
    assert!(folders.names("out").is_empty());
}

#[test]
fn prepared_again_beside_the_envelope_leaves_no_second_one() {
    let folders = Folders::new();
    let (one, two) = (folders.transport(), folders.transport());
    one.prepare(&message()).unwrap();
    // A second process that took over in between.
    let ready = folders.path("out").join(READY);
    fs::copy(&ready, place(&folders)).unwrap();
    two.hand_over(&message()).unwrap();
    assert_eq!(folders.names("out"), [NAME]);
    fs::write(&ready, message().bytes).unwrap();
    assert_eq!(two.recall(&message()).unwrap(), Handover::Done);
    assert_eq!(folders.names("out"), [NAME]);
}

#[test]
fn a_cut_off_ready_file_is_written_anew() {
    let folders = Folders::new();
    fs::create_dir_all(folders.path("out")).unwrap();
    for cut in ["", "<DxpMsg>a", "something else"] {
        fs::write(folders.path("out").join(READY), cut).unwrap();
        folders.transport().prepare(&message()).unwrap();
        assert_eq!(fs::read(folders.path("out").join(READY)).unwrap(), message().bytes);
    }
    assert_eq!(folders.names("out"), [READY]);
}

#[test]
fn a_cut_off_envelope_is_not_done_and_completed() {
    let folders = Folders::new();
    let transport = folders.transport();
    fs::create_dir_all(folders.path("out")).unwrap();
    fs::write(place(&folders), "<DxpMsg>a").unwrap();
    assert_eq!(transport.recall(&message()).unwrap(), Handover::NotDone);
    transport.prepare(&message()).unwrap();
    transport.hand_over(&message()).unwrap();
    assert_eq!(fs::read(place(&folders)).unwrap(), message().bytes);
    assert_eq!(folders.names("out"), [NAME]);
}

#[test]
fn other_content_in_the_place_is_refused_by_each_step() {
    let folders = Folders::new();
    let transport = folders.transport();
    transport.prepare(&message()).unwrap();
    fs::write(place(&folders), "something else").unwrap();
    let occupied = |outcome: Result<(), TransportError>| matches!(outcome, Err(TransportError::Occupied { .. }));
    assert!(occupied(transport.hand_over(&message())));
    assert!(occupied(transport.recall(&message()).map(drop)));
    assert!(occupied(transport.prepare(&message())));
    assert_eq!(fs::read(place(&folders)).unwrap(), b"something else");
}

#[test]
fn ready_files_stay_until_they_are_handed_over() {
    let folders = Folders::new();
    let transport = folders.transport();
    transport.prepare(&message()).unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(90_000);
    common::set_modified(&folders.path("out").join(READY), long_ago);
    folders.transport().send(&envelope("M2", b"x")).unwrap();
    assert!(folders.names("out").contains(&READY.to_owned()));
    assert_eq!(transport.recall(&message()).unwrap(), Handover::NotDone);
}
