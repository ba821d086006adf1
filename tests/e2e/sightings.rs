//! What those who run a host rely on: sights of `doctor`, access to files, settings taken up, evidence, masks, idleness.

use crate::audit::{ask, audited, ledger, tamper};
use crate::daemon::{Daemon, put};
use crate::guests::refusing_mapper;
use crate::packs::changed_rules;
use crate::samples::Samples;
use crate::support::{Enterprise, Run, eventually, rules, statuses, tool};
use cebridge_clock as clock;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use nix::unistd::{Group, geteuid};
use rusqlite::Connection;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// An enterprise that has declared so many orders and has not heard of them yet.
fn declared(orders: usize) -> Enterprise {
    let enterprise = Enterprise::new();
    declare_orders(&enterprise, orders).expect(0);
    enterprise
}

fn declare_orders(enterprise: &Enterprise, orders: usize) -> Run {
    enterprise.write("orders.json", enterprise.numbered_orders("S", orders));
    enterprise.run(&["declare", "orders.json", "--mapper", "shop", "--quiet"])
}

/// Customs answers what was sent, and the answers are read.
fn answered(enterprise: &Enterprise, simulator: &[&str]) {
    enterprise
        .run(&[&["simulator", "--once", "--quiet"], simulator].concat())
        .expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
}

/// The day in China, some days from today.
fn day(days: i64) -> Date {
    clock::date(Timestamp::now()).saturating_add(days.days())
}

/// What `doctor` sees. It exits 1 if anything is not as it should be, be it a warning only.
#[track_caller]
fn sights(enterprise: &Enterprise) -> Vec<Value> {
    let run = enterprise.run(&["doctor", "--format", "json"]);
    let rows = run.lines();
    let well = rows.iter().all(|row| row["state"] == "ok");
    assert_eq!(run.code, i32::from(!well), "{}{}", run.stdout, run.stderr);
    rows
}

/// The sights of a topic in a state, each as its text and advice.
fn told(rows: &[Value], topic: &str, state: &str) -> Vec<String> {
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    rows.iter()
        .filter(|row| row["topic"] == topic && row["state"] == state)
        .map(|row| format!("{} / {}", text(row, "text"), text(row, "advice")))
        .collect()
}

#[track_caller]
fn assert_seen(enterprise: &Enterprise, topic: &str, state: &str, parts: &[&str]) {
    let rows = sights(enterprise);
    let found = told(&rows, topic, state);
    let holds = |text: &String| parts.iter().all(|part| text.contains(part));
    assert!(found.iter().any(holds), "{topic} {state} {parts:?}: {rows:?}");
}

#[test]
fn a_sound_host_is_told_the_days_that_its_certificate_has_left() {
    let enterprise = Enterprise::new();
    let days = |rows: &[Value]| {
        assert!(rows.iter().all(|row| row["state"] == "ok"), "{rows:?}");
        let keys = told(rows, "keys", "ok").remove(0);
        let (_, rest) = keys.split_once(" ends on ").unwrap();
        let (last, rest) = rest.split_once(", in ").unwrap();
        let (days, _) = rest.split_once(" days").unwrap();
        (last.parse::<Date>().unwrap(), days.parse::<i32>().unwrap())
    };
    let fresh = days(&sights(&enterprise));
    assert_eq!(fresh.1, day(0).until(fresh.0).unwrap().get_days());
    declare_orders(&enterprise, 2).expect(0);
    let rows = sights(&enterprise);
    assert_eq!(days(&rows), fresh);
    assert!(told(&rows, "disk", "ok")[0].contains("MiB are free"), "{rows:?}");
}

