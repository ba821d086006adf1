//! Evidence for auditors: heads, checks by the layers above, streaming, copies that are put back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};

use cebridge_ledger::{
    Batch, Head, Ledger, Meaning, Opened, Period, ProblemKind, Reader, Record, RetrySelector, Status,
};
use common::*;
use tempfile::TempDir;

fn file() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    (folder, path)
}

fn tamper(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

/// Reads the invented messages of these tests, and remembers the calls.
#[derive(Default)]
struct Invented {
    inside: Vec<(String, String)>,
    records: Vec<Record>,
    opened: Cell<u64>,
    stages: RefCell<Vec<(&'static str, u64, u64)>>,
}

impl Reader for Invented {
    fn open(&self, _: &[u8]) -> Result<Option<Opened>, String> {
        self.opened.set(self.opened.get() + 1);
        Ok(Some(Opened {
            body_sha256: "cd".repeat(32),
            documents: self.inside.clone(),
        }))
    }

    fn records(&self, _: &[u8]) -> Result<Option<Vec<Record>>, String> {
        Ok(Some(self.records.clone()))
    }

    fn wrong_with_pack(&self, digest: &str) -> Option<String> {
        Some(format!("no folder holds {digest}"))
    }

    fn progress(&self, stage: &'static str, done: u64, total: u64) {
        self.stages.borrow_mut().push((stage, done, total));
    }
}

/// Findings of a check with this reader, as kinds and sentences.
fn found(ledger: &Ledger, reader: &dyn Reader, heads: &[Head]) -> Vec<(ProblemKind, String)> {
    let report = ledger.check(reader, heads).unwrap();
    report
        .problems
        .into_iter()
        .map(|problem| (problem.kind, format!("{}: {}", problem.what, problem.text)))
        .collect()
}

#[test]
fn values_are_held_against_the_message_that_was_sent() {
    let ledger = Ledger::in_memory().unwrap();
    let document = order("A1", "x");
    accept(&ledger, &document, "M1");
    let mut reader = Invented {
        inside: vec![(document.guid.clone(), document.values_json.clone())],
        ..Invented::default()
    };
    assert_eq!(found(&ledger, &reader, &[]), []);

    reader.inside[0].1 = r#"{"OrderHead":{"orderNo":"A1","goodsInfo":"y"}}"#.to_owned();
    let problems = found(&ledger, &reader, &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].0, ProblemKind::Document);
    assert!(
        problems[0].1.contains("in message M1: OrderHead/goodsInfo"),
        "{problems:?}"
    );

    reader.inside[0].0 = "another guid".to_owned();
    let problems = found(&ledger, &reader, &[]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].1.contains("is not in the message") && problems[1].1.contains("which has no row"));
}

#[test]
fn receipts_are_held_against_the_file_that_brought_them() {
    let ledger = Ledger::in_memory().unwrap();
    let document = order("A1", "x");
    accept(&ledger, &document, "M1");
    send_all(&ledger, NOW);
    let word = receipt(
        "d1",
        "CEB312|EBP1|EBC1|A1",
        "120",
        "20260301110000000",
        Some((Meaning::Stored, true)),
    );
    ledger.apply_receipt(&word, NOW).unwrap();
    let mut reader = Invented {
        inside: vec![(document.guid.clone(), document.values_json.clone())],
        records: vec![Record {
            digest: "d1".into(),
            values_json: Some("{}".into()),
            status: "120".into(),
            info: Some("info d1".into()),
        }],
        ..Invented::default()
    };
    assert_eq!(found(&ledger, &reader, &[]), []);
    reader.records[0].status = "800".into();
    assert!(
        found(&ledger, &reader, &[])[0]
            .1
            .contains("not as in the file that brought it: return_status")
    );
    reader.records.clear();
    assert!(
        found(&ledger, &reader, &[])[0]
            .1
            .contains("not in the file that is said to have brought it")
    );
}

