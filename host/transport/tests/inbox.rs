//! Files are taken whole, however they are written, and leave the folder only if they hold what was read.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::time::Duration;

use cebridge_transport::{Inbox, InboxRules, Moved, Why, retake, set_aside};
use common::{Folders, ready, set_modified};

#[test]
fn a_file_that_is_written_in_place_is_taken_when_it_has_rested() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    folders.put("a.csv", "row 1\n");
    let scan = inbox.scan(9).unwrap();
    assert!(scan.ready.is_empty());
    assert_eq!(
        (scan.waiting[0].name.as_str(), &scan.waiting[0].why),
        ("a.csv", &Why::Young)
    );
    folders.clock.pass(Duration::from_millis(1999));
    assert!(inbox.scan(9).unwrap().ready.is_empty());
    folders.clock.pass(Duration::from_millis(1));
    assert_eq!(ready(&inbox.scan(9).unwrap()), ["a.csv"]);
}

#[test]
fn a_change_begins_the_rest_anew_even_if_the_time_stamp_is_old() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    folders.put("a.csv", "row 1\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(1);
    folders.put("a.csv", "row 1\nrow 2\n");
    set_modified(
        &folders.incoming("a.csv"),
        std::time::SystemTime::now() - Duration::from_secs(3600),
    );
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(1);
    assert!(inbox.scan(9).unwrap().ready.is_empty());
    folders.clock.pass_seconds(1);
    assert_eq!(inbox.scan(9).unwrap().ready[0].bytes, b"row 1\nrow 2\n");
}

#[test]
fn a_file_renamed_into_the_folder_needs_no_rest_and_is_not_young() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    folders.rename_in("a.xml", "<a/>");
    assert!(inbox.scan(9).unwrap().ready.is_empty(), "not known to be renamed");
    inbox.renamed_in(&folders.incoming("a.xml"));
    let item = inbox.scan(9).unwrap().ready.remove(0);
    assert!(!inbox.is_young(&item));
    // Written again in place: another state, which has to rest.
    folders.put("a.xml", "<a>");
    assert!(inbox.scan(9).unwrap().ready.is_empty());
}

#[test]
fn a_time_stamp_of_the_future_hides_nothing() {
    let folders = Folders::new();
    folders.put("a.xml", "<a/>");
    let ahead = std::time::SystemTime::now() + Duration::from_secs(3 * 86_400);
    set_modified(&folders.incoming("a.xml"), ahead);
    let inbox = folders.inbox();
    assert!(inbox.scan(9).unwrap().ready.is_empty());
    folders.clock.pass_seconds(2);
    let item = inbox.scan(9).unwrap().ready.remove(0);
    assert!(inbox.is_young(&item));
    folders.clock.pass_seconds(58);
    assert!(!inbox.is_young(&item));
    assert!(matches!(inbox.acknowledge(&item).unwrap(), Moved::Away(_)));
}

#[test]
fn the_clock_of_a_share_that_is_behind_does_not_make_a_file_old() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    inbox.scan(9).unwrap();
    // Written a moment ago, by a machine whose clock is five minutes behind.
    folders.put("a.xml", "<a>cut o");
    let behind = std::time::SystemTime::now() - Duration::from_secs(300);
    set_modified(&folders.incoming("a.xml"), behind);
    let item = inbox.scan(9).unwrap().ready.remove(0);
    assert!(inbox.is_young(&item));
}

#[test]
fn a_slow_writer_that_pauses_longer_than_the_rest_is_waited_for() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    let mut writer = folders.open("r.xml");
    writer.write("<r><guid>1</gu");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(4);
    let half = inbox.scan(9).unwrap().ready.remove(0);
    assert_eq!(half.bytes, b"<r><guid>1</gu");
    assert!(inbox.is_young(&half), "it makes no sense and may still be written");
    inbox.defer(&half);
    let scan = inbox.scan(9).unwrap();
    assert!(scan.ready.is_empty());
    assert_eq!(scan.waiting[0].why, Why::Deferred);
    writer.write("id></r>");
    assert!(inbox.scan(9).unwrap().ready.is_empty());
    folders.clock.pass_seconds(2);
    let whole = inbox.scan(9).unwrap().ready.remove(0);
    assert_eq!(whole.bytes, b"<r><guid>1</guid></r>");
    assert!(matches!(inbox.acknowledge(&whole).unwrap(), Moved::Away(_)));
}

