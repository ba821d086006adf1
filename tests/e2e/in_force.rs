//! The packs in force: what is on record serves, whatever becomes of files, processes and the clock, until a person decides.

use crate::daemon::{Daemon, put};
use crate::packs::changed_rules;
use crate::support::{Enterprise, Run, eventually, statuses, tool};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

const EDITION: &str = "2022-05";

/// Packs of the edition: each has a rule of its own that no order of the shop keeps.
struct Made {
    a: Vec<u8>,
    b: Vec<u8>,
    /// Its own cases fail.
    failing: Vec<u8>,
    /// Of an edition that follows.
    later: Vec<u8>,
}

fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let enterprise = Enterprise::new();
        let build = |rule: &str, edition: &Path| {
            let order = enterprise.path().join("rules/editions/2018-56/CEB311.toml");
            let text = fs::read_to_string(&order).unwrap();
            let text = text.split("\n[[rule]]\nid = \"TEST-").next().unwrap().to_owned();
            let strict = format!(
                "[[rule]]\nid = \"TEST-{rule}\"\non = \"Order/OrderHead\"\nat = \"orderNo\"\ncheck = \"starts(orderNo, 'NEW-')\"\n\
                 basis = \"stated\"\nclause = \"test\"\nzh = \"测试\"\nen = \"Order numbers begin with NEW-\"\n"
            );
            fs::write(&order, format!("{text}\n{strict}")).unwrap();
            let file = enterprise.path().join(format!("{rule}.wasm"));
            let arguments = ["pack", "build", edition.to_str().unwrap(), "-o", file.to_str().unwrap()];
            enterprise.run(&arguments).expect(0);
            fs::read(file).unwrap()
        };
        let edition = changed_rules(&enterprise, "editions/2022-05/edition.toml", "version = \"1\"", "version = \"2\"");
        let case = fs::read(edition.join("cases/ceb311-clean.xml")).ok();
        fs::remove_dir_all(edition.join("cases")).unwrap();
        let (a, b) = (build("A", &edition), build("B", &edition));
        fs::create_dir_all(edition.join("cases")).unwrap();
        fs::write(edition.join("cases/order.xml"), case.unwrap_or_else(|| message(&enterprise))).unwrap();
        let failing = build("F", &edition);
        fs::remove_dir_all(edition.join("cases")).unwrap();
        let new = ["pack", "new", "edition", "2026-11", "--extends", EDITION, "--dir", "rules"];
        enterprise.run(&new).expect(0);
        let folder = enterprise.path().join("rules/editions/2026-11");
        let file = folder.join("edition.toml");
        let text = fs::read_to_string(&file).unwrap();
        let dated: Vec<String> = text
            .lines()
            .map(|line| match line.starts_with("effective-from") {
                true => "effective-from = \"2026-11-01\"".to_owned(),
                false => line.to_owned(),
            })
            .collect();
        fs::write(&file, dated.join("\n")).unwrap();
        let later = build("L", &folder);
        Made { a, b, failing, later }
    })
}

/// A message of orders.
fn message(enterprise: &Enterprise) -> Vec<u8> {
    enterprise
        .run(&["map", "erp/orders.json", "--mapper", "shop", "-o", "mapped"])
        .expect_any(&[0, 1]);
    fs::read(enterprise.path().join("mapped/CEB311-001.xml")).unwrap()
}

