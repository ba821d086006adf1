//! Accepting documents: once each, all or nothing.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use cebridge_ledger::{Filter, Intake, Ledger, LedgerError, Meaning, Reason, Status};
use common::*;

fn ask(ledger: &Ledger, document: &cebridge_ledger::NewDocument) -> Option<Intake> {
    ledger
        .look(
            &document.message,
            &document.key,
            &document.app_type,
            &document.content_hash,
            document.key_free_before,
        )
        .unwrap()
}

#[test]
fn an_accepted_document_waits_and_is_found_by_everything_people_know() {
    let ledger = Ledger::in_memory().unwrap();
    let documents = [order("A1", "x"), inventory("COP1", "A1")];
    let ids = ledger
        .accept(&documents, &[message("M1", &[0]), message("M2", &[1])], NOW)
        .unwrap();
    assert_eq!(fate(&ledger, ids[0]), (Status::Waiting, false));
    let found = |term: &str| ledger.find(term).unwrap().into_iter().map(|v| v.id).collect::<Vec<_>>();
    assert_eq!(found("EBP1/EBC1/A1"), [ids[0]]);
    assert_eq!(
        found("A1"),
        [ids[1], ids[0]],
        "an order number leads to the order and its inventory"
    );
    assert_eq!(found("W-A1"), [ids[1]]);
    assert_eq!(found("guid-cop1"), [ids[1]], "guids are found in any case");
    assert_eq!(found("GUID-COP1"), [ids[1]]);
    assert_eq!(found("erp-A1"), [ids[1], ids[0]]);
    assert_eq!(found("M2"), [ids[1]]);
    assert!(found("").is_empty());
    assert_eq!(
        ledger.counts(&Filter::default()).unwrap()[&("CEB311".to_owned(), Status::Waiting)],
        1
    );
    assert_sound(&ledger);
}

#[test]
fn the_same_content_again_is_already_accepted_and_other_content_is_a_conflict() {
    let ledger = Ledger::in_memory().unwrap();
    assert_eq!(ask(&ledger, &order("A1", "x")), None);
    let id = accept(&ledger, &order("A1", "x"), "M1");
    assert_eq!(ask(&ledger, &order("A1", "x")), Some(Intake::AlreadyAccepted(id)));
    let conflict = Intake::Conflict {
        existing: id,
        guid: "GUID-A1-x".into(),
    };
    assert_eq!(ask(&ledger, &order("A1", "y")), Some(conflict));
}

#[test]
fn a_taken_key_makes_the_whole_call_fail_and_records_nothing() {
    let ledger = Ledger::in_memory().unwrap();
    let id = accept(&ledger, &order("A1", "x"), "M1");
    let before = common::check(&ledger);
    let documents = [order("A2", "x"), order("A1", "y"), order("A3", "x")];
    let error = ledger
        .accept(&documents, &[message("M2", &[0, 1, 2])], NOW)
        .unwrap_err();
    assert!(matches!(error, LedgerError::Duplicate { existing, same_content: false, .. } if existing == id));
    assert_eq!(ledger.list(&Filter::default()).unwrap().len(), 1);
    assert_eq!(ledger.envelope("M2").unwrap(), None);
    assert_eq!(common::check(&ledger), before);
    // The same CopMsgId is free for the next attempt.
    ledger.accept(&documents[..1], &[message("M2", &[0])], NOW).unwrap();
}

#[test]
fn one_key_twice_in_one_call_is_a_duplicate() {
    let ledger = Ledger::in_memory().unwrap();
    let documents = [order("A1", "x"), order("A1", "y")];
    let error = ledger.accept(&documents, &[message("M1", &[0, 1])], NOW).unwrap_err();
    assert!(matches!(error, LedgerError::Duplicate { existing: 0, .. }));
}

#[test]
fn a_used_cop_msg_id_is_refused() {
    let ledger = Ledger::in_memory().unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    let error = ledger
        .accept(&[order("A2", "x")], &[message("M1", &[0])], NOW)
        .unwrap_err();
    assert!(matches!(error, LedgerError::CopMsgIdTaken(id) if id == "M1"));
}

