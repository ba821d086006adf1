//! Ledgers of earlier versions are migrated to the newest schema when opened, and go on working.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use cebridge_ledger::{ForceOrigin, Ledger, LedgerError, Meaning, NewForce, NewRequest, RetrySelector, Status};
use common::{NOW, Short as _, fate, order, receipt, view};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

/// A ledger of schema 2: an order returned by a complaint, as that version read it; one held at customs; one that a
/// killed process had leased; one refused.
fn second_schema(path: &std::path::Path) {
    let raw = Connection::open(path).unwrap();
    raw.execute_batch(include_str!("../src/schema/001.sql")).unwrap();
    raw.execute_batch(include_str!("../src/schema/002.sql")).unwrap();
    raw.execute_batch(
        "INSERT INTO outbox (id, cop_msg_id, guid, message, envelope, envelope_sha256, body_sha256, key_serial, profile, pack_digest,
             edition, state, attempts, accepted_at, due_at, lease_owner, lease_until, first_attempt_at, sent_at)
         VALUES (1, 'M1', 'G1', 'CEB311', x'78', '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', '', '', '', '', '2022-05',
             'sent', 1, '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z', NULL, NULL, '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z'),
            (2, 'M2', 'G2', 'CEB311', x'78', '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881', '', '', '', '', '2022-05',
             'pending', 1, '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z', '4711-ThreadId(1)', '2026-03-01T01:00:40.000Z',
             '2026-03-01T01:00:00.000Z', NULL);
         INSERT INTO documents (id, message, key, app_type, guid, source, edition, pack_digest, content_hash, values_json, findings_json,
             made_at, accepted_at, updated_at, status, is_final, live, outbox, return_status, return_time, reasons_json)
         VALUES (1, 'CEB311', 'EBP1/EBC1/A1', '1', 'GUID-A1-x', 's1', '2022-05', '', 'hash of x', '{\"OrderHead\":{\"orderNo\":\"A1\"}}', '[]',
             '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z', 'returned', 1, 0, 1, '-301010', '20260301100000000',
             '[{\"code\":\"-301010\",\"rule\":\"\",\"path\":\"\",\"text\":\"x\"}]'),
            (2, 'CEB311', 'EBP1/EBC1/A2', '1', 'GUID-A2-x', 's2', '2022-05', '', 'hash of x', '{\"OrderHead\":{\"orderNo\":\"A2\",\"appStatus\":\"1\"}}', '[]',
             '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z', 'waiting', 0, 1, 2, NULL, NULL, '[]'),
            (3, 'CEB311', 'EBP1/EBC1/A3', '1', 'GUID-A3-x', 's3', '2022-05', '', 'hash of x', '{}', '[]',
             '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z', '2026-03-01T01:00:00.000Z', 'refused', 1, 0, NULL, NULL, NULL, '[]');
         INSERT INTO match_keys (key, document) VALUES ('CEB312|EBP1|EBC1|A1', 1), ('CEB312|EBP1|EBC1|A2', 2);
         INSERT INTO receipts (digest, kind, message, document, return_status, return_time, return_info, values_json, raw, rank, becomes,
             is_final, match_keys_json, guid_hints_json, assigns_json, received_at)
         VALUES ('d1', 'record', 'CEB312', 1, '-301010', '20260301100000000', 'x', '{}', x'7b7d', 6, 'returned', 1, '[]', '[]', '[]',
             '2026-03-01T02:00:00.000Z');",
    )
    .unwrap();
    events(&raw);
    raw.pragma_update(None, "application_id", 0x6365_6272_i64).unwrap();
    raw.pragma_update(None, "user_version", 2).unwrap();
}

