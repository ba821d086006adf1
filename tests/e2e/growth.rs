//! What a document costs in a ledger of a million, against an empty one, in one run. Does nothing unless it is asked for:
//!
//! ```sh
//! CEBRIDGE_GROWTH=1000000 CEBRIDGE_BINARY=target/release/cebridge cargo test -p cebridge --test e2e growth:: -- --nocapture
//! ```
//!
//! | line | what is measured |
//! |---|---|
//! | declare | processor time of `declare` for a document, 500 orders at a time |
//! | status | peak memory of `status --format json` over all documents, and of `status` as a table |
//! | check | documents a second of `ledger check`, and of reading the file |
//!
//! The ledger grows by copies of declared rows under other keys and numbers; `check` is measured on what was really
//! declared, for copies would not fit their envelopes.

use crate::support::{BINARY, Enterprise};
use nix::sys::resource::{UsageWho, getrusage};
use rusqlite::Connection;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Orders declared at a time.
const ORDERS: usize = 500;

fn binary() -> PathBuf {
    let named = std::env::var_os("CEBRIDGE_BINARY").map(PathBuf::from);
    named.map_or_else(|| BINARY.into(), |path| std::path::absolute(path).unwrap())
}

/// Processor time of all children so far.
fn spent() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let part = |time: nix::sys::time::TimeVal| {
        Duration::from_secs(time.tv_sec().unsigned_abs()) + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    part(usage.user_time()) + part(usage.system_time())
}