#[test]
fn every_document_travels_in_exactly_one_message() {
    let ledger = Ledger::in_memory().unwrap();
    let documents = [order("A1", "x"), order("A2", "x")];
    for messages in [
        vec![message("M1", &[0])],
        vec![message("M1", &[0, 1]), message("M2", &[1])],
        vec![message("M1", &[0, 1, 2])],
        vec![message("", &[0, 1])],
    ] {
        assert!(matches!(
            ledger.accept(&documents, &messages, NOW),
            Err(LedgerError::Invalid(_))
        ));
    }
    assert!(ledger.list(&Filter::default()).unwrap().is_empty());
}

#[test]
fn a_refused_document_is_recorded_once_and_does_not_hold_its_key() {
    let ledger = Ledger::in_memory().unwrap();
    let reason = |rule: &str| {
        vec![Reason {
            rule: rule.into(),
            path: "Order[1]".into(),
            text: "t".into(),
            code: String::new(),
        }]
    };
    let id = ledger.record_refused(&order("A1", "bad"), &reason("R1"), NOW).unwrap();
    assert_eq!(
        ledger.record_refused(&order("A1", "bad"), &reason("R1"), NOW).unwrap(),
        id
    );
    assert_eq!(story(&ledger, id), ["refused"]);
    assert_eq!(
        ledger.record_refused(&order("A1", "bad"), &reason("R2"), NOW).unwrap(),
        id
    );
    assert_eq!(view(&ledger, id).reasons, reason("R2"));
    assert_eq!(fate(&ledger, id), (Status::Refused, true));
    assert_ne!(
        ledger
            .record_refused(&order("A1", "worse"), &reason("R1"), NOW)
            .unwrap(),
        id
    );
    assert_eq!(ask(&ledger, &order("A1", "bad")), None);
    accept(&ledger, &order("A1", "good"), "M1");
    assert_sound(&ledger);
}

#[test]
fn a_returned_document_may_be_corrected_and_declared_anew() {
    let ledger = Ledger::in_memory().unwrap();
    let first = accept(&ledger, &order("A1", "x"), "M1");
    send_all(&ledger, NOW);
    ledger
        .apply_receipt(
            &receipt(
                "r1",
                "CEB312|EBP1|EBC1|A1",
                "100",
                "20260301110000000",
                Some((Meaning::Returned, true)),
            ),
            NOW,
        )
        .unwrap();
    assert_eq!(ask(&ledger, &order("A1", "x")), None);
    let second = accept(&ledger, &order("A1", "y"), "M2");
    assert_eq!(fate(&ledger, first), (Status::Returned, true));
    assert_eq!(ask(&ledger, &order("A1", "y")), Some(Intake::AlreadyAccepted(second)));
    assert_sound(&ledger);
}

#[test]
fn changes_follow_one_another_once_the_earlier_one_is_final() {
    let ledger = Ledger::in_memory().unwrap();
    let change = |content: &str| cebridge_ledger::NewDocument {
        app_type: "2".into(),
        ..order("A1", content)
    };
    let stored = |digest: &str, time: &str| {
        receipt(
            digest,
            "CEB312|EBP1|EBC1|A1",
            "120",
            time,
            Some((Meaning::Stored, true)),
        )
    };
    let original = accept_at(&ledger, &order("A1", "x"), "M1", moment("2026-03-01T00:00:00Z"));
    send_all(&ledger, moment("2026-03-01T00:00:00Z"));
    ledger.apply_receipt(&stored("r1", "20260301080100000"), NOW).unwrap();
    let first = accept_at(&ledger, &change("y"), "M2", moment("2026-03-02T00:00:00Z"));
    send_all(&ledger, moment("2026-03-02T00:00:00Z"));
    assert_eq!(
        ask(&ledger, &change("z")),
        Some(Intake::Conflict {
            existing: first,
            guid: "GUID-A1-y".into()
        })
    );
    ledger.apply_receipt(&stored("r2", "20260302080100000"), NOW).unwrap();
    assert_eq!(fate(&ledger, first), (Status::Stored, true));
    assert_eq!(ask(&ledger, &change("y")), Some(Intake::AlreadyAccepted(first)));
    accept_at(&ledger, &change("z"), "M3", moment("2026-03-03T00:00:00Z"));
    assert_eq!(ask(&ledger, &order("A1", "x")), Some(Intake::AlreadyAccepted(original)));
    assert_sound(&ledger);
}