/// The events that the second version noted about all that, with fewer details than today.
fn events(raw: &Connection) {
    let rows = [
        (None, Some(1), "signed", r#"{"copMsgId":"M1","guid":"G1"}"#, None),
        (None, Some(2), "signed", r#"{"copMsgId":"M2","guid":"G2"}"#, None),
        (
            Some(1),
            Some(1),
            "accepted",
            r#"{"contentHash":"hash of x","guid":"GUID-A1-x"}"#,
            None,
        ),
        (
            Some(2),
            Some(2),
            "accepted",
            r#"{"contentHash":"hash of x","guid":"GUID-A2-x"}"#,
            None,
        ),
        (Some(3), None, "refused", r#"{"key":"EBP1/EBC1/A3","rules":[]}"#, None),
        (
            None,
            Some(1),
            "sent",
            r#"{"copMsgId":"M1"}"#,
            Some("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"),
        ),
        (
            Some(1),
            None,
            "receipt",
            r#"{"receipt":1,"returnStatus":"-301010"}"#,
            Some("d1"),
        ),
        (
            Some(1),
            None,
            "status",
            r#"{"from":"waiting","to":"returned","final":true}"#,
            None,
        ),
    ];
    let mut before = String::new();
    for (document, message, kind, detail, bytes) in rows {
        let at = "2026-03-01T01:00:00.000Z";
        let mut hash = Sha256::new();
        let numbers = [document, message].map(|id| id.map(|id| id.to_string()));
        let fields = [
            Some(before.as_str()),
            Some(at),
            Some("cebridge"),
            numbers[0].as_deref(),
            numbers[1].as_deref(),
            Some(kind),
            Some(detail),
            None,
            None,
            bytes,
        ];
        for field in fields {
            hash.update(field.map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
            hash.update(field.unwrap_or_default());
        }
        before = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        raw.execute(
            "INSERT INTO events (at, actor, document, message, kind, detail_json, bytes_sha256, chain) \
             VALUES (?1, 'cebridge', ?2, ?3, ?4, ?5, ?6, ?7)",
            (at, document, message, kind, detail, bytes, &before),
        )
        .unwrap();
    }
}

/// A ledger of schema 3: the one above, migrated by that version, with a half-recorded file and receipts as received.
fn third_schema(path: &std::path::Path) {
    second_schema(path);
    let raw = Connection::open(path).unwrap();
    raw.execute_batch(include_str!("../src/schema/003.sql")).unwrap();
    raw.execute_batch(
        "INSERT INTO inputs (id, place, stamp, sha256, size, mapper, mapper_digest, enterprise, edition, pack_digest, declared_at,
             next_record, state, owner, begun_at)
         VALUES (1, 'intake/orders.csv', '10-1', 's1', 10, 'shop', 'm1', '', '2022-05', 'ab', '2026-03-01T01:00:00.000Z', 7, 'open',
             'host/1', '2026-03-01T01:00:00.000Z');
         INSERT INTO arrivals (id, sha256, name, bytes, received_at)
         VALUES (1, 'a66cbe65e89770347114954fbe7175e78060be256bea5b7e5c21cae54f56dd9a', 'receipts.xml', x'3c78', '2026-03-01T02:00:00.000Z');
         UPDATE receipts SET arrival = 1, raw = x'';",
    )
    .unwrap();
    raw.pragma_update(None, "user_version", 3).unwrap();
}

#[test]
fn a_ledger_of_the_third_schema_keeps_what_it_says() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    third_schema(&path);
    let ledger = Ledger::open(&path).unwrap();
    common::assert_sound(&ledger);
    assert_eq!(fate(&ledger, 1), (Status::Returned, true));
    assert_eq!(fate(&ledger, 3), (Status::Refused, true));
    assert_eq!(ledger.open_inputs("s1").unwrap()[0].next_record, 7);
    let kept = ledger.receipts(&cebridge_ledger::ReceiptFilter::default()).unwrap();
    assert_eq!(ledger.receipt_raw(kept[0].id).unwrap().unwrap(), b"<x");
    drop(ledger);
    let version: i64 = Connection::open(&path)
        .unwrap()
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    assert_eq!(version, 5);
    common::assert_sound(&Ledger::open(&path).unwrap());
}

#[test]
fn a_ledger_of_the_second_schema_keeps_what_it_says_and_goes_on() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    second_schema(&path);
    let ledger = Ledger::open(&path).unwrap();
    common::assert_sound(&ledger);
    // The meaning a receipt had on arrival stays; its values are kept where there is no file.
    assert_eq!(fate(&ledger, 1), (Status::Returned, true));
    assert_eq!(fate(&ledger, 3), (Status::Refused, true));
    let kept = ledger.receipts(&cebridge_ledger::ReceiptFilter::default()).unwrap();
    assert_eq!(kept[0].means, Some(Meaning::Returned));
    assert_eq!(ledger.receipt_raw(kept[0].id).unwrap().unwrap(), b"{}");
    // A message leased by a process of that version is handed out after its lease, and known to be only for holding.
    assert_eq!(view(&ledger, 2).app_status, "1");
    let again = ledger.claim(NOW, "host/1", 40, 9).unwrap();
    assert_eq!(
        (again.len(), again[0].cop_msg_id.as_str(), again[0].handing_over),
        (1, "M2", false)
    );
    ledger.sent(again[0].id, NOW).unwrap();
    let word = receipt(
        "d2",
        "CEB312|EBP1|EBC1|A2",
        "120",
        "20260301110000000",
        Some((Meaning::Stored, true)),
    );
    ledger.apply_receipt(&word, NOW).unwrap();
    assert_eq!(fate(&ledger, 2), (Status::Stored, true));
    ledger
        .accept(&[order("A1", "x")], &[common::message("M3", &[0])], NOW)
        .unwrap();
    assert_eq!(ledger.retry(&RetrySelector::All, NOW).unwrap(), 1);
    common::assert_sound(&ledger);
    drop(ledger);
    Ledger::open(&path).unwrap();
}

#[test]
fn a_ledger_of_the_third_schema_takes_packs_and_requests() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    third_schema(&path);
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.force_version().unwrap(), 0);
    assert!(ledger.in_force().unwrap().is_empty() && ledger.offers().unwrap().is_empty());
    let shipped = NewForce {
        edition: "2022-05".into(),
        digest: "ab".repeat(32),
        version: "1".into(),
        origin: ForceOrigin::Shipped,
        place: String::new(),
        why: "shipped".into(),
        by: "host:1".into(),
    };
    ledger.put_in_force(&shipped, None, &[], 0, NOW).unwrap().unwrap();
    let request = NewRequest {
        verb: "reload".into(),
        args_json: "{}".into(),
        by: "li".into(),
    };
    ledger.ask(&request, NOW).unwrap();
    ledger.announce("host:1", "{}", NOW).unwrap();
    drop(ledger);
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.force_version().unwrap(), 1);
    assert_eq!(ledger.in_force().unwrap()[0].digest, shipped.digest);
    assert_eq!(ledger.open_requests().unwrap().len(), 1);
    assert_eq!(ledger.hosts().unwrap().len(), 1);
    common::assert_sound(&ledger);
}

