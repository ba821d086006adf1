//! Receipts: once each, in any order, for the right document.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use cebridge_ledger::{FormatErrorOutcome, Ledger, Meaning, NewReceipt, ReceiptFilter, ReceiptOutcome, Status};
use common::*;

const KEY: &str = "CEB312|EBP1|EBC1|A1";
const STORED: Option<(Meaning, bool)> = Some((Meaning::Stored, true));
const RETURNED: Option<(Meaning, bool)> = Some((Meaning::Returned, true));
const WAITING: Option<(Meaning, bool)> = Some((Meaning::Waiting, false));

fn sent_order(ledger: &Ledger) -> i64 {
    let id = accept(ledger, &order("A1", "x"), "M1");
    send_all(ledger, NOW);
    id
}

fn unmatched(ledger: &Ledger) -> usize {
    ledger
        .receipts(&ReceiptFilter {
            unmatched: true,
            ..ReceiptFilter::default()
        })
        .unwrap()
        .len()
}

#[test]
fn a_receipt_gives_its_document_a_state_and_numbers() {
    let ledger = Ledger::in_memory().unwrap();
    let id = sent_order(&ledger);
    let assigned = NewReceipt {
        assigns: vec![("preNo".into(), "PRE1".into()), ("invtNo".into(), "INV1".into())],
        ..receipt("r1", KEY, "120", "20260301110000000", STORED)
    };
    let outcome = ledger.apply_receipt(&assigned, NOW).unwrap();
    assert_eq!(
        outcome,
        ReceiptOutcome::Applied {
            document: id,
            status: Status::Stored
        }
    );
    let view = view(&ledger, id);
    assert_eq!((view.status, view.is_final), (Status::Stored, true));
    assert_eq!(view.return_status.as_deref(), Some("120"));
    assert_eq!(view.assigned["invtNo"], "INV1");
    assert_eq!(ledger.find("INV1").unwrap()[0].id, id);
    let kept = ledger
        .receipts(&ReceiptFilter {
            document: Some(id),
            ..ReceiptFilter::default()
        })
        .unwrap();
    assert_eq!((kept.len(), kept[0].matched_by.as_deref()), (1, Some(KEY)));
    assert_eq!(ledger.receipt_raw(kept[0].id).unwrap().unwrap(), b"r1");
    assert_eq!(story(&ledger, id), ["signed", "accepted", "sent", "receipt", "status"]);
    assert_sound(&ledger);
}

#[test]
fn the_same_record_twice_is_one_receipt() {
    let ledger = Ledger::in_memory().unwrap();
    let id = sent_order(&ledger);
    let stored = receipt("r1", KEY, "120", "20260301110000000", STORED);
    ledger.apply_receipt(&stored, NOW).unwrap();
    let story_before = story(&ledger, id);
    assert_eq!(ledger.apply_receipt(&stored, NOW).unwrap(), ReceiptOutcome::Duplicate);
    assert_eq!(story(&ledger, id), story_before);
    assert_eq!(ledger.receipts(&ReceiptFilter::default()).unwrap().len(), 1);
}

#[test]
fn the_records_of_one_message_are_applied_together() {
    let ledger = Ledger::in_memory().unwrap();
    let id = sent_order(&ledger);
    let records = [
        receipt("r1", KEY, "2", "20260301100500000", WAITING),
        receipt("r2", KEY, "120", "20260301110000000", STORED),
        receipt("r2", KEY, "120", "20260301110000000", STORED),
        receipt("r3", "CEB312|EBP1|EBC1|A9", "120", "20260301110000000", STORED),
    ];
    let outcomes = ledger.apply_all(&records, NOW).unwrap();
    let applied = |status| ReceiptOutcome::Applied { document: id, status };
    assert_eq!(
        outcomes,
        [
            applied(Status::Waiting),
            applied(Status::Stored),
            ReceiptOutcome::Duplicate,
            ReceiptOutcome::Unmatched
        ]
    );
    assert_eq!(fate(&ledger, id), (Status::Stored, true));
    assert_sound(&ledger);
}

