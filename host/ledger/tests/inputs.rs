//! Inputs: a row before anything is recorded, a mark of the progress, and the inputs that came before.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use cebridge_ledger::{Batch, InputState, Ledger, LedgerError, Meaning, NewDocument, NewInput, Progress};
use common::*;

fn file(sha256: &str, size: u64) -> NewInput {
    NewInput {
        place: "intake/orders.csv".into(),
        stamp: format!("{size}-1"),
        sha256: sha256.into(),
        size,
        mapper: "shop".into(),
        mapper_digest: "m1".into(),
        edition: "2022-05".into(),
        pack_digest: "ab".repeat(32),
        declared_at: NOW,
        owner: "host:1".into(),
        ..NewInput::default()
    }
}

fn of(input: i64, document: NewDocument) -> NewDocument {
    NewDocument {
        input: Some(input),
        ..document
    }
}

#[test]
fn the_mark_moves_with_what_is_recorded_or_not_at_all() {
    let ledger = Ledger::in_memory().unwrap();
    let input = ledger.begin_input(&file("s1", 10), NOW).unwrap();
    assert_eq!((input.next_record, input.state), (0, InputState::Open));
    let step = |number: &str, next_record: usize, done: bool| {
        let batch = Batch {
            documents: &[of(input.id, order(number, "x"))],
            messages: &[message(&format!("M{next_record}"), &[0])],
            progress: &[Progress {
                input: input.id,
                next_record,
                done,
            }],
            ..Batch::default()
        };
        ledger.record(&batch, NOW)
    };
    step("A1", 1, false).unwrap();
    assert_eq!(ledger.open_inputs("s1").unwrap()[0].next_record, 1);
    assert!(matches!(step("A1", 2, true), Err(LedgerError::Duplicate { .. })));
    assert_eq!(
        ledger.open_inputs("s1").unwrap()[0].next_record,
        1,
        "nothing of a refused step is recorded"
    );
    step("A2", 2, true).unwrap();
    assert!(ledger.open_inputs("s1").unwrap().is_empty());
    let lying = ledger.inputs_lying("intake/orders.csv", "s1").unwrap().remove(0);
    assert_eq!(
        (lying.state, lying.id, lying.stamp.as_str()),
        (InputState::Done, input.id, "10-1")
    );
    ledger.input_moved(input.id, NOW).unwrap();
    assert!(ledger.inputs_lying("intake/orders.csv", "s1").unwrap().is_empty());
    assert_sound(&ledger);
}

#[test]
fn an_open_input_goes_on_once_and_from_the_beginning_with_another_mapper() {
    let ledger = Ledger::in_memory().unwrap();
    let input = ledger.begin_input(&file("s1", 10), NOW).unwrap();
    let progress = [Progress {
        input: input.id,
        next_record: 7,
        done: false,
    }];
    let batch = Batch {
        progress: &progress,
        ..Batch::default()
    };
    ledger.record(&batch, NOW).unwrap();
    let known = ledger.open_inputs("s1").unwrap().remove(0);
    let next = NewInput {
        owner: "host:2".into(),
        ..file("s1", 10)
    };
    let resumed = ledger.resume_input(&known, &next, NOW).unwrap();
    assert_eq!((resumed.next_record, resumed.owner.as_deref()), (7, Some("host:2")));
    assert!(
        ledger.resume_input(&known, &next, NOW).is_err(),
        "somebody else was faster"
    );
    let other = NewInput {
        mapper_digest: "m2".into(),
        owner: "host:3".into(),
        ..file("s1", 10)
    };
    assert_eq!(ledger.resume_input(&resumed, &other, NOW).unwrap().next_record, 0);
    assert_sound(&ledger);
}

#[test]
fn what_came_before_is_known_whatever_became_of_it() {
    let ledger = Ledger::in_memory().unwrap();
    let short = ledger.begin_input(&file("s1", 10), NOW).unwrap();
    let id = accept(&ledger, &of(short.id, order("A1", "x")), "M1");
    send_all(&ledger, NOW);
    let returned = receipt(
        "r1",
        "CEB312|EBP1|EBC1|A1",
        "100",
        "20260301110000000",
        Some((Meaning::Returned, true)),
    );
    ledger.apply_receipt(&returned, NOW).unwrap();
    ledger
        .record_refused(&of(short.id, order("A2", "x")), &[], NOW)
        .unwrap();
    assert_eq!(ledger.lookup(&order("A1", "x")).unwrap(), None, "the key is free");
    let found = ledger.shorter_inputs("intake/orders.csv", 20).unwrap();
    assert_eq!((found.len(), found[0].sha256.as_str(), found[0].size), (1, "s1", 10));
    let longer = NewInput {
        shorter: Some(short.id),
        ..file("s2", 20)
    };
    let longer = ledger.begin_input(&longer, NOW).unwrap();
    let line = ledger.input_line(longer.id).unwrap();
    assert_eq!(line, [longer.id, short.id]);
    assert_eq!(ledger.came_before(&line, &order("A1", "x")).unwrap(), Some(id));
    assert!(ledger.came_before(&line, &order("A2", "x")).unwrap().is_some());
    assert_eq!(ledger.came_before(&line, &order("A1", "y")).unwrap(), None);
    assert_eq!(ledger.came_before(&line, &order("A3", "x")).unwrap(), None);
    // While open, it is the one that grew; put there anew once done, it did not grow from any.
    let shorter = |size| ledger.shorter_inputs("intake/orders.csv", size).unwrap().len();
    assert_eq!(shorter(20), 1);
    ledger.close_input(longer.id, "read", NOW).unwrap();
    assert_eq!((shorter(20), shorter(21)), (0, 2));
}

#[test]
fn an_input_is_taken_by_one_of_several() {
    let ledger = Ledger::in_memory().unwrap();
    let seen = NewInput {
        seen_at: Some(moment("2026-03-01T01:59:00Z")),
        ..file("s1", 10)
    };
    let taken = |input: &NewInput| match ledger.begin_input(input, NOW) {
        Err(LedgerError::InputTaken { owner }) => Some(owner),
        Err(error) => panic!("{error}"),
        Ok(_) => None,
    };
    let first = ledger.begin_input(&seen, NOW).unwrap();
    assert_eq!(taken(&seen).as_deref(), Some("host:1"));
    let another_mapper = NewInput {
        mapper: "ceb".into(),
        ..seen.clone()
    };
    assert_eq!(taken(&another_mapper), None);
    // Done and moved away after the other process saw it, which comes too late.
    ledger.close_input(first.id, "read", NOW).unwrap();
    assert!(taken(&seen).is_some());
    // Seen after that, the file was put there anew; and a file handed over by hand is always meant.
    let later = NewInput {
        seen_at: Some(moment("2026-12-01T00:00:00Z")),
        ..seen.clone()
    };
    let again = ledger.begin_input(&later, NOW).unwrap();
    ledger.close_input(again.id, "read", NOW).unwrap();
    let by_hand = NewInput {
        stamp: String::new(),
        seen_at: None,
        ..seen
    };
    assert_eq!(taken(&by_hand), None);
}
