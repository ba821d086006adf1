//! Customs' answers about repeats, drafts and withdrawals, and their effects on the documents concerned.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use cebridge_ledger::{
    Batch, Concern, Effect, Intake, Ledger, LedgerError, Meaning, NewDocument, NewReceipt, ReceiptOutcome,
    RetrySelector, Status,
};
use common::*;

const KEY: &str = "CEB312|EBP1|EBC1|A1";
const REPEATED: Option<(Meaning, bool)> = Some((Meaning::Repeated, false));

fn say(ledger: &Ledger, digest: &str, key: &str, status: &str, means: Option<(Meaning, bool)>) -> ReceiptOutcome {
    let time = format!("2026030111{:0>2}00000", digest.trim_start_matches('r'));
    let word = receipt(digest, key, status, &format!("{time}00"), means);
    ledger.apply_receipt(&word, NOW).unwrap()
}

#[test]
fn a_complaint_about_a_repeat_neither_returns_a_document_nor_frees_its_key() {
    for (status, means) in [("120", Meaning::Stored), ("800", Meaning::Released)] {
        let ledger = Ledger::in_memory().unwrap();
        let id = accept(&ledger, &order("A1", "x"), "M1");
        send_all(&ledger, NOW);
        say(&ledger, "r1", KEY, status, Some((means, true)));
        let outcome = say(&ledger, "r2", KEY, "-301010", REPEATED);
        assert_eq!(outcome, ReceiptOutcome::Noted { document: id });
        let now = view(&ledger, id);
        assert!(
            now.is_final && now.reasons.is_empty() && now.return_status.as_deref() == Some(status),
            "{now:?}"
        );
        let taken = ledger.look("CEB311", "EBP1/EBC1/A1", "1", "hash of x", None).unwrap();
        assert_eq!(taken, Some(Intake::AlreadyAccepted(id)));
        assert_sound(&ledger);
    }
}

#[test]
fn a_complaint_without_an_acceptance_holds_the_key_and_is_not_answered_by_sending_again() {
    let ledger = Ledger::in_memory().unwrap();
    let id = accept(&ledger, &order("A1", "x"), "M1");
    send_all(&ledger, NOW);
    say(&ledger, "r1", KEY, "-301010", REPEATED);
    let now = view(&ledger, id);
    assert_eq!((now.status, now.is_final), (Status::Waiting, false));
    assert_eq!(now.reasons[0].code, "-301010");
    assert!(now.reasons[0].text.contains("declare a change (appType 2)"), "{now:?}");
    assert!(
        ledger
            .look("CEB311", "EBP1/EBC1/A1", "1", "hash of x", None)
            .unwrap()
            .is_some()
    );
    for named in [
        RetrySelector::Message("M1".into()),
        RetrySelector::Document("EBP1/EBC1/A1".into()),
    ] {
        let error = ledger.retry(&named, NOW).unwrap_err();
        assert!(
            matches!(&error, LedgerError::AtCustoms { code, .. } if code == "-301010"),
            "{error}"
        );
    }
    assert_eq!(ledger.retry(&RetrySelector::All, NOW).unwrap(), 0);
    // A lost acceptance that arrives late ends it.
    say(&ledger, "r2", KEY, "120", Some((Meaning::Stored, true)));
    assert_eq!(fate(&ledger, id), (Status::Stored, true));
    assert_sound(&ledger);
}

#[test]
fn a_real_return_frees_the_key() {
    let ledger = Ledger::in_memory().unwrap();
    let id = accept(&ledger, &order("A1", "x"), "M1");
    send_all(&ledger, NOW);
    say(&ledger, "r1", KEY, "-301008", Some((Meaning::Returned, true)));
    assert_eq!(fate(&ledger, id), (Status::Returned, true));
    assert_eq!(
        ledger.look("CEB311", "EBP1/EBC1/A1", "1", "hash of x", None).unwrap(),
        None
    );
}

/// An inventory with the number I1, and a document of that message about it.
fn about(effect: Effect) -> (Ledger, i64, i64) {
    let ledger = Ledger::in_memory().unwrap();
    let original = accept(&ledger, &inventory("C1", "A1"), "M1");
    let concern = Concern {
        message: "CEB621".into(),
        name: "invtNo".into(),
        value: "I1".into(),
        effect,
    };
    let other = NewDocument {
        message: "CEB623".into(),
        match_keys: vec!["CEB624|copNo|W1".into()],
        concerns: vec![concern],
        ..inventory("W1", "A1")
    };
    send_all(&ledger, NOW);
    let stored = NewReceipt {
        assigns: vec![("invtNo".into(), "I1".into())],
        ..receipt(
            "r1",
            "CEB622|copNo|C1",
            "120",
            "20260301110000000",
            Some((Meaning::Waiting, false)),
        )
    };
    ledger.apply_receipt(&stored, NOW).unwrap();
    let other = accept(&ledger, &other, "M2");
    send_all(&ledger, NOW);
    (ledger, original, other)
}

