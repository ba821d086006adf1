//! Several processes on one ledger, and processes that die, may not write or run out of space.
//!
//! The children run this same test program; environment variables select their part.
#![allow(clippy::unwrap_used, clippy::expect_used)]
#![cfg(unix)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cebridge_ledger::{Filter, Ledger, LedgerError, NewDocument, NewMessage};
use common::*;
use tempfile::TempDir;

const LEDGER: &str = "CEBRIDGE_TEST_LEDGER";
const FIRST: &str = "CEBRIDGE_TEST_FIRST";

/// Documents in one batch: enough for the transaction to take a while.
const BATCH: usize = 40;
const MESSAGES: usize = 4;

/// Claims of three messages each that every claimer makes: one alone could take all of them.
const CLAIMS: usize = 25;

fn play(program: &Path, part: &str, ledger: &Path, first: usize) -> Command {
    let mut command = Command::new(program);
    command.args([part, "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command
        .env(LEDGER, ledger)
        .env(FIRST, first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    command
}

fn this_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// The ledger and the number that a child was given.
fn told() -> (PathBuf, usize) {
    let path = std::env::var_os(LEDGER)
        .expect("this part is played by a child of another test")
        .into();
    (path, std::env::var(FIRST).unwrap().parse().unwrap())
}

fn say(line: &str) {
    // In one piece and past the test harness, so that the parent reads whole lines.
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n> {line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Lines that a child printed, as they come.
fn heard(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("> ").map(str::to_owned))
}

fn batch(number: usize) -> (Vec<NewDocument>, Vec<NewMessage>) {
    let documents = (0..BATCH)
        .map(|n| order(&format!("B{number}-{n}"), &"x".repeat(500)))
        .collect();
    let share = BATCH / MESSAGES;
    let messages = (0..MESSAGES)
        .map(|m| {
            message(
                &format!("B{number}-M{m}"),
                &(m * share..(m + 1) * share).collect::<Vec<_>>(),
            )
        })
        .collect();
    (documents, messages)
}

fn accept_batch(ledger: &Ledger, number: usize) -> Result<Vec<i64>, LedgerError> {
    let (documents, messages) = batch(number);
    ledger.accept(&documents, &messages, NOW)
}

#[test]
#[ignore = "not a test of its own: the child process that the next test starts and kills"]
fn part_accepting_for_ever() {
    let (path, first) = told();
    let ledger = Ledger::open(&path).unwrap();
    for number in first.. {
        accept_batch(&ledger, number).unwrap();
        say(&format!("accepted {number}"));
    }
}

#[test]
fn a_killed_process_leaves_every_batch_whole_or_absent() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    let mut next = 0;
    for round in 0..8_u64 {
        let mut child = play(&this_program(), "part_accepting_for_ever", &path, next)
            .spawn()
            .unwrap();
        let mut lines = heard(&mut child);
        for _ in 0..=round % 3 {
            assert_eq!(lines.next(), Some(format!("accepted {next}")));
            next += 1;
        }
        // Into the middle of a transaction, at a different place each time.
        std::thread::sleep(Duration::from_micros(700 * round));
        child.kill().unwrap();
        // Batches still reported between the last line read and the kill.
        next += lines.count();
        child.wait().unwrap();

        let ledger = Ledger::open(&path).unwrap();
        assert_sound(&ledger);
        let mut present = 0;
        for document in ledger.list(&Filter::default()).unwrap() {
            assert!(document.cop_msg_id.is_some());
            present += 1;
        }
        assert_eq!(present % BATCH, 0, "no part of a batch");
        let batches = present / BATCH;
        // The last batch may have been finished without being reported, but none that was reported may be missing.
        assert!(
            batches == next || batches == next + 1,
            "{batches} batches on disk, {next} reported"
        );
        next = batches;
        for number in 0..batches {
            for m in 0..MESSAGES {
                assert!(ledger.envelope(&format!("B{number}-M{m}")).unwrap().is_some());
            }
        }
    }
}

#[test]
#[ignore = "not a test of its own: the child process that the next test starts and kills"]
fn part_claiming() {
    let (path, worker) = told();
    let ledger = Ledger::open(&path).unwrap();
    for _ in 0..CLAIMS {
        let items = ledger.claim(NOW, &format!("worker {worker}"), 600, 3).unwrap();
        // Nothing is marked as sent: only the leases keep the others away.
        for item in items {
            say(&item.cop_msg_id);
        }
    }
}

#[test]
fn processes_and_threads_never_claim_the_same_message() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    let ledger = Ledger::open(&path).unwrap();
    for number in 0..15 {
        accept_batch(&ledger, number).unwrap();
    }
    let children: Vec<Child> = (0..3)
        .map(|n| play(&this_program(), "part_claiming", &path, n).spawn().unwrap())
        .collect();
    let mut claimed: Vec<String> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|n| {
                let ledger = &ledger;
                scope.spawn(move || {
                    let mut mine = Vec::new();
                    for _ in 0..CLAIMS {
                        let items = ledger.claim(NOW, &format!("thread {n}"), 600, 3).unwrap();
                        mine.extend(items.into_iter().map(|item| item.cop_msg_id));
                    }
                    mine
                })
            })
            .collect();
        threads.into_iter().flat_map(|t| t.join().unwrap()).collect()
    });
    for mut child in children {
        claimed.extend(heard(&mut child));
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(claimed.len(), 15 * MESSAGES);
    assert_eq!(claimed.iter().collect::<BTreeSet<_>>().len(), 15 * MESSAGES);
    assert_sound(&ledger);
}