/// Runs the command; processor time and wall time.
fn run(enterprise: &Enterprise, args: &[&str]) -> (Duration, Duration) {
    let (before, start) = (spent(), Instant::now());
    let status = Command::new(binary())
        .args(args)
        .current_dir(enterprise.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{args:?}: {status}");
    (spent() - before, start.elapsed())
}

/// Peak memory of the command in kB, by the shell's own account of it.
fn peak(enterprise: &Enterprise, args: &[&str]) -> u64 {
    let mut child = Command::new(binary())
        .args(args)
        .current_dir(enterprise.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line
            .and_then(|line| line.trim().strip_suffix(" kB"))
            .and_then(|kb| kb.parse().ok());
        most = most.max(now.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    most
}

/// Processor time for one document of some orders that are declared now, and how many documents they are.
fn declare(enterprise: &Enterprise, prefix: &str) -> (Duration, u32) {
    let before = documents(enterprise);
    enterprise.write("orders.json", enterprise.numbered_orders(prefix, ORDERS));
    // What it costs to start is the same for every ledger and no part of a document's cost.
    let (start, _) = run(enterprise, &["map", "nothing.json", "--mapper", "shop"]);
    let (took, _) = run(enterprise, &["declare", "orders.json", "--mapper", "shop"]);
    let declared = u32::try_from(documents(enterprise) - before).unwrap();
    (took.saturating_sub(start) / declared, declared)
}

fn ledger(enterprise: &Enterprise) -> Connection {
    Connection::open(enterprise.path().join("cebridge.db")).unwrap()
}

fn documents(enterprise: &Enterprise) -> i64 {
    let count = "SELECT count(*) FROM documents";
    let counted = ledger(enterprise).query_row(count, [], |row| row.get(0));
    counted.unwrap_or(0)
}

/// Columns of a table, with expressions in place of some.
fn columns(raw: &Connection, table: &str, other: &[(&str, &str)]) -> (String, String) {
    let mut statement = raw
        .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
        .unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    let names: Vec<String> = names.map(Result::unwrap).collect();
    let expression = |name: &String| {
        let other = other.iter().find(|(column, _)| column == name);
        other.map_or_else(|| name.clone(), |(_, expression)| (*expression).to_owned())
    };
    let values: Vec<String> = names.iter().map(expression).collect();
    (names.join(", "), values.join(", "))
}

/// Copies what is there until the ledger has this many documents.
fn grow(enterprise: &Enterprise, wanted: i64) {
    let raw = ledger(enterprise);
    raw.pragma_update(None, "synchronous", "OFF").unwrap();
    let there = documents(enterprise);
    let last = |table: &str| -> i64 {
        raw.query_row(&format!("SELECT max(id) FROM {table}"), [], |row| row.get(0))
            .unwrap()
    };
    let (document, message) = (last("documents"), last("outbox"));
    let of = |table: &str, other: &[(&str, &str)], only: String| {
        let (names, values) = columns(&raw, table, other);
        format!("INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {only}")
    };
    let moved = format!("id + ?1 * {document}");
    let message_moved = format!("id + ?1 * {message}");
    let about = format!("document + ?1 * {document}");
    let statements = [
        of(
            "outbox",
            &[
                ("id", &message_moved),
                ("cop_msg_id", "cop_msg_id || '-' || ?1"),
                ("envelope", "x''"),
                ("state", "'sent'"),
                ("sent_at", "accepted_at"),
            ],
            format!("id <= {message}"),
        ),
        of(
            "documents",
            &[
                ("id", &moved),
                ("key", "key || '-' || ?1"),
                ("guid", "guid || '-' || ?1"),
                ("source", "source || '-' || ?1"),
                ("outbox", &format!("outbox + ?1 * {message}")),
                ("status", "CASE ?1 % 2 WHEN 0 THEN 'stored' ELSE status END"),
                ("is_final", "CASE ?1 % 2 WHEN 0 THEN 1 ELSE is_final END"),
            ],
            format!("id <= {document}"),
        ),
        of(
            "match_keys",
            &[("key", "key || '-' || ?1"), ("document", &about)],
            format!("document <= {document}"),
        ),
        of(
            "numbers",
            &[("document", &about), ("value", "value || '-' || ?1")],
            format!("document <= {document}"),
        ),
    ];
    for copy in 1..=(wanted - there).div_euclid(there) + 1 {
        let transaction = raw.unchecked_transaction().unwrap();
        for statement in &statements {
            transaction.prepare_cached(statement).unwrap().execute([copy]).unwrap();
        }
        transaction.commit().unwrap();
    }
    raw.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
}

#[test]
fn the_cost_of_a_document_in_a_large_ledger() {
    let Some(wanted) = std::env::var("CEBRIDGE_GROWTH")
        .ok()
        .and_then(|number| number.parse().ok())
    else {
        return;
    };
    let enterprise = Enterprise::new();
    enterprise.write("nothing.json", enterprise.numbered_orders("N", 0));
    let mut empty = Vec::new();
    for turn in 0..5 {
        let one = Enterprise::new();
        one.write("nothing.json", one.numbered_orders("N", 0));
        empty.push(declare(&one, &format!("E{turn}")).0);
        if turn == 0 {
            let memory = peak(&one, &["status", "--format", "json"]);
            println!("| status of {} documents | {memory} kB |", documents(&one));
        }
    }
    for turn in 0..4 {
        declare(&enterprise, &format!("D{turn}"));
    }
    let there = documents(&enterprise);
    let (checked, wall) = run(&enterprise, &["ledger", "check"]);
    let start = Instant::now();
    let size = std::fs::read(enterprise.path().join("cebridge.db")).unwrap().len();
    let read = start.elapsed();
    println!(
        "| ledger check of {there} documents, {size} bytes | {wall:.2?} ({checked:.2?} of processor time) | reading the file {read:.2?} |"
    );
    let small = peak(&enterprise, &["status", "--limit", "0"]);
    grow(&enterprise, wanted);
    let mut large: Vec<Duration> = (0..5).map(|turn| declare(&enterprise, &format!("L{turn}")).0).collect();
    empty.sort();
    large.sort();
    let (before, after) = (empty[2], large[2]);
    println!(
        "| declare, a document at 0 and at {} documents | {before:.2?} | {after:.2?} | {:.2} |",
        documents(&enterprise),
        after.as_secs_f64() / before.as_secs_f64()
    );
    let json = peak(&enterprise, &["status", "--format", "json"]);
    let shown = peak(&enterprise, &["status"]);
    let all = peak(&enterprise, &["status", "--limit", "0"]);
    println!(
        "| status, peak memory in kB: table of {there}, of all, JSON of all, table of 100 | {small} | {all} | {json} | {shown} |"
    );
}