#[test]
fn a_command_that_only_reads_changes_nothing_and_makes_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    let missing = Ledger::open_to_read(&path).unwrap_err();
    assert!(
        matches!(&missing, LedgerError::Missing { path: named } if *named == path),
        "{missing}"
    );
    assert!(!path.exists());

    third_schema(&path);
    let before = std::fs::read(&path).unwrap();
    let older = Ledger::open_to_read(&path).unwrap_err();
    assert!(
        matches!(older, LedgerError::OlderSchema { found: 3, known: 5, .. }),
        "{older}"
    );
    // Copies and the chain are the same in every version.
    let (ledger, version) = Ledger::open_to_copy(&path).unwrap();
    assert_eq!(version, 3);
    let report = ledger.check_chain(&common::Unread).unwrap();
    assert!(report.is_ok() && report.events == 8, "{report:?}");
    let copy = folder.path().join("copy.db");
    ledger.copy_to(&copy, NOW).unwrap();
    drop(ledger);
    assert_eq!(std::fs::read(&path).unwrap(), before);

    common::assert_sound(&Ledger::open(&copy).unwrap());
    assert!(Ledger::open(&copy).unwrap().take_up_copy(NOW).unwrap().is_none());
    let ledger = Ledger::open_to_read(&copy).unwrap();
    let error = ledger.record_event("x", "y", "{}", NOW).unwrap_err();
    assert!(matches!(error, LedgerError::ReadOnly { .. }), "{error}");
}