impl Run {
    #[track_caller]
    fn expect_any(self, codes: &[i32]) -> Self {
        assert!(codes.contains(&self.code), "{}\n{}", self.stdout, self.stderr);
        self
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn short(bytes: &[u8]) -> String {
    digest(bytes)[..12].to_owned()
}

/// An enterprise that takes files at once and has a message to be judged.
fn enterprise() -> Enterprise {
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 0\n[packs]\nsettle = 1");
    let orders = message(&enterprise);
    enterprise.write("orders.xml", orders);
    enterprise
}

/// The pack by which a command judges.
fn judged_by(enterprise: &Enterprise) -> String {
    let run = enterprise.run(&["validate", "orders.xml", "--layer", "business", "--format", "json"]);
    let rows = run.expect_any(&[0, 1]).lines();
    rows[0]["pack"].as_str().unwrap().to_owned()
}

/// The row of `pack list` for an edition.
fn listed(enterprise: &Enterprise, edition: &str) -> Option<Value> {
    let rows = enterprise.run(&["pack", "list", "--format", "json"]).expect(0).lines();
    rows.into_iter().find(|row| row["edition"] == edition)
}

/// The pack by which the daemon judges: the rule of its own that it finds broken.
fn verdict(enterprise: &Enterprise, name: &str, at: usize) -> String {
    let mut erp = enterprise.clean_orders();
    let order = erp["orders"][at].clone();
    let number = order["id"].as_str().unwrap().to_owned();
    erp["orders"] = Value::from(vec![order]);
    put(enterprise, &format!("intake/{name}.json"), erp.to_string());
    let mut found = None;
    eventually("a verdict", || {
        let rows = statuses(enterprise.path());
        found = rows
            .into_iter()
            .find(|row| row["message"] == "CEB311" && row["key"] == number);
        found.is_some()
    });
    let row = found.unwrap();
    let reasons = row["reasons"].as_array().cloned().unwrap_or_default();
    let rules = reasons.iter().filter_map(|reason| reason["rule"].as_str());
    rules
        .filter(|rule| rule.starts_with("TEST-"))
        .map(str::to_owned)
        .next()
        .unwrap_or_else(|| row["status"].as_str().unwrap().to_owned())
}

#[test]
fn a_pack_whose_own_cases_fail_never_serves() {
    let enterprise = enterprise();
    put(&enterprise, "packs/ceb.wasm", &made().failing);
    for _ in 0..2 {
        let daemon = Daemon::start(&enterprise);
        daemon.wait_for("pack ceb.wasm: refused: its own cases fail: order");
        assert_ne!(judged_by(&enterprise), digest(&made().failing));
        assert_eq!(daemon.terminate(), 0);
    }
    // Nor for commands, with or without a daemon before them.
    assert_ne!(judged_by(&enterprise), digest(&made().failing));
    let daemon = Daemon::start(&enterprise);
    assert_eq!(verdict(&enterprise, "one", 0), "waiting");
    drop(daemon);
}

#[test]
fn what_is_in_force_stays_whatever_becomes_of_its_file() {
    let enterprise = enterprise();
    put(&enterprise, "packs/ceb.wasm", &made().a);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for(&format!(
        "pack ceb.wasm: activated, edition {EDITION}, {}",
        short(&made().a)
    ));
    let file = enterprise.path().join("packs/ceb.wasm");
    let fresh = || {
        let _ = fs::remove_file(&file);
        let _ = fs::remove_dir_all(&file);
    };
    let stays = || {
        assert_eq!(judged_by(&enterprise), digest(&made().a));
        assert_eq!(listed(&enterprise, EDITION).unwrap()["digest"], digest(&made().a));
    };
    fresh();
    daemon.wait_for("the file is gone; edition 2022-05 stays in force as");
    stays();
    put(&enterprise, "packs/ceb.wasm", b"\0asm broken");
    daemon.wait_for("pack ceb.wasm: refused");
    stays();
    put(&enterprise, "packs/ceb.wasm", &made().b[..made().b.len() / 2]);
    daemon.wait_for("malformed");
    stays();
    fresh();
    tool("mkfifo", &[file.to_str().unwrap()]).unwrap().expect(0);
    daemon.wait_for("pack ceb.wasm: it is a pipe");
    stays();
    fresh();
    std::os::unix::fs::symlink("/nowhere/at/all.wasm", &file).unwrap();
    daemon.wait_for("pack ceb.wasm: it is a link");
    stays();
    fresh();
    std::os::unix::fs::symlink("/dev/zero", &file).unwrap();
    daemon.wait_for("device");
    stays();
    fresh();
    fs::create_dir(&file).unwrap();
    daemon.wait_for("pack ceb.wasm: it is a folder");
    stays();
    fresh();
    let huge = File::create(&file).unwrap();
    huge.set_len(3 << 30).unwrap();
    daemon.wait_for("3221225472 bytes");
    let start = Instant::now();
    stays();
    assert!(start.elapsed() < Duration::from_secs(30), "nothing reads 3 GB");
    assert_eq!(
        verdict(&enterprise, "one", 0),
        "TEST-A",
        "the daemon judges by the same pack"
    );
    drop(daemon);

    // Killed, with a broken file in its place: the next daemon has the pack from the archive.
    fresh();
    enterprise.write("packs/ceb.wasm", b"\0asm broken");
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("pack ceb.wasm: refused");
    stays();
    assert_eq!(verdict(&enterprise, "two", 1), "TEST-A");
    drop(daemon);
    stays();
    fs::rename(enterprise.path().join("packs"), enterprise.path().join("away")).unwrap();
    let daemon = Daemon::start(&enterprise);
    stays();
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_folder_that_vanishes_is_named_once_and_costs_nothing() {
    let enterprise = enterprise();
    put(&enterprise, "packs/ceb.wasm", &made().a);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("activated");
    let (packs, away) = (enterprise.path().join("packs"), enterprise.path().join("away"));
    fs::rename(&packs, &away).unwrap();
    daemon.wait_for("packs folder: ");
    let before = daemon.lines();
    sleep(Duration::from_secs(3));
    assert!(daemon.lines() - before < 3, "no line a round");
    assert_eq!(judged_by(&enterprise), digest(&made().a));
    fs::rename(&away, &packs).unwrap();
    put(&enterprise, "packs/ceb.wasm", &made().b);
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&made().b)));
    assert_eq!(verdict(&enterprise, "one", 0), "TEST-B");
}

