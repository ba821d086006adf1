//! Damaged ledgers and copies: noticed wherever the damage is, and nothing is lost.

use crate::audit::{ask, audited, ledger};
use crate::daemon::{Daemon, put};
use crate::doctor::assert_seen;
use crate::support::{Enterprise, Run, eventually, statuses};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// A column of texts of a copy of the ledger.
fn texts(copy: &Path, sql: &str) -> Vec<String> {
    let raw = Connection::open(copy).unwrap();
    let mut statement = raw.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.collect::<Result<Vec<String>, _>>().unwrap()
}

/// The middle of the first of these texts that is in the file just once, and so in a row that lives.
fn middle_of(file: &[u8], texts: &[String]) -> usize {
    let places = |text: &str| -> Vec<usize> {
        let windows = file.windows(text.len()).enumerate();
        let found = windows.filter(|(_, bytes)| *bytes == text.as_bytes());
        found.map(|(at, _)| at).collect()
    };
    let once = |text: &String| match places(text)[..] {
        [at] => Some(at + text.len() / 2),
        _ => None,
    };
    texts.iter().find_map(once).unwrap()
}

/// Checks a copy of the ledger that has these bytes. It is found wrong, and nothing is written into it.
#[track_caller]
fn found_wrong(enterprise: &Enterprise, bytes: &[u8]) -> Run {
    for side in ["-wal", "-shm"] {
        let _ = fs::remove_file(enterprise.path().join(format!("copy.db{side}")));
    }
    let copy = enterprise.write("copy.db", bytes);
    let run = enterprise.run(&["ledger", "check", "--ledger", "copy.db"]);
    assert!(matches!(run.code, 1 | 2), "{}: {}{}", run.code, run.stdout, run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(fs::read(copy).unwrap() == bytes, "nothing is written");
    run
}

#[test]
fn one_flipped_byte_is_found_wherever_it_is() {
    const PAGE: usize = 4096;
    let enterprise = audited();
    enterprise.run(&["ledger", "backup", "-o", "copy.db"]).expect(0);
    let copy = enterprise.path().join("copy.db");
    let sound = fs::read(&copy).unwrap();
    // The last rows first: what is left of moved rows is a copy of earlier ones.
    let columns = [
        ("chain", "SELECT chain FROM events ORDER BY id DESC"),
        (
            "document",
            "SELECT json_extract(values_json, '$.OrderHead.buyerRegNo') FROM documents WHERE message = 'CEB311' \
             AND outbox IS NOT NULL ORDER BY id DESC",
        ),
        (
            "message",
            "SELECT substr(CAST(envelope AS TEXT), instr(CAST(envelope AS TEXT), 'CopMsgId>'), 45) FROM outbox \
             ORDER BY id DESC",
        ),
        (
            "receipt",
            "SELECT substr(CAST(bytes AS TEXT), instr(CAST(bytes AS TEXT), 'CopMsgId>'), 45) FROM arrivals \
             ORDER BY id DESC",
        ),
    ];
    let places = columns.map(|(kind, sql)| (kind, middle_of(&sound, &texts(&copy, sql))));
    for (kind, at) in places {
        let flipped = |at: usize, bits: u8| {
            let mut bytes = sound.clone();
            bytes[at] ^= bits;
            found_wrong(&enterprise, &bytes)
        };
        // Another letter.
        let run = flipped(at, 1).expect(1);
        let named = run.stdout.lines().any(|line| line.starts_with(kind));
        assert!(named && run.stdout.contains(" PROBLEM"), "{kind}: {}", run.stdout);
        // No letter at all.
        flipped(at, 0x80);
        // The head of the page, by which the database reads the rest.
        let run = flipped(at / PAGE * PAGE, 0xff);
        let told = run.stdout + &run.stderr;
        assert!(told.contains("is damaged"), "{kind}: {told}");
    }
}

#[test]
fn a_ledger_that_is_cut_off_is_refused_and_left_as_it_is() {
    let enterprise = audited();
    let whole = fs::read(ledger(&enterprise)).unwrap();
    // The half of it, and its last page.
    for missing in [whole.len() / 2, 4096] {
        let rest = &whole[..whole.len() - missing];
        fs::write(ledger(&enterprise), rest).unwrap();
        for command in [
            &["ledger", "check"][..],
            &["status"],
            &["run", "--once"],
            &["ledger", "backup", "-o", "copy.db"],
        ] {
            let run = enterprise.run(command).expect(2);
            for part in ["cebridge.db is damaged", "restore the last backup"] {
                assert!(run.stderr.contains(part), "{command:?} {part}: {}", run.stderr);
            }
        }
        assert_seen(
            &enterprise,
            "ledger",
            "fault",
            &["cebridge.db is damaged", "restore the last backup"],
        );
        assert!(!enterprise.path().join("copy.db").exists());
        assert!(fs::read(ledger(&enterprise)).unwrap() == rest, "nothing is written");
    }
}

#[test]
fn copies_made_while_files_pour_in_are_sound_and_nothing_is_lost() {
    const FILES: usize = 12;
    const ORDERS: usize = 25;
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 0\npatience = 0");
    let files: Vec<String> = (0..FILES)
        .map(|file| enterprise.numbered_orders(&format!("F{file}X"), ORDERS))
        .collect();
    let daemon = Daemon::start(&enterprise);
    for (number, content) in files.iter().enumerate() {
        put(&enterprise, &format!("intake/{number}.json"), content);
    }
    let mut copied: Vec<u64> = Vec::new();
    eventually("every file is taken", || {
        let name = format!("copy-{}.db", copied.len());
        let copy = enterprise
            .run(&["ledger", "backup", "-o", &name, "--format", "json"])
            .expect(0)
            .lines()
            .remove(0);
        copied.push(copy["documents"].as_u64().unwrap());
        enterprise.files("intake/done").len() == FILES
    });
    let messages = || ask(&enterprise, "SELECT CAST(count(*) AS TEXT) FROM outbox");
    eventually("every message is out", || {
        enterprise.files("dxp/out").len().to_string() == messages()
    });
    assert!(!daemon.said("will be tried again"), "nothing was in its way");
    assert_eq!(daemon.terminate(), 0);

    let rows = statuses(enterprise.path());
    let orders: Vec<&str> = rows
        .iter()
        .filter(|row| row["message"] == "CEB311" && row["status"] == "waiting")
        .map(|row| row["key"].as_str().unwrap())
        .collect();
    let distinct: BTreeSet<&str> = orders.iter().copied().collect();
    assert_eq!((orders.len(), distinct.len()), (FILES * ORDERS, FILES * ORDERS));
    enterprise.run(&["ledger", "check"]).expect(0);
    let all = rows.len() as u64;
    assert!(
        copied.iter().any(|documents| (1..all).contains(documents)),
        "some were made in the middle: {copied:?}"
    );
    for (number, documents) in copied.iter().enumerate() {
        let name = format!("copy-{number}.db");
        let checked = enterprise
            .run(&["ledger", "check", "--ledger", &name, "--format", "json"])
            .expect(0)
            .lines()
            .remove(0);
        assert_eq!(checked["documents"].as_u64(), Some(*documents), "{name}");
    }
}