#[test]
fn after_a_deletion_the_key_is_free_for_a_new_declaration() {
    let ledger = Ledger::in_memory().unwrap();
    let deletion = cebridge_ledger::NewDocument {
        app_type: "3".into(),
        ..order("A1", "gone")
    };
    let stored = |digest: &str, time: &str| {
        receipt(
            digest,
            "CEB312|EBP1|EBC1|A1",
            "120",
            time,
            Some((Meaning::Stored, true)),
        )
    };
    accept_at(&ledger, &order("A1", "x"), "M1", moment("2026-03-01T00:00:00Z"));
    send_all(&ledger, moment("2026-03-01T00:00:00Z"));
    ledger.apply_receipt(&stored("r1", "20260301080100000"), NOW).unwrap();
    accept_at(&ledger, &deletion, "M2", moment("2026-03-02T00:00:00Z"));
    send_all(&ledger, moment("2026-03-02T00:00:00Z"));
    assert!(
        ask(&ledger, &order("A1", "x")).is_some(),
        "not before customs confirmed the deletion"
    );
    ledger.apply_receipt(&stored("r2", "20260302080100000"), NOW).unwrap();
    assert_eq!(ask(&ledger, &order("A1", "x")), None);
    let again = accept_at(&ledger, &order("A1", "x"), "M3", moment("2026-03-03T00:00:00Z"));
    assert_eq!(ask(&ledger, &order("A1", "x")), Some(Intake::AlreadyAccepted(again)));
    assert_sound(&ledger);
}

#[test]
fn a_key_may_be_used_again_after_its_time() {
    let ledger = Ledger::in_memory().unwrap();
    let later = |content: &str, free_before: Timestamp| cebridge_ledger::NewDocument {
        key_free_before: Some(free_before),
        ..order("A1", content)
    };
    let first = accept_at(&ledger, &order("A1", "x"), "M1", moment("2026-03-01T00:00:00Z"));
    let conflict = Some(Intake::Conflict {
        existing: first,
        guid: "GUID-A1-x".into(),
    });
    let after = later("y", moment("2026-03-01T08:00:01+08:00"));
    assert_eq!(
        ask(&ledger, &after),
        conflict,
        "not while customs has not had its last word"
    );
    send_all(&ledger, moment("2026-03-01T00:00:00Z"));
    let stored = receipt(
        "r1",
        "CEB312|EBP1|EBC1|A1",
        "120",
        "20260301080100000",
        Some((Meaning::Stored, true)),
    );
    ledger.apply_receipt(&stored, NOW).unwrap();
    assert_eq!(ask(&ledger, &order("A1", "y")), conflict, "for ever");
    assert_eq!(
        ask(&ledger, &later("y", moment("2026-03-01T00:00:00Z"))),
        conflict,
        "not yet"
    );
    assert_eq!(
        ask(&ledger, &later("x", moment("2026-09-01T00:00:00Z"))),
        Some(Intake::AlreadyAccepted(first)),
        "the same content is still the same document"
    );
    assert_eq!(ask(&ledger, &after), None);
    let second = accept_at(&ledger, &after, "M2", moment("2026-09-01T00:00:00Z"));
    assert_eq!(fate(&ledger, first), (Status::Stored, true));
    assert_eq!(ask(&ledger, &order("A1", "y")), Some(Intake::AlreadyAccepted(second)));
    assert_sound(&ledger);
}

#[test]
fn lists_filter_and_page_from_the_newest() {
    let ledger = Ledger::in_memory().unwrap();
    let ids: Vec<i64> = (0..5)
        .map(|n| accept(&ledger, &order(&format!("A{n}"), "x"), &format!("M{n}")))
        .collect();
    ledger
        .record_refused(&inventory("C1", "A0"), &[], moment("2026-03-02T00:00:00Z"))
        .unwrap();
    let list = |filter: Filter| {
        ledger
            .list(&filter)
            .unwrap()
            .into_iter()
            .map(|v| v.id)
            .collect::<Vec<_>>()
    };
    let waiting = Filter {
        status: Some(Status::Waiting),
        limit: Some(2),
        ..Filter::default()
    };
    assert_eq!(list(waiting.clone()), [ids[4], ids[3]]);
    assert_eq!(
        list(Filter {
            before_id: Some(ids[3]),
            ..waiting
        }),
        [ids[2], ids[1]]
    );
    assert_eq!(
        list(Filter {
            message: Some("CEB621".into()),
            ..Filter::default()
        })
        .len(),
        1
    );
    assert_eq!(
        list(Filter {
            is_final: Some(false),
            ..Filter::default()
        })
        .len(),
        5
    );
    // The same moment in another offset.
    assert_eq!(
        list(Filter {
            since: Some(moment("2026-03-02T08:00:00+08:00")),
            ..Filter::default()
        })
        .len(),
        1
    );
    assert_eq!(
        list(Filter {
            since: Some(moment("2026-03-02T08:00:01+08:00")),
            ..Filter::default()
        })
        .len(),
        0
    );
}