#[test]
fn a_granted_withdrawal_withdraws_the_inventory_and_frees_its_key() {
    let (ledger, original, other) = about(Effect::Withdraws);
    say(&ledger, "r2", "CEB624|copNo|W1", "120", Some((Meaning::Waiting, false)));
    assert_eq!(fate(&ledger, original), (Status::Waiting, false), "not granted yet");
    say(&ledger, "r3", "CEB624|copNo|W1", "399", Some((Meaning::Stored, true)));
    let now = view(&ledger, original);
    assert_eq!((now.status, now.is_final), (Status::Withdrawn, true));
    assert!(now.reasons[0].text.starts_with("withdrawn by CEB623 W1"), "{now:?}");
    assert_eq!(fate(&ledger, other), (Status::Stored, true));
    assert!(story(&ledger, original).contains(&"status".to_owned()));
    // The key may be declared again, and the new inventory is not withdrawn with the old one.
    let again = accept(
        &ledger,
        &NewDocument {
            guid: "GUID-2".into(),
            ..inventory("C1", "A1")
        },
        "M3",
    );
    assert_eq!(fate(&ledger, again), (Status::Waiting, false));
    assert_sound(&ledger);
}

#[test]
fn a_granted_return_of_goods_leaves_a_note() {
    let (ledger, original, _) = about(Effect::Notes);
    say(&ledger, "r3", "CEB624|copNo|W1", "399", Some((Meaning::Stored, true)));
    let now = view(&ledger, original);
    assert_eq!(now.status, Status::Waiting);
    assert!(now.reasons[0].text.contains("CEB623 W1"), "{now:?}");
    assert_sound(&ledger);
}

fn held(content: &str) -> NewDocument {
    NewDocument {
        app_status: "1".into(),
        ..order("A1", content)
    }
}

fn declared(content: &str) -> NewDocument {
    NewDocument {
        app_status: "2".into(),
        ..order("A1", content)
    }
}

#[test]
fn what_is_only_held_at_customs_gives_way_to_its_declaration() {
    let ledger = Ledger::in_memory().unwrap();
    let first = accept(&ledger, &held("x"), "M1");
    send_all(&ledger, NOW);
    say(&ledger, "r1", KEY, "1", Some((Meaning::Held, false)));
    assert!(view(&ledger, first).held);
    assert!(
        ledger
            .stuck(None, moment("2026-04-01T00:00:00Z"))
            .unwrap()
            .first
            .is_none(),
        "it waits for its owner, not for customs"
    );
    assert_eq!(ledger.lookup(&held("x")).unwrap(), Some(Intake::AlreadyAccepted(first)));
    assert_eq!(ledger.lookup(&declared("x")).unwrap(), None);
    let second = accept(&ledger, &declared("x"), "M2");
    let old = view(&ledger, first);
    assert!(
        old.is_final && !old.held && old.reasons[0].text.starts_with("declared as CEB311"),
        "{old:?}"
    );
    assert!(
        matches!(ledger.lookup(&held("z")).unwrap(), Some(Intake::Conflict { existing, .. }) if existing == second)
    );
    assert_sound(&ledger);
}

#[test]
fn a_draft_never_leaves_holds_no_key_and_becomes_the_declaration_itself() {
    let ledger = Ledger::in_memory().unwrap();
    let keep = |content: &str| {
        let batch = Batch {
            drafts: &[declared(content)],
            ..Batch::default()
        };
        ledger.record(&batch, NOW).unwrap();
        ledger.find("EBP1/EBC1/A1").unwrap()
    };
    let kept = keep("x");
    assert_eq!(
        (kept[0].status, kept[0].is_final, kept[0].cop_msg_id.as_deref()),
        (Status::Draft, false, None)
    );
    assert_eq!(keep("y").len(), 1, "a draft of the same key is replaced");
    assert_eq!(ledger.lookup(&declared("z")).unwrap(), None);
    assert_sound(&ledger);
    let submitted = NewDocument {
        draft: Some(kept[0].id),
        ..declared("y")
    };
    assert_eq!(accept(&ledger, &submitted, "M1"), kept[0].id);
    assert_eq!(fate(&ledger, kept[0].id), (Status::Waiting, false));
    let again = ledger
        .accept(std::slice::from_ref(&submitted), &[message("M2", &[0])], NOW)
        .unwrap_err();
    assert!(matches!(again, LedgerError::Duplicate { .. }));
    assert_sound(&ledger);
}
