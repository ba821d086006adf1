//! The order in which receipts arrive does not matter.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use cebridge_ledger::{DocumentView, Ledger, Meaning, NewReceipt, ReceiptFilter, Status};
use common::*;
use proptest::prelude::*;

const RETURNED: Option<(Meaning, bool)> = Some((Meaning::Returned, true));
const WAITING: Option<(Meaning, bool)> = Some((Meaning::Waiting, false));

fn unmatched(ledger: &Ledger) -> usize {
    ledger
        .receipts(&ReceiptFilter {
            unmatched: true,
            ..ReceiptFilter::default()
        })
        .unwrap()
        .len()
}

/// An inventory that was declared twice, the first time returned or never delivered, and something else.
fn two_generations(dead: bool) -> (Ledger, Vec<i64>) {
    let ledger = Ledger::in_memory().unwrap();
    let change = cebridge_ledger::NewDocument {
        app_type: "2".into(),
        guid: "GUID-C".into(),
        ..inventory("C1", "A1")
    };
    let mut ids = vec![accept_at(
        &ledger,
        &inventory("C1", "A1"),
        "M1",
        moment("2026-03-01T02:00:00Z"),
    )];
    let item = ledger
        .claim(moment("2026-03-01T02:00:00Z"), "w", 60, 1)
        .unwrap()
        .remove(0);
    if dead {
        ledger.mark_failed(item.id, "no route", None, NOW).unwrap();
    } else {
        ledger.sent(item.id, NOW).unwrap();
    }
    ids.push(accept_at(&ledger, &change, "M2", moment("2026-03-01T03:00:00Z")));
    ids.push(accept_at(
        &ledger,
        &inventory("C2", "A2"),
        "M3",
        moment("2026-03-01T03:00:00Z"),
    ));
    let withdrawal = cebridge_ledger::NewDocument {
        message: "CEB623".into(),
        match_keys: vec!["CEB624|copNo|W1".into()],
        concerns: vec![cebridge_ledger::Concern {
            message: "CEB621".into(),
            name: "invtNo".into(),
            value: "I1".into(),
            effect: cebridge_ledger::Effect::Withdraws,
        }],
        ..inventory("W1", "A1")
    };
    ids.push(accept_at(&ledger, &withdrawal, "M4", moment("2026-03-01T03:00:00Z")));
    send_all(&ledger, moment("2026-03-01T03:00:00Z"));
    (ledger, ids)
}

/// One possible answer of customs, before it has a digest.
fn word() -> impl Strategy<Value = NewReceipt> {
    let keys = prop::sample::subsequence(vec!["CEB622|copNo|C1", "CEB622|preNo|P1", "CEB622|invtNo|I1"], 1..=3);
    let becomes = prop::sample::select(vec![
        ("2", WAITING, 1),
        ("120", Some((Meaning::Stored, false)), 4),
        ("300", WAITING, 5),
        ("100", RETURNED, 6),
        ("-621001", RETURNED, 6),
        ("800", Some((Meaning::Released, true)), 9),
        ("430", None, -1),
        ("-621004", Some((Meaning::Repeated, false)), 0),
        ("-621012", Some((Meaning::Barred, false)), 0),
        ("1", Some((Meaning::Held, false)), 0),
    ]);
    let about = prop::sample::select(vec!["CEB622", "CEB622", "CEB622", "CEB624"]);
    let time = prop::sample::select(vec![
        "20260301100500000",
        "20260301102000000",
        "20260301110500000",
        "20260301120000000",
        "",
    ]);
    let hint = prop::sample::select(vec!["", "", "GUID-C1", "GUID-C"]);
    let parts = (keys, becomes, time, hint, 0..3_u8, about);
    parts.prop_map(|(keys, (status, means, rank), time, hint, number, about)| NewReceipt {
        message: about.into(),
        match_keys: match about {
            "CEB624" => vec!["CEB624|copNo|W1".to_owned()],
            _ => keys.into_iter().map(str::to_owned).collect(),
        },
        guid_hints: vec![hint.to_owned()],
        return_status: status.into(),
        return_time: time.into(),
        return_info: format!("text {number}"),
        values_json: "{}".into(),
        rank,
        means,
        assigns: vec![
            ("preNo".into(), format!("P{number}")),
            ("invtNo".into(), format!("I{number}")),
        ],
        ..NewReceipt::default()
    })
}

/// Receipts with digests, and the order of their arrival, with repetitions.
fn conversation() -> impl Strategy<Value = (Vec<NewReceipt>, Vec<usize>, Vec<usize>)> {
    prop::collection::vec(word(), 1..8).prop_flat_map(|mut words| {
        for (number, word) in words.iter_mut().enumerate() {
            word.digest = format!("digest {number}");
        }
        let order = Just((0..words.len()).collect::<Vec<_>>()).prop_shuffle();
        let repeats = prop::collection::vec(0..words.len(), 0..4);
        (Just(words), order, repeats)
    })
}

/// Everything that users see of the documents, apart from times of recording.
fn outcome(ledger: &Ledger, ids: &[i64]) -> Vec<DocumentView> {
    ids.iter()
        .map(|&id| DocumentView {
            updated_at: NOW,
            sent_at: None,
            heard_at: None,
            ..view(ledger, id)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_arrival_does_not_matter(
        (words, order, repeats) in conversation(),
        dead in any::<bool>(),
        format_error in prop::option::of(0..8_usize),
    ) {
        let (straight, ids) = two_generations(dead);
        let (shuffled, same_ids) = two_generations(dead);
        prop_assert_eq!(&ids, &same_ids);
        let complain = |ledger: &Ledger| ledger.format_error("M2", "0002", "schema", b"", "format", NOW).unwrap();
        for word in &words {
            straight.apply_receipt(word, NOW).unwrap();
        }
        if format_error.is_some() {
            complain(&straight);
        }
        for (step, &index) in order.iter().chain(&repeats).enumerate() {
            if format_error == Some(step) {
                complain(&shuffled);
            }
            shuffled.apply_receipt(&words[index], moment("2026-03-05T00:00:00Z")).unwrap();
        }
        if format_error.is_some() {
            complain(&shuffled);
        }
        prop_assert_eq!(outcome(&straight, &ids), outcome(&shuffled, &ids));
        prop_assert_eq!(unmatched(&straight), unmatched(&shuffled));
        for ledger in [&straight, &shuffled] {
            let report = common::check(ledger);
            prop_assert!(report.is_ok(), "{:?}", report.problems);
        }
        prop_assert_eq!(fate(&straight, ids[2]), (Status::Waiting, false));
    }
}