#[test]
fn the_trail_names_who_did_what_with_which_pack_and_key() {
    let ledger = Ledger::in_memory().unwrap().acting_as("declare by anna");
    let id = accept(&ledger, &order("A1", "x"), "M1");
    send_all(&ledger, NOW);
    let events = ledger.history(id).unwrap();
    assert_eq!(
        events.iter().map(|e| e.kind.as_str()).collect::<Vec<_>>(),
        ["signed", "accepted", "sent"]
    );
    assert_eq!(
        (events[0].actor.as_str(), events[2].actor.as_str()),
        ("declare by anna", "worker")
    );
    assert_eq!(events[0].bytes_sha256.as_deref(), Some("cd".repeat(32).as_str()));
    assert_eq!(events[0].key_serial.as_deref(), Some("01a2b3c4"));
    assert_eq!(events[1].pack_digest.as_deref(), Some("ab".repeat(32).as_str()));
    assert_eq!(events[2].at, NOW);
    assert!(
        events.iter().all(|e| !e.detail_json.contains("goodsInfo")),
        "business values stay out of the trail"
    );
}

#[test]
fn host_events_are_kept_apart_and_must_be_json() {
    let ledger = Ledger::in_memory().unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
    ledger
        .record_event("ops", "pack-activated", r#"{"edition":"2022-05"}"#, NOW)
        .unwrap();
    assert!(matches!(
        ledger.record_event("ops", "x", "not json", NOW),
        Err(LedgerError::Invalid(_))
    ));
    let events = ledger.host_events(10).unwrap();
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].actor.as_str(), events[0].kind.as_str()),
        ("ops", "pack-activated")
    );
    assert_sound(&ledger);
}

#[test]
fn documents_are_found_by_the_values_of_their_fields() {
    let ledger = Ledger::in_memory().unwrap();
    let found = |message: &str, fields: &[(&str, &str)]| -> Vec<i64> {
        let views = ledger
            .find_documents(message, fields, |name| name == "orderNo")
            .unwrap();
        views.into_iter().map(|view| view.id).collect()
    };
    let order_id = accept(&ledger, &order("A1", "x"), "M1");
    let inventory_id = accept(&ledger, &inventory("COP1", "A1"), "M2");
    assert_eq!(found("CEB311", &[("OrderHead/orderNo", "A1")]), [order_id]);
    assert_eq!(
        found("CEB311", &[("OrderHead/goodsInfo", "x")]),
        [order_id],
        "any field will do"
    );
    assert_eq!(
        found("CEB311", &[("OrderHead/orderNo", "A1"), ("OrderHead/goodsInfo", "y")]),
        [0; 0]
    );
    assert_eq!(found("CEB621", &[("InventoryHead/orderNo", "A1")]), [inventory_id]);
    assert_eq!(
        found("CEB621", &[("orderNo", "A1")]),
        [0; 0],
        "the path counts, not the name"
    );

    // A number assigned by customs is found under the name of the field, for a change of the same document as well.
    send_all(&ledger, NOW);
    let mut released = receipt(
        "r1",
        "CEB622|copNo|COP1",
        "800",
        "20260301120000000",
        Some((Meaning::Released, true)),
    );
    released.assigns = vec![("invtNo".into(), "2244I1".into())];
    ledger.apply_receipt(&released, NOW).unwrap();
    assert_eq!(found("CEB621", &[("InventoryHead/invtNo", "2244I1")]), [inventory_id]);
    let mut change = inventory("COP1", "A1");
    change.app_type = "2".into();
    let change_id = accept(&ledger, &change, "M3");
    assert_eq!(
        found("CEB621", &[("InventoryHead/invtNo", "2244I1")]),
        [change_id],
        "the newest counts"
    );

    // Returned documents do not count.
    let returned = receipt(
        "r2",
        "CEB312|EBP1|EBC1|A1",
        "-301010",
        "20260301120000000",
        Some((Meaning::Returned, true)),
    );
    ledger.apply_receipt(&returned, NOW).unwrap();
    assert_eq!(found("CEB311", &[("OrderHead/orderNo", "A1")]), [0; 0]);
}