#[test]
fn an_older_receipt_is_kept_and_moves_nothing_back() {
    let ledger = Ledger::in_memory().unwrap();
    let id = sent_order(&ledger);
    ledger
        .apply_receipt(&receipt("r2", KEY, "120", "20260301110000000", STORED), NOW)
        .unwrap();
    let outcome = ledger
        .apply_receipt(&receipt("r1", KEY, "2", "20260301100500000", WAITING), NOW)
        .unwrap();
    assert_eq!(outcome, ReceiptOutcome::Older { document: id });
    assert_eq!(fate(&ledger, id), (Status::Stored, true));
    assert_eq!(view(&ledger, id).return_status.as_deref(), Some("120"));
    assert_eq!(
        ledger
            .receipts(&ReceiptFilter {
                document: Some(id),
                ..ReceiptFilter::default()
            })
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn an_unknown_code_is_shown_and_decides_nothing() {
    let ledger = Ledger::in_memory().unwrap();
    let id = sent_order(&ledger);
    let outcome = ledger
        .apply_receipt(&receipt("r1", KEY, "430", "20260301110000000", None), NOW)
        .unwrap();
    assert_eq!(
        outcome,
        ReceiptOutcome::Applied {
            document: id,
            status: Status::Waiting
        }
    );
    assert_eq!(view(&ledger, id).return_status.as_deref(), Some("430"));
}

#[test]
fn a_returned_document_shows_the_customs_code_and_text() {
    let ledger = Ledger::in_memory().unwrap();
    let id = sent_order(&ledger);
    ledger
        .apply_receipt(&receipt("r1", KEY, "-301010", "20260301110000000", RETURNED), NOW)
        .unwrap();
    let reasons = view(&ledger, id).reasons;
    assert_eq!(
        (reasons[0].code.as_str(), reasons[0].text.as_str()),
        ("-301010", "info r1")
    );
}

#[test]
fn an_unmatched_receipt_is_kept_until_its_document_appears() {
    let ledger = Ledger::in_memory().unwrap();
    let early = receipt("r1", KEY, "120", "20260301110000000", STORED);
    assert_eq!(ledger.apply_receipt(&early, NOW).unwrap(), ReceiptOutcome::Unmatched);
    assert_eq!(unmatched(&ledger), 1);
    let id = sent_order(&ledger);
    assert_eq!(fate(&ledger, id), (Status::Stored, true));
    assert_eq!(unmatched(&ledger), 0);
    assert_sound(&ledger);
}

#[test]
fn a_receipt_that_an_earlier_version_left_unmatched_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = Ledger::open(&path).unwrap();
    let early = receipt("r1", KEY, "120", "20260301110000000", STORED);
    ledger.apply_receipt(&early, NOW).unwrap();
    assert_eq!(ledger.apply_receipt(&early, NOW).unwrap(), ReceiptOutcome::Duplicate);
    ledger.format_error("M2", "0001", "format", b"", "f1", NOW).unwrap();
    let id = sent_order(&ledger);
    let other = accept(&ledger, &order("A2", "x"), "M2");
    assert_eq!(ledger.apply_receipt(&early, NOW).unwrap(), ReceiptOutcome::Duplicate);
    assert_eq!(ledger.rematch_unmatched(NOW).unwrap(), 0, "both were found at once");
    // Earlier versions recorded the document first and looked for its receipts afterwards, if they got that far.
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(&format!(
        "UPDATE receipts SET document = NULL, outbox = NULL, matched_by = NULL; \
         INSERT INTO open_keys (key, receipt) SELECT '{KEY}', id FROM receipts WHERE digest = 'r1'; \
         UPDATE documents SET status = 'waiting', is_final = 0;"
    ))
    .unwrap();
    assert_eq!(ledger.rematch_unmatched(NOW).unwrap(), 2);
    assert_eq!(fate(&ledger, id), (Status::Stored, true));
    assert_eq!(fate(&ledger, other), (Status::Returned, true));
    assert_sound(&ledger);
}

#[test]
fn numbers_learned_from_one_receipt_match_others_before_and_after() {
    let ledger = Ledger::in_memory().unwrap();
    let id = accept(&ledger, &inventory("C1", "A1"), "M1");
    send_all(&ledger, NOW);
    let by = |digest: &str, keys: &[&str], time: &str, becomes| NewReceipt {
        match_keys: keys.iter().map(|k| (*k).to_owned()).collect(),
        ..receipt(digest, "CEB622|", "x", time, becomes)
    };
    let released = by(
        "r3",
        &["CEB622|invtNo|I1"],
        "20260301120000000",
        Some((Meaning::Released, true)),
    );
    assert_eq!(ledger.apply_receipt(&released, NOW).unwrap(), ReceiptOutcome::Unmatched);
    let teaching = by(
        "r1",
        &["CEB622|copNo|C1", "CEB622|preNo|P1"],
        "20260301110000000",
        WAITING,
    );
    ledger.apply_receipt(&teaching, NOW).unwrap();
    assert_eq!(fate(&ledger, id), (Status::Waiting, false));
    let both = by(
        "r2",
        &["CEB622|preNo|P1", "CEB622|invtNo|I1"],
        "20260301113000000",
        WAITING,
    );
    assert_eq!(
        ledger.apply_receipt(&both, NOW).unwrap(),
        ReceiptOutcome::Older { document: id }
    );
    assert_eq!(fate(&ledger, id), (Status::Released, true));
    assert_eq!(unmatched(&ledger), 0);
    assert_sound(&ledger);
}

#[test]
fn match_strings_are_tried_in_order() {
    let ledger = Ledger::in_memory().unwrap();
    let (first, second) = (
        accept(&ledger, &inventory("C1", "A1"), "M1"),
        accept(&ledger, &inventory("C2", "A2"), "M2"),
    );
    send_all(&ledger, NOW);
    let twofold = NewReceipt {
        match_keys: vec!["CEB622|copNo|C2".into(), "CEB622|copNo|C1".into()],
        ..receipt(
            "r1",
            "CEB622|",
            "800",
            "20260301110000000",
            Some((Meaning::Released, true)),
        )
    };
    ledger.apply_receipt(&twofold, NOW).unwrap();
    assert_eq!(
        (fate(&ledger, first).0, fate(&ledger, second).0),
        (Status::Waiting, Status::Released)
    );
}

/// A returned order and its correction, declared an hour later.
fn corrected() -> (Ledger, i64, i64) {
    let ledger = Ledger::in_memory().unwrap();
    let first = accept_at(&ledger, &order("A1", "x"), "M1", moment("2026-03-01T02:00:00Z"));
    send_all(&ledger, moment("2026-03-01T02:00:00Z"));
    ledger
        .apply_receipt(&receipt("r1", KEY, "100", "20260301101000000", RETURNED), NOW)
        .unwrap();
    let second = accept_at(&ledger, &order("A1", "y"), "M2", moment("2026-03-01T03:00:00Z"));
    send_all(&ledger, moment("2026-03-01T03:00:00Z"));
    (ledger, first, second)
}

#[test]
fn a_late_receipt_belongs_to_the_document_that_was_under_way_at_its_time() {
    let (ledger, first, second) = corrected();
    // 10:20 in Beijing is before the correction was sent.
    let late = receipt("r2", KEY, "-301010", "20260301102000000", RETURNED);
    assert_eq!(
        ledger.apply_receipt(&late, NOW).unwrap(),
        ReceiptOutcome::Applied {
            document: first,
            status: Status::Returned
        }
    );
    assert_eq!(fate(&ledger, second), (Status::Waiting, false));
    ledger
        .apply_receipt(&receipt("r3", KEY, "120", "20260301111000000", STORED), NOW)
        .unwrap();
    assert_eq!(
        (fate(&ledger, first).0, fate(&ledger, second).0),
        (Status::Returned, Status::Stored)
    );
}

#[test]
fn a_mentioned_guid_decides_between_documents_of_one_key() {
    let (ledger, first, second) = corrected();
    let hinted = NewReceipt {
        guid_hints: vec!["guid-a1-X".into()],
        ..receipt("r2", KEY, "120", "20260301120000000", STORED)
    };
    ledger.apply_receipt(&hinted, NOW).unwrap();
    assert_eq!(
        (fate(&ledger, first).0, fate(&ledger, second).0),
        (Status::Stored, Status::Waiting)
    );
    assert_sound(&ledger);
}

#[test]
fn refused_documents_never_get_receipts() {
    let ledger = Ledger::in_memory().unwrap();
    ledger.record_refused(&order("A1", "x"), &[], NOW).unwrap();
    let stored = receipt("r1", KEY, "120", "20260301110000000", STORED);
    assert_eq!(ledger.apply_receipt(&stored, NOW).unwrap(), ReceiptOutcome::Unmatched);
}

#[test]
fn a_format_error_returns_every_document_of_its_message_that_customs_has_not_decided() {
    let ledger = Ledger::in_memory().unwrap();
    let documents = [order("A1", "x"), order("A2", "x"), order("A3", "x")];
    let ids = ledger
        .accept(&documents, &[message("M1", &[0, 1]), message("M2", &[2])], NOW)
        .unwrap();
    send_all(&ledger, NOW);
    ledger
        .apply_receipt(&receipt("r1", KEY, "120", "20260301110000000", STORED), NOW)
        .unwrap();
    let apply = |digest: &str, id: &str| {
        ledger
            .format_error(id, "0002", "schema", b"<CEB900/>", digest, NOW)
            .unwrap()
    };
    assert_eq!(
        apply("f1", "M1"),
        FormatErrorOutcome::Applied {
            documents: vec![ids[1]]
        }
    );
    assert_eq!(apply("f1", "M1"), FormatErrorOutcome::Duplicate);
    let states: Vec<_> = ids.iter().map(|&id| fate(&ledger, id).0).collect();
    assert_eq!(states, [Status::Stored, Status::Returned, Status::Waiting]);
    let reasons = view(&ledger, ids[1]).reasons;
    assert_eq!((reasons[0].code.as_str(), reasons[0].text.as_str()), ("0002", "schema"));
    let listed = ledger
        .receipts(&ReceiptFilter {
            document: Some(ids[1]),
            ..ReceiptFilter::default()
        })
        .unwrap();
    assert_eq!((listed.len(), listed[0].cop_msg_id.as_deref()), (1, Some("M1")));
    assert_sound(&ledger);
}

#[test]
fn a_format_error_about_an_unknown_message_is_kept_and_matched_later() {
    let ledger = Ledger::in_memory().unwrap();
    let apply = || ledger.format_error("M1", "0001", "format", b"", "f1", NOW).unwrap();
    assert_eq!(apply(), FormatErrorOutcome::Unmatched);
    assert_eq!(apply(), FormatErrorOutcome::Unmatched);
    assert_eq!(unmatched(&ledger), 1);
    let id = sent_order(&ledger);
    assert_eq!(fate(&ledger, id), (Status::Returned, true));
}

#[test]
fn the_key_goes_back_to_the_first_document_when_its_replacement_is_returned() {
    let ledger = Ledger::in_memory().unwrap();
    let first = accept_at(&ledger, &order("A1", "x"), "M1", moment("2026-03-01T02:00:00Z"));
    let item = ledger
        .claim(moment("2026-03-01T02:00:00Z"), "w", 60, 1)
        .unwrap()
        .remove(0);
    ledger.mark_failed(item.id, "no answer", None, NOW).unwrap();
    let second = accept_at(&ledger, &order("A1", "y"), "M2", moment("2026-03-01T03:00:00Z"));
    send_all(&ledger, moment("2026-03-01T03:00:00Z"));
    // The first one had arrived after all, and customs calls the second a duplicate.
    ledger
        .apply_receipt(&receipt("r1", KEY, "120", "20260301101000000", STORED), NOW)
        .unwrap();
    ledger
        .apply_receipt(&receipt("r2", KEY, "-301010", "20260301111000000", RETURNED), NOW)
        .unwrap();
    assert_eq!(
        (fate(&ledger, first).0, fate(&ledger, second).0),
        (Status::Stored, Status::Returned)
    );
    let again = ledger.look("CEB311", "EBP1/EBC1/A1", "1", "hash of x", None).unwrap();
    assert_eq!(again, Some(cebridge_ledger::Intake::AlreadyAccepted(first)));
    assert_sound(&ledger);
}
