//! The configuration: every fault is named, with its place and what would be right, by whichever command meets it.

use crate::daemon::Daemon;
use crate::samples::Samples;
use crate::support::{Enterprise, Run, cebridge};
use cebridge_runtime::shipped_mapper;
use cebridge_signature::generate_sm2_identity;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A configuration with ten faults, each of another kind.
const TEN: &str = r#"[enterprise]
code = "4403960DM1"
nmae = "x"
dxp-id = "DXP1"
[signing]
key = "keys/missing.key.pem"
[signing.ports]
"516" = "sm2-sm3-w3c-sha1"
[delivery]
attempts = "twelve"
[rules.grades]
"CEB311-RO5" = "off"
"HOST-DUPLICATE" = "off"
[rules.effective-from]
"2099-01" = "2099-01-01"
[mapper.shpo]
ebpCode = "4403960DM1"
[mapper.ceb]
leaveOutt = "BaseSubscribe"
"#;

/// Line, key and nearest names of each fault.
fn faults(run: &Run) -> Vec<(u64, String, String)> {
    let near = |row: &Value| {
        let names = row["nearest"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
    };
    run.lines()
        .iter()
        .map(|row| {
            (
                row["line"].as_u64().unwrap(),
                row["key"].as_str().unwrap().to_owned(),
                near(row),
            )
        })
        .collect()
}

fn check(enterprise: &Enterprise) -> Vec<(u64, String, String)> {
    let run = enterprise.run(&["config", "check", "--format", "json"]);
    let found = faults(&run);
    assert_eq!(run.code, i32::from(!found.is_empty()), "{}{}", run.stdout, run.stderr);
    found
}

/// A sound configuration with a change.
fn changed(change: impl Fn(&str) -> String) -> Enterprise {
    let enterprise = Enterprise::new();
    let text = fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    enterprise.write("cebridge.toml", change(&text));
    enterprise
}

fn adding(text: &str) -> Enterprise {
    changed(|config| format!("{config}\n{text}\n"))
}

#[test]
fn ten_faults_are_ten_lines() {
    let enterprise = Enterprise::new();
    enterprise.write("cebridge.toml", TEN);
    let found = check(&enterprise);
    let places: Vec<(u64, &str)> = found.iter().map(|row| (row.0, row.1.as_str())).collect();
    assert_eq!(
        places,
        [
            (3, "enterprise.nmae"),
            (4, "enterprise.dxp-id"),
            (6, "signing.key"),
            (8, "signing.ports.516"),
            (10, "delivery.attempts"),
            (12, "rules.grades.CEB311-RO5"),
            (13, "rules.grades.HOST-DUPLICATE"),
            (15, "rules.effective-from.2099-01"),
            (16, "mapper.shpo"),
            (19, "mapper.ceb.leaveOutt"),
        ]
    );
    for (key, near) in [
        ("enterprise.nmae", "name"),
        ("rules.grades.CEB311-RO5", "CEB311-R05"),
        ("mapper.shpo", "shop"),
        ("mapper.ceb.leaveOutt", "leaveOut"),
    ] {
        let row = found.iter().find(|row| row.1 == key).unwrap();
        assert_eq!(row.2.split(' ').next(), Some(near), "{row:?}");
    }
    let text = enterprise.run(&["config", "check"]).expect(1);
    assert!(
        text.stdout.contains(
            "cebridge.toml:3:1: enterprise.nmae: [enterprise] has no key \"nmae\"\n  nmae = \"x\"\n  ^^^^\n  hint: did you \
             mean `name`?"
        ),
        "{}",
        text.stdout
    );
    assert!(text.stdout.contains("did you mean `CEB311-R05`"), "{}", text.stdout);
    assert!(text.stderr.contains("cebridge.toml: 10 faults"), "{}", text.stderr);
}

#[test]
fn every_command_refuses_a_configuration_with_faults_and_names_them_all() {
    let enterprise = Enterprise::new();
    enterprise.write("cebridge.toml", TEN);
    for command in [
        &["status"][..],
        &["inbox"],
        &["run", "--once"],
        &["explain", "CEB311"],
        &["keys"],
    ] {
        let run = enterprise.run(command).expect(2);
        for key in [
            "enterprise.nmae",
            "enterprise.dxp-id",
            "signing.ports.516",
            "delivery.attempts",
            "HOST-DUPLICATE",
        ] {
            assert!(run.stderr.contains(key), "{command:?} {key}: {}", run.stderr);
        }
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
    assert!(!enterprise.path().join("cebridge.db").exists(), "nothing was begun");
}

#[test]
fn rules_and_editions_that_nobody_knows_stop_every_command() {
    let enterprise =
        adding("[rules.grades]\n\"CEB311-RO5\" = \"off\"\n[rules.effective-from]\n\"2022-5\" = \"2023-01-01\"");
    enterprise.write("one.xml", "<a/>");
    for command in [
        &["validate", "one.xml"][..],
        &["pack", "list"],
        &["declare", "erp/orders.json", "--mapper", "shop"],
        &["run", "--once"],
        &["status"],
        &["ledger", "head"],
        &["inbox"],
        &["verify", "one.xml"],
    ] {
        let run = enterprise.run(command).expect(2);
        assert!(
            run.stderr.contains("did you mean `CEB311-R05`"),
            "{command:?}: {}",
            run.stderr
        );
        assert!(
            run.stderr.contains("did you mean `2022-05`?"),
            "{command:?}: {}",
            run.stderr
        );
    }
    // A rule may be named before the pack that brings it is in force.
    let told = enterprise.run(&["pack", "rollback", "2022-05"]).expect(1);
    assert!(told.stderr.contains("did you mean `CEB311-R05`"), "{}", told.stderr);
    let settings =
        adding("[mapper.ceb]\nleaveOutt = \"BaseSubscribe\"\n[mapper.shpo]\nebpCode = \"1\"\n[mapper.own]\na = \"1\"");
    let run = settings.run(&["status"]).expect(2);
    for part in ["mapper.ceb.leaveOutt", "mapper.shpo"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
    assert!(
        !run.stderr.contains("mapper.own"),
        "a mapper that only --mapper names: {}",
        run.stderr
    );
    let known =
        adding("[rules.grades]\n\"CEB311-R05\" = \"off\"\n\"XSD-length\" = \"error\"\n\"SIGN-NEED\" = \"warning\"");
    assert!(check(&known).is_empty());
}

#[test]
fn files_that_a_configuration_names_are_looked_at() {
    let enterprise = Enterprise::new();
    assert!(check(&enterprise).is_empty());
    let key = enterprise.path().join("keys/enterprise.key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let run = enterprise.run(&["config", "check"]).expect(1);
    assert!(
        run.stdout.contains("signing.key") && run.stdout.contains("chmod 600"),
        "{}",
        run.stdout
    );
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    let (_, _, pems) = generate_sm2_identity("CN=Another").unwrap();
    enterprise.write("keys/enterprise.cert.pem", pems.certificate_pem.as_bytes());
    let run = enterprise.run(&["config", "check"]).expect(1);
    assert!(
        run.stdout.contains("signing.certificate") && run.stdout.contains("fits none"),
        "{}",
        run.stdout
    );
    fs::remove_file(enterprise.path().join("keys/enterprise.cert.pem")).unwrap();
    let found = check(&enterprise);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, "signing.certificate");

    let named = adding(
        "[rules]\ntrust = \"no.pem\"\n[service]\nlisten = \"127.0.0.1:0\"\ncertificate = \"no.cert\"\nkey = \"no.key\"\n\
         client-ca = \"no.ca\"\n[pay179]\nupload-trust = \"no.upload\"",
    );
    let found: Vec<String> = check(&named).into_iter().map(|row| row.1).collect();
    assert_eq!(
        found,
        [
            "rules.trust",
            "service.listen",
            "service.certificate",
            "service.key",
            "service.client-ca",
            "pay179.upload-trust"
        ]
    );
}

/// The problem of each fault.
fn problems(enterprise: &Enterprise) -> Vec<String> {
    let run = enterprise.run(&["config", "check", "--format", "json"]);
    let rows = run.lines();
    let problem = |row: &Value| format!("{}: {}", row["key"].as_str().unwrap(), row["problem"].as_str().unwrap());
    rows.iter().map(problem).collect()
}

#[test]
fn what_the_daemon_would_refuse_at_its_start_is_found_before() {
    let open = adding("[service]\nlisten = \"0.0.0.0:8443\"");
    assert_eq!(
        problems(&open),
        [
            "service.listen: no client may use the service",
            "service.listen: other machines can reach this address, and tokens would cross the network readable",
        ]
    );
    let client = "[[service.clients]]\nname = \"a\"\ntoken-sha256 = \"\"\nenterprises = [\"4403960DM1\"]";
    let client = client.replace("256 = \"\"", &format!("256 = \"{}\"", "a".repeat(64)));
    assert!(problems(&adding(&format!("[service]\nlisten = \"127.0.0.1:0\"\n{client}"))).is_empty());

    let shared = adding(
        "[paths]\noutbox = \"dxp/both\"\ninbox = \"./dxp/out/../both\"\nmode = \"9\"\ngroup = \"no-such-group\"",
    );
    assert_eq!(
        problems(&shared),
        [
            "paths.outbox: it is the folder of paths.inbox, too",
            "paths.mode: it is not a valid file mode",
            "paths.group: this system has no such group",
        ]
    );
    let export = adding("[record]\nexport-key = \"keys/export.pem\"");
    assert!(
        problems(&export)[0].starts_with("record.export-key: "),
        "{:?}",
        problems(&export)
    );
    export.run(&["ledger", "keygen", "-o", "keys/export.pem"]).expect(0);
    assert!(problems(&export).is_empty());
}

#[test]
fn profiles_ports_roles_and_messages_are_held_against_the_packs() {
    let enterprise = changed(|config| {
        config
            .replace(
                "[enterprise]\n",
                "[enterprise]\nroles = [\"e-comerce-platform\"]\nmessages = [\"CEB312\"]\n",
            )
            .replace(
                "[signing]\n",
                "[signing]\nprofile = \"sm2-sm4\"\ntransition-reading = \"chinese\"\n",
            )
            + "[signing.ports]\n\"5165\" = \"rsa-sha1\"\n"
    });
    let found = check(&enterprise);
    let near = |key: &str| found.iter().find(|row| row.1 == key).map(|row| row.2.clone());
    assert_eq!(near("enterprise.roles[1]").unwrap(), "e-commerce-platform");
    assert!(near("enterprise.messages[1]").is_some(), "{found:?}");
    assert!(near("signing.profile").unwrap().contains("sm2-sm3"), "{found:?}");
    assert!(near("signing.transition-reading").is_some(), "{found:?}");
    assert!(near("signing.ports.5165").is_some(), "{found:?}");
    assert_eq!(found.len(), 5, "{found:?}");
}

#[test]
fn what_is_possible_by_its_form_and_can_not_work_is_found() {
    let enterprise = changed(|config| {
        config.replace("[signing]\n", "[signing]\nprofile = \"rsa-sha256\"\n")
            + "[service]\nrequests = 0\ncertificate = \"other.pem\"\nkey = \"keys/enterprise.key.pem\"\n\
               [paths]\nledger = \"\"\n[log]\ntime-zone = \"+25:00\"\n"
    });
    let (_, _, pems) = generate_sm2_identity("CN=Another").unwrap();
    enterprise.write("other.pem", pems.certificate_pem.as_bytes());
    let found = problems(&enterprise);
    let starts = |text: &str| found.iter().any(|one| one.starts_with(text));
    assert!(starts("signing.profile: no key can sign so: it is SM2"), "{found:?}");
    assert!(
        starts("service.requests: with 0 nothing could be answered"),
        "{found:?}"
    );
    assert!(starts("service.certificate: "), "{found:?}");
    assert!(starts("paths.ledger: it is empty"), "{found:?}");
    assert!(starts("log.time-zone: it is not a time zone"), "{found:?}");
    assert_eq!(found.len(), 5, "{found:?}");

    let late = adding("[rules.effective-from]\n\"2018-113\" = \"2099-01-01\"");
    let run = late.run(&["config", "check"]);
    let remark = "edition 2018-113 begins after 2022-05, which succeeds it";
    assert!(
        run.code == 0 && run.stderr.contains(remark),
        "{}{}",
        run.stdout,
        run.stderr
    );
}

#[test]
fn settings_reach_a_mapper_by_its_name_and_by_its_file() {
    let enterprise = Enterprise::new();
    enterprise.write("plugins/own.wasm", shipped_mapper("shop").unwrap());
    let sound = fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    let map = |section: &str, mapper: &str| {
        enterprise.write(
            "cebridge.toml",
            format!("{sound}\n{section}\nebpCode = \"4403960ZZ9\"\n"),
        );
        enterprise.run(&["map", "erp/orders.json", "--mapper", mapper])
    };
    for (section, mapper) in [
        ("[mapper.shop]", "shop"),
        // By the name that it gives itself.
        ("[mapper.shop]", "plugins/own.wasm"),
        ("[mapper.\"plugins/own.wasm\"]", "plugins/own.wasm"),
        ("[mapper.\"plugins/own.wasm\"]", "./plugins/own.wasm"),
    ] {
        let run = map(section, mapper);
        assert!(run.stdout.contains("4403960ZZ9"), "{section} {mapper}: {}", run.stderr);
    }
    assert!(
        !map("[mapper.\"plugins/own.wasm\"]", "shop")
            .stdout
            .contains("4403960ZZ9")
    );
    let run = map("[mapper.shop]\nebpCod = \"x\"", "shop").expect(2);
    assert!(
        run.stderr.contains("mapper.shop.ebpCod") && run.stderr.contains("did you mean `ebpCode`"),
        "{}",
        run.stderr
    );
    let run = map("[mapper.shpo]", "shop").expect(2);
    assert!(run.stderr.contains("did you mean `shop`?"), "{}", run.stderr);
    enterprise.write(
        "cebridge.toml",
        format!("{sound}\n[mapper.\"plugins/gone.wasm\"]\na = 1\n"),
    );
    assert_eq!(check(&enterprise)[0].1, "mapper.\"plugins/gone.wasm\"");
}

#[test]
fn example_schema_and_reference_are_printed_and_the_example_is_sound() {
    let folder = tempfile::tempdir().unwrap();
    let example = cebridge(folder.path(), &["config", "example"]).expect(0).stdout;
    fs::write(folder.path().join("cebridge.toml"), &example).unwrap();
    let run = cebridge(folder.path(), &["config", "check"]).expect(0);
    assert!(run.stderr.contains("no fault"), "{}", run.stderr);
    let schema: Value = serde_json::from_str(&cebridge(folder.path(), &["config", "schema"]).expect(0).stdout).unwrap();
    assert_eq!(
        schema["properties"]["delivery"]["properties"]["attempts"]["default"],
        12
    );
    let page = cebridge(folder.path(), &["config", "reference"]).expect(0).stdout;
    assert!(page.contains("## `[rules.grades]`"), "{page}");
    fs::remove_file(folder.path().join("cebridge.toml")).unwrap();
    let run = cebridge(folder.path(), &["config", "check"]).expect(2);
    assert!(run.stderr.contains("cebridge config example"), "{}", run.stderr);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

/// Declares the sample inventory of another enterprise with a grade for a rule.
fn declared(rule: &str, grade: &str, company: &str, code: &str) -> Run {
    let host = Enterprise::new();
    let (_, _, pems) = generate_sm2_identity(&format!("CN=测试甲,O={company}")).unwrap();
    host.write("keys/enterprise.key.pem", pems.key_pem.as_bytes());
    host.write("keys/enterprise.cert.pem", pems.certificate_pem.as_bytes());
    host.write(
        "cebridge.toml",
        format!(
            "[enterprise]\nname = \"样例企业有限公司\"\ndxp-id = \"DXPENT0000000001\"\ncode = \"{code}\"\n\
             roles = [\"e-commerce-enterprise\"]\n[signing]\nkey = \"keys/enterprise.key.pem\"\n\
             certificate = \"keys/enterprise.cert.pem\"\n[rules.grades]\n\"{rule}\" = \"{grade}\"\n"
        ),
    );
    let samples = Samples::of("2022-05", "2026");
    host.write("one.json", samples.json("CEB625", &[samples.document("CEB625")]));
    host.run(&["declare", "one.json", "--mapper", "ceb", "--format", "json", "-v"])
}

#[test]
fn rules_of_the_host_obey_their_grades() {
    let (own, other) = ("样例企业有限公司", "别家国际物流有限公司");
    let refused = declared("ACCESS-CODE", "error", own, "4403960AA1").expect(1);
    assert!(refused.stdout.contains("ACCESS-CODE"), "{}", refused.stdout);
    let doubted = declared("ACCESS-CODE", "warning", own, "4403960AA1").expect(0);
    let row = &doubted.lines()[0];
    assert_eq!(row["status"], "waiting", "{row}");
    assert_eq!(row["warnings"][0]["rule"], "ACCESS-CODE", "{row}");
    let ignored = declared("ACCESS-CODE", "off", own, "4403960AA1").expect(0);
    assert!(!ignored.stdout.contains("ACCESS-CODE"), "{}", ignored.stdout);

    let doubted = declared("ACCESS-CERTIFICATE", "warning", other, "31229X0002").expect(0);
    assert!(doubted.stderr.contains("ACCESS-CERTIFICATE"), "{}", doubted.stderr);
    let refused = declared("ACCESS-CERTIFICATE", "error", other, "31229X0002").expect(1);
    assert_eq!(
        refused.lines()[0]["reasons"][0]["rule"],
        "ACCESS-CERTIFICATE",
        "{}",
        refused.stdout
    );
    let ignored = declared("ACCESS-CERTIFICATE", "off", other, "31229X0002").expect(0);
    assert!(!ignored.stderr.contains("ACCESS-CERTIFICATE"), "{}", ignored.stderr);
}

#[test]
fn explain_tells_which_rules_of_the_host_can_be_regraded() {
    let enterprise = adding("[rules.grades]\n\"ACCESS-CODE\" = \"warning\"");
    let told = |rule: &str| {
        enterprise
            .run(&["explain", rule, "--format", "json"])
            .expect(0)
            .lines()
            .remove(0)
    };
    let code = told("ACCESS-CODE");
    assert_eq!(
        (&code["severity"], &code["configured"]),
        (&"error".into(), &"warning".into())
    );
    let duplicate = told("HOST-DUPLICATE");
    assert!(
        duplicate["why"].as_str().unwrap().contains("can't be re-graded"),
        "{duplicate}"
    );
}

#[test]
fn a_daemon_keeps_its_configuration_and_names_all_faults_of_the_new_one() {
    let enterprise = Enterprise::new();
    let daemon = Daemon::start(&enterprise);
    let sound = fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    let rename = |text: &str| {
        enterprise.write("new.toml", text);
        fs::rename(
            enterprise.path().join("new.toml"),
            enterprise.path().join("cebridge.toml"),
        )
        .unwrap();
    };
    rename(&format!(
        "{sound}\n[delivery]\nattemps = 3\n[rules.grades]\n\"CEB311-RO5\" = \"off\"\n[mapper.shop]\nebpCod = \"x\"\n"
    ));
    for told in ["attempts", "CEB311-R05", "ebpCode"] {
        daemon.wait_for(&format!("did you mean `{told}`"));
    }
    assert_eq!(daemon.count("configuration refused, the previous one stays"), 3);
    rename(&format!("{sound}\n[delivery]\nattempts = 3\n"));
    daemon.wait_for("configuration: [delivery] taken up");
    assert_eq!(daemon.terminate(), 0);
}

/// State and text of each line, by topic.
fn doctor(enterprise: &Enterprise) -> (i32, Vec<(String, String, String)>) {
    let run = enterprise.run(&["doctor", "--format", "json"]);
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let rows = run.lines();
    let sights = rows
        .iter()
        .map(|row| (text(row, "topic"), text(row, "state"), text(row, "text")));
    (run.code, sights.collect())
}

#[test]
fn a_sound_host_is_well_and_looking_makes_nothing() {
    let enterprise = Enterprise::new();
    let before = fs::read_dir(enterprise.path()).unwrap().count();
    let (code, sights) = doctor(&enterprise);
    assert_eq!(code, 0, "{sights:?}");
    for topic in [
        "configuration",
        "folders",
        "ledger",
        "clock",
        "keys",
        "packs",
        "set aside",
    ] {
        assert!(sights.iter().any(|sight| sight.0 == topic), "{topic}: {sights:?}");
    }
    assert_eq!(
        fs::read_dir(enterprise.path()).unwrap().count(),
        before,
        "nothing was made"
    );
    let orders = enterprise.clean_orders().to_string();
    enterprise.write("clean.json", orders);
    enterprise.run(&["declare", "clean.json", "--mapper", "shop"]).expect(0);
    let (code, sights) = doctor(&enterprise);
    assert_eq!(code, 0, "{sights:?}");
    let ledger = sights.iter().find(|sight| sight.0 == "ledger").unwrap();
    assert!(ledger.2.contains("the last event is"), "{ledger:?}");
    let text = enterprise.run(&["doctor"]).expect(0).stdout;
    assert!(text.lines().all(|line| line.starts_with("ok ")), "{text}");
}

#[test]
fn a_broken_host_is_told_what_to_mend() {
    let enterprise = adding("[rules.grades]\n\"CEB311-RO5\" = \"off\"");
    let key = enterprise.path().join("keys/enterprise.key.pem");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    enterprise.write("intake/bad/half.json", "{");
    enterprise.write("intake/bad/half.json.reason", "no JSON\n");
    enterprise.write("packs", "a file where the folder should be");
    enterprise.write("cebridge.db", "no ledger at all");
    let (code, sights) = doctor(&enterprise);
    assert_eq!(code, 1);
    for (topic, state, text) in [
        ("configuration", "fault", "CEB311-RO5"),
        ("configuration", "fault", "chmod 600"),
        ("folders", "fault", "packs"),
        ("ledger", "fault", "cebridge.db"),
        ("set aside", "warning", "1 ERP files"),
    ] {
        let found = |sight: &&(String, String, String)| sight.0 == topic && sight.1 == state && sight.2.contains(text);
        assert!(sights.iter().any(|sight| found(&sight)), "{topic} {text}: {sights:?}");
    }
    assert_eq!(
        fs::read_to_string(enterprise.path().join("cebridge.db")).unwrap(),
        "no ledger at all"
    );
}

#[test]
fn an_expired_certificate_a_killed_daemon_and_unsent_messages_are_seen() {
    let enterprise = Enterprise::new();
    let daemon = Daemon::start(&enterprise);
    let (_, sights) = doctor(&enterprise);
    assert!(
        sights
            .iter()
            .any(|sight| sight.0 == "daemon" && sight.2.contains("runs since")),
        "{sights:?}"
    );
    drop(daemon);
    // A file in place of the folder keeps envelopes from being handed over.
    let _ = fs::remove_dir_all(enterprise.path().join("dxp/out"));
    enterprise.write("dxp/out", "no folder");
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    enterprise.run(&["declare", "clean.json", "--mapper", "shop"]);
    let kind = cebridge_signature::KeyKind::Rsa { bits: 2048 };
    let (_, _, pems) =
        cebridge_signature::generate_dated_identity("CN=Old,O=Invented", kind, "2018-01-01", "2021-12-31").unwrap();
    enterprise.write("keys/enterprise.key.pem", pems.key_pem.as_bytes());
    enterprise.write("keys/enterprise.cert.pem", pems.certificate_pem.as_bytes());
    let (code, sights) = doctor(&enterprise);
    assert_eq!(code, 1);
    for (topic, text) in [
        ("keys", "has expired"),
        ("daemon", "ended without saying so"),
        ("delivery", "are not sent"),
        ("folders", "is not a folder"),
    ] {
        let found = |sight: &&(String, String, String)| sight.0 == topic && sight.1 != "ok" && sight.2.contains(text);
        assert!(sights.iter().any(|sight| found(&sight)), "{topic} {text}: {sights:?}");
    }
}

/// Every section and most keys of the version before the faults were named, as its README wrote them.
const BEFORE: &str = r#"
[[enterprises]]
id = "seller"
code = "4403960DM1"
credit-code = "91440300MA5EX00018"
name = "示例跨境电商服务有限公司"
dxp-id = "DXPENT0000099901"
receiver-id = "DXPEDCCEB0000002"
export-receiver-id = "DXPEDCCEB0000003"
roles = ["e-commerce-enterprise"]
messages = ["CEB311", "CEB621"]
[[enterprises.keys]]
name = "file-1"
kind = "file"
key = "keys/enterprise.key.pem"
certificate = "keys/enterprise.cert.pem"
max-waiting = 8
timeout = 10
[[enterprises.keys]]
name = "hsm-1"
kind = "pkcs11"
library = "libsofthsm2.so"
token = "customs"
key-label = "declare"
pin-env = "HSM_PIN"

[paths]
ledger = "ledger.sqlite"
outbox = "dxp/out"
inbox = "dxp/in"
intake = "intake"
packs = "packs"

[signing]
profile = "sm2-sm3"
transition-reading = "chinese-text"
[signing.ports]
"5165" = "sm2-sm3-w3c-sha1"

[declare]
documents-per-message = 100

[rules.grades]
"CEB311-R05" = "error"
[rules.effective-from]
"2018-113" = "2018-09-30"

[intake]
settle = 2
patience = 60
temporary = [".inprogress"]
[receipts]
settle = 2

[service]
listen = "127.0.0.1:8443"
[[service.clients]]
name = "wms"
token-sha256 = "cf9e724ac8e7e8408ecd5abe8e18ed2390abd75ae156bda537c8074dd5ac6c2b"
enterprises = ["4403960DM1"]

[pay179]
listen = "0.0.0.0:80"
upload-url = "https://customs.example/ceb2grab/grab/realTimeDataUpload"

[mapper.shop]
ebpCode = "4403960DM1"
"#;

#[test]
fn a_configuration_of_the_version_before_is_taken_as_it_is() {
    let enterprise = Enterprise::new();
    enterprise.write("cebridge.toml", BEFORE);
    assert_eq!(check(&enterprise), []);
}

#[test]
fn compiled_plugins_are_kept_where_only_their_user_may_write() {
    let kept = |configure: &str, prepare: &dyn Fn(&Enterprise)| -> usize {
        let enterprise = Enterprise::new();
        enterprise.configure(&format!("[paths]\ncache = \"{configure}\""));
        prepare(&enterprise);
        enterprise.run(&["explain", "CEB311-R03"]).expect(0);
        let folder = enterprise.path().join("compiled");
        fs::read_dir(folder).map_or(0, Iterator::count)
    };
    assert!(kept("compiled", &|_| {}) > 0);
    assert_eq!(kept("", &|_| {}), 0);
    let open_to_others = |enterprise: &Enterprise| {
        let folder = enterprise.path().join("compiled");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    };
    assert_eq!(kept("compiled", &open_to_others), 0);
    let enterprise = Enterprise::new();
    enterprise.configure("[paths]\ncache = \"compiled\"");
    open_to_others(&enterprise);
    let (code, sights) = doctor(&enterprise);
    let warned = |sight: &&(String, String, String)| sight.0 == "packs" && sight.1 == "warning";
    let warnings: Vec<_> = sights.iter().filter(warned).collect();
    assert!(
        code == 1 && warnings[0].2.contains("compiled: it must be a folder"),
        "{sights:?}"
    );
}

#[test]
fn secrets_in_the_wrong_place_are_never_printed() {
    let pem = "-----BEGIN PRIVATE KEY-----\nSEKRIT\n-----END PRIVATE KEY-----";
    for text in [
        "[[service.clients]]\nname = \"a\"\ntoken = \"SEKRIT\"\nenterprises = []".to_owned(),
        "[[service.clients]]\nname = \"a\"\ntoken-sha256 = \"SEKRIT\"\nenterprises = []".to_owned(),
        "[signing]\npasword = \"SEKRIT\"".to_owned(),
        "[signing]\npassword = \"SEKRIT".to_owned(),
        format!("[record]\nexport-key = \"\"\"{pem}\"\"\""),
        format!("[rules]\ntrust = \"{}\"", pem.replace('\n', " ")),
    ] {
        let enterprise = Enterprise::new();
        enterprise.write("cebridge.toml", &text);
        for command in [
            &["config", "check"][..],
            &["config", "check", "--format", "json"],
            &["status"],
            &["doctor"],
        ] {
            let run = enterprise.run(command);
            assert_ne!(run.code, 0, "{text}");
            assert!(
                !run.stdout.contains("SEKRIT") && !run.stderr.contains("SEKRIT"),
                "{command:?} {text}: {} {}",
                run.stdout,
                run.stderr
            );
        }
    }
}

#[test]
fn nothing_of_the_host_may_lie_where_everything_is_taken() {
    for (text, wrong) in [
        ("[paths]\nintake = \"keys\"", "signing.key"),
        ("[paths]\nintake = \".\"", "paths.ledger"),
        ("[paths]\nledger = \"intake/cebridge.db\"", "paths.ledger"),
        ("[paths]\noutbox = \"dxp/in/done\"", "paths.outbox"),
        ("[paths]\nintake = \"dxp\"", "paths.inbox"),
        ("[paths]\ncache = \"packs\"", "paths.cache"),
    ] {
        let found = problems(&adding(text));
        let named = found.iter().any(|problem| problem.starts_with(wrong));
        assert!(named, "{text}: {found:?}");
    }
}

#[test]
fn a_ledger_that_was_cut_to_nothing_is_not_taken_for_a_new_one() {
    let enterprise = Enterprise::new();
    enterprise.write("cebridge.db", "");
    for command in [
        &["declare", "erp/orders.json", "--mapper", "shop"][..],
        &["run", "--once"],
        &["status"],
    ] {
        let run = enterprise.run(command).expect(2);
        assert!(run.stderr.contains("is empty: it was cut off"), "{}", run.stderr);
    }
    assert!(enterprise.files("dxp/out").is_empty());
    fs::remove_file(enterprise.path().join("cebridge.db")).unwrap();
    enterprise.run(&["retry"]).expect(2);
    enterprise.run(&["submit", "SO-1"]).expect(2);
    assert!(
        !enterprise.path().join("cebridge.db").exists(),
        "asking makes no ledger"
    );
}