#[test]
fn of_processes_accepting_the_same_documents_one_wins() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let handles: Vec<_> = (0..4)
            .map(|n| {
                let path = &path;
                scope.spawn(move || {
                    let ledger = Ledger::open(path).unwrap();
                    let (documents, mut messages) = batch(0);
                    for message in &mut messages {
                        message.cop_msg_id = format!("{}-{n}", message.cop_msg_id);
                    }
                    ledger.accept(&documents, &messages, NOW).map(drop)
                })
            })
            .collect();
        handles.into_iter().map(|h| h.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|o| o.is_ok()).count(), 1);
    let same = |o: &Result<(), LedgerError>| matches!(o, Err(LedgerError::Duplicate { same_content: true, .. }));
    assert_eq!(outcomes.iter().filter(|o| same(o)).count(), 3);
    assert_eq!(
        Ledger::open(&path).unwrap().list(&Filter::default()).unwrap().len(),
        BATCH
    );
}

#[test]
#[ignore = "not a test of its own: the child process that the next test starts and kills"]
fn part_trying_to_write() {
    let (path, number) = told();
    match Ledger::open(&path).and_then(|ledger| accept_batch(&ledger, number)) {
        Ok(_) => say("written"),
        Err(LedgerError::ReadOnly { path: named }) if named == path => say("read-only"),
        Err(error) => say(&format!("{error:?}")),
    }
}

#[test]
fn a_file_or_folder_without_write_permission_is_named_and_untouched() {
    let root = TempDir::new().unwrap();
    // The superuser may write everywhere, so the child becomes `nobody`, which must be able to get here.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = root.path().join("program");
    fs::copy(this_program(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let probe = root.path().join("probe");
    fs::write(&probe, "x").unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o444)).unwrap();
    let superuser = fs::OpenOptions::new().append(true).open(&probe).is_ok();

    for (name, file_mode, folder_mode) in [("file", 0o444, 0o777), ("folder", 0o666, 0o555), ("both", 0o444, 0o555)] {
        let folder = root.path().join(name);
        let path = folder.join("ledger.db");
        accept_batch(&Ledger::open(&path).unwrap(), 0).unwrap();
        let before = fs::read(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(file_mode)).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(folder_mode)).unwrap();
        let mut command = play(&program, "part_trying_to_write", &path, 1);
        command.current_dir("/");
        if superuser {
            command.uid(65534).gid(65534);
        }
        let mut child = command.spawn().unwrap();
        assert_eq!(heard(&mut child).collect::<Vec<_>>(), ["read-only"], "{name}");
        child.wait().unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(fs::read(&path).unwrap(), before, "{name}");
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.list(&Filter::default()).unwrap().len(), BATCH);
        accept_batch(&ledger, 1).unwrap();
    }
}

#[test]
#[ignore = "not a test of its own: the child process that the next test starts and kills"]
fn part_accepting_until_it_fails() {
    let (path, _) = told();
    let ledger = Ledger::open(&path).unwrap();
    for number in 0..10_000 {
        match accept_batch(&ledger, number) {
            Ok(_) => say(&format!("accepted {number}")),
            Err(error @ (LedgerError::DiskFull { .. } | LedgerError::Io { .. })) => {
                assert!(error.is_temporary());
                // Reading still works, and shows what was there before.
                assert_eq!(ledger.list(&Filter::default()).unwrap().len(), number * BATCH);
                return say("full");
            }
            Err(error) => return say(&format!("{error:?}")),
        }
    }
}

/// A limit on the length of files makes writes fail in the middle, as a full disk does.
#[test]
fn running_out_of_space_loses_nothing_that_was_accepted() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    drop(Ledger::open(&path).unwrap());
    let inner = "trap '' XFSZ; ulimit -f 2048; exec \"$0\" part_accepting_until_it_fails --exact --ignored --nocapture";
    let mut command = Command::new("sh");
    command
        .args(["-c", inner])
        .arg(this_program())
        .env(LEDGER, &path)
        .env(FIRST, "0");
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines: Vec<String> = heard(&mut child).collect();
    child.wait().unwrap();
    assert_eq!(lines.last().map(String::as_str), Some("full"), "{lines:?}");
    let accepted = lines.len() - 1;
    assert!(accepted > 0);
    // Space is back.
    let ledger = Ledger::open(&path).unwrap();
    assert_sound(&ledger);
    assert_eq!(ledger.list(&Filter::default()).unwrap().len(), accepted * BATCH);
    accept_batch(&ledger, accepted).unwrap();
}