#[test]
fn what_others_may_read_or_write_is_named_with_the_command_that_mends_it() {
    let enterprise = declared(1);
    fs::create_dir_all(enterprise.path().join("intake")).unwrap();
    for (name, open, closed, topic, state, parts) in [
        (
            "cebridge.db",
            0o644,
            0o600,
            "folders",
            "warning",
            &["(mode 644)", "personal data", "chmod 600 cebridge.db"],
        ),
        (
            "intake",
            0o777,
            0o755,
            "folders",
            "warning",
            &["writable by everyone: intake", "(mode 777)", "chmod o-w intake"],
        ),
        (
            "keys/enterprise.key.pem",
            0o644,
            0o600,
            "configuration",
            "fault",
            &["signing.key", "(mode 644)", "chmod 600 keys/enterprise.key.pem"],
        ),
    ] {
        let path = enterprise.path().join(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        assert_seen(&enterprise, topic, state, parts);
        fs::set_permissions(&path, fs::Permissions::from_mode(closed)).unwrap();
        assert!(told(&sights(&enterprise), topic, state).is_empty(), "{name} is closed");
    }
}

/// A pack of the edition of today with other bytes than the shipped one, and unsigned.
fn another_pack(enterprise: &Enterprise) -> Vec<u8> {
    let edition = changed_rules(
        enterprise,
        "editions/2022-05/edition.toml",
        "version = \"1\"",
        "version = \"2\"",
    );
    fs::remove_dir_all(edition.join("cases")).unwrap();
    enterprise
        .run(&["pack", "build", edition.to_str().unwrap(), "-o", "another.wasm"])
        .expect(0);
    fs::read(enterprise.path().join("another.wasm")).unwrap()
}

#[test]
fn a_refused_pack_and_one_whose_file_is_gone_are_named() {
    let enterprise = Enterprise::new();
    let broken = enterprise.write("packs/broken.wasm", b"\0asm broken");
    assert_seen(
        &enterprise,
        "packs",
        "warning",
        &["broken.wasm is refused", "malformed"],
    );
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("broken.wasm: refused");
    assert_seen(
        &enterprise,
        "packs",
        "warning",
        &[
            "broken.wasm is not used (refused)",
            "malformed",
            "take it out of the packs folder",
        ],
    );
    assert_eq!(daemon.terminate(), 0);
    fs::remove_file(broken).unwrap();
    assert!(told(&sights(&enterprise), "packs", "warning").is_empty());

    let another = enterprise.write("packs/own.wasm", another_pack(&enterprise));
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    assert!(told(&sights(&enterprise), "packs", "warning").is_empty());
    fs::remove_file(another).unwrap();
    assert_seen(
        &enterprise,
        "packs",
        "warning",
        &["own.wasm is gone", "stays in force", "cebridge pack remove 2022-05"],
    );
    enterprise.run(&["pack", "remove", "2022-05"]).expect(0);
    assert!(told(&sights(&enterprise), "packs", "warning").is_empty());
}

#[test]
fn a_clock_that_disagrees_with_the_receipts_is_a_fault() {
    let enterprise = audited();
    assert_seen(&enterprise, "clock", "ok", &["the last receipt of customs is of "]);
    tamper(
        &enterprise,
        "UPDATE receipts SET received_at = '2099-01-01T00:00:00.000Z'",
    );
    assert_seen(
        &enterprise,
        "clock",
        "fault",
        &[
            "a receipt was recorded at 2099-01-01T08:00:00 by this clock",
            "timedatectl",
        ],
    );

    // Customs, whose clock is right, writes nine days from now.
    let enterprise = declared(1);
    let ahead = day(9);
    answered(&enterprise, &["--at", &format!("{ahead}T00:00:00")]);
    assert_seen(
        &enterprise,
        "clock",
        "fault",
        &[
            &format!("a receipt that customs wrote at {ahead}T"),
            "by this clock, which is slow",
        ],
    );
}

#[test]
fn unanswered_and_given_up_messages_are_counted_until_their_cause_has_ended() {
    let well = "everything is sent and answered";
    let enterprise = declared(1);
    assert_seen(&enterprise, "delivery", "ok", &[well]);
    enterprise.configure("[delivery]\nstuck-after = 0");
    assert_seen(
        &enterprise,
        "delivery",
        "warning",
        &["4 messages were sent and not answered within 0 minutes, the oldest CEB311 "],
    );
    answered(&enterprise, &[]);
    assert_seen(&enterprise, "delivery", "ok", &[well]);

    let enterprise = Enterprise::new();
    enterprise.configure("[delivery]\nattempts = 1");
    let blocked = enterprise.write("dxp/out", "a file in place of the folder");
    declare_orders(&enterprise, 1);
    assert_seen(
        &enterprise,
        "delivery",
        "fault",
        &[
            "4 messages were given up, the oldest because: ",
            "dxp/out",
            "cebridge retry",
        ],
    );
    fs::remove_file(blocked).unwrap();
    enterprise.run(&["retry"]).expect(0);
    assert_seen(&enterprise, "delivery", "ok", &[well]);
}

#[test]
fn written_files_have_the_mode_and_the_group_of_the_configuration() {
    if !geteuid().is_root() {
        eprintln!("skipped: only root may give files to a group that it is not a member of");
        return;
    }
    let found = |name: &str| Group::from_name(name).ok().flatten();
    let Some(group) = ["daemon", "nogroup", "nobody"].into_iter().find_map(found) else {
        eprintln!("skipped: the system has none of the usual groups");
        return;
    };
    let number = group.gid.as_raw();
    for written in [group.name, number.to_string()] {
        let enterprise = Enterprise::new();
        enterprise.configure(&format!(
            "[intake]\nsettle = 0\npatience = 0\n[paths]\nmode = \"0640\"\ngroup = \"{written}\""
        ));
        enterprise.write("intake/good.json", enterprise.numbered_orders("G", 1));
        enterprise.write("intake/bad.json", "{ no json");
        enterprise.run(&["run", "--once", "--quiet"]);
        for (folder, count) in [("dxp/out", 4), ("intake/done", 1), ("intake/bad", 2)] {
            let files = enterprise.files(folder);
            assert_eq!(files.len(), count, "{folder}");
            for file in files {
                let found = fs::metadata(&file).unwrap();
                let access = (found.mode() & 0o777, found.gid());
                assert_eq!(access, (0o640, number), "{}", file.display());
            }
        }
    }
}

/// Two orders: one with a wrong sum, which CEB311-R03 refuses, and one that somebody else paid, of which CEB411-R07 warns.
fn odd_orders(enterprise: &Enterprise, prefix: &str) -> String {
    let mut erp: Value = serde_json::from_str(&enterprise.numbered_orders(prefix, 2)).unwrap();
    let discount = erp["orders"][0]["discount"].as_f64().unwrap();
    erp["orders"][0]["discount"] = (discount + 1.0).into();
    erp["orders"][1]["payment"]["payer"] =
        serde_json::json!({ "name": "徐明样", "idNumber": "440000197403178473", "phone": "13900000617" });
    erp.to_string()
}

/// Has the daemon take two odd orders; what became of each of them.
fn odd_fates(enterprise: &Enterprise, daemon: &Daemon, prefix: &str) -> [String; 2] {
    put(
        enterprise,
        &format!("intake/{prefix}.json"),
        odd_orders(enterprise, prefix),
    );
    daemon.wait_for(&format!("{prefix}.json: 8 documents"));
    // Asked by a sound configuration, whatever the daemon's is at present.
    let run = enterprise
        .run(&["--config", "sound.toml", "status", "--format", "json"])
        .expect(0);
    let rows = run.lines();
    [0, 1].map(|number| {
        let key = format!("SO-{prefix}-{number:06}");
        let row = rows.iter().find(|row| row["message"] == "CEB311" && row["key"] == key);
        row.unwrap()["status"].as_str().unwrap().to_owned()
    })
}

#[test]
fn a_running_daemon_judges_by_the_grades_that_were_changed() {
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 0\npatience = 0");
    let config = fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    enterprise.write("sound.toml", &config);
    let grades = |lines: &str| {
        put(
            &enterprise,
            "cebridge.toml",
            format!("{config}\n[rules.grades]\n{lines}\n"),
        );
    };
    let daemon = Daemon::start(&enterprise);
    assert_eq!(odd_fates(&enterprise, &daemon, "ONE"), ["refused", "waiting"]);
    grades("\"CEB311-R03\" = \"off\"\n\"CEB411-R07\" = \"error\"");
    daemon.wait_for("configuration: [rules] taken up: rules.grades.CEB311-R03 = \"off\"");
    assert_eq!(odd_fates(&enterprise, &daemon, "TWO"), ["waiting", "refused"]);
    assert!(daemon.said("refused: CEB411-R07 "));
    assert!(!daemon.said("TWO.json: SO-TWO-000000 warning CEB311-R03"));

    // A grade that is none changes nothing.
    grades("\"CEB311-R03\" = \"of\"");
    daemon.wait_for("configuration refused, the previous one stays: ");
    assert_eq!(odd_fates(&enterprise, &daemon, "THREE"), ["waiting", "refused"]);

    put(&enterprise, "cebridge.toml", &config);
    daemon.wait_for("rules.grades.CEB311-R03 is no longer set");
    assert_eq!(odd_fates(&enterprise, &daemon, "FOUR"), ["refused", "waiting"]);
    assert_eq!(daemon.terminate(), 0);
}

#[test]
fn a_running_daemon_takes_up_trust_and_keeps_it_when_the_next_file_is_no_good() {
    let enterprise = Enterprise::new();
    enterprise.configure("[packs]\nsettle = 0");
    enterprise.run(&["ledger", "keygen", "-o", "keys/packs.pem"]).expect(0);
    let pack = another_pack(&enterprise);
    let config = fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    let trust = |file: &str| {
        put(
            &enterprise,
            "cebridge.toml",
            format!("{config}\n[rules]\ntrust = \"{file}\"\n"),
        );
    };
    let daemon = Daemon::start(&enterprise);
    let refuses_unsigned = |name: &str| {
        put(&enterprise, &format!("packs/{name}"), &pack);
        daemon.wait_for(&format!(
            "pack {name}: refused: it is not signed, and rules.trust demands a trusted signature"
        ));
    };
    trust("keys/packs.pem.pub");
    daemon.wait_for("configuration: [rules] taken up: rules.trust = ");
    refuses_unsigned("one.wasm");

    let refused = "configuration refused, the previous one stays: ";
    trust("keys/enterprise.cert.pem");
    daemon.wait_for(refused);
    let line = daemon.after(refused).unwrap();
    assert!(
        line.contains("rules.trust") && line.contains("keys/enterprise.cert.pem"),
        "{line}"
    );
    refuses_unsigned("two.wasm");
    trust("no-such.pem");
    daemon.wait_for("rules.trust: no-such.pem: ");
    assert_eq!(daemon.count(refused), 2);
    refuses_unsigned("three.wasm");

    put(&enterprise, "cebridge.toml", &config);
    daemon.wait_for("rules.trust is no longer set");
    put(&enterprise, "packs/four.wasm", &pack);
    daemon.wait_for("pack four.wasm: activated, edition 2022-05");
    assert_eq!(daemon.terminate(), 0);
}

/// Declares unsigned orders, on a day and with these grades, on a host without a key. What is sent is not signed.
fn declared_unsigned(at: &str, grades: &[(&str, &str)]) -> (Run, usize) {
    let enterprise = Enterprise::new();
    let order = rules().join("editions/2018-56/cases/ceb311-unsigned.xml");
    enterprise.write("order.xml", fs::read(order).unwrap());
    let grades: String = grades
        .iter()
        .map(|(rule, grade)| format!("\"{rule}\" = \"{grade}\"\n"))
        .collect();
    enterprise.write(
        "cebridge.toml",
        format!(
            "[enterprise]\ncode = \"4403960DM1\"\nname = \"示例跨境电商服务有限公司\"\ndxp-id = \"DXPENT0000099901\"\n\
             [mapper.ceb]\nleaveOut = \"BaseSubscribe, ExtendMessage\"\n[rules.grades]\n{grades}"
        ),
    );
    let run = enterprise.run(&[
        "declare",
        "order.xml",
        "--mapper",
        "ceb",
        "--at",
        at,
        "--format",
        "json",
    ]);
    let sent = enterprise.files("dxp/out");
    for file in &sent {
        enterprise
            .run(&["unwrap", file.to_str().unwrap(), "-o", "inner.xml"])
            .expect(0);
        let inner = fs::read_to_string(enterprise.path().join("inner.xml")).unwrap();
        assert!(
            inner.contains("CEB311Message") && !inner.contains("Signature"),
            "{inner}"
        );
    }
    (run, sent.len())
}

/// By the grade of a rule that it breaks, a document is refused, is sent with a warning, or is sent without a word.
#[track_caller]
fn assert_graded(run: Run, messages: usize, rule: &str, grade: &str) {
    let (code, status, sent, told) = match grade {
        "error" => (1, "refused", 0, "reasons"),
        "warning" => (0, "waiting", 1, "warnings"),
        _ => (0, "waiting", 1, ""),
    };
    let run = run.expect(code);
    let row = run.lines().remove(0);
    assert_eq!((row["status"].as_str(), messages), (Some(status), sent), "{row}");
    if told.is_empty() {
        assert!(!run.stdout.contains(rule) && !run.stderr.contains(rule), "{row}");
    } else {
        assert!(row[told].to_string().contains(&format!("\"{rule}\"")), "{row}");
    }
}

const GRADES: [&str; 3] = ["error", "warning", "off"];

#[test]
fn rules_of_signatures_obey_their_grades() {
    let (in_transition, after_it) = ("2018-07-15", "2018-11-15");
    for grade in GRADES {
        let (run, sent) = declared_unsigned(in_transition, &[("SIGN-OPTIONAL", grade)]);
        assert_graded(run, sent, "SIGN-OPTIONAL", grade);
        // A signature that is due is demanded by the host and by the pack, so both have to let it pass.
        let (run, sent) = declared_unsigned(after_it, &[("SIGN-NEED", grade), ("CEB-C08", grade)]);
        assert_graded(run, sent, "SIGN-NEED", grade);
    }
    for grade in ["warning", "off"] {
        let (run, sent) = declared_unsigned(after_it, &[("SIGN-NEED", grade)]);
        assert!(run.code != 0 && sent == 0, "{}", run.stdout);
        let told = run.stdout + &run.stderr;
        assert!(told.contains("CEB-C08"), "the rule of the pack is named: {told}");
    }
}

#[test]
fn rules_of_access_obey_their_grades() {
    let samples = Samples::of("2022-05", "2026");
    let inventory = samples.json("CEB621", &[samples.document("CEB621")]);
    for (rule, lines) in [
        (
            "ACCESS-ROLE",
            "code = \"31229X0001\"\nroles = [\"e-commerce-platform\"]",
        ),
        (
            "ACCESS-MESSAGE",
            "code = \"31229X0002\"\nroles = [\"e-commerce-enterprise\"]\nmessages = [\"CEB311\"]",
        ),
    ] {
        for grade in GRADES {
            let host = Enterprise::new();
            host.write(
                "cebridge.toml",
                format!(
                    "[enterprise]\nname = \"样例企业有限公司\"\ndxp-id = \"DXPENT0000000001\"\n{lines}\n\
                     [signing]\nkey = \"keys/enterprise.key.pem\"\ncertificate = \"keys/enterprise.cert.pem\"\n\
                     [rules.grades]\n\"{rule}\" = \"{grade}\"\n"
                ),
            );
            host.write("one.json", &inventory);
            let run = host.run(&["declare", "one.json", "--mapper", "ceb", "--format", "json"]);
            assert_graded(run, host.files("dxp/out").len(), rule, grade);
        }
    }
}

/// A host for a platform and an express carrier.
fn two_enterprises() -> Enterprise {
    let host = Enterprise::new();
    let section = |id: &str, code: &str, role: &str, dxp_id: &str| {
        format!(
            "[[enterprises]]\nid = \"{id}\"\ncode = \"{code}\"\nname = \"样例{id}有限公司\"\nroles = [\"{role}\"]\n\
             dxp-id = \"{dxp_id}\"\n[[enterprises.keys]]\nname = \"{id}\"\nkind = \"file\"\n\
             key = \"keys/enterprise.key.pem\"\ncertificate = \"keys/enterprise.cert.pem\"\n"
        )
    };
    let config = section("platform", "31229X0001", "e-commerce-platform", "DXPENT0000000000")
        + &section("express", "31229X0004", "logistics-enterprise", "DXPENT0000000001");
    host.write("cebridge.toml", config);
    host
}

/// Exports what was declared from a day to a day, by one enterprise or by all: documents, messages and files of receipts.
fn export(host: &Enterprise, file: &str, (from, to): (&str, &str), whose: &[&str]) -> [u64; 3] {
    let period = ["ledger", "export", "--from", from, "--to", to, "--key", "export.pem"];
    let run = host.run(&[&period[..], &["-o", file, "--format", "json"], whose].concat());
    // A document was moved into another period by hand, which is said.
    assert!(run.code == 0 || run.stderr.contains("accepted_at"), "{}", run.stderr);
    let done = run.lines().remove(0);
    ["documents", "messages", "receipts"].map(|name| done[name].as_u64().unwrap())
}

/// The files below a folder that hold a text.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let run = tool("grep", &["-rlaF", text, folder.to_str().unwrap()]).unwrap();
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn an_export_holds_its_period_and_its_enterprise_only() {
    let host = two_enterprises();
    let samples = Samples::of("2022-05", "2026");
    let mut order = samples.document("CEB311");
    order["OrderHead"]["orderNo"] = "SO-PLATFORM-1".into();
    let waybill = |number: &str| {
        let mut waybill = samples.document("CEB511");
        waybill["LogisticsHead"]["logisticsNo"] = number.into();
        waybill["LogisticsHead"]["orderNo"] = "SO-ELSEWHERE".into();
        waybill
    };
    for (file, content) in [
        ("order.json", samples.json("CEB311", &[order])),
        ("new.json", samples.json("CEB511", &[waybill("WB-NEW")])),
        ("old.json", samples.json("CEB511", &[waybill("WB-OLD")])),
    ] {
        host.write(file, content);
        host.run(&["declare", file, "--mapper", "ceb", "--quiet"]).expect(0);
    }
    answered(&host, &[]);
    // As if one of them had been declared in March.
    let old = "(SELECT outbox FROM documents WHERE key LIKE '%WB-OLD')";
    tamper(
        &host,
        &format!(
            "UPDATE outbox SET accepted_at = '2026-03-10T04:00:00.000Z' WHERE id = {old};\
             UPDATE documents SET accepted_at = '2026-03-10T04:00:00.000Z' WHERE outbox = {old}"
        ),
    );
    host.run(&["ledger", "keygen", "-o", "export.pem"]).expect(0);
    let (yesterday, tomorrow) = (day(-1).to_string(), day(1).to_string());
    let (now, march) = ((yesterday.as_str(), tomorrow.as_str()), ("2026-03-01", "2026-03-31"));
    let (express, platform) = (["--enterprise", "express"], ["--enterprise", "platform"]);

    assert_eq!(export(&host, "all.zip", now, &[])[..2], [2, 2]);
    let own = export(&host, "express.zip", now, &express);
    assert!(own[..2] == [1, 1] && own[2] > 0, "{own:?}");
    let own = export(&host, "march.zip", march, &express);
    assert!(own[..2] == [1, 1] && own[2] > 0, "{own:?}");
    assert_eq!(export(&host, "none.zip", march, &platform), [0, 0, 0]);
    if tool("unzip", &["-v"]).is_none() {
        return;
    }
    let unzipped = |name: &str| {
        let (zip, folder) = (host.path().join(format!("{name}.zip")), host.path().join(name));
        tool("unzip", &["-q", zip.to_str().unwrap(), "-d", folder.to_str().unwrap()])
            .unwrap()
            .expect(0);
        folder
    };
    // Of another enterprise there is nothing, whatever one looks for.
    let rows = statuses(host.path());
    let order = rows.iter().find(|row| row["message"] == "CEB311").unwrap();
    let all = unzipped("all");
    let express = unzipped("express");
    for text in [&order["key"], &order["guid"], &order["cop_msg_id"]] {
        let text = text.as_str().unwrap();
        assert!(!files_with(&all, text).is_empty(), "{text}");
        assert_eq!(files_with(&express, text), Vec::<String>::new(), "{text}");
    }
    // Of another period there is nothing but the chain of events, which is whole.
    let elsewhere = files_with(&all, "WB-OLD");
    assert!(
        elsewhere.iter().all(|file| file.ends_with("events.jsonl")),
        "{elsewhere:?}"
    );
    let march = unzipped("march");
    assert!(files_with(&march, "WB-NEW").is_empty());
    let index = fs::read_to_string(march.join("index.csv")).unwrap();
    assert!(index.contains(",CEB511,WB-OLD,"), "{index}");
}

/// A column of texts of a copy of the ledger.
fn texts(copy: &Path, sql: &str) -> Vec<String> {
    let raw = Connection::open(copy).unwrap();
    let mut statement = raw.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.collect::<Result<Vec<String>, _>>().unwrap()
}

/// The middle of the first of these texts that is in the file just once, and so in a row that lives.
fn middle_of(file: &[u8], texts: &[String]) -> usize {
    let places = |text: &str| -> Vec<usize> {
        let windows = file.windows(text.len()).enumerate();
        let found = windows.filter(|(_, bytes)| *bytes == text.as_bytes());
        found.map(|(at, _)| at).collect()
    };
    let once = |text: &String| match places(text)[..] {
        [at] => Some(at + text.len() / 2),
        _ => None,
    };
    texts.iter().find_map(once).unwrap()
}

/// Checks a copy of the ledger that has these bytes. It is found wrong, and nothing is written into it.
#[track_caller]
fn found_wrong(enterprise: &Enterprise, bytes: &[u8]) -> Run {
    for side in ["-wal", "-shm"] {
        let _ = fs::remove_file(enterprise.path().join(format!("copy.db{side}")));
    }
    let copy = enterprise.write("copy.db", bytes);
    let run = enterprise.run(&["ledger", "check", "--ledger", "copy.db"]);
    assert!(matches!(run.code, 1 | 2), "{}: {}{}", run.code, run.stdout, run.stderr);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(fs::read(copy).unwrap() == bytes, "nothing is written");
    run
}

#[test]
fn one_flipped_byte_is_found_wherever_it_is() {
    const PAGE: usize = 4096;
    let enterprise = audited();
    enterprise.run(&["ledger", "backup", "-o", "copy.db"]).expect(0);
    let copy = enterprise.path().join("copy.db");
    let sound = fs::read(&copy).unwrap();
    // The last rows first: what is left of moved rows is a copy of earlier ones.
    let columns = [
        ("chain", "SELECT chain FROM events ORDER BY id DESC"),
        (
            "document",
            "SELECT json_extract(values_json, '$.OrderHead.buyerRegNo') FROM documents WHERE message = 'CEB311' \
             AND outbox IS NOT NULL ORDER BY id DESC",
        ),
        (
            "message",
            "SELECT substr(CAST(envelope AS TEXT), instr(CAST(envelope AS TEXT), 'CopMsgId>'), 45) FROM outbox \
             ORDER BY id DESC",
        ),
        (
            "receipt",
            "SELECT substr(CAST(bytes AS TEXT), instr(CAST(bytes AS TEXT), 'CopMsgId>'), 45) FROM arrivals \
             ORDER BY id DESC",
        ),
    ];
    let places = columns.map(|(kind, sql)| (kind, middle_of(&sound, &texts(&copy, sql))));
    for (kind, at) in places {
        let flipped = |at: usize, bits: u8| {
            let mut bytes = sound.clone();
            bytes[at] ^= bits;
            found_wrong(&enterprise, &bytes)
        };
        // Another letter.
        let run = flipped(at, 1).expect(1);
        let named = run.stdout.lines().any(|line| line.starts_with(kind));
        assert!(named && run.stdout.contains(" PROBLEM"), "{kind}: {}", run.stdout);
        // No letter at all.
        flipped(at, 0x80);
        // The head of the page, by which the database reads the rest.
        let run = flipped(at / PAGE * PAGE, 0xff);
        let told = run.stdout + &run.stderr;
        assert!(told.contains("is damaged"), "{kind}: {told}");
    }
}

#[test]
fn a_ledger_that_is_cut_off_is_refused_and_left_as_it_is() {
    let enterprise = audited();
    let whole = fs::read(ledger(&enterprise)).unwrap();
    // The half of it, and its last page.
    for missing in [whole.len() / 2, 4096] {
        let rest = &whole[..whole.len() - missing];
        fs::write(ledger(&enterprise), rest).unwrap();
        for command in [
            &["ledger", "check"][..],
            &["status"],
            &["run", "--once"],
            &["ledger", "backup", "-o", "copy.db"],
        ] {
            let run = enterprise.run(command).expect(2);
            for part in ["cebridge.db is damaged", "restore the last backup"] {
                assert!(run.stderr.contains(part), "{command:?} {part}: {}", run.stderr);
            }
        }
        assert_seen(
            &enterprise,
            "ledger",
            "fault",
            &["cebridge.db is damaged", "restore the last backup"],
        );
        assert!(!enterprise.path().join("copy.db").exists());
        assert!(fs::read(ledger(&enterprise)).unwrap() == rest, "nothing is written");
    }
}

#[test]
fn copies_made_while_files_pour_in_are_sound_and_nothing_is_lost() {
    const FILES: usize = 12;
    const ORDERS: usize = 25;
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 0\npatience = 0");
    let files: Vec<String> = (0..FILES)
        .map(|file| enterprise.numbered_orders(&format!("F{file}X"), ORDERS))
        .collect();
    let daemon = Daemon::start(&enterprise);
    for (number, content) in files.iter().enumerate() {
        put(&enterprise, &format!("intake/{number}.json"), content);
    }
    let mut copied: Vec<u64> = Vec::new();
    eventually("every file is taken", || {
        let name = format!("copy-{}.db", copied.len());
        let copy = enterprise
            .run(&["ledger", "backup", "-o", &name, "--format", "json"])
            .expect(0)
            .lines()
            .remove(0);
        copied.push(copy["documents"].as_u64().unwrap());
        enterprise.files("intake/done").len() == FILES
    });
    let messages = || ask(&enterprise, "SELECT CAST(count(*) AS TEXT) FROM outbox");
    eventually("every message is out", || {
        enterprise.files("dxp/out").len().to_string() == messages()
    });
    assert!(!daemon.said("will be tried again"), "nothing was in its way");
    assert_eq!(daemon.terminate(), 0);

    let rows = statuses(enterprise.path());
    let orders: Vec<&str> = rows
        .iter()
        .filter(|row| row["message"] == "CEB311" && row["status"] == "waiting")
        .map(|row| row["key"].as_str().unwrap())
        .collect();
    let distinct: BTreeSet<&str> = orders.iter().copied().collect();
    assert_eq!((orders.len(), distinct.len()), (FILES * ORDERS, FILES * ORDERS));
    enterprise.run(&["ledger", "check"]).expect(0);
    let all = rows.len() as u64;
    assert!(
        copied.iter().any(|documents| (1..all).contains(documents)),
        "some were made in the middle: {copied:?}"
    );
    for (number, documents) in copied.iter().enumerate() {
        let name = format!("copy-{number}.db");
        let checked = enterprise
            .run(&["ledger", "check", "--ledger", &name, "--format", "json"])
            .expect(0)
            .lines()
            .remove(0);
        assert_eq!(checked["documents"].as_u64(), Some(*documents), "{name}");
    }
}

/// Processor time of a process so far, in hundredths of a second.
fn spent(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    // The name of the program stands in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(')').unwrap();
    let times = fields.split_whitespace().skip(11).take(2);
    times.map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[test]
fn an_idle_daemon_costs_next_to_nothing_and_says_nothing() {
    // Share of one core. Arbitrary: several times what a debug build needs on a slow machine.
    const MOST: f64 = 0.15;
    let enterprise = declared(30);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("the chain of events ends with ");
    sleep(Duration::from_secs(1));
    let (before, lines, start) = (spent(daemon.id()), daemon.lines(), Instant::now());
    sleep(Duration::from_secs(3));
    let used = (spent(daemon.id()) - before) as f64 / 100.0;
    let share = used / start.elapsed().as_secs_f64();
    assert!(share < MOST, "{share:.3} of a core");
    assert_eq!(daemon.lines(), lines);
    assert_eq!(daemon.terminate(), 0);
}

/// An identity number with a right check digit.
const PERSON: &str = "110101190001010014";
const MASKED: &str = "110***14";

#[test]
fn an_identity_number_in_any_field_is_masked_in_log_reasons_and_status() {
    let fields = [
        "/buyer/name",
        "/buyer/account",
        "/buyer/phone",
        "/recipient/name",
        "/recipient/address",
        "/recipient/district",
        "/lines/0/name",
        "/lines/0/model",
        "/lines/0/hsCode",
        "/lines/0/unit",
        "/lines/0/origin",
        "/lines/0/qty",
        "/freight",
        "/discount",
        "/tax",
        "/paid",
        "/payment/amount",
        "/parcel/netWeight",
        "/currency",
    ];
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 0\npatience = 0");
    // In each field once alone and once within a text, and in a note that no message has.
    let mut erp: Value = serde_json::from_str(&enterprise.numbered_orders("P", 2 * fields.len())).unwrap();
    let orders = erp["orders"].as_array_mut().unwrap();
    for (pair, field) in orders.chunks_mut(2).zip(fields) {
        for (order, text) in pair.iter_mut().zip([PERSON.to_owned(), format!("买家{PERSON}号")]) {
            order["note"] = text.clone().into();
            *order.pointer_mut(field).unwrap() = text.into();
        }
    }
    put(&enterprise, "intake/people.json", erp.to_string());
    // A mapper that quotes what it was given.
    enterprise.write(
        "talks.wasm",
        refusing_mapper(&format!("no buyer is named {PERSON}; "), 1),
    );
    put(&enterprise, "intake/talks.wasm/one.csv", "x");

    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("one.csv set aside: ");
    eventually("the orders are taken", || enterprise.files("intake/done").len() == 1);
    let rows = statuses(enterprise.path());
    let refused = rows.iter().filter(|row| row["status"] == "refused").count();
    assert!(refused > 0 && refused < rows.len(), "{refused} of {}", rows.len());
    eventually("the log tells each refusal", || daemon.count(" refused: ") == refused);
    assert!(daemon.count(MASKED) > 5, "values are quoted");
    assert!(!daemon.said(PERSON));
    assert_eq!(daemon.terminate(), 0);

    let reasons = enterprise.files("intake/bad");
    let reason = reasons
        .iter()
        .find(|file| file.to_string_lossy().ends_with(".reason"))
        .unwrap();
    let reason = fs::read_to_string(reason).unwrap();
    assert!(reason.contains(MASKED) && !reason.contains(PERSON), "{reason}");
    for command in [
        &["status", "--limit", "0"][..],
        &["status", "--limit", "0", "--history"],
        &["status", "--history", "--format", "json"],
        &["inbox", "--format", "json"],
    ] {
        let run = enterprise.run(command);
        assert!(run.stdout.contains(MASKED), "{command:?}: {}", run.stdout);
        assert!(
            !run.stdout.contains(PERSON) && !run.stderr.contains(PERSON),
            "{command:?}"
        );
    }
}
