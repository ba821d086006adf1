//! Ledger files that are missing, foreign, damaged, locked, newer or not writable.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use cebridge_ledger::{Filter, Ledger, LedgerError};
use common::*;
use tempfile::TempDir;

fn count(path: &Path) -> usize {
    Ledger::open(path).unwrap().list(&Filter::default()).unwrap().len()
}

#[test]
fn a_new_ledger_is_made_with_its_folder_and_keeps_what_it_was_given() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("a/b/ledger.db");
    accept(&Ledger::open(&path).unwrap(), &order("A1", "x"), "M1");
    assert_eq!(count(&path), 1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o077,
            0,
            "nobody else may read it"
        );
    }
}

#[test]
fn a_path_is_a_path_and_no_address() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("file:x?mode=memory");
    accept(&Ledger::open(&path).unwrap(), &order("A1", "x"), "M1");
    assert_eq!(count(&path), 1);
}

#[test]
fn many_openers_of_a_new_file_all_get_the_same_ledger() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    std::thread::scope(|scope| {
        for n in 0..8 {
            let path = &path;
            scope.spawn(move || {
                let ledger = Ledger::open(path).unwrap();
                accept(&ledger, &order(&format!("A{n}"), "x"), &format!("M{n}"));
            });
        }
    });
    assert_eq!(count(&path), 8);
    assert_sound(&Ledger::open(&path).unwrap());
}

#[test]
fn foreign_files_are_refused_and_left_as_they_are() {
    let root = TempDir::new().unwrap();
    let text = root.path().join("notes.txt");
    fs::write(
        &text,
        "no database at all, but long enough to have a header of a hundred bytes. ".repeat(4),
    )
    .unwrap();
    let other = root.path().join("other.db");
    rusqlite::Connection::open(&other)
        .unwrap()
        .execute_batch("CREATE TABLE t (x); PRAGMA user_version = 1")
        .unwrap();
    for path in [text, other] {
        let before = fs::read(&path).unwrap();
        assert!(
            matches!(Ledger::open(&path), Err(LedgerError::NotALedger { .. })),
            "{}",
            path.display()
        );
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_ledger_of_a_newer_program_is_refused() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    drop(Ledger::open(&path).unwrap());
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    let error = Ledger::open(&path).unwrap_err();
    assert!(matches!(error, LedgerError::NewerSchema { found: 99, .. }));
    assert!(error.to_string().contains("Use the newer cebridge"), "{error}");
}

#[test]
fn a_damaged_file_is_reported_as_damaged() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    accept(&Ledger::open(&path).unwrap(), &order("A1", "x"), "M1");
    let mut bytes = fs::read(&path).unwrap();
    // Everything after the first page.
    bytes[4096..].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let outcome = Ledger::open(&path).and_then(|ledger| ledger.list(&Filter::default()).map(drop));
    assert!(matches!(outcome, Err(LedgerError::Corrupt { .. })), "{outcome:?}");
}