#[test]
fn two_files_of_one_edition_change_nothing_until_one_is_left() {
    let enterprise = enterprise();
    put(&enterprise, "packs/a.wasm", &made().a);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for(&format!("pack a.wasm: activated, edition {EDITION}"));
    put(&enterprise, "packs/b.wasm", &made().b);
    daemon.wait_for("a.wasm and b.wasm both hold edition 2022-05; none of them changes anything");
    assert_eq!(judged_by(&enterprise), digest(&made().a));
    drop(daemon);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("none of them changes anything");
    assert_eq!(verdict(&enterprise, "one", 0), "TEST-A");
    fs::remove_file(enterprise.path().join("packs/a.wasm")).unwrap();
    daemon.wait_for(&format!(
        "pack b.wasm: activated, edition {EDITION}, {}",
        short(&made().b)
    ));
    assert_eq!(verdict(&enterprise, "two", 1), "TEST-B");
    assert_eq!(listed(&enterprise, EDITION).unwrap()["digest"], digest(&made().b));
}

#[test]
fn the_old_file_put_back_over_the_new_one_counts_and_is_what_the_list_says() {
    let enterprise = enterprise();
    put(&enterprise, "packs/x.wasm", &made().a);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for(&format!("activated, edition {EDITION}"));
    put(&enterprise, "packs/x.wasm", &made().later);
    daemon.wait_for("activated, edition 2026-11");
    assert_eq!(verdict(&enterprise, "one", 0), "TEST-L");
    assert_eq!(
        listed(&enterprise, EDITION).unwrap()["digest"],
        digest(&made().a),
        "nobody took it out"
    );
    put(&enterprise, "packs/x.wasm", &made().b);
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&made().b)));
    assert_eq!(
        verdict(&enterprise, "two", 1),
        "TEST-L",
        "a new pack of the older edition ends no newer edition"
    );
    put(&enterprise, "packs/x.wasm", &made().later);
    eventually("the later one is taken note of", || {
        listed(&enterprise, "2026-11").is_some_and(|row| row["file"].as_str().unwrap_or_default().ends_with("x.wasm"))
    });
    sleep(Duration::from_secs(2));
    put(&enterprise, "packs/x.wasm", &made().a);
    daemon.wait_for("edition 2026-11 ended with it");
    assert_eq!(verdict(&enterprise, "three", 2), "TEST-A");
    assert!(listed(&enterprise, "2026-11").is_none());
    drop(daemon);
    assert_eq!(judged_by(&enterprise), digest(&made().a), "and it stays so");
}

