//! The outbox: leases, failures, dead letters, retries and silence.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use cebridge_ledger::{Ledger, LedgerError, Meaning, OutboxState, RetrySelector, Status};
use common::*;

const KEY: &str = "CEB312|EBP1|EBC1|A1";

fn later(minutes: u32) -> Timestamp {
    moment(&format!("2026-03-01T02:{minutes:02}:00Z"))
}

fn claim(ledger: &Ledger, at: Timestamp, worker: &str) -> Vec<String> {
    ledger
        .claim(at, worker, 60, 10)
        .unwrap()
        .into_iter()
        .map(|i| i.cop_msg_id)
        .collect()
}

#[test]
fn messages_are_handed_out_oldest_first_and_to_one_worker_only() {
    let ledger = Ledger::in_memory().unwrap();
    for n in 1..=3 {
        accept(&ledger, &order(&format!("A{n}"), "x"), &format!("M{n}"));
    }
    let first = ledger.claim(NOW, "one", 60, 2).unwrap();
    assert_eq!(
        first.iter().map(|i| i.cop_msg_id.as_str()).collect::<Vec<_>>(),
        ["M1", "M2"]
    );
    assert_eq!(first[0].envelope, b"<DxpMsg>M1</DxpMsg>");
    assert_eq!(first[0].keys, ["EBP1/EBC1/A1"]);
    assert_eq!(claim(&ledger, NOW, "two"), ["M3"]);
    assert!(claim(&ledger, NOW, "two").is_empty());
}

#[test]
fn a_lost_lease_hands_the_same_bytes_to_the_next_worker() {
    let ledger = Ledger::in_memory().unwrap();
    let id = accept(&ledger, &order("A1", "x"), "M1");
    let first = ledger.claim(NOW, "one", 60, 1).unwrap().remove(0);
    assert!(claim(&ledger, moment("2026-03-01T02:00:59.999Z"), "two").is_empty());
    let second = ledger.claim(later(1), "two", 60, 1).unwrap().remove(0);
    assert_eq!((second.envelope, second.attempts), (first.envelope, 2));
    assert!(story(&ledger, id).contains(&"lease-expired".to_owned()));
    // The first worker was only slow: its report counts as much as the other's.
    ledger.sent(first.id, later(2)).unwrap();
    ledger.mark_failed(second.id, "gone", None, later(2)).unwrap();
    assert_eq!(view(&ledger, id).sent_at, Some(later(2)));
    assert_eq!(fate(&ledger, id), (Status::Waiting, false));
    assert!(ledger.dead_letters().unwrap().is_empty());
}

#[test]
fn a_failure_waits_for_its_time_and_counts_attempts() {
    let ledger = Ledger::in_memory().unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    let item = ledger.claim(NOW, "w", 60, 1).unwrap().remove(0);
    // Given with an offset, compared as a moment.
    ledger
        .mark_failed(item.id, "no route", Some(moment("2026-03-01T10:05:00+08:00")), NOW)
        .unwrap();
    assert!(claim(&ledger, later(4), "w").is_empty());
    let again = ledger.claim(later(5), "w", 60, 1).unwrap().remove(0);
    assert_eq!((again.attempts, again.last_error.as_deref()), (2, Some("no route")));
}

#[test]
fn a_dead_letter_tells_why_frees_its_key_and_can_be_retried_with_the_same_bytes() {
    let ledger = Ledger::in_memory().unwrap();
    let documents = [order("A1", "x"), order("A2", "x")];
    let ids = ledger.accept(&documents, &[message("M1", &[0, 1])], NOW).unwrap();
    let item = ledger.claim(NOW, "w", 60, 1).unwrap().remove(0);
    ledger.mark_failed(item.id, "receiver unknown", None, NOW).unwrap();
    for &id in &ids {
        assert_eq!(fate(&ledger, id), (Status::DeadLetter, true));
        assert_eq!(view(&ledger, id).reasons[0].text, "receiver unknown");
    }
    let dead = ledger.dead_letters().unwrap();
    assert_eq!(
        (dead.len(), dead[0].state, dead[0].keys.len()),
        (1, OutboxState::Dead, 2)
    );
    assert_eq!(
        ledger.look("CEB311", "EBP1/EBC1/A1", "1", "hash of x", None).unwrap(),
        None
    );
    assert_eq!(ledger.retry(&RetrySelector::All, later(1)).unwrap(), 1);
    assert_eq!(fate(&ledger, ids[0]), (Status::Waiting, false));
    let again = ledger.claim(later(1), "w", 60, 1).unwrap().remove(0);
    assert_eq!((again.envelope, again.attempts), (item.envelope, 1));
    assert!(
        ledger
            .look("CEB311", "EBP1/EBC1/A1", "1", "hash of x", None)
            .unwrap()
            .is_some()
    );
    assert_sound(&ledger);
}

