//! Work beside each other: a mapper that loops, an odd file, a slow end; none of them stops the others.

use crate::daemon::{Daemon, put};
use crate::guests::{mapper, refusing_mapper};
use crate::support::{BINARY, Enterprise, eventually, statuses, tool};
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

fn enterprise() -> Enterprise {
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 0\npatience = 0");
    enterprise
}

/// Orders in the ledger: of an ERP order come four or five documents.
fn orders(enterprise: &Enterprise) -> usize {
    let rows = statuses(enterprise.path());
    rows.iter().filter(|row| row["message"] == "CEB311").count()
}

#[test]
fn a_mapper_that_loops_rests_alone_and_the_others_go_on() {
    let enterprise = enterprise();
    enterprise.write("loop.wasm", mapper("(loop $again (br $again)) unreachable"));
    for number in 0..5 {
        put(&enterprise, &format!("intake/loop.wasm/{number}.csv"), "x");
    }
    let daemon = Daemon::start(&enterprise);
    sleep(Duration::from_secs(1));
    let start = Instant::now();
    put(&enterprise, "intake/good.json", enterprise.numbered_orders("G", 3));
    daemon.wait_for("good.json: ");
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "it did not wait for the loop: {:?}",
        start.elapsed()
    );
    // The end does not wait for it either.
    let start = Instant::now();
    assert_eq!(daemon.terminate(), 0);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(
        enterprise.files("intake/loop.wasm").len(),
        5,
        "nothing was set aside because the host ended"
    );
}

#[test]
fn a_mapper_that_fails_again_and_again_is_given_a_rest_and_taken_up_when_its_file_changes() {
    let enterprise = enterprise();
    enterprise.write("own.wasm", mapper("unreachable"));
    for number in 0..5 {
        put(
            &enterprise,
            &format!("intake/own.wasm/{number}.json"),
            enterprise.numbered_orders(&format!("R{number}"), 1),
        );
    }
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("mapper own.wasm rests for 30 s");
    assert_eq!(enterprise.files("intake/bad").len(), 6, "three files and their reasons");
    assert_eq!(enterprise.files("intake/own.wasm").len(), 2, "the others wait");
    assert_eq!(orders(&enterprise), 0);
    let shop = cebridge_runtime::shipped_mapper("shop").unwrap();
    put(&enterprise, "own.wasm", shop);
    daemon.wait_for("mapper own.wasm works again");
    eventually("the others are taken", || orders(&enterprise) == 2);
    daemon.wait_for("own.wasm: replaced, mapper shop");
    // A file that is no mapper takes nothing away.
    put(&enterprise, "own.wasm", b"\0asm broken");
    put(
        &enterprise,
        "intake/own.wasm/next.json",
        enterprise.numbered_orders("N", 1),
    );
    daemon.wait_for("own.wasm: the new file is refused");
    eventually("the mapper before goes on", || orders(&enterprise) == 3);
}

#[test]
fn texts_of_plugins_are_short_and_on_one_line() {
    let enterprise = enterprise();
    // An error text of 100,000 bytes, full of line ends and escapes.
    let text = "2026-11-30T00:00:00Z pack good.wasm: activated\\0a\\1b[2J";
    enterprise.write("talks.wasm", refusing_mapper(text, 100_000));
    put(&enterprise, "intake/talks.wasm/one.csv", "x");
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("one.csv set aside: ");
    assert!(daemon.after("one.csv set aside: ").unwrap().len() < 5000);
    assert_eq!(daemon.count("\u{1b}"), 0);
    assert_eq!(daemon.starting_with("2026-11-30T00:00:00Z pack good.wasm"), 0);
    let reason = fs::read_to_string(enterprise.path().join("intake/bad/one.csv.reason")).unwrap();
    assert!(reason.len() < 5000, "{}", reason.len());
    let run = enterprise
        .run(&["declare", "erp/orders.json", "--mapper", "talks.wasm"])
        .expect(2);
    assert!(
        run.stderr.len() < 6000 && !run.stderr.contains('\u{1b}'),
        "{}",
        run.stderr.len()
    );
}