#[test]
fn removal_and_rollback_are_decisions_with_and_without_a_daemon() {
    let enterprise = enterprise();
    let shipped = judged_by(&enterprise);
    put(&enterprise, "packs/x.wasm", &made().a);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for(&format!("activated, edition {EDITION}"));
    put(&enterprise, "packs/x.wasm", &made().b);
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&made().b)));

    let back = enterprise.run(&["pack", "rollback", EDITION]).expect(0);
    assert!(back.stdout.contains(&short(&made().a)), "{}", back.stdout);
    daemon.wait_for("is in force again");
    assert_eq!(verdict(&enterprise, "one", 0), "TEST-A");
    let row = listed(&enterprise, EDITION).unwrap();
    assert_eq!(
        (&row["digest"], &row["why"]),
        (&Value::from(digest(&made().a)), &Value::from("rolled back"))
    );
    drop(daemon);
    // The newer file still lies there; it was decided against.
    let daemon = Daemon::start(&enterprise);
    assert_eq!(verdict(&enterprise, "two", 1), "TEST-A");
    assert_eq!(daemon.terminate(), 0);

    // Without a daemon the command does it, and says that there was nothing to do when that is so.
    let to = &digest(&made().b)[..8];
    enterprise.run(&["pack", "rollback", EDITION, "--to", to]).expect(0);
    assert_eq!(judged_by(&enterprise), digest(&made().b));
    let again = enterprise.run(&["pack", "rollback", EDITION, "--to", to]).expect(1);
    assert!(again.stdout.contains("in force already"), "{}", again.stdout);
    let nothing = enterprise.run(&["pack", "rollback", EDITION, "--to", "0000"]).expect(1);
    assert!(
        nothing.stdout.contains("no pack of this edition in the archive"),
        "{}",
        nothing.stdout
    );
    let daemon = Daemon::start(&enterprise);
    enterprise.run(&["pack", "remove", EDITION]).expect(0);
    // The record has no gap: who removed it put the shipped one into force.
    let row = listed(&enterprise, EDITION).unwrap();
    assert_eq!(
        (&row["digest"], &row["origin"]),
        (&Value::from(shipped.as_str()), &Value::from("shipped"))
    );
    assert!(row["why"].as_str().unwrap().contains("which was removed") && !row["since"].as_str().unwrap().is_empty());
    assert_eq!(judged_by(&enterprise), shipped);
    assert_eq!(verdict(&enterprise, "three", 2), "waiting");
    enterprise.run(&["pack", "remove", EDITION]).expect(1);
    assert_eq!(daemon.terminate(), 0);
    assert_eq!(
        judged_by(&enterprise),
        shipped,
        "the file that still lies there was decided against"
    );
    // Put there anew it is an offer again.
    fs::remove_file(enterprise.path().join("packs/x.wasm")).unwrap();
    let daemon = Daemon::start(&enterprise);
    put(&enterprise, "packs/x.wasm", &made().b);
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&made().b)));
}

#[test]
fn the_record_says_what_was_in_force_at_a_time_and_who_decided() {
    let enterprise = enterprise();
    let daemon = Daemon::start(&enterprise);
    assert_eq!(verdict(&enterprise, "zero", 3), "waiting");
    let before = jiff::Timestamp::now();
    sleep(Duration::from_millis(1100));
    put(&enterprise, "packs/x.wasm", &made().a);
    daemon.wait_for(&format!("activated, edition {EDITION}"));
    put(&enterprise, "packs/x.wasm", &made().b);
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&made().b)));
    let at = enterprise
        .run(&["pack", "list", "--at", &before.to_string(), "--format", "json"])
        .expect(0)
        .lines();
    let row = at.iter().find(|row| row["edition"] == EDITION).unwrap();
    assert_eq!(row["origin"], "shipped", "{row}");
    let now = listed(&enterprise, EDITION).unwrap();
    assert_eq!(now["by"], "packs folder");
    assert_eq!(now["why"], "the file x.wasm");
    assert!(now["since"].as_str().unwrap() > before.to_string().as_str());
    // The line about an input names edition, pack, since when and why.
    assert_eq!(verdict(&enterprise, "one", 0), "TEST-B");
    let line = daemon.after("one.json: ").unwrap();
    let since: jiff::Timestamp = now["since"].as_str().unwrap().parse().unwrap();
    let china = jiff::tz::TimeZone::fixed(jiff::tz::offset(8));
    let said = format!(
        "edition {EDITION}, pack {} in force since {}+08:00 (the file x.wasm)",
        short(&made().b),
        since.to_zoned_datetime(china).strftime("%Y-%m-%dT%H:%M:%S")
    );
    assert!(line.contains(&said), "{line}");
}

