//! Grades and trust of the configuration, in commands and in a running daemon.

use crate::daemon::{Daemon, put};
use crate::doctor::another_pack;
use crate::samples::Samples;
use crate::support::{Enterprise, Run, rules};
use serde_json::Value;
use std::fs;

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

    // An invalid grade is refused, and the earlier configuration stays.
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