#[test]
fn what_makes_no_sense_comes_again_when_it_is_no_longer_young() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    folders.put("r.xml", "<r>cut o");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(2);
    let item = inbox.scan(9).unwrap().ready.remove(0);
    inbox.defer(&item);
    folders.clock.pass_seconds(57);
    assert!(inbox.scan(9).unwrap().ready.is_empty());
    folders.clock.pass_seconds(1);
    let item = inbox.scan(9).unwrap().ready.remove(0);
    assert!(!inbox.is_young(&item));
    inbox.reject(&item, "the message ends before </r>").unwrap();
    assert_eq!(folders.names("bad"), ["r.xml", "r.xml.reason"]);
}

#[test]
fn what_lay_there_for_long_before_the_first_look_is_neither_restless_nor_young() {
    let folders = Folders::new();
    folders.put("r.xml", "<r>cut o");
    folders.clock.pass_seconds(60);
    let inbox = folders.inbox();
    let item = inbox.scan(9).unwrap().ready.remove(0);
    assert!(!inbox.is_young(&item));
}

#[test]
fn an_empty_file_is_named_when_it_has_been_empty_for_long() {
    let folders = Folders::new();
    folders.put("a.xml", "");
    let inbox = folders.inbox();
    assert!(inbox.scan(9).unwrap().waiting.is_empty());
    folders.clock.pass_seconds(60);
    let scan = inbox.scan(9).unwrap();
    assert_eq!(
        (scan.waiting[0].name.as_str(), &scan.waiting[0].why),
        ("a.xml", &Why::Empty)
    );
    assert_eq!(folders.names("in"), ["a.xml"]);
}

#[test]
fn a_file_changed_since_it_was_read_stays_and_comes_again() {
    let folders = Folders::new();
    let inbox = folders.inbox_by(InboxRules {
        settle: Duration::ZERO,
        ..InboxRules::default()
    });
    folders.put("longer.csv", "row 1\n");
    folders.put("other.csv", "row 1\n");
    folders.put("same.csv", "row 1\n");
    folders.put("gone.csv", "row 1\n");
    let items = inbox.scan(9).unwrap().ready;
    let [gone, longer, other, same] = items.as_slice() else {
        panic!("{items:?}")
    };
    folders.put("longer.csv", "row 1\nrow 2\n");
    // Neither length nor time shows this change.
    let time = fs::metadata(folders.incoming("other.csv")).unwrap().modified().unwrap();
    fs::write(folders.incoming("other.csv"), "row 9\n").unwrap();
    set_modified(&folders.incoming("other.csv"), time);
    // Only touched: these are the bytes that were read.
    set_modified(&folders.incoming("same.csv"), time + Duration::from_secs(5));
    fs::remove_file(folders.incoming("gone.csv")).unwrap();
    assert_eq!(inbox.acknowledge(longer).unwrap(), Moved::Changed);
    assert_eq!(inbox.reject(longer, "no").unwrap(), Moved::Changed);
    assert_eq!(inbox.acknowledge(other).unwrap(), Moved::Changed);
    assert_eq!(inbox.acknowledge(gone).unwrap(), Moved::Gone);
    assert!(matches!(inbox.acknowledge(same).unwrap(), Moved::Away(_)));
    let again = inbox.scan(9).unwrap();
    assert_eq!(ready(&again), ["longer.csv", "other.csv"]);
    assert_eq!(again.ready[1].bytes, b"row 9\n");
    assert_eq!(folders.names("bad"), [""; 0]);
}

#[test]
fn the_same_bytes_put_there_anew_are_another_file() {
    let folders = Folders::new();
    let inbox = folders.inbox_by(InboxRules {
        settle: Duration::ZERO,
        ..InboxRules::default()
    });
    folders.rename_in("a.csv", "row 1\n");
    let item = inbox.scan(9).unwrap().ready.remove(0);
    folders.clock.pass_seconds(5);
    folders.rename_in("a.csv", "row 1\n");
    assert_eq!(inbox.acknowledge(&item).unwrap(), Moved::Changed);
    let again = inbox.scan(9).unwrap().ready.remove(0);
    assert_eq!(again.sha256, item.sha256);
    assert_ne!(again.stamp, item.stamp);
}

