//! The auditor's view: tampering is found and named, a document is shown with its evidence and judged again.

use crate::daemon::Daemon;
use crate::packs::changed_rules;
use crate::support::{BINARY, Enterprise, Run, kept_demo, statuses, tool};
use rusqlite::Connection;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A copy of the demo's ledger with its configuration and keys: declared, answered, released, refused, returned.
pub(crate) fn audited() -> Enterprise {
    let enterprise = Enterprise::new();
    fs::copy(kept_demo().join("cebridge.db"), ledger(&enterprise)).unwrap();
    enterprise
}

pub(crate) fn ledger(enterprise: &Enterprise) -> PathBuf {
    enterprise.path().join("cebridge.db")
}

pub(crate) fn tamper(enterprise: &Enterprise, sql: &str) {
    Connection::open(ledger(enterprise))
        .unwrap()
        .execute_batch(sql)
        .unwrap();
}

pub(crate) fn ask(enterprise: &Enterprise, sql: &str) -> String {
    let raw = Connection::open(ledger(enterprise)).unwrap();
    raw.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Mode bits of a file.
#[cfg(unix)]
pub(crate) fn mode(path: &Path) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o777
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn check(enterprise: &Enterprise, args: &[&str]) -> (i32, Value) {
    let run = enterprise.run(&[&["ledger", "check", "--format", "json"], args].concat());
    assert!(run.code < 2, "{}", run.stderr);
    let rows = run.lines();
    assert_eq!(rows.len(), 1);
    (run.code, rows[0].clone())
}

/// What a check complains about, as `kind what: text`.
fn complaints(enterprise: &Enterprise, args: &[&str]) -> Vec<String> {
    let (code, found) = check(enterprise, args);
    let problems = found["problems"].as_array().unwrap();
    assert_eq!(
        (code == 0, found["ok"] == true),
        (problems.is_empty(), problems.is_empty())
    );
    let text = |problem: &Value, name: &str| problem[name].as_str().unwrap().to_owned();
    problems
        .iter()
        .map(|problem| {
            format!(
                "{} {}: {}",
                text(problem, "kind"),
                text(problem, "what"),
                text(problem, "text")
            )
        })
        .collect()
}

/// Writes the whole chain anew after `change`, as somebody would who knows how links are made.
fn rewrite_chain(enterprise: &Enterprise, change: &str) {
    let raw = Connection::open(ledger(enterprise)).unwrap();
    let triggers: Vec<String> = raw
        .prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    raw.execute_batch(&format!(
        "DROP TRIGGER events_stay; DROP TRIGGER events_remain; {change}"
    ))
    .unwrap();
    let ids: Vec<i64> = raw
        .prepare("SELECT id FROM events ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut before = String::new();
    for id in ids {
        let columns = "at, actor, CAST(document AS TEXT), CAST(message AS TEXT), kind, detail_json, pack_digest, key_serial, bytes_sha256";
        let fields: Vec<Option<String>> = raw
            .query_row(&format!("SELECT {columns} FROM events WHERE id = ?1"), [id], |row| {
                (0..9).map(|at| row.get(at)).collect()
            })
            .unwrap();
        let mut hash = Sha256::new();
        for field in std::iter::once(&Some(before.clone())).chain(&fields) {
            hash.update(field.as_ref().map_or(u64::MAX, |text| text.len() as u64).to_be_bytes());
            hash.update(field.as_deref().unwrap_or_default());
        }
        before = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        raw.execute("UPDATE events SET chain = ?1 WHERE id = ?2", (&before, id))
            .unwrap();
    }
    raw.execute_batch(&triggers.join(";")).unwrap();
}

#[test]
fn an_untouched_ledger_is_proved_and_nothing_of_it_changes() {
    let enterprise = audited();
    let before = fs::read(ledger(&enterprise)).unwrap();
    let (code, found) = check(&enterprise, &[]);
    assert_eq!((code, &found["problems"]), (0, &serde_json::json!([])), "{found}");
    assert_eq!(found["ok"], true);
    assert!(found["file"].as_str().unwrap().ends_with("cebridge.db"));
    for (count, sql) in [
        ("events", "SELECT CAST(count(*) AS TEXT) FROM events"),
        ("documents", "SELECT CAST(count(*) AS TEXT) FROM documents"),
        ("messages", "SELECT CAST(count(*) AS TEXT) FROM outbox"),
        ("receipts", "SELECT CAST(count(*) AS TEXT) FROM receipts"),
        ("packs", "SELECT CAST(count(*) AS TEXT) FROM rule_packs"),
    ] {
        assert!(found[count].as_u64() > Some(0), "{count}");
        assert_eq!(found[count].to_string(), ask(&enterprise, sql), "{count}");
    }
    let head = enterprise.run(&["ledger", "head"]).expect(0).lines().remove(0);
    assert_eq!(head, found["head"]);
    assert_eq!(
        head["chain"],
        ask(&enterprise, "SELECT chain FROM events ORDER BY id DESC LIMIT 1")
    );
    let text = enterprise.run(&["ledger", "check"]).expect(0);
    assert!(text.stdout.contains("nothing was changed"), "{}", text.stdout);
    assert_eq!(fs::read(ledger(&enterprise)).unwrap(), before);
}

#[test]
fn a_ledger_that_is_not_there_is_named_and_not_made() {
    let enterprise = Enterprise::new();
    let missing = ledger(&enterprise);
    for command in [
        &["ledger", "check"][..],
        &["ledger", "head"],
        &["ledger", "show", "SO-1"],
        &["ledger", "backup", "-o", "copy.db"],
        &[
            "ledger",
            "export",
            "--from",
            "2026-01-01",
            "--to",
            "2026-01-02",
            "-o",
            "x.zip",
        ],
        &["validate", "--rules-of", "SO-1"],
    ] {
        let run = enterprise.run(command).expect(2);
        assert!(
            run.stderr.contains("there is no ledger") && run.stderr.contains("cebridge.db"),
            "{}",
            run.stderr
        );
        assert!(!missing.exists(), "{command:?}");
    }
}

#[test]
fn changed_values_are_found_whoever_changed_what_goes_with_them() {
    let change = "UPDATE documents SET values_json = replace(values_json, '\"acturalPaid\":\"', '\"acturalPaid\":\"9') \
                  WHERE message = 'CEB311' AND outbox IS NOT NULL AND id = (SELECT min(id) FROM documents WHERE outbox IS NOT NULL)";
    let enterprise = audited();
    tamper(&enterprise, change);
    let number = ask(
        &enterprise,
        "SELECT key FROM documents WHERE outbox IS NOT NULL ORDER BY id LIMIT 1",
    );
    let number = number.rsplit('|').next().unwrap().to_owned();
    let problems = complaints(&enterprise, &[]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    for problem in &problems {
        assert!(
            problem.starts_with("document document ") && problem.contains(&format!("CEB311 {number}")),
            "{problem}"
        );
    }
    assert!(
        problems[0].contains("they differ from the document that was signed and sent in message")
            && problems[0].ends_with(": OrderHead/acturalPaid")
    );
    assert!(
        problems[1].contains("changed after it was recorded on") && problems[1].ends_with(": values"),
        "{problems:?}"
    );

    // Hash and values together.
    tamper(
        &enterprise,
        "UPDATE documents SET content_hash = 'x' WHERE values_json LIKE '%\"acturalPaid\":\"9%'",
    );
    let problems = complaints(&enterprise, &[]);
    assert!(
        problems.iter().any(|problem| problem.contains("content_hash")),
        "{problems:?}"
    );

    // Hash, values and the event that says the hashes, with a chain that fits: the message stands against it.
    let enterprise = audited();
    rewrite_chain(
        &enterprise,
        &format!(
            "{change}; UPDATE events SET detail_json = json_remove(detail_json, '$.valuesSha256') WHERE kind = 'accepted'"
        ),
    );
    let problems = complaints(&enterprise, &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].contains("differ from the document that was signed and sent"),
        "{problems:?}"
    );
}

#[test]
fn a_replaced_envelope_and_a_changed_receipt_are_found() {
    let enterprise = audited();
    let id = ask(&enterprise, "SELECT cop_msg_id FROM outbox ORDER BY id LIMIT 1");
    tamper(
        &enterprise,
        "UPDATE outbox SET envelope = (SELECT envelope FROM outbox ORDER BY id DESC LIMIT 1), envelope_sha256 = \
         (SELECT envelope_sha256 FROM outbox ORDER BY id DESC LIMIT 1) WHERE id = (SELECT min(id) FROM outbox)",
    );
    let problems = complaints(&enterprise, &[]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let expected = format!("message message {id} (CEB311): the stored envelope was replaced or changed");
    assert!(problems[0].starts_with(&expected), "{problems:?}");

    let enterprise = audited();
    tamper(&enterprise, "UPDATE receipts SET return_info = 'x' WHERE id = 1");
    let problems = complaints(&enterprise, &[]);
    let of_receipt = |text: &str| {
        let mut all = problems.iter();
        all.any(|problem| problem.starts_with("receipt receipt 1, ") && problem.contains(text))
    };
    assert!(
        of_receipt("not as in the file that brought it: return_info"),
        "{problems:?}"
    );
    assert!(of_receipt("changed since it was recorded"), "{problems:?}");
    // The row of the document repeats what its newest receipt said, which may be this one.
    let others = problems
        .iter()
        .filter(|problem| !problem.starts_with("receipt receipt 1, "));
    assert!(
        others.clone().count() < 2
            && others
                .clone()
                .all(|problem| problem.contains("is in none of its receipts"))
    );
    tamper(&enterprise, "UPDATE arrivals SET bytes = x'00'");
    let problems = complaints(&enterprise, &[]);
    assert!(
        problems
            .iter()
            .any(|problem| problem.starts_with("receipt file of receipts ")),
        "{problems:?}"
    );
}

#[test]
fn a_changed_event_and_a_missing_trigger_are_found() {
    let enterprise = audited();
    tamper(
        &enterprise,
        "DROP TRIGGER events_stay; UPDATE events SET actor = 'nobody' WHERE id = (SELECT min(id) FROM events WHERE kind = 'accepted')",
    );
    let event = ask(
        &enterprise,
        "SELECT CAST(min(id) AS TEXT) FROM events WHERE kind = 'accepted'",
    );
    let problems = complaints(&enterprise, &[]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[0].starts_with("trigger trigger events_stay: ") && problems[0].contains("was dropped"));
    let expected = format!("chain event {event}: `accepted` of ");
    assert!(
        problems[1].starts_with(&expected) && problems[1].contains("about CEB"),
        "{problems:?}"
    );
    let run = enterprise.run(&["ledger", "check"]).expect(1);
    assert!(run.stdout.contains("2 PROBLEMS"), "{}", run.stdout);
}

#[test]
fn a_chain_written_anew_is_found_by_a_head_that_was_kept() {
    let enterprise = audited();
    enterprise.run(&["ledger", "head", "-o", "heads.jsonl"]).expect(0);
    let run = enterprise.run(&["ledger", "head", "-o", "heads.jsonl"]).expect(2);
    assert!(
        run.stderr.contains("heads.jsonl exists and is not overwritten"),
        "{}",
        run.stderr
    );
    assert!(complaints(&enterprise, &["--head", "heads.jsonl"]).is_empty());
    rewrite_chain(&enterprise, "UPDATE events SET actor = 'nobody' WHERE kind = 'signed'");
    assert!(complaints(&enterprise, &[]).is_empty(), "such a chain fits");
    let problems = complaints(&enterprise, &["--head", "heads.jsonl"]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("head head at event ") && problems[0].contains("the chain was rewritten"));
    enterprise.write("wrong.jsonl", "{\"event\":\"x\"}\n");
    let run = enterprise.run(&["ledger", "check", "--head", "wrong.jsonl"]).expect(2);
    assert!(run.stderr.contains("wrong.jsonl:1: not a chain head"), "{}", run.stderr);
}

#[test]
fn the_check_works_beside_a_daemon_whose_log_holds_heads() {
    let enterprise = audited();
    let daemon = Daemon::start(&enterprise);
    let text = "the chain of events ends with ";
    daemon.wait_for(text);
    let line = daemon.after("").unwrap_or_default();
    assert!(!line.is_empty());
    let head = daemon.after(text).unwrap();
    enterprise.write(
        "heads.jsonl",
        format!("# from the log\n2026-11-30T00:00:00Z {text}{head}\n"),
    );
    let erp = enterprise.numbered_orders("B", 60);
    crate::daemon::put(&enterprise, "intake/beside.json", erp);
    for _ in 0..3 {
        let found = complaints(&enterprise, &["--head", "heads.jsonl"]);
        assert!(found.is_empty(), "{found:?}");
    }
    assert_eq!(daemon.terminate(), 0);
}

/// The first order in the ledger that was released, by its number.
fn released(enterprise: &Enterprise) -> String {
    let key = ask(
        enterprise,
        "SELECT key FROM documents WHERE message = 'CEB621' AND status = 'released' ORDER BY id LIMIT 1",
    );
    key.rsplit('|').next().unwrap().to_owned()
}

#[test]
fn a_document_is_shown_with_all_that_proves_it() {
    let enterprise = audited();
    let number = released(&enterprise);
    let rows = enterprise
        .run(&["ledger", "show", &number, "--format", "json"])
        .expect(0)
        .lines();
    let row = rows.iter().find(|row| row["message"] == "CEB621").unwrap();
    assert_eq!(
        (&row["status"], &row["pack"]["kept"]),
        (&"released".into(), &"archive".into()),
        "{row}"
    );
    assert_eq!(row["pack"]["in_force"]["origin"], "shipped");
    let kinds: Vec<&str> = row["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| told["kind"].as_str().unwrap())
        .collect();
    assert!(
        ["signed", "accepted", "sent", "receipt", "status"]
            .iter()
            .all(|kind| kinds.contains(kind)),
        "{kinds:?}"
    );
    assert!(row["history"][0]["local"].as_str().unwrap().ends_with("+08:00"));

    let text = enterprise.run(&["ledger", "show", &number]).expect(0).stdout;
    let sha256_of_message = row["sent"]["sha256"].as_str().unwrap();
    for part in [
        "accepted for declaration, judged by edition 2022-05",
        "waiting → ",
        "released for good, because of CEB622",
        sha256_of_message,
        "its bytes are in the archive",
        "valid from ",
        "+08:00",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert!(!text.contains("{\""), "no raw JSON: {text}");
    let history = enterprise.run(&["status", &number, "--history"]).expect(0).stdout;
    assert!(
        history.contains("released for good") && !history.contains("{\""),
        "{history}"
    );
    enterprise.run(&["ledger", "show", "nobody knows this"]).expect(1);
}

#[test]
fn the_evidence_is_written_byte_for_byte_for_its_owner_only() {
    let enterprise = audited();
    let number = released(&enterprise);
    let rows = enterprise
        .run(&["ledger", "show", &number, "-o", "evidence", "--format", "json"])
        .expect(0)
        .lines();
    let folder = enterprise.path().join("evidence");
    let row = rows.iter().find(|row| row["message"] == "CEB621").unwrap();
    let id = row["sent"]["cop_msg_id"].as_str().unwrap();
    let envelope = fs::read(folder.join(format!("{id}.envelope.xml"))).unwrap();
    let sent =
        fs::read(kept_demo().join("dxp/out/done").join(format!("{id}.xml"))).unwrap_or_else(|_| envelope.clone());
    assert!(envelope == sent, "what was handed over");
    let message = fs::read(folder.join(format!("{id}.message.xml"))).unwrap();
    assert_eq!(row["sent"]["sha256"], sha256(&message));
    let names: Vec<PathBuf> = enterprise.files("evidence");
    let found = |start: &str| {
        let named = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(start);
        names
            .iter()
            .find(named)
            .unwrap_or_else(|| panic!("no {start} in {names:?}"))
    };
    let pack = fs::read(found("pack-2022-05-")).unwrap();
    assert_eq!(row["pack"]["digest"], sha256(&pack));
    let receipt = fs::read(found("receipt-")).unwrap();
    let came = fs::read_dir(kept_demo().join("dxp/in/done")).unwrap().flatten();
    assert!(
        came.map(|entry| fs::read(entry.path()).unwrap())
            .any(|bytes| bytes == receipt),
        "as it came"
    );
    let certificate = found("certificate-").to_str().unwrap().to_owned();
    let trusted = folder.join(format!("{id}.message.xml"));
    enterprise
        .run(&[
            "verify",
            trusted.to_str().unwrap(),
            "--trust",
            "keys/enterprise.cert.pem",
        ])
        .expect(0);
    if let Some(run) = tool("openssl", &["x509", "-in", &certificate, "-noout", "-serial"]) {
        let serial = run.expect(0).stdout.trim().to_lowercase();
        assert_eq!(
            serial,
            format!("serial={}", row["certificate"]["serial"].as_str().unwrap())
        );
    }
    let history: Value = serde_json::from_slice(&fs::read(folder.join("history.json")).unwrap()).unwrap();
    assert_eq!(history.as_array().unwrap().len(), rows.len());
    #[cfg(unix)]
    for name in &names {
        assert_eq!(mode(name), 0o600, "{}", name.display());
    }
    let run = enterprise.run(&["ledger", "show", &number, "-o", "evidence"]).expect(2);
    assert!(run.stderr.contains("is not empty"), "{}", run.stderr);
}

#[test]
fn a_document_is_judged_again_by_the_very_pack_that_judged_it() {
    let enterprise = audited();
    let number = released(&enterprise);
    let verdicts = |args: &[&str], code: i32| -> Vec<Value> {
        let run: Run = enterprise.run(&[&["validate", "--format", "json"], args].concat());
        run.expect(code).lines()
    };
    let own = verdicts(&["--rules-of", &number], 0);
    assert!(
        own.iter().any(|row| row["message"] == "CEB621" && row["valid"] == true),
        "{own:?}"
    );
    let judged = own[0]["pack"].as_str().unwrap().to_owned();
    let guid = ask(
        &enterprise,
        "SELECT guid FROM documents WHERE message = 'CEB311' AND outbox IS NOT NULL LIMIT 1",
    );
    enterprise.run(&["ledger", "show", &guid, "-o", "evidence"]).expect(0);
    let files = enterprise.files("evidence");
    let message = files
        .iter()
        .find(|path| path.to_string_lossy().ends_with(".message.xml"))
        .unwrap();
    let message = message.to_str().unwrap();

    // Another pack of the edition is in force now, and judges otherwise.
    let edition = changed_rules(
        &enterprise,
        "editions/2022-05/edition.toml",
        "version = \"1\"",
        "version = \"2\"",
    );
    fs::remove_dir_all(edition.join("cases")).unwrap();
    let order = enterprise.path().join("rules/editions/2018-56/CEB311.toml");
    let strict = "\n[[rule]]\nid = \"TEST-A\"\non = \"Order/OrderHead\"\nat = \"orderNo\"\ncheck = \"starts(orderNo, 'NEW-')\"\n\
                  basis = \"stated\"\nclause = \"test\"\nzh = \"测试\"\nen = \"Order numbers begin with NEW-\"\n";
    let text = fs::read_to_string(&order).unwrap();
    fs::write(&order, format!("{text}{strict}")).unwrap();
    fs::create_dir_all(enterprise.path().join("packs")).unwrap();
    let build = ["pack", "build", edition.to_str().unwrap(), "-o", "packs/new.wasm"];
    enterprise.run(&build).expect(0);
    let today = verdicts(&[message, "--edition", "2022-05"], 1);
    assert_ne!(today[0]["pack"], judged.as_str(), "{today:?}");
    let then = verdicts(&[message, "--rules-of", &guid], 0);
    assert_eq!(
        (&then[0]["pack"], &then[0]["valid"]),
        (&judged.as_str().into(), &true.into())
    );

    // Not in the archive any more, but shipped in this program.
    tamper(&enterprise, "DELETE FROM rule_packs");
    assert_eq!(verdicts(&["--rules-of", &guid], 0)[0]["pack"], judged.as_str());
    let shown = enterprise
        .run(&["ledger", "show", &guid, "--format", "json"])
        .expect(0)
        .lines();
    assert_eq!(shown[0]["pack"]["kept"], "shipped");
    // Nowhere any more.
    let gone = "ab".repeat(32);
    tamper(
        &enterprise,
        &format!("UPDATE documents SET pack_digest = '{gone}' WHERE guid = '{guid}'"),
    );
    let run = enterprise.run(&["validate", "--rules-of", &guid]).expect(2);
    for part in [
        "is not in the archive any more",
        &gone,
        "--pack FILE",
        "[packs] archive",
    ] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    let run = enterprise.run(&["validate", message, "--rules-of", &number]);
    assert!(
        run.code == 2 && run.stderr.contains("different packs"),
        "{} {}",
        run.code,
        run.stderr
    );
    enterprise
        .run(&["validate", "--rules-of", "nobody knows this"])
        .expect(1);
}

/// How many documents a check does in a second, beside reading the bare file; asked for by `CEBRIDGE_MEASURE=1`.
#[test]
fn the_speed_of_a_check() {
    if std::env::var_os("CEBRIDGE_MEASURE").is_none() {
        return;
    }
    let enterprise = Enterprise::new();
    let erp = enterprise.numbered_orders("M", 2500);
    enterprise.write("many.json", erp);
    enterprise.run(&["declare", "many.json", "--mapper", "shop"]).expect(0);
    enterprise.run(&["simulator", "--once"]);
    enterprise.run(&["run", "--once"]);
    let start = std::time::Instant::now();
    let (code, found) = check(&enterprise, &[]);
    let took = start.elapsed();
    assert_eq!(code, 0, "{found}");
    let start = std::time::Instant::now();
    tool("cat", &[ledger(&enterprise).to_str().unwrap()]).unwrap().expect(0);
    let bare = start.elapsed();
    let bytes = fs::metadata(ledger(&enterprise)).unwrap().len();
    let documents = found["documents"].as_u64().unwrap();
    println!(
        "{documents} documents, {} receipts, {} events, {bytes} bytes: check {took:.2?}, {:.0} documents a second; cat {bare:.2?}",
        found["receipts"],
        found["events"],
        documents as f64 / took.as_secs_f64()
    );
}

#[test]
fn the_trail_names_the_person_who_declared() {
    let enterprise = Enterprise::new();
    enterprise.write("erp.json", enterprise.clean_orders().to_string());
    let status = Command::new(BINARY)
        .args(["declare", "erp.json", "--mapper", "shop", "-q"])
        .env("USER", "anna")
        .current_dir(enterprise.path())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let rows = statuses(enterprise.path());
    let order = rows.iter().find(|row| row["message"] == "CEB311").unwrap();
    let key = order["key"].as_str().unwrap().to_owned();
    let shown = enterprise.run(&["ledger", "show", &key, "--format", "json"]).expect(0);
    let accepted = &shown.lines()[0]["history"][0];
    assert!(accepted["by"].as_str().unwrap().starts_with("anna"), "{accepted}");
}

#[test]
fn forged_numbers_of_customs_are_found_with_and_without_the_file_that_brought_them() {
    let number = "SELECT value FROM numbers WHERE assigned = 1 AND name = 'invtNo' ORDER BY document LIMIT 1";
    let holder = "(SELECT document FROM numbers WHERE assigned = 1 AND name = 'invtNo' ORDER BY document LIMIT 1)";
    for detach in ["", ", arrival = NULL"] {
        let enterprise = audited();
        let number = ask(&enterprise, number);
        let forged = "99999999999999999";
        tamper(
            &enterprise,
            &format!(
                "UPDATE receipts SET assigns_json = replace(assigns_json, '{number}', '{forged}'), \
                 values_json = replace(values_json, '{number}', '{forged}') {detach} WHERE document = {holder}; \
                 UPDATE numbers SET value = '{forged}' WHERE value = '{number}'"
            ),
        );
        let problems = complaints(&enterprise, &[]);
        let found = problems.iter().any(|problem| problem.starts_with("receipt receipt "));
        assert!(found, "{detach}: {problems:?}");
        let day = "2026-01-01";
        let export = [
            "ledger",
            "export",
            "--from",
            day,
            "--to",
            "2099-01-01",
            "-o",
            "changed.zip",
        ];
        enterprise.run(&["ledger", "keygen", "-o", "keys/export.pem"]).expect(0);
        enterprise
            .run(&[&export[..], &["--key", "keys/export.pem"]].concat())
            .expect(1);
        let zip = enterprise.path().join("changed.zip");
        let Some(run) = tool("unzip", &["-p", zip.to_str().unwrap(), "README.txt"]) else {
            return;
        };
        let text = run.expect(0).stdout;
        assert!(text.contains("THE LEDGER WAS CHANGED"), "{text}");
    }
}