#[test]
fn tampering_with_the_trail_or_the_bytes_is_found() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    let tampering = [
        (
            "DROP TRIGGER events_stay; UPDATE events SET actor = 'nobody' WHERE id = 2",
            "chain event 2: `accepted` of 2026-03-01T10:00:00+08:00, about CEB311 EBP1/EBC1/A1",
        ),
        (
            "DROP TRIGGER events_stay; UPDATE events SET actor = 'nobody' WHERE id = 2",
            "trigger trigger events_stay: it keeps events from being changed",
        ),
        (
            "DROP TRIGGER events_remain; DELETE FROM events WHERE id = 2",
            "chain event 2: it was removed",
        ),
        (
            "DROP TRIGGER events_remain; DELETE FROM events WHERE id > 2",
            "chain event 3: it was removed",
        ),
        (
            "CREATE TRIGGER x AFTER INSERT ON events BEGIN DELETE FROM receipts; END",
            "trigger trigger x: it was not created by this program",
        ),
        (
            "UPDATE outbox SET envelope = x'00', envelope_sha256 = 'x'",
            "message message M1 (CEB311): the stored envelope was replaced or changed",
        ),
        (
            "UPDATE outbox SET key_serial = '00'",
            "changed since it was recorded at signing: key_serial",
        ),
        (
            "UPDATE outbox SET sent_at = '2026-03-02T00:00:00.000Z'",
            "sent on 2026-03-02T08:00:00+08:00, and no event says so",
        ),
        (
            "UPDATE documents SET values_json = '{}', content_hash = 'x'",
            "document document 1, CEB311 EBP1/EBC1/A1: changed after it was recorded on 2026-03-01T10:00:00+08:00: content_hash, values",
        ),
        (
            "UPDATE documents SET findings_json = '[1]'",
            "2026-03-01T10:00:00+08:00: findings (warnings at acceptance)",
        ),
        ("UPDATE documents SET pack_digest = 'x'", "+08:00: pack_digest"),
        (
            "UPDATE documents SET accepted_at = '2025-03-01T00:00:00.000Z', source = 'other'",
            "+08:00: source, accepted_at",
        ),
        (
            "DROP TRIGGER events_stay; UPDATE events SET at = 'soon' WHERE id = 2",
            "chain event 2: `accepted` of soon, about CEB311 EBP1/EBC1/A1",
        ),
        ("UPDATE documents SET accepted_at = 'soon'", "+08:00: accepted_at"),
        (
            "UPDATE outbox SET sent_at = 'soon'",
            "sent on soon, and no event says so",
        ),
        (
            "UPDATE outbox SET state = 'pending', due_at = '2026-01-01T00:00:00.000Z'",
            "and its row says pending: it would be sent again",
        ),
        (
            "UPDATE documents SET return_status = '100', return_info = 'x'",
            "the answer of customs in its row is in none of its receipts",
        ),
        (
            "INSERT INTO numbers (document, assigned, name, value) VALUES (1, 1, 'invtNo', '9')",
            "the numbers assigned by customs are not those in its receipts",
        ),
        (
            "UPDATE documents SET is_final = 1",
            "its row says waiting, final, its receipts say waiting",
        ),
        (
            "UPDATE outbox SET accepted_at = '2025-03-01T00:00:00.000Z'",
            "changed since it was recorded at signing: accepted_at",
        ),
        (
            "UPDATE documents SET live = 0",
            "its business key is free: it could be declared a second time",
        ),
        ("UPDATE documents SET held = 1", "does not follow from its receipts"),
        (
            "UPDATE documents SET made_at = '2025-03-01T00:00:00.000Z'",
            "+08:00: made_at, app_status, input, outbox",
        ),
        (
            "INSERT INTO concerns (document, message, name, value, effect) VALUES (1, 'CEB621', 'invtNo', '1', 'withdraws')",
            "what it is about (concerns)",
        ),
        (
            "DELETE FROM match_keys",
            "the strings by which receipts find it (match_keys)",
        ),
        (
            "INSERT INTO match_keys (key, document) VALUES ('other', 1)",
            "the strings by which receipts find it (match_keys)",
        ),
        (
            "UPDATE outbox SET edition = '2018'",
            "changed since it was recorded at signing: edition",
        ),
        (
            "UPDATE outbox SET sent_at = NULL",
            "its row says that it was sent, and not when",
        ),
        ("DROP INDEX documents_live", "file index documents_live: it is missing"),
        (
            "CREATE TABLE own (a)",
            "file table own: it was not created by this program",
        ),
        (
            "UPDATE documents SET enterprise = CAST(x'ff' AS TEXT)",
            "file the database file: the documents can't be read to the end: invalid utf-8",
        ),
        (
            "INSERT INTO documents SELECT 9, message, 'A9', app_type, guid, source, edition, pack_digest, content_hash, \
             values_json, findings_json, made_at, accepted_at, updated_at, status, is_final, live, outbox, reasons_json, \
             return_status, return_time, return_info, heard_at, enterprise, input, app_status, held, successor \
             FROM documents WHERE id = 1",
            "document document 9, CEB311 A9: no event says where it came from",
        ),
        (
            "PRAGMA foreign_keys = OFF; DELETE FROM documents",
            "points to a row of documents that does not exist",
        ),
        (
            "UPDATE documents SET status = 'released', is_final = 1",
            "its row says released, final, its receipts say waiting",
        ),
    ];
    for (sql, complaint) in tampering {
        let _ = fs::remove_file(&path);
        let ledger = Ledger::open(&path).unwrap();
        accept(&ledger, &order("A1", "x"), "M1");
        send_all(&ledger, NOW);
        assert_sound(&ledger);
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        let problems = complaints(&ledger).join("\n");
        assert!(problems.contains(complaint), "{sql}: {problems}");
    }
}