#[test]
fn a_dead_letter_replaced_by_a_newer_document_is_not_sent_again() {
    let ledger = Ledger::in_memory().unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    let item = ledger.claim(NOW, "w", 60, 1).unwrap().remove(0);
    ledger.mark_failed(item.id, "no route", None, NOW).unwrap();
    accept(&ledger, &order("A1", "y"), "M2");
    let error = ledger
        .retry(&RetrySelector::Message("M1".into()), later(1))
        .unwrap_err();
    assert!(matches!(error, LedgerError::Replaced { cop_msg_id, .. } if cop_msg_id == "M1"));
    assert_eq!(
        ledger.retry(&RetrySelector::All, later(1)).unwrap(),
        1,
        "M2, which is still to be sent"
    );
    assert_eq!(claim(&ledger, later(1), "w"), ["M2"]);
    assert_sound(&ledger);
}

#[test]
fn retry_by_name_sends_a_silent_message_again_and_leaves_answered_ones_alone() {
    let ledger = Ledger::in_memory().unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    accept(&ledger, &order("A2", "x"), "M2");
    send_all(&ledger, NOW);
    assert_eq!(
        ledger.retry(&RetrySelector::All, later(1)).unwrap(),
        0,
        "sent messages are never re-sent in bulk"
    );
    ledger
        .apply_receipt(
            &receipt("r1", KEY, "120", "20260301100100000", Some((Meaning::Stored, true))),
            later(1),
        )
        .unwrap();
    assert_eq!(ledger.retry(&RetrySelector::Message("M1".into()), later(2)).unwrap(), 0);
    assert_eq!(
        ledger.retry(&RetrySelector::Document("A2".into()), later(2)).unwrap(),
        1
    );
    assert_eq!(claim(&ledger, later(2), "w"), ["M2"]);
    assert_eq!(
        ledger.retry(&RetrySelector::Document("A2".into()), later(2)).unwrap(),
        0,
        "it is under way"
    );
    for unknown in [
        RetrySelector::Message("M9".into()),
        RetrySelector::Document("A9".into()),
    ] {
        assert!(matches!(ledger.retry(&unknown, NOW), Err(LedgerError::Unknown { .. })));
    }
}

#[test]
fn unknown_messages_are_an_error() {
    let ledger = Ledger::in_memory().unwrap();
    assert!(matches!(
        ledger.sent(7, NOW),
        Err(LedgerError::Unknown { what: "message", .. })
    ));
    assert!(matches!(
        ledger.mark_failed(7, "x", None, NOW),
        Err(LedgerError::Unknown { .. })
    ));
}

#[test]
fn silence_is_reported_until_customs_has_spoken_for_good() {
    let ledger = Ledger::in_memory().unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    let stuck = |before: Timestamp| {
        let all = ledger.stuck(None, before).unwrap();
        let since = ledger.stuck(Some(moment("2026-01-01T00:00:00Z")), before).unwrap();
        assert_eq!(all, since);
        assert_eq!(all.messages, u64::from(all.first.is_some()));
        all.first.map(|i| i.cop_msg_id)
    };
    assert_eq!(stuck(later(59)), None, "not sent yet");
    send_all(&ledger, NOW);
    assert_eq!(stuck(NOW), None);
    assert_eq!(stuck(later(1)).as_deref(), Some("M1"));
    let none = ledger.stuck(Some(later(1)), later(2)).unwrap();
    assert_eq!(none.messages, 0, "sent before that time");
    ledger
        .apply_receipt(
            &receipt("r1", KEY, "2", "20260301100500000", Some((Meaning::Waiting, false))),
            later(5),
        )
        .unwrap();
    assert_eq!(stuck(later(5)), None, "it was heard of");
    assert_eq!(stuck(later(6)).as_deref(), Some("M1"), "and then no more");
    ledger
        .apply_receipt(
            &receipt("r2", KEY, "120", "20260301100600000", Some((Meaning::Stored, true))),
            later(6),
        )
        .unwrap();
    assert_eq!(stuck(later(59)), None);
}

#[test]
fn a_receipt_proves_arrival_so_the_message_is_not_sent_again() {
    let ledger = Ledger::in_memory().unwrap();
    let id = accept(&ledger, &order("A1", "x"), "M1");
    let item = ledger.claim(NOW, "w", 60, 1).unwrap().remove(0);
    ledger
        .mark_failed(item.id, "connection lost after the last byte", Some(later(10)), NOW)
        .unwrap();
    ledger
        .apply_receipt(
            &receipt("r1", KEY, "2", "20260301100100000", Some((Meaning::Waiting, false))),
            later(1),
        )
        .unwrap();
    assert!(claim(&ledger, later(30), "w").is_empty());
    assert!(story(&ledger, id).contains(&"arrived".to_owned()));
}

#[test]
fn a_receipt_for_a_message_never_begun_does_not_stop_its_sending() {
    let ledger = Ledger::in_memory().unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    ledger
        .apply_receipt(
            &receipt("r1", KEY, "2", "20260301100100000", Some((Meaning::Waiting, false))),
            NOW,
        )
        .unwrap();
    assert_eq!(claim(&ledger, later(1), "w"), ["M1"]);
}