#[test]
fn with_trust_only_signed_packs_come_in_and_an_older_one_needs_a_command() {
    let enterprise = enterprise();
    let key = |name: &str| {
        let (private, public) = (format!("{name}.key.pem"), format!("{name}.pub.pem"));
        let new = ["genpkey", "-algorithm", "ed25519", "-out"];
        let path = |file: &str| enterprise.path().join(file).display().to_string();
        tool("openssl", &[&new[..], &[&path(&private)]].concat())
            .unwrap()
            .expect(0);
        tool(
            "openssl",
            &["pkey", "-in", &path(&private), "-pubout", "-out", &path(&public)],
        )
        .unwrap()
        .expect(0);
        (private, public)
    };
    let (ours, trusted) = key("ours");
    let sign = |rule: &str, file: &str| {
        let edition = changed_rules(
            &enterprise,
            "editions/2022-05/edition.toml",
            "version = \"1\"",
            &format!("version = \"{rule}\""),
        );
        fs::remove_dir_all(edition.join("cases")).unwrap();
        enterprise
            .run(&["pack", "build", edition.to_str().unwrap(), "-o", file, "--sign", &ours])
            .expect(0);
        let bytes = fs::read(enterprise.path().join(file)).unwrap();
        fs::remove_dir_all(enterprise.path().join("rules")).unwrap();
        bytes
    };
    let (one, two) = (sign("1.1", "one.wasm"), sign("1.2", "two.wasm"));
    enterprise.configure(&format!("[rules]\ntrust = \"{trusted}\""));
    put(&enterprise, "packs/x.wasm", &made().a);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("it is not signed, and rules.trust demands a trusted signature");
    put(&enterprise, "packs/x.wasm", &one);
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&one)));
    put(&enterprise, "packs/x.wasm", &two);
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&two)));
    put(&enterprise, "packs/x.wasm", &one);
    let command = format!("`cebridge pack rollback {EDITION} --to {}`", short(&one));
    daemon.wait_for(&command);
    assert_eq!(judged_by(&enterprise), digest(&two));
    enterprise
        .run(&["pack", "rollback", EDITION, "--to", &short(&one)])
        .expect(0);
    assert_eq!(judged_by(&enterprise), digest(&one));
    drop(daemon);

    // Foreign or untrusted packs are used where a person names the file, and said to be so.
    enterprise.write("unsigned.wasm", &made().a);
    let run = enterprise
        .run(&["validate", "orders.xml", "--pack", "unsigned.wasm"])
        .expect_any(&[0, 1]);
    assert!(run.stderr.contains("UNTRUSTED"), "{}", run.stderr);
    for command in [["pack", "inspect"], ["pack", "test"]] {
        let run = enterprise.run(&[&command[..], &["unsigned.wasm"]].concat()).expect(0);
        assert!(run.stderr.contains("UNTRUSTED"), "{}", run.stderr);
    }

    // A trust file without a key switches nothing off.
    for text in ["", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"] {
        enterprise.write(&trusted, text);
        let run = enterprise.run(&["validate", "orders.xml"]).expect(2);
        assert!(
            run.stderr.contains("rules.trust") && run.stderr.contains("PUBLIC KEY"),
            "{}",
            run.stderr
        );
        enterprise.run(&["run", "--once"]).expect(2);
    }
    // Keys that do not trust what is in force: nothing else judges instead.
    let (_, theirs) = key("theirs");
    fs::copy(enterprise.path().join(theirs), enterprise.path().join(&trusted)).unwrap();
    let run = enterprise.run(&["validate", "orders.xml"]).expect(2);
    assert!(
        run.stderr.contains("cebridge pack rollback") && run.stderr.contains("cebridge pack remove"),
        "{}",
        run.stderr
    );
    enterprise.run(&["pack", "remove", EDITION]).expect(0);
    enterprise.run(&["validate", "orders.xml"]).expect_any(&[0, 1]);
}

#[test]
fn a_flipped_bit_is_seen_wherever_it_is() {
    let enterprise = enterprise();
    enterprise.write("good.wasm", &made().a);
    // The last part of the file holds severities, texts and cases.
    for from_end in [10, 2000, 100_000] {
        let mut bytes = made().a.clone();
        let at = bytes.len() - from_end;
        bytes[at] ^= 4;
        enterprise.write("bad.wasm", &bytes);
        enterprise.run(&["pack", "verify", "bad.wasm"]).expect(1);
        enterprise.run(&["pack", "test", "bad.wasm"]).expect(2);
        enterprise.write("packs/x.wasm", &bytes);
        assert_ne!(judged_by(&enterprise), digest(&bytes));
    }
    let edition = changed_rules(
        &enterprise,
        "editions/2022-05/edition.toml",
        "version = \"1\"",
        "version = \"1.0\"",
    );
    let edition = edition.to_str().unwrap();
    enterprise.run(&["pack", "build", edition, "-o", "own.wasm"]).expect(0);
    enterprise
        .run(&["pack", "verify", "own.wasm", "--source", edition])
        .expect(0);
    let other = enterprise
        .run(&["pack", "verify", "good.wasm", "--source", edition])
        .expect(1);
    assert!(other.stdout.contains("NOT made from"), "{}", other.stdout);
}