#[test]
fn a_chain_written_anew_is_found_by_heads_only() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.head().unwrap(), None);
    let mut heads = Vec::new();
    for number in 1..=3 {
        ledger
            .record_event("li", "note", &format!(r#"{{"n":{number}}}"#), NOW)
            .unwrap();
        heads.push(ledger.head().unwrap().unwrap());
    }
    assert_eq!(found(&ledger, &Unread, &heads), []);

    // The same events, except for one word of the second: a consistent chain.
    let (_other, rewritten) = file();
    let other = Ledger::open(&rewritten).unwrap();
    for number in [1, 9, 3] {
        other
            .record_event("li", "note", &format!(r#"{{"n":{number}}}"#), NOW)
            .unwrap();
    }
    assert_eq!(found(&other, &Unread, &[]), []);
    let problems = found(&other, &Unread, &heads);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].0 == ProblemKind::Head && problems[0].1.contains("in the events 2 to 2"),
        "{problems:?}"
    );

    let (_third, older) = file();
    let older = Ledger::open(&older).unwrap();
    older.record_event("li", "note", r#"{"n":1}"#, NOW).unwrap();
    let problems = found(&older, &Unread, &heads);
    assert!(
        problems[0]
            .1
            .contains("here it ends with event 1: this is an older state"),
        "{problems:?}"
    );
}

#[test]
fn states_and_the_record_of_packs_are_held_against_the_chain() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    send_all(&ledger, NOW);
    let word = receipt(
        "d1",
        "CEB312|EBP1|EBC1|A1",
        "100",
        "20260301110000000",
        Some((Meaning::Returned, true)),
    );
    ledger.apply_receipt(&word, NOW).unwrap();
    assert_sound(&ledger);
    // State and receipt changed together agree with each other, but not with the chain.
    tamper(
        &path,
        "UPDATE documents SET status = 'released'; UPDATE receipts SET becomes = 'released', return_status = '800'",
    );
    let problems = complaints(&ledger).join("\n");
    assert!(
        problems.contains("its row says released, its last event says returned"),
        "{problems}"
    );
    assert!(
        problems.contains("changed since it was recorded: return_status"),
        "{problems}"
    );
    tamper(&path, "DELETE FROM open_keys; DELETE FROM receipts");
    let problems = complaints(&ledger).join("\n");
    assert!(problems.contains("is no longer there, or was changed"), "{problems}");
}

#[test]
fn many_problems_of_one_kind_are_counted_and_not_all_listed() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    for number in 0..130 {
        accept(&ledger, &order(&number.to_string(), "x"), &number.to_string());
    }
    tamper(&path, "UPDATE documents SET values_json = '{}'");
    let problems = complaints(&ledger);
    assert_eq!(problems.len(), 101);
    assert_eq!(
        problems[100],
        "document 30 more: 30 more problems of the kind `document` are not listed"
    );
}

#[test]
fn a_check_goes_row_by_row_and_says_how_far_it_is() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    for number in 0..700 {
        accept(&ledger, &order(&number.to_string(), "x"), &number.to_string());
    }
    let reader = Invented::default();
    let report = ledger.check(&reader, &[]).unwrap();
    assert_eq!((report.messages, report.documents, report.events), (700, 700, 1400));
    assert_eq!(reader.opened.get(), 700, "each message is opened once");
    let stages = reader.stages.borrow();
    let of = |name: &str| -> Vec<(u64, u64)> {
        let found = stages.iter().filter(|(stage, ..)| *stage == name);
        found.map(|(_, done, total)| (*done, *total)).collect()
    };
    assert_eq!(of("documents"), [(256, 700), (512, 700), (700, 700)]);
    assert_eq!(of("events").last(), Some(&(1400, 1400)));
    // A check reads one snapshot: a writer is not held up, and its changes are not seen.
    let other = Ledger::open(&path).unwrap();
    struct Writing<'a>(&'a Ledger, Cell<bool>);
    impl Reader for Writing<'_> {
        fn progress(&self, stage: &'static str, _: u64, _: u64) {
            if stage == "messages" && !self.1.replace(true) {
                accept(self.0, &order("later", "x"), "later");
            }
        }
    }
    let writing = Writing(&other, Cell::new(false));
    let seen = ledger.check(&writing, &[]).unwrap();
    assert!(writing.1.get() && seen.is_ok(), "{:?}", seen.problems);
    assert_eq!((seen.documents, seen.head), (700, report.head));
    assert_eq!(check(&ledger).documents, 701);
}

