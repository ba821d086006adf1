//! The directory transport on real files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::time::Duration;

use cebridge_transport::{InboxRules, Moved, Transport, TransportError, Why};
use common::{Folders, envelope, names, ready, set_modified};

#[test]
fn an_envelope_appears_whole_and_alone_in_a_folder_made_for_it() {
    let folders = Folders::new();
    folders.transport().send(&envelope("M1", b"<DxpMsg/>")).unwrap();
    assert_eq!(
        folders.names("out"),
        ["CEB311Message_DXPENT0000000001_DXPEDCCEB0000002_M1.xml"]
    );
    assert_eq!(
        fs::read(folders.path("out").join(&folders.names("out")[0])).unwrap(),
        b"<DxpMsg/>"
    );
}

#[test]
fn sending_the_same_message_again_is_success_and_one_file() {
    let folders = Folders::new();
    let transport = folders.transport();
    for _ in 0..3 {
        transport.send(&envelope("M1", b"<DxpMsg/>")).unwrap();
    }
    folders.transport().send(&envelope("M1", b"<DxpMsg/>")).unwrap();
    assert_eq!(folders.names("out").len(), 1);
}

#[test]
fn other_content_under_the_same_id_is_refused_for_good_and_touches_nothing() {
    let folders = Folders::new();
    let transport = folders.transport();
    transport.send(&envelope("M1", b"one")).unwrap();
    let error = transport.send(&envelope("M1", b"two")).unwrap_err();
    assert!(matches!(&error, TransportError::Occupied { cop_msg_id, .. } if cop_msg_id == "M1"));
    assert!(!error.is_temporary());
    assert_eq!(
        fs::read(folders.path("out").join(&folders.names("out")[0])).unwrap(),
        b"one"
    );
}

#[test]
fn a_cut_off_copy_is_completed() {
    let folders = Folders::new();
    let transport = folders.transport();
    transport.send(&envelope("M1", b"<DxpMsg>all</DxpMsg>")).unwrap();
    let path = folders.path("out").join(&folders.names("out")[0]);
    fs::write(&path, b"<DxpMsg>a").unwrap();
    transport.send(&envelope("M1", b"<DxpMsg>all</DxpMsg>")).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"<DxpMsg>all</DxpMsg>");
}

#[test]
fn ids_cannot_leave_the_folder() {
    let folders = Folders::new();
    let error = folders.transport().send(&envelope("../../escape", b"x")).unwrap_err();
    assert!(matches!(error, TransportError::BadName { .. }));
    assert!(!error.is_temporary());
    assert!(names(folders.root.path()).iter().all(|name| !name.contains("escape")));
}

#[test]
fn a_folder_that_cannot_be_made_is_a_temporary_trouble() {
    let folders = Folders::new();
    fs::write(folders.path("out"), "a file stands where the folder should be").unwrap();
    let error = folders.transport().send(&envelope("M1", b"x")).unwrap_err();
    assert!(error.is_temporary());
    assert!(error.to_string().contains("out"), "{error}");
    fs::remove_file(folders.path("out")).unwrap();
    folders.transport().send(&envelope("M1", b"x")).unwrap();
}

#[test]
fn leftovers_of_a_crash_are_removed_and_young_temporaries_are_not() {
    let folders = Folders::new();
    fs::create_dir_all(folders.path("out")).unwrap();
    let old = folders.path("out").join(".X.xml.1-0.tmp");
    fs::write(&old, "half").unwrap();
    fs::write(folders.path("out").join(".Y.xml.1-1.tmp"), "half").unwrap();
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(86_400);
    fs::File::options()
        .write(true)
        .open(&old)
        .unwrap()
        .set_modified(long_ago)
        .unwrap();
    folders.transport().send(&envelope("M1", b"x")).unwrap();
    let names = folders.names("out");
    assert!(!names.contains(&".X.xml.1-0.tmp".to_owned()));
    assert!(names.contains(&".Y.xml.1-1.tmp".to_owned()));
}

