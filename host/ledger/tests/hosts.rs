//! Hosts that report their state, and requests that exactly one of them answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::sync::Barrier;

use cebridge_ledger::{Ledger, LedgerError, NewRequest};
use common::*;
use tempfile::TempDir;

/// An hour later.
const LATER: Timestamp = Timestamp::constant(1_772_334_000, 0);

fn file() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    (folder, path)
}

fn request(verb: &str) -> NewRequest {
    NewRequest {
        verb: verb.into(),
        args_json: r#"{"file":"a.pack"}"#.into(),
        by: "li".into(),
    }
}

/// Kinds of the host's events, oldest first.
fn kinds(ledger: &Ledger) -> Vec<String> {
    let mut events = ledger.host_events(100).unwrap();
    events.sort_by_key(|event| event.id);
    events.into_iter().map(|event| event.kind).collect()
}

#[test]
fn a_host_is_listed_from_its_first_word_until_it_departs() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    assert!(ledger.hosts().unwrap().is_empty());
    ledger.announce("host:2", "{}", LATER).unwrap();
    ledger
        .announce("host:1", r#"{"n":1}"#, moment("2026-03-01T10:00:00+08:00"))
        .unwrap();
    ledger.announce("host:1", r#"{"n":2}"#, LATER).unwrap();

    let hosts = Ledger::open(&path).unwrap().hosts().unwrap();
    let owners: Vec<_> = hosts.iter().map(|host| host.owner.as_str()).collect();
    assert_eq!(owners, ["host:1", "host:2"], "by their start");
    assert_eq!((hosts[0].started_at, hosts[0].seen_at), (NOW, LATER));
    assert_eq!(hosts[0].state_json, r#"{"n":2}"#);

    assert!(matches!(
        ledger.announce("host:1", "{", LATER),
        Err(LedgerError::Invalid(_))
    ));
    ledger.depart("host:1").unwrap();
    ledger.depart("host:1").unwrap();
    assert_eq!(ledger.hosts().unwrap().len(), 1);
    ledger.announce("host:1", "{}", LATER).unwrap();
    assert_eq!(ledger.hosts().unwrap()[0].started_at, LATER, "it started anew");
    assert!(kinds(&ledger).is_empty(), "nobody wants to read all that");
    assert_sound(&ledger);
}

#[test]
fn a_request_is_taken_and_answered_by_one_host() {
    let (_folder, path) = file();
    let (command, host) = (Ledger::open(&path).unwrap(), Ledger::open(&path).unwrap());
    let id = command
        .ask(&request("activate"), moment("2026-03-01T10:00:00+08:00"))
        .unwrap();
    let second = command.ask(&request("reload"), NOW).unwrap();

    let open = host.open_requests().unwrap();
    assert_eq!(open.iter().map(|r| r.id).collect::<Vec<_>>(), [id, second]);
    assert_eq!((open[0].verb.as_str(), open[0].by.as_str()), ("activate", "li"));
    assert_eq!((open[0].at, open[0].owner.as_deref()), (NOW, None));
    assert_eq!(open[0].args_json, r#"{"file":"a.pack"}"#);

    assert!(host.claim_request(id, "host:1", None).unwrap());
    assert!(!host.claim_request(id, "host:2", None).unwrap(), "another one has it");
    assert_eq!(host.open_requests().unwrap()[0].owner.as_deref(), Some("host:1"));
    assert_eq!(command.answer(id).unwrap(), None);
    host.answer_request(id, "host:1", false, r#""no signature""#, LATER)
        .unwrap();

    let answer = command.answer(id).unwrap().unwrap();
    assert_eq!((answer.good, answer.text_json.as_str()), (false, r#""no signature""#));
    assert_eq!((answer.owner.as_str(), answer.at), ("host:1", LATER));
    assert_eq!(host.open_requests().unwrap().len(), 1);
    assert!(!host.claim_request(id, "host:2", Some("host:1")).unwrap(), "answered");
    let again = host.answer_request(id, "host:1", true, "{}", LATER);
    assert!(matches!(again, Err(LedgerError::Unknown { .. })));

    assert_eq!(kinds(&command), ["request", "request", "request-answered"]);
    let asked = command.host_events(100).unwrap();
    let asked = asked.iter().rfind(|event| event.kind == "request");
    let detail: serde_json::Value = serde_json::from_str(&asked.unwrap().detail_json).unwrap();
    assert_eq!(
        (&detail["by"], &detail["args"]["file"]),
        (&"li".into(), &"a.pack".into())
    );
    assert_sound(&command);
}

#[test]
fn only_the_host_at_work_answers() {
    let ledger = Ledger::in_memory().unwrap();
    let id = ledger.ask(&request("reload"), NOW).unwrap();
    let refused = |owner: &str| {
        let error = ledger.answer_request(id, owner, true, "{}", NOW).unwrap_err();
        assert!(matches!(error, LedgerError::Unknown { .. }), "{error:?}");
    };
    refused("host:1");
    assert!(ledger.claim_request(id, "host:1", None).unwrap());
    assert!(!ledger.claim_request(id, "host:2", Some("host:3")).unwrap());
    assert!(
        ledger.claim_request(id, "host:2", Some("host:1")).unwrap(),
        "host:1 is dead"
    );
    refused("host:1");
    assert!(matches!(
        ledger.answer_request(id, "host:2", true, "done", NOW),
        Err(LedgerError::Invalid(_))
    ));
    ledger.answer_request(id, "host:2", true, "{}", NOW).unwrap();
    assert_eq!(ledger.answer(id).unwrap().unwrap().owner, "host:2");
    assert_eq!(
        kinds(&ledger),
        ["request", "request-answered"],
        "refusals leave nothing"
    );
}

#[test]
fn a_request_that_nobody_took_is_withdrawn() {
    let ledger = Ledger::in_memory().unwrap();
    let id = ledger.ask(&request("reload"), NOW).unwrap();
    assert!(ledger.withdraw_request(id).unwrap());
    assert!(!ledger.withdraw_request(id).unwrap());
    assert!(ledger.open_requests().unwrap().is_empty());
    assert!(!ledger.claim_request(id, "host:1", None).unwrap());
    assert_eq!(ledger.answer(id).unwrap(), None);

    let taken = ledger.ask(&request("reload"), NOW).unwrap();
    assert!(taken > id);
    assert!(ledger.claim_request(taken, "host:1", None).unwrap());
    assert!(!ledger.withdraw_request(taken).unwrap(), "it is being done");
    ledger.answer_request(taken, "host:1", true, "{}", NOW).unwrap();
    assert!(!ledger.withdraw_request(taken).unwrap());
    assert!(ledger.answer(taken).unwrap().is_some());
    assert!(!ledger.withdraw_request(999).unwrap());
    assert!(!ledger.claim_request(999, "host:1", None).unwrap());
    assert_sound(&ledger);
}

#[test]
fn particulars_that_are_no_json_are_not_recorded() {
    let ledger = Ledger::in_memory().unwrap();
    let broken = NewRequest {
        args_json: "file".into(),
        ..request("reload")
    };
    assert!(matches!(ledger.ask(&broken, NOW), Err(LedgerError::Invalid(_))));
    assert!(ledger.open_requests().unwrap().is_empty());
    assert!(kinds(&ledger).is_empty());
}

#[test]
fn of_hosts_and_a_command_that_gives_up_exactly_one_gets_the_request() {
    const ROUNDS: usize = 40;
    let (_folder, path) = file();
    let ledgers: Vec<Ledger> = (0..3).map(|_| Ledger::open(&path).unwrap()).collect();
    let ids: Vec<i64> = (0..ROUNDS)
        .map(|_| ledgers[0].ask(&request("reload"), NOW).unwrap())
        .collect();
    let barrier = Barrier::new(ledgers.len());
    let wins: Vec<Vec<bool>> = std::thread::scope(|scope| {
        let running: Vec<_> = ledgers
            .iter()
            .enumerate()
            .map(|(n, ledger)| {
                let (ids, barrier) = (&ids, &barrier);
                scope.spawn(move || {
                    let attempt = |&id: &i64| {
                        barrier.wait();
                        match n {
                            0 => ledger.withdraw_request(id).unwrap(),
                            _ => ledger.claim_request(id, &format!("host:{n}"), None).unwrap(),
                        }
                    };
                    ids.iter().map(attempt).collect()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for round in 0..ROUNDS {
        let winners = wins.iter().filter(|won| won[round]).count();
        assert_eq!(winners, 1, "round {round}");
    }
    for open in ledgers[0].open_requests().unwrap() {
        let round = ids.iter().position(|id| *id == open.id).unwrap();
        let winner = wins.iter().position(|won| won[round]).unwrap();
        assert_eq!(open.owner, Some(format!("host:{winner}")), "who won has it");
    }
    assert_sound(&ledgers[0]);
}