#[test]
fn a_pack_that_is_written_slowly_makes_one_line() {
    let enterprise = enterprise();
    let daemon = Daemon::start(&enterprise);
    let path = enterprise.path().join("packs/ceb.wasm");
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    for piece in made().a.chunks(made().a.len() / 4 + 1) {
        file.write_all(piece).unwrap();
        file.flush().unwrap();
        sleep(Duration::from_millis(1300));
    }
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&made().a)));
    assert_eq!(daemon.count("pack ceb.wasm"), 1);
}

#[test]
fn those_who_would_rather_stand_still_can() {
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 0\n[packs]\nsettle = 0\non-broken = \"stop\"\narchive = \"archive\"");
    put(&enterprise, "packs/ceb.wasm", &made().a);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("activated");
    assert_eq!(
        enterprise
            .files("archive")
            .iter()
            .filter(|path| path.to_string_lossy().contains(&digest(&made().a)))
            .count(),
        1
    );
    fs::remove_file(enterprise.path().join("packs/ceb.wasm")).unwrap();
    daemon.wait_for("the file is gone");
    let mut erp = enterprise.clean_orders();
    let all = erp["orders"].as_array().unwrap().clone();
    erp["orders"] = Value::from(all[..1].to_vec());
    put(&enterprise, "intake/one.json", erp.to_string());
    daemon.wait_for("nothing is judged while files of the packs folder are not in order");
    sleep(Duration::from_secs(1));
    assert!(statuses(enterprise.path()).is_empty());
    // Nor by a command beside the daemon, nor while a file is refused, nor by the next daemon.
    enterprise.write("two.json", erp.to_string());
    let stands = || enterprise.run(&["declare", "two.json", "--mapper", "shop"]).expect(2);
    assert!(stands().stderr.contains("ceb.wasm is gone"));
    put(&enterprise, "packs/ceb.wasm", b"\0asm broken");
    daemon.wait_for("pack ceb.wasm: refused");
    assert!(stands().stderr.contains("ceb.wasm is refused"));
    drop(daemon);
    let daemon = Daemon::start(&enterprise);
    sleep(Duration::from_secs(2));
    assert!(statuses(enterprise.path()).is_empty());
    put(&enterprise, "packs/ceb.wasm", &made().a);
    daemon.wait_for("one.json: 4 documents");
    assert!(statuses(enterprise.path()).iter().all(|row| row["status"] == "refused"));
}

#[test]
fn a_pack_of_the_version_before_goes_on() {
    let enterprise = enterprise();
    let gzipped = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/fixtures/packs/first-form.wasm.gz"
    );
    let output = std::process::Command::new("gzip")
        .args(["-dc", gzipped])
        .output()
        .unwrap();
    put(&enterprise, "packs/toy.wasm", &output.stdout);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("pack toy.wasm: activated, edition 2020-01, d6c37fc050fd");
    daemon.wait_for("it carries no digest of its data");
    assert_eq!(
        listed(&enterprise, "2020-01").unwrap()["digest"],
        digest(&output.stdout)
    );
    drop(daemon);
    assert_eq!(listed(&enterprise, "2020-01").unwrap()["origin"], "file");
}

#[test]
fn an_input_that_was_begun_goes_on_under_its_pack_though_another_one_is_in_force() {
    let enterprise = enterprise();
    put(&enterprise, "packs/ceb.wasm", &made().a);
    let many = enterprise.numbered_orders("M", 1200);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("activated");
    put(&enterprise, "intake/many.json", many);
    eventually("it is begun", || statuses(enterprise.path()).len() > 400);
    drop(daemon);
    let before = statuses(enterprise.path()).len();
    assert!(before < 4800, "killed in the middle");
    put(&enterprise, "packs/ceb.wasm", &made().b);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for(&format!("activated, edition {EDITION}, {}", short(&made().b)));
    daemon.wait_for("many.json: ");
    eventually("it is done", || enterprise.files("intake/done").len() == 1);
    let rows = statuses(enterprise.path());
    let by = |rule: &str| {
        rows.iter()
            .filter(|row| {
                row["reasons"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|reason| reason["rule"] == rule))
            })
            .count()
    };
    assert_eq!((by("TEST-A"), by("TEST-B")), (1200, 0));
    assert_eq!(verdict(&enterprise, "next", 0), "TEST-B");
}