#[test]
fn a_message_that_waits_for_its_next_attempt_is_tried_now_on_a_word() {
    let ledger = Ledger::in_memory().unwrap();
    let id = accept(&ledger, &order("A1", "x"), "M1");
    let item = ledger.claim(NOW, "w", 60, 1).unwrap().remove(0);
    ledger.mark_failed(item.id, "no folder", Some(later(30)), NOW).unwrap();
    let waiting = view(&ledger, id);
    assert_eq!(waiting.send_error.as_deref(), Some("no folder"));
    assert_eq!(waiting.due_at, Some(moment("2026-03-01T02:30:00.000Z")));
    assert!(claim(&ledger, later(1), "w").is_empty());
    assert_eq!(ledger.retry(&RetrySelector::All, later(1)).unwrap(), 1);
    assert_eq!(claim(&ledger, later(1), "w"), ["M1"]);
    assert_sound(&ledger);
}

#[test]
fn times_that_only_a_wrong_clock_makes_count_as_now() {
    let ledger = Ledger::in_memory().unwrap();
    let ahead = moment("2026-03-04T02:00:00Z");
    accept_at(&ledger, &order("A1", "x"), "M1", ahead);
    accept(&ledger, &order("A2", "x"), "M2");
    let item = ledger.claim(NOW, "w", 60, 1).unwrap().remove(0);
    assert_eq!(
        item.cop_msg_id, "M1",
        "never tried: due at once, although it was accepted three days ahead"
    );
    ledger.mark_failed(item.id, "busy", Some(ahead), NOW).unwrap();
    assert_eq!(claim(&ledger, later(1), "w"), ["M1", "M2"], "a due time days ahead");
    // A lease taken under a clock that ran ahead.
    let folder = Ledger::in_memory().unwrap();
    accept(&folder, &order("A3", "x"), "M3");
    assert_eq!(folder.claim(ahead, "w", 60, 1).unwrap().len(), 1);
    assert_eq!(claim(&folder, later(1), "v"), ["M3"]);
    // Times made by a correct clock are respected.
    accept(&folder, &order("A4", "x"), "M4");
    let item = folder.claim(NOW, "w", 60, 9).unwrap().pop().unwrap();
    assert_eq!(item.cop_msg_id, "M4");
    folder.mark_failed(item.id, "busy", Some(later(59)), NOW).unwrap();
    assert!(!claim(&folder, later(2), "w").contains(&"M4".to_owned()));
}

#[test]
fn the_lease_of_a_dead_process_ends_and_a_claim_that_was_not_tried_is_given_back() {
    let ledger = Ledger::in_memory().unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    assert_eq!(ledger.claim(NOW, "host:17", 40, 1).unwrap().len(), 1);
    assert!(claim(&ledger, NOW, "other").is_empty());
    assert_eq!(ledger.lease_owners().unwrap(), ["host:17"]);
    ledger.end_leases("host:17", NOW).unwrap();
    let again = ledger.claim(NOW, "other", 40, 1).unwrap().remove(0);
    assert_eq!(again.attempts, 2);
    ledger.unclaim(&[again.id], "other").unwrap();
    assert_eq!(ledger.claim(NOW, "other", 40, 1).unwrap().remove(0).attempts, 2);
    assert_sound(&ledger);
}

#[test]
fn the_intent_to_hand_over_is_on_record_until_its_end_is() {
    let ledger = Ledger::in_memory().unwrap();
    let id = accept(&ledger, &order("A1", "x"), "M1");
    let item = ledger.claim(NOW, "one", 60, 1).unwrap().remove(0);
    assert!(!item.handing_over);
    assert_eq!(ledger.hand_over(&[item.id], "one", NOW).unwrap(), [item.id]);
    assert!(
        ledger.hand_over(&[item.id], "two", NOW).unwrap().is_empty(),
        "the lease is another's"
    );
    ledger.mark_failed(item.id, "cannot sync", Some(later(1)), NOW).unwrap();
    let again = ledger.claim(later(2), "two", 60, 1).unwrap().remove(0);
    assert!(again.handing_over, "the transport has to be asked");
    ledger.sent(again.id, later(2)).unwrap();
    // A receipt that proves the arrival leaves nothing to hand over.
    let other = accept(&ledger, &order("A2", "x"), "M2");
    let item = ledger.claim(later(2), "one", 60, 1).unwrap().remove(0);
    let word = receipt("r1", "CEB312|EBP1|EBC1|A2", "2", "20260301110000000", None);
    ledger.apply_receipt(&word, later(3)).unwrap();
    assert!(ledger.hand_over(&[item.id], "one", later(3)).unwrap().is_empty());
    assert_eq!(
        story(&ledger, id).iter().filter(|kind| *kind == "handing-over").count(),
        1
    );
    assert_eq!(view(&ledger, other).outbox, Some(cebridge_ledger::OutboxState::Sent));
    assert_sound(&ledger);
}
