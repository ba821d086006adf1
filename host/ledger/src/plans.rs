//! Checks that the statements of the declaring path have query plans whose cost does not grow with the ledger.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rusqlite::trace::{TraceEvent, TraceEventCodes};

use crate::store::Ledger;
use crate::{Claim, Concern, Effect, Meaning, NewInput, Progress, Reason, RetrySelector};
use common::*;

#[path = "../tests/common/mod.rs"]
mod common;

/// Tables that stay small however much is declared: a row for each host, edition, pack or file of a folder.
const SMALL: [&str; 6] = [
    "hosts",
    "requests",
    "rule_packs",
    "packs_in_force",
    "pack_offers",
    "force_version",
];

/// Indexes that lead to all documents of a kind or of an enterprise, not to a few.
const WIDE: [&str; 2] = ["documents_by_status", "documents_by_enterprise"];

/// SQLite's plan for a statement, one line for each step.
fn plan(ledger: &Ledger, sql: &str) -> Vec<String> {
    let connection = ledger.raw();
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let unbound = vec![rusqlite::types::Null; statement.parameter_count()];
    let steps = statement.query_map(rusqlite::params_from_iter(unbound), |row| row.get(3));
    steps.unwrap().collect::<Result<_, _>>().unwrap()
}

/// Returns `true` if a step walks a table that grows, or reaches it through an index that leads to most of it.
fn grows(step: &str) -> bool {
    let walked = step.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next());
    // `line` holds the rows that a recursive query has found so far.
    let harmless = |table: &str| SMALL.contains(&table) || ["CONSTANT", "line", "l"].contains(&table);
    walked.is_some_and(|table| !harmless(table)) || WIDE.iter().any(|index| step.contains(index))
}

/// Runs everything that happens to documents, messages, receipts and inputs.
fn a_day(ledger: &Ledger) {
    let input = NewInput {
        place: "intake/a.json".into(),
        stamp: "1-2-3-4".into(),
        sha256: "ef".repeat(32),
        size: 10,
        owner: "host".into(),
        declared_at: NOW,
        ..NewInput::default()
    };
    assert!(ledger.open_inputs(&input.sha256).unwrap().is_empty());
    ledger.shorter_inputs(&input.place, input.size).unwrap();
    let row = ledger.begin_input(&input, NOW).unwrap();
    ledger.input_line(row.id).unwrap();
    ledger.inputs_since(NOW).unwrap();

    let early = receipt("r0", "CEB312|EBP1|EBC1|A1", "2", "20260301100000000", None);
    ledger.apply_receipt(&early, NOW).unwrap();
    ledger.format_error("M9", "0001", "", b"x", "f9", NOW).unwrap();
    let mut withdrawal = inventory("W1", "A1");
    withdrawal.input = Some(row.id);
    withdrawal.concerns = vec![Concern {
        message: "CEB621".into(),
        name: "copNo".into(),
        value: "C1".into(),
        effect: Effect::Withdraws,
    }];
    let documents = [order("A1", "x"), inventory("C1", "A1"), withdrawal];
    let messages = [message("M1", &[0, 1, 2])];
    for document in &documents {
        ledger.came_before(&[row.id], document).unwrap();
        assert!(ledger.lookup(document).unwrap().is_none());
    }
    let orders = [("OrderHead/orderNo", "A1")];
    let is_number = |name: &str| name == "orderNo";
    assert!(ledger.find_documents("CEB311", &orders, is_number).unwrap().is_empty());
    let refused = order("A2", "y");
    ledger
        .record(
            &crate::Batch {
                documents: &documents,
                messages: &messages,
                refusals: &[(refused, vec![Reason::default()])],
                progress: &[Progress {
                    input: row.id,
                    next_record: 3,
                    done: true,
                }],
                ..crate::Batch::default()
            },
            NOW,
        )
        .unwrap();
    ledger.inputs_lying(&input.place, &input.sha256).unwrap();
    ledger.input_moved(row.id, NOW).unwrap();
    assert_eq!(ledger.find_documents("CEB311", &orders, is_number).unwrap().len(), 1);
    let id = ledger.find("A1").unwrap()[0].id;
    ledger.history(id).unwrap();

    ledger.lease_owners().unwrap();
    ledger.repeats_due(NOW, 60, LONGEST_WAIT).unwrap();
    let claim = Claim {
        worker: "host",
        lease_seconds: 60,
        longest_wait: LONGEST_WAIT,
        limit: 8,
        repeats: true,
    };
    let items = ledger.claim_outbox(&claim, NOW).unwrap();
    ledger.mark_failed(items[0].id, "no", Some(NOW), NOW).unwrap();
    let items = ledger.claim_outbox(&claim, NOW).unwrap();
    ledger.unclaim(&[items[0].id], "host").unwrap();
    let items = ledger.claim_outbox(&claim, NOW).unwrap();
    ledger.hand_over(&[items[0].id], "host", NOW).unwrap();
    ledger.mark_sent(&[items[0].id], NOW).unwrap();
    ledger.end_leases("host", NOW).unwrap();
    ledger.stuck(Some(NOW), NOW).unwrap();
    ledger.retry(&RetrySelector::Message("M1".into()), NOW).unwrap();

    let released = Some((Meaning::Released, true));
    let stored = Some((Meaning::Stored, true));
    ledger
        .apply_all(
            &[
                receipt("r1", "CEB622|copNo|C1", "800", "20260301110000000", released),
                receipt("r2", "CEB622|copNo|W1", "399", "20260301110100000", stored),
                receipt("r3", "CEB312|EBP1|EBC1|A1", "120", "20260301110200000", stored),
            ],
            NOW,
        )
        .unwrap();
    ledger.format_error("M1", "0001", "", b"y", "f1", NOW).unwrap();
    ledger
        .receipts(&crate::ReceiptFilter {
            document: Some(id),
            ..crate::ReceiptFilter::default()
        })
        .unwrap();
}