#[test]
fn a_copy_that_is_put_back_holds_what_it_calls_unsent() {
    let (folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    let first = accept(&ledger, &order("A1", "x"), "M1");
    send_all(&ledger, NOW);
    let second = accept(&ledger, &order("A2", "x"), "M2");
    let head = ledger.head().unwrap();
    let copy = folder.path().join("copy.db");
    ledger.copy_to(&copy, NOW).unwrap();
    assert_eq!(ledger.take_up_copy(NOW).unwrap(), None, "the ledger itself has no mark");

    let restored = Ledger::open(&copy).unwrap();
    assert_eq!(restored.head().unwrap(), head, "the chain goes on where it was");
    assert!(restored.hosts().unwrap().is_empty(), "the mark is no host");
    let taken = restored.take_up_copy(NOW).unwrap().unwrap();
    assert_eq!((taken.head, taken.held), (head, vec!["M2".to_owned()]));
    assert_eq!(restored.take_up_copy(NOW).unwrap(), None, "once");
    assert!(
        restored.claim(NOW, "worker", 60, 10).unwrap().is_empty(),
        "nothing is sent by itself"
    );
    assert_eq!(fate(&restored, first), (Status::Waiting, false));
    assert_eq!(fate(&restored, second), (Status::DeadLetter, true));
    assert!(
        view(&restored, second).reasons[0]
            .text
            .contains("may have been sent since")
    );
    assert_sound(&restored);

    // A receipt proves that it arrived; otherwise a person has it sent.
    let word = receipt(
        "d1",
        "CEB312|EBP1|EBC1|A2",
        "120",
        "20260301110000000",
        Some((Meaning::Stored, true)),
    );
    restored.apply_receipt(&word, NOW).unwrap();
    assert_eq!(fate(&restored, second), (Status::Stored, true));
    assert_eq!(restored.retry(&RetrySelector::All, NOW).unwrap(), 0);
    assert_sound(&restored);
}

#[test]
fn a_period_has_its_own_rows_and_the_whole_chain_before_its_end() {
    let ledger = Ledger::in_memory().unwrap();
    for (number, at) in [
        ("A1", moment("2026-03-01T10:00:00Z")),
        ("A2", moment("2026-03-02T10:00:00Z")),
        ("A3", moment("2026-03-03T10:00:00Z")),
    ] {
        accept_at(&ledger, &order(number, "x"), number, at);
    }
    let other = cebridge_ledger::NewDocument {
        enterprise: "other".into(),
        ..order("B1", "x")
    };
    let carrier = cebridge_ledger::NewMessage {
        enterprise: "other".into(),
        ..message("B1", &[0])
    };
    let batch = Batch {
        documents: &[other],
        messages: &[carrier],
        ..Batch::default()
    };
    ledger.record(&batch, moment("2026-03-02T11:00:00Z")).unwrap();
    let ask = |enterprise: Option<&str>| {
        let period = Period::new(
            moment("2026-03-02T00:00:00Z"),
            moment("2026-03-03T00:00:00Z"),
            enterprise,
        );
        ledger
            .snapshot(|snapshot| {
                let (mut messages, mut documents, mut events) = (Vec::new(), Vec::new(), Vec::new());
                snapshot.messages(&period, |one| {
                    messages.push(one.cop_msg_id);
                    Ok::<(), cebridge_ledger::LedgerError>(())
                })?;
                snapshot.documents(&period, |one| {
                    documents.push(one.guid);
                    Ok::<(), cebridge_ledger::LedgerError>(())
                })?;
                snapshot.events(&period, |(event, own)| {
                    events.push((event.id, own));
                    Ok::<(), cebridge_ledger::LedgerError>(())
                })?;
                Ok::<_, cebridge_ledger::LedgerError>((messages, documents.len(), events))
            })
            .unwrap()
    };
    let (messages, documents, events) = ask(None);
    assert_eq!((messages, documents), (vec!["A2".to_owned(), "B1".to_owned()], 2));
    // Not recorded in the order of their times: everything up to the last one of the period.
    assert_eq!(events.len(), 8);
    assert!(events.iter().all(|(_, own)| *own));
    let (messages, documents, events) = ask(Some("other"));
    assert_eq!((messages, documents), (vec!["B1".to_owned()], 1));
    let own: Vec<i64> = events.iter().filter(|(_, own)| *own).map(|(id, _)| *id).collect();
    assert_eq!((events.len(), own), (8, vec![7, 8]));
}