#[test]
fn odd_files_in_watched_folders_are_named_and_passed_over() {
    let enterprise = enterprise();
    let daemon = Daemon::start(&enterprise);
    for folder in ["intake", "dxp/in"] {
        let path = |name: &str| enterprise.path().join(folder).join(name);
        fs::create_dir_all(enterprise.path().join(folder)).unwrap();
        tool("mkfifo", &[path("a-pipe.xml").to_str().unwrap()])
            .unwrap()
            .expect(0);
        std::os::unix::fs::symlink("/dev/zero", path("b-endless.xml")).unwrap();
        File::create(path("c-huge.xml")).unwrap().set_len(3 << 30).unwrap();
        daemon.wait_for("a-pipe.xml");
        daemon.wait_for("b-endless.xml");
        daemon.wait_for("c-huge.xml");
    }
    fs::create_dir_all(enterprise.path().join("intake/nosuch")).unwrap();
    enterprise.write("intake/nosuch/x.csv", "x");
    daemon.wait_for("mapper nosuch rests");
    put(&enterprise, "intake/good.json", enterprise.numbered_orders("G", 2));
    daemon.wait_for("good.json: 8 documents");
    let before = daemon.lines();
    sleep(Duration::from_secs(3));
    assert!(daemon.lines() - before < 5, "nobody repeats itself");
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let enterprise = enterprise();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut daemon = Command::new(BINARY)
        .arg("run")
        .current_dir(enterprise.path())
        .stdin(Stdio::null())
        .stdout(full.try_clone().unwrap())
        .stderr(full)
        .spawn()
        .unwrap();
    put(&enterprise, "intake/good.json", enterprise.numbered_orders("G", 2));
    eventually("the file is taken", || orders(&enterprise) == 2);
    assert!(daemon.try_wait().unwrap().is_none());
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[test]
fn a_backlog_does_not_delay_the_end_and_nothing_of_it_is_lost() {
    let enterprise = enterprise();
    for number in 0..4 {
        put(
            &enterprise,
            &format!("intake/{number}.json"),
            enterprise.numbered_orders(&format!("B{number}"), 500),
        );
    }
    let daemon = Daemon::start(&enterprise);
    eventually("it has begun", || orders(&enterprise) > 0);
    let start = Instant::now();
    assert_eq!(daemon.terminate(), 0);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    let at_the_end = orders(&enterprise);
    assert!(at_the_end < 2000, "stopped in the middle: {at_the_end}");
    let daemon = Daemon::start(&enterprise);
    eventually("the rest is taken", || enterprise.files("intake/done").len() == 4);
    drop(daemon);
    assert_eq!(orders(&enterprise), 2000);
}

#[test]
fn two_daemons_share_a_folder_and_judge_nothing_twice() {
    let enterprise = enterprise();
    let (one, two) = (Daemon::start(&enterprise), Daemon::start(&enterprise));
    for number in 0..20 {
        put(
            &enterprise,
            &format!("intake/{number}.json"),
            enterprise.numbered_orders(&format!("T{number}X"), 3),
        );
    }
    eventually("every file", || enterprise.files("intake/done").len() == 20);
    let times: usize = (0..20)
        .map(|number| {
            one.count(&format!(" {number}.json: 12 documents")) + two.count(&format!(" {number}.json: 12 documents"))
        })
        .sum();
    assert_eq!(times, 20);
    assert_eq!(orders(&enterprise), 60);
    let list = enterprise.run(&["pack", "list"]).expect(0);
    assert!(list.stderr.contains("as the daemon "), "{}", list.stderr);
}

#[test]
fn a_changed_configuration_is_taken_up_and_what_needs_a_restart_is_named() {
    let enterprise = enterprise();
    let daemon = Daemon::start(&enterprise);
    put(&enterprise, "intake/one.json", enterprise.numbered_orders("C1", 1));
    daemon.wait_for("one.json: 4 documents, 4 accepted");
    let listed = |edition: &str| {
        let rows = enterprise.run(&["pack", "list", "--format", "json"]).expect(0).lines();
        let row = rows.into_iter().find(|row| row["state"] == "in force").unwrap();
        row["edition"] == edition
    };
    assert!(listed("2022-05"));
    let config = fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    put(
        &enterprise,
        "cebridge.toml",
        format!("{config}\n[rules.effective-from]\n\"2022-05\" = \"2099-01-01\"\n"),
    );
    daemon.wait_for("configuration: [rules] taken up");
    assert!(listed("2018-113"), "the list is the daemon's");
    put(&enterprise, "intake/two.json", enterprise.numbered_orders("C2", 1));
    daemon.wait_for("two.json: ");
    assert!(daemon.after("two.json: ").unwrap().contains("edition 2018-113"));
    put(
        &enterprise,
        "cebridge.toml",
        format!("{config}\n[rules.effective-from]\n\"2022-05\" = \"no day\"\n"),
    );
    daemon.wait_for("configuration refused, the previous one stays");
    put(
        &enterprise,
        "cebridge.toml",
        config.replace("[intake]", "[paths]\noutbox = \"elsewhere\"\n[intake]"),
    );
    daemon.wait_for("[paths] changed, which needs a restart");
    daemon.wait_for("configuration: [rules] taken up");
    assert!(listed("2022-05"));
    put(&enterprise, "cebridge.toml", &config);
    daemon.wait_for("configuration: read again, nothing changed");
    daemon.signal("HUP");
    eventually("it is read again", || daemon.count("nothing changed") == 2);
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn of_two_commands_that_declare_the_same_one_finds_it_known() {
    let enterprise = enterprise();
    enterprise.write("same.json", enterprise.numbered_orders("S", 40));
    let start = || {
        Command::new(BINARY)
            .args(["declare", "same.json", "--mapper", "shop", "--format", "json"])
            .current_dir(enterprise.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let ends = [start(), start()].map(|child| child.wait_with_output().unwrap());
    for end in &ends {
        assert_eq!(end.status.code(), Some(0), "{}", String::from_utf8_lossy(&end.stderr));
    }
    assert_eq!(orders(&enterprise), 40);
    let known = ends
        .iter()
        .filter(|end| String::from_utf8_lossy(&end.stdout).contains("known"))
        .count();
    let said = ends
        .iter()
        .filter(|end| String::from_utf8_lossy(&end.stderr).contains("known before"))
        .count();
    assert!(known + said > 0, "one of them says so");
}