#[test]
fn what_is_written_after_the_move_is_brought_back() {
    for reject in [false, true] {
        let folders = Folders::new();
        let inbox = folders.inbox();
        let mut writer = folders.open("a.csv");
        writer.write("row 1\n");
        inbox.scan(9).unwrap();
        folders.clock.pass_seconds(3);
        let half = inbox.scan(9).unwrap().ready.remove(0);
        if reject {
            inbox.reject(&half, "one row is too few").unwrap();
        } else {
            inbox.acknowledge(&half).unwrap();
        }
        assert!(folders.names("in").is_empty());
        folders.clock.pass_seconds(300);
        assert!(inbox.scan(9).unwrap().grown.is_empty());
        writer.write("row 2\n");
        assert!(inbox.scan(9).unwrap().grown.is_empty(), "it may be written still");
        folders.clock.pass_seconds(2);
        let scan = inbox.scan(9).unwrap();
        assert_eq!(scan.grown, ["a.csv"]);
        assert_eq!(scan.ready[0].bytes, b"row 1\nrow 2\n");
        assert!(folders.names("done").is_empty() && folders.names("bad").is_empty());
        assert!(inbox.is_young(&scan.ready[0]), "its writer does not rename");
        inbox.renamed_in(&folders.incoming("a.csv"));
        assert!(inbox.is_young(&scan.ready[0]), "the rename was ours");
    }
}

#[test]
fn a_file_brought_back_does_not_overwrite_a_new_one_of_its_name() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    let mut writer = folders.open("a.csv");
    writer.write("row 1\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(3);
    inbox.acknowledge(&inbox.scan(9).unwrap().ready[0]).unwrap();
    folders.put("a.csv", "another\n");
    writer.write("row 2\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(2);
    let scan = inbox.scan(9).unwrap();
    assert_eq!(scan.grown, ["a-2.csv"]);
    let contents: Vec<_> = scan.ready.iter().map(|item| item.bytes.as_slice()).collect();
    assert_eq!(contents, [b"row 1\nrow 2\n".as_slice(), b"another\n"]);
}

#[test]
fn a_file_taken_and_then_only_touched_or_emptied_is_not_brought_back() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    folders.put("touched.csv", "row 1\n");
    folders.put("emptied.csv", "row 1\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(2);
    for item in inbox.scan(9).unwrap().ready {
        inbox.acknowledge(&item).unwrap();
    }
    let done = folders.path("done");
    set_modified(
        &done.join("touched.csv"),
        std::time::SystemTime::now() + Duration::from_secs(9),
    );
    fs::write(done.join("emptied.csv"), "").unwrap();
    for _ in 0..3 {
        let scan = inbox.scan(9).unwrap();
        assert!(scan.grown.is_empty() && scan.ready.is_empty(), "{scan:?}");
        folders.clock.pass_seconds(2);
    }
}

#[test]
fn a_file_taken_again_by_hand_is_not_mistaken_for_one_that_grew() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    let mut writer = folders.open("a.csv");
    for text in ["row 1\n", "row 2\n"] {
        writer.write(text);
        inbox.scan(9).unwrap();
        folders.clock.pass_seconds(2);
        inbox.reject(&inbox.scan(9).unwrap().ready[0], "no").unwrap();
        let entry = set_aside(&folders.path("bad")).unwrap().remove(0);
        if text == "row 1\n" {
            retake(&entry, &folders.path("in")).unwrap();
        }
    }
    for _ in 0..3 {
        folders.clock.pass_seconds(2);
        assert!(inbox.scan(9).unwrap().grown.is_empty());
    }
    assert_eq!(folders.read("bad/a.csv"), "row 1\nrow 2\n");
}

