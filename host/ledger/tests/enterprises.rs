//! Several enterprises in one ledger are kept apart, and older ledgers are migrated to that.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use cebridge_ledger::{Filter, Intake, Ledger, LedgerError, Meaning, NewDocument, NewMessage, Reason, ReceiptFilter};
use common::{NOW, Short as _, accept, message, order, receipt};
use tempfile::TempDir;

const OTHER: &str = "4403960BB2";

fn of_other(document: NewDocument) -> NewDocument {
    NewDocument {
        enterprise: OTHER.into(),
        ..document
    }
}

fn ledger(root: &TempDir) -> Ledger {
    Ledger::open(&root.path().join("ledger.db")).unwrap()
}

fn of(enterprise: &str) -> Filter {
    Filter {
        enterprise: Some(enterprise.into()),
        ..Filter::default()
    }
}

#[test]
fn documents_messages_and_receipts_are_listed_by_enterprise() {
    let root = TempDir::new().unwrap();
    let ledger = ledger(&root);
    accept(&ledger, &order("A1", "x"), "M1");
    let carried = NewMessage {
        enterprise: OTHER.into(),
        ..message("M2", &[0])
    };
    ledger.accept(&[of_other(order("B1", "x"))], &[carried], NOW).unwrap();
    let keys = |enterprise| -> Vec<String> {
        let found = ledger.list(&of(enterprise)).unwrap();
        found.into_iter().map(|view| view.key).collect()
    };
    assert_eq!(keys(OTHER), ["EBP1/EBC1/B1"]);
    assert_eq!(keys("4403960AA1"), ["EBP1/EBC1/A1"]);
    assert!(keys("").is_empty());

    let stored = Some((Meaning::Stored, true));
    for number in ["A1", "B1"] {
        let key = format!("CEB312|EBP1|EBC1|{number}");
        let receipt = receipt(number, &key, "120", "20260301120000000", stored);
        ledger.apply_receipt(&receipt, NOW).unwrap();
    }
    ledger
        .format_error("M2", "0002", "schema", b"raw", "digest", NOW)
        .unwrap();
    let receipts = |enterprise: &str| -> usize {
        let filter = ReceiptFilter {
            enterprise: Some(enterprise.into()),
            ..ReceiptFilter::default()
        };
        ledger.receipts(&filter).unwrap().len()
    };
    assert_eq!((receipts("4403960AA1"), receipts(OTHER)), (1, 2));

    let items = ledger.claim(NOW, "worker", 60, 10).unwrap();
    let whose: Vec<(&str, &str)> = items
        .iter()
        .map(|i| (i.cop_msg_id.as_str(), i.enterprise.as_str()))
        .collect();
    assert!(
        whose.iter().all(|(id, whose)| (*id == "M2") == (*whose == OTHER)),
        "{whose:?}"
    );
}

#[test]
fn a_message_carries_documents_of_its_own_enterprise_only() {
    let root = TempDir::new().unwrap();
    let ledger = ledger(&root);
    let refused = ledger.accept(&[of_other(order("B1", "x"))], &[message("M1", &[0])], NOW);
    assert!(
        matches!(&refused, Err(LedgerError::Invalid(text)) if text.contains("another enterprise")),
        "{refused:?}"
    );
    assert!(ledger.list(&Filter::default()).unwrap().is_empty());
}

#[test]
fn a_business_key_is_taken_whoever_declared_it() {
    let root = TempDir::new().unwrap();
    let ledger = ledger(&root);
    accept(&ledger, &order("A1", "x"), "M1");
    let carried = NewMessage {
        enterprise: OTHER.into(),
        ..message("M2", &[0])
    };
    let taken = ledger.accept(&[of_other(order("A1", "y"))], &[carried], NOW);
    assert!(matches!(taken, Err(LedgerError::Duplicate { .. })), "{taken:?}");
    let known = ledger.look("CEB311", "EBP1/EBC1/A1", "1", "hash of y", None).unwrap();
    assert!(matches!(known, Some(Intake::Conflict { .. })), "{known:?}");
}

#[test]
fn the_same_refusal_of_two_enterprises_is_two_rows() {
    let root = TempDir::new().unwrap();
    let ledger = ledger(&root);
    let reasons = [Reason::default()];
    let first = ledger.record_refused(&order("A1", "x"), &reasons, NOW).unwrap();
    let second = ledger
        .record_refused(&of_other(order("A1", "x")), &reasons, NOW)
        .unwrap();
    assert_ne!(first, second);
    assert_eq!(ledger.record_refused(&order("A1", "x"), &reasons, NOW).unwrap(), first);
}

#[test]
fn a_ledger_of_the_first_shape_is_brought_up_and_keeps_its_rows() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    // 0x63656272 is the application id of a ledger.
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(&format!(
            "{}; PRAGMA application_id = 1667588722; PRAGMA user_version = 1; \
             INSERT INTO documents (message, key, app_type, guid, source, edition, pack_digest, content_hash, \
             values_json, findings_json, made_at, accepted_at, updated_at, status, is_final, live) VALUES \
             ('CEB311', 'OLD', '1', 'G', 'S', 'E', 'P', 'H', '{{}}', '[]', '{NOW:.3}', '{NOW:.3}', '{NOW:.3}', 'refused', 1, 0);",
            include_str!("../src/schema/001.sql")
        ))
        .unwrap();
    let ledger = Ledger::open(&path).unwrap();
    let old = ledger.find("OLD").unwrap();
    assert_eq!((old.len(), old[0].enterprise.as_str()), (1, ""));
    accept(&ledger, &order("A1", "x"), "M1");
    assert_eq!(ledger.list(&of("4403960AA1")).unwrap().len(), 1);
}