#[test]
fn receipts_come_in_the_order_of_names_up_to_the_limit_and_again_until_acknowledged() {
    let folders = Folders::new();
    for name in ["b.xml", "a.xml", "c.xml"] {
        folders.put(name, name);
    }
    let transport = folders.transport();
    let first = transport.receive(2).unwrap();
    assert_eq!(ready(&first), ["a.xml", "b.xml"]);
    assert_eq!(first.ready[1].bytes, b"b.xml");
    assert_eq!(
        transport.receive(9).unwrap().ready.len(),
        3,
        "nothing is removed before it is acknowledged"
    );
    let moved = transport.acknowledge(&first.ready[0]).unwrap();
    assert_eq!(moved, Moved::Away(Some(folders.path("done").join("a.xml"))));
    assert_eq!(folders.names("done"), ["a.xml"]);
    assert_eq!(folders.names("in"), ["b.xml", "c.xml"]);
}

#[test]
fn an_empty_or_missing_inbox_is_no_error() {
    let scan = Folders::new().transport().receive(10).unwrap();
    assert!(scan.ready.is_empty() && scan.waiting.is_empty() && scan.set_aside.is_empty());
}

#[test]
fn unfinished_files_and_folders_are_left_alone() {
    let folders = Folders::new();
    let unfinished = [
        ".hidden.xml",
        "a.xml.tmp",
        "b.PART",
        "c.filepart",
        "d.xml.uploading",
        "e.crdownload",
        "f.temp",
        "g.xml.writing",
        "h.xml~",
    ];
    for name in unfinished {
        folders.put(name, "half");
    }
    folders.put("empty.xml", "");
    fs::create_dir(folders.path("in").join("subfolder")).unwrap();
    let rules = InboxRules {
        settle: Duration::ZERO,
        temporary: vec![".inprogress".into()],
        ..InboxRules::default()
    };
    folders.put("i.xml.InProgress", "half");
    let scan = folders.transport_by(rules).receive(10).unwrap();
    assert!(scan.ready.is_empty() && scan.waiting.is_empty() && scan.set_aside.is_empty());
    assert_eq!(folders.names("in").len(), unfinished.len() + 3);
}

#[test]
fn a_file_is_taken_only_after_it_came_to_rest() {
    let folders = Folders::new();
    folders.put("young.xml", "half");
    folders.put("old.xml", "whole");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(7200);
    set_modified(&folders.incoming("old.xml"), long_ago);
    let rules = InboxRules {
        settle: Duration::from_secs(3600),
        ..InboxRules::default()
    };
    let scan = folders.transport_by(rules).receive(10).unwrap();
    assert_eq!(ready(&scan), ["old.xml"]);
    assert_eq!(scan.waiting[0].name, "young.xml");
    assert_eq!(scan.waiting[0].why, Why::Young);
}

#[test]
fn nothing_in_the_done_folder_is_ever_overwritten() {
    let folders = Folders::new();
    let transport = folders.transport();
    for round in 0..12 {
        folders.put("receipt.xml", &format!("round {round}"));
        let items = transport.receive(10).unwrap().ready;
        transport.acknowledge(&items[0]).unwrap();
    }
    let mut contents: Vec<_> = folders
        .names("done")
        .iter()
        .map(|n| fs::read_to_string(folders.path("done").join(n)).unwrap())
        .collect();
    contents.sort();
    contents.dedup();
    assert_eq!(contents.len(), 12);
    assert!(folders.names("done").contains(&"receipt-2.xml".to_owned()));
}

#[test]
fn a_rejected_file_lies_beside_its_reason() {
    let folders = Folders::new();
    folders.put("odd.xml", "<odd/>");
    let transport = folders.transport();
    let items = transport.receive(10).unwrap().ready;
    transport.reject(&items[0], "no receipt of any known edition").unwrap();
    assert_eq!(folders.names("bad"), ["odd.xml", "odd.xml.reason"]);
    let reason = fs::read_to_string(folders.path("bad").join("odd.xml.reason")).unwrap();
    let from = folders.incoming("odd.xml");
    assert_eq!(
        reason,
        format!("no receipt of any known edition\nfrom: {}\n", from.display())
    );
    assert!(folders.names("in").is_empty());
}