#[test]
fn growth_while_the_program_was_down_is_seen_by_the_next_one() {
    let folders = Folders::new();
    let inbox = folders.inbox();
    folders.put("still.csv", "row 1\n");
    let mut writer = folders.open("a.csv");
    writer.write("row 1\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(3);
    // The name is taken in `done`, so the file goes there under another one.
    fs::create_dir_all(folders.path("done")).unwrap();
    fs::write(folders.path("done").join("a.csv"), "last year's").unwrap();
    let taken = inbox.scan(9).unwrap().ready;
    for item in &taken {
        inbox.acknowledge(item).unwrap();
    }
    drop(inbox);
    writer.write("row 2\n");
    let inbox = folders.inbox();
    for item in &taken {
        inbox.watch_moved(&item.name, &item.stamp, &item.sha256).unwrap();
    }
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(2);
    let scan = inbox.scan(9).unwrap();
    assert_eq!(scan.grown, ["a.csv"]);
    assert_eq!(scan.ready[0].bytes, b"row 1\nrow 2\n");
    assert_eq!(folders.names("done"), ["a.csv", "still.csv"]);
    assert_eq!(folders.read("done/a.csv"), "last year's");
    assert!(inbox.watch_moved("a.csv", "no stamp", "").is_err());
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_written_after_a_move_to_another_file_system_is_brought_back() {
    use std::os::unix::fs::MetadataExt;
    let folders = Folders::new();
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        println!("skipped: there is no /dev/shm");
        return;
    };
    if fs::metadata(other.path()).unwrap().dev() == fs::metadata(folders.root.path()).unwrap().dev() {
        println!("skipped: /dev/shm is no other file system");
        return;
    }
    let done = other.path().join("done");
    let inbox = Inbox::new(folders.path("in"), &done, folders.path("bad"), InboxRules::default())
        .with_clock(folders.clock.clone());
    let mut writer = folders.open("a.csv");
    writer.write("row 1\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(3);
    inbox.acknowledge(&inbox.scan(9).unwrap().ready[0]).unwrap();
    assert_eq!(fs::read_to_string(done.join("a.csv")).unwrap(), "row 1\n");
    assert!(folders.names("in").is_empty());
    writer.write("row 2\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(2);
    let scan = inbox.scan(9).unwrap();
    assert_eq!(scan.grown, ["a.csv"]);
    assert_eq!(scan.ready[0].bytes, b"row 1\nrow 2\n");
}

#[test]
fn a_file_that_cannot_be_moved_away_is_not_offered_again_and_moves_when_it_can() {
    let folders = Folders::new();
    fs::write(folders.path("done"), "a file where the folder should be").unwrap();
    let inbox = folders.inbox();
    folders.put("a.csv", "row 1\n");
    folders.put("b.csv", "row 2\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(2);
    let items = inbox.scan(9).unwrap().ready;
    assert_eq!(items.len(), 2);
    for item in &items {
        let error = inbox.acknowledge(item).unwrap_err();
        assert!(error.is_temporary() && error.to_string().contains("done"), "{error}");
    }
    folders.put("c.csv", "row 3\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(2);
    let scan = inbox.scan(9).unwrap();
    assert_eq!(ready(&scan), ["c.csv"], "the others are not held up");
    let why = scan.waiting[0].why.to_string();
    assert!(why.contains("dealt with") && why.contains("done"), "{why}");
    fs::remove_file(folders.path("done")).unwrap();
    // Touching it does not make it another file.
    set_modified(
        &folders.incoming("b.csv"),
        std::time::SystemTime::now() + Duration::from_secs(40),
    );
    folders.clock.pass_seconds(300);
    let scan = inbox.scan(9).unwrap();
    assert_eq!(ready(&scan), ["c.csv"]);
    assert!(scan.waiting.is_empty());
    assert_eq!(folders.names("done"), ["a.csv", "b.csv"]);
}

#[test]
fn moving_is_tried_again_in_growing_pauses() {
    let folders = Folders::new();
    fs::write(folders.path("bad"), "a file where the folder should be").unwrap();
    let inbox = folders.inbox();
    folders.rename_in("a.csv", "not a row");
    inbox.renamed_in(&folders.incoming("a.csv"));
    inbox.reject(&inbox.scan(9).unwrap().ready[0], "no row").unwrap_err();
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let scan = inbox.scan(9).unwrap();
        let Why::Stuck { again_in, .. } = &scan.waiting[0].why else {
            panic!("{scan:?}")
        };
        pauses.push(again_in.as_secs());
        folders.clock.pass(*again_in);
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32]);
    fs::remove_file(folders.path("bad")).unwrap();
    folders.clock.pass_seconds(64);
    let scan = inbox.scan(9).unwrap();
    assert_eq!(scan.set_aside, [("a.csv".to_owned(), "no row".to_owned())]);
    assert!(folders.read("bad/a.csv.reason").starts_with("no row\n"));
}

#[test]
fn a_file_that_could_not_be_moved_away_and_holds_something_new_is_offered() {
    let folders = Folders::new();
    fs::write(folders.path("done"), "a file where the folder should be").unwrap();
    let inbox = folders.inbox();
    folders.put("a.csv", "row 1\n");
    inbox.scan(9).unwrap();
    folders.clock.pass_seconds(2);
    inbox.acknowledge(&inbox.scan(9).unwrap().ready[0]).unwrap_err();
    folders.put("a.csv", "row 1\nrow 2\n");
    assert!(inbox.scan(9).unwrap().ready.is_empty());
    folders.clock.pass_seconds(2);
    assert_eq!(inbox.scan(9).unwrap().ready[0].bytes, b"row 1\nrow 2\n");
}

#[test]
fn after_a_restart_a_file_still_lying_there_has_the_same_stamp() {
    let folders = Folders::new();
    folders.put("a.csv", "row 1\n");
    folders.clock.pass_seconds(2);
    let before = folders.inbox().scan(9).unwrap().ready.remove(0);
    let inbox = folders.inbox();
    let after = inbox.scan(9).unwrap().ready.remove(0);
    assert_eq!((&after.stamp, &after.sha256), (&before.stamp, &before.sha256));
    assert_eq!(
        after.sha256,
        "82026f163e7fc07648d4ba4e9b3bc7c7ca047d8bb76c7737a1d58ee43093e416"
    );
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_set_aside_unopened_and_links_to_folders_are_left_alone() {
    use std::os::unix::fs::symlink;
    let folders = Folders::new();
    folders.put("z.csv", "row 1\n");
    fs::write(folders.path("secret"), "secret").unwrap();
    fs::create_dir(folders.path("shop")).unwrap();
    symlink(folders.path("secret"), folders.incoming("link.csv")).unwrap();
    symlink(folders.path("nowhere"), folders.incoming("dangling.csv")).unwrap();
    symlink(folders.path("shop"), folders.incoming("shop")).unwrap();
    common::make_pipe(&folders.incoming("pipe.csv"));
    let _socket = std::os::unix::net::UnixListener::bind(folders.incoming("socket.csv")).unwrap();
    folders.clock.pass_seconds(2);
    let scan = folders.inbox().scan(9).unwrap();
    assert_eq!(ready(&scan), ["z.csv"]);
    let aside: Vec<_> = scan.set_aside.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(aside, ["dangling.csv", "link.csv", "pipe.csv", "socket.csv"]);
    assert_eq!(folders.names("in"), ["shop", "z.csv"]);
    assert!(
        folders
            .read("bad/pipe.csv.reason")
            .starts_with("it is not a regular file\n")
    );
}

#[test]
fn slow_writers_at_work_lose_nothing() {
    const PATIENCE: Duration = Duration::from_secs(60);
    const WRITERS: usize = 4;
    const ROWS: usize = 5;
    let folders = Folders::new();
    let rules = InboxRules {
        settle: Duration::from_millis(20),
        ..InboxRules::default()
    };
    let inbox = Inbox::new(folders.path("in"), folders.path("done"), folders.path("bad"), rules);
    fs::create_dir_all(folders.path("in")).unwrap();
    let content = |writer: usize, rows: usize| -> String { (0..rows).map(|row| format!("{writer};{row}\n")).collect() };
    let mut last = vec![String::new(); WRITERS];
    std::thread::scope(|scope| {
        for number in 0..WRITERS {
            let path = folders.incoming(&format!("{number}.csv"));
            scope.spawn(move || {
                // The file stays open over pauses that are longer than the required rest.
                let mut file = fs::File::create(path).unwrap();
                for row in 0..ROWS {
                    std::io::Write::write_all(&mut file, format!("{number};{row}\n").as_bytes()).unwrap();
                    std::thread::sleep(Duration::from_millis(40 + 10 * number as u64));
                }
            });
        }
        let end = std::time::Instant::now() + PATIENCE;
        while (0..WRITERS).any(|number| last[number] != content(number, ROWS)) {
            assert!(std::time::Instant::now() < end, "taken so far: {last:?}");
            for item in inbox.scan(9).unwrap().ready {
                let text = String::from_utf8(item.bytes.clone()).unwrap();
                let number: usize = text.split(';').next().unwrap().parse().unwrap();
                if let Moved::Away(_) = inbox.acknowledge(&item).unwrap() {
                    last[number] = text;
                }
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    assert!(inbox.scan(9).unwrap().ready.is_empty());
}