#[test]
fn a_time_that_cannot_be_read_is_damage() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    let ledger = Ledger::open(&path).unwrap();
    let id = accept(&ledger, &order("A1", "x"), "M1");
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch(
        "DROP TRIGGER events_stay; UPDATE events SET at = '2026-03-01' WHERE id = (SELECT max(id) FROM events); \
         UPDATE documents SET updated_at = 'soon'",
    )
    .unwrap();
    let damaged = |error: LedgerError, text: &str| {
        assert!(
            matches!(&error, LedgerError::Corrupt { detail, .. } if detail.contains(text)),
            "{error:?}"
        );
    };
    damaged(ledger.document(id).unwrap_err(), "`soon`");
    damaged(ledger.history(id).unwrap_err(), "`2026-03-01`");
    damaged(ledger.head().unwrap_err(), "`2026-03-01`");
    let report = check(&ledger);
    assert_eq!(
        (report.events, report.head),
        (2, None),
        "an event without a time is no head"
    );
}

#[test]
fn events_cannot_be_changed_or_deleted() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    accept(&Ledger::open(&path).unwrap(), &order("A1", "x"), "M1");
    let raw = rusqlite::Connection::open(&path).unwrap();
    assert!(
        raw.execute("UPDATE events SET actor = 'x'", [])
            .unwrap_err()
            .to_string()
            .contains("never changed")
    );
    assert!(
        raw.execute("DELETE FROM events", [])
            .unwrap_err()
            .to_string()
            .contains("never deleted")
    );
}

#[test]
fn a_writer_that_never_ends_is_reported_and_readers_go_on() {
    let root = TempDir::new().unwrap();
    let path = root.path().join("ledger.db");
    let ledger = Ledger::open_patiently(&path, Duration::from_millis(50)).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = ledger
        .accept(&[order("A1", "x")], &[message("M1", &[0])], NOW)
        .unwrap_err();
    assert!(matches!(error, LedgerError::Locked { .. }));
    assert!(error.is_temporary());
    assert!(ledger.list(&Filter::default()).unwrap().is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    accept(&ledger, &order("A1", "x"), "M1");
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let root = TempDir::new().unwrap();
    let mut file = fs::File::create(root.path().join("file")).unwrap();
    file.write_all(b"x").unwrap();
    let path = root.path().join("file/ledger.db");
    let error = Ledger::open(&path).unwrap_err();
    assert!(
        matches!(&error, LedgerError::CannotOpen { path: named, .. } if *named == path),
        "{error:?}"
    );
}

#[test]
fn a_look_makes_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new.db");
    cebridge_ledger::look(&path).unwrap_err();
    assert!(!path.exists());
    let ledger = cebridge_ledger::Ledger::open(&path).unwrap();
    let empty = cebridge_ledger::look(&path).unwrap();
    assert_eq!((empty.schema, empty.last_event), (empty.newest, None));
    ledger
        .record_event("test", "looked-at", "{}", moment("2026-11-30T00:00:00Z"))
        .unwrap();
    let (at, kind) = cebridge_ledger::look(&path).unwrap().last_event.unwrap();
    assert_eq!(kind, "looked-at");
    assert_eq!(at, moment("2026-11-30T00:00:00Z"));
    let other = dir.path().join("other.db");
    std::fs::write(&other, "no database at all, but longer than the header of one would be").unwrap();
    cebridge_ledger::look(&other).unwrap_err();
}