#[test]
fn what_a_document_costs_does_not_grow_with_the_ledger() {
    let ledger = Ledger::in_memory().unwrap();
    let seen: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let told = Arc::clone(&seen);
    let tell = move |event: TraceEvent<'_>| {
        if let TraceEvent::Stmt(_, sql) = event {
            told.lock().unwrap().insert(sql.to_owned());
        }
    };
    let codes = TraceEventCodes::SQLITE_TRACE_STMT;
    ledger.raw().trace_v2(codes, Some(tell)).unwrap();
    a_day(&ledger);
    ledger
        .raw()
        .trace_v2(TraceEventCodes::empty(), None::<fn(TraceEvent<'_>)>)
        .unwrap();
    let statements = std::mem::take(&mut *seen.lock().unwrap());
    // SQLite calls this a scan too, but it reads only the last row.
    let asked = |sql: &&String| {
        ["SELECT", "UPDATE", "DELETE", "WITH"]
            .iter()
            .any(|verb| sql.starts_with(verb))
            && !sql.ends_with("ORDER BY id DESC LIMIT 1")
    };
    let asked: Vec<&String> = statements.iter().filter(asked).collect();
    assert!(asked.len() > 50, "only {} statements were seen", asked.len());
    let mut wrong = Vec::new();
    for sql in asked {
        let steps = plan(&ledger, sql);
        if steps.iter().any(|step| grows(step)) {
            wrong.push(format!("{sql}\n    {}", steps.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_plan_that_grows_is_told_from_one_that_does_not() {
    let ledger = Ledger::in_memory().unwrap();
    let grows_of = |sql: &str| plan(&ledger, sql).iter().any(|step| grows(step));
    assert!(grows_of(
        "SELECT id FROM documents WHERE message = 'CEB311' AND values_json = ''"
    ));
    assert!(grows_of("SELECT id FROM outbox WHERE enterprise = ''"));
    assert!(!grows_of(
        "SELECT id FROM documents WHERE message = 'CEB311' AND key = 'x'"
    ));
    assert!(!grows_of("SELECT edition FROM packs_in_force WHERE place = ''"));
}