#[test]
fn two_hosts_on_one_inbox_do_not_disturb_each_other() {
    let folders = Folders::new();
    folders.put("a.xml", "x");
    let (one, two) = (folders.transport(), folders.transport());
    let (mine, theirs) = (one.receive(1).unwrap().ready, two.receive(1).unwrap().ready);
    one.acknowledge(&mine[0]).unwrap();
    assert_eq!(two.acknowledge(&theirs[0]).unwrap(), Moved::Gone);
    assert_eq!(folders.names("done"), ["a.xml"]);
}

#[test]
fn an_item_of_another_transport_is_refused() {
    let (folders, others) = (Folders::new(), Folders::new());
    others.put("a.xml", "x");
    let item = others.transport().receive(1).unwrap().ready.remove(0);
    let error = folders.transport().acknowledge(&item).unwrap_err();
    assert!(matches!(error, TransportError::Foreign(name) if name == "a.xml"));
    assert_eq!(others.names("in"), ["a.xml"]);
}

#[cfg(unix)]
#[test]
fn links_are_put_aside_with_a_reason_and_block_nothing() {
    let folders = Folders::new();
    folders.put("z.xml", "fine");
    fs::write(folders.path("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(folders.path("secret"), folders.path("in").join("a.xml")).unwrap();
    let scan = folders.transport().receive(10).unwrap();
    assert_eq!(ready(&scan), ["z.xml"]);
    assert_eq!(
        scan.set_aside,
        [("a.xml".to_owned(), "it is not a regular file".to_owned())]
    );
    assert_eq!(folders.names("bad"), ["a.xml", "a.xml.reason"]);
    assert!(
        fs::read_to_string(folders.path("bad").join("a.xml.reason"))
            .unwrap()
            .contains("not a regular file")
    );
    assert_eq!(fs::read_to_string(folders.path("secret")).unwrap(), "secret");
}

#[cfg(unix)]
#[test]
fn files_without_permission_are_put_aside_and_block_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folders = Folders::new();
    folders.put("a.xml", "closed");
    folders.put("b.xml", "open");
    let closed = folders.path("in").join("a.xml");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(7200);
    set_modified(&closed, long_ago);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&closed).is_ok() {
        println!("skipped: this user may read everything");
        return;
    }
    let scan = folders.transport().receive(10).unwrap();
    assert_eq!(ready(&scan), ["b.xml"]);
    assert_eq!(folders.names("bad"), ["a.xml", "a.xml.reason"]);
}

#[test]
fn a_huge_file_is_put_aside_unread() {
    let folders = Folders::new();
    folders.put("huge.xml", "x");
    // A sparse file: long, but no bytes on disk.
    let file = fs::File::options()
        .write(true)
        .open(folders.path("in").join("huge.xml"))
        .unwrap();
    file.set_len(1 << 30).unwrap();
    folders.put("small.xml", "x");
    let scan = folders.transport().receive(10).unwrap();
    assert_eq!(ready(&scan), ["small.xml"]);
    assert!(
        fs::read_to_string(folders.path("bad").join("huge.xml.reason"))
            .unwrap()
            .contains("at most")
    );
}

#[test]
fn many_senders_at_once_leave_whole_files_only() {
    let folders = Folders::new();
    let transport = folders.transport();
    let body = vec![b'x'; 100_000];
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for n in 0..20 {
                    transport.send(&envelope(&format!("M{n}"), &body)).unwrap();
                }
            });
        }
        scope.spawn(|| {
            // A client that looks in between sees only whole files.
            for _ in 0..200 {
                for name in folders.names("out").iter().filter(|n| !n.starts_with('.')) {
                    assert_eq!(fs::read(folders.path("out").join(name)).unwrap().len(), body.len());
                }
            }
        });
    });
    assert_eq!(folders.names("out").len(), 20);
}
