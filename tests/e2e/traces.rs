//! What a host leaves behind: modes of files, exports, masked numbers, and the cost of idling.

use crate::audit::tamper;
use crate::daemon::{Daemon, put};
use crate::doctor::day;
use crate::guests::refusing_mapper;
use crate::samples::Samples;
use crate::support::{Enterprise, Run, eventually, statuses, tool};
use nix::unistd::{Group, geteuid};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// An enterprise that has declared this many orders and has no answers yet.
pub(crate) fn declared(orders: usize) -> Enterprise {
    let enterprise = Enterprise::new();
    declare_orders(&enterprise, orders).expect(0);
    enterprise
}

pub(crate) fn declare_orders(enterprise: &Enterprise, orders: usize) -> Run {
    enterprise.write("orders.json", enterprise.numbered_orders("S", orders));
    enterprise.run(&["declare", "orders.json", "--mapper", "shop", "--quiet"])
}

/// Customs answers what was sent, and the answers are read.
pub(crate) fn answered(enterprise: &Enterprise, simulator: &[&str]) {
    enterprise
        .run(&[&["simulator", "--once", "--quiet"], simulator].concat())
        .expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
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
