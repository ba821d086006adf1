//! The signature policy: what `policy` answers, and how `declare` obeys it.

use crate::support::{Enterprise, Run, cebridge, rules, statuses, tool};
use cebridge_signature::generate_sm2_identity;
use serde_json::Value;
use std::path::Path;

/// `openssl ca` alone sets both ends of the validity in every version of OpenSSL 3.
const CA: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\n\
                  default_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n[req]\ndistinguished_name = dn\n[dn]\n";

/// Makes an RSA key and certificate of this validity (UTC, `YYYYMMDDhhmmssZ`) in `keys`; false when openssl is missing.
fn rsa_certificate(folder: &Path, from: &str, until: &str) -> bool {
    let keys = folder.join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    std::fs::write(keys.join("ca.cnf"), CA).unwrap();
    std::fs::write(keys.join("index.txt"), "").unwrap();
    let request =
        "req -new -config ca.cnf -nodes -subj /CN=Invented -newkey rsa:2048 -keyout enterprise.key.pem -out csr.pem";
    let issue = format!(
        "ca -config ca.cnf -selfsign -batch -notext -keyfile enterprise.key.pem -in csr.pem -out enterprise.cert.pem \
         -startdate {from} -enddate {until}"
    );
    [request, &issue].iter().all(|args| openssl(&keys, args))
}

/// Writes an SM2 certificate that is valid from now on.
fn sm2_certificate(folder: &Path) {
    let (_, _, pems) = generate_sm2_identity("CN=New Card,O=Invented").unwrap();
    std::fs::create_dir_all(folder.join("keys")).unwrap();
    std::fs::write(folder.join("keys/sm2.cert.pem"), pems.certificate_pem).unwrap();
}

fn openssl(folder: &Path, args: &str) -> bool {
    let script = format!("cd '{}' && exec openssl {args}", folder.display());
    match tool("openssl", &["version"]) {
        None => false,
        Some(_) => tool("sh", &["-c", &script]).unwrap().expect(0).code == 0,
    }
}

fn policy(folder: &Path, args: &[&str]) -> (i32, Value) {
    let run = cebridge(folder, &[&["policy", "--format", "json"], args].concat());
    assert!(run.code < 2, "{}", run.stderr);
    (run.code, run.lines().remove(0))
}

#[test]
fn the_transition_of_2018_is_told_with_its_last_day_and_the_days_left() {
    let folder = tempfile::tempdir().unwrap();
    let (code, answer) = policy(folder.path(), &["CEB311", "--at", "2018-07-15"]);
    assert_eq!(code, 0);
    assert_eq!(answer["edition"], "2018-56");
    assert_eq!(answer["need"], "optional");
    assert_eq!(
        (&answer["until"], &answer["days_left"]),
        (&"2018-09-30".into(), &77.into())
    );
    assert_eq!(answer["profiles"], serde_json::json!(["rsa-sha256", "rsa-sha1"]));
    assert_eq!(answer["signers"][0]["role"], "e-commerce enterprise");
    assert_eq!(answer["signers"][0]["label"], "电商企业");
    assert_eq!(
        answer["signers"][0]["fields"],
        serde_json::json!(["Order/OrderHead/ebcCode"])
    );
    assert!(answer["clause"].as_str().unwrap().contains("2018 No. 56"), "{answer}");
    assert!(
        answer["notes"].to_string().contains("english-text reads 2018-09-14"),
        "{answer}"
    );
    assert_eq!(answer["certificate"], Value::Null);
    // The waybill status is not named, and what declares nothing need not be signed.
    assert_eq!(
        policy(folder.path(), &["CEB513", "--at", "2018-07-15"]).1["need"],
        "required"
    );
    let kept = policy(folder.path(), &["ceb513", "--at", "2018-07-15", "--app-status", "1"]).1;
    assert_eq!(
        (&kept["message"], &kept["need"]),
        (&"CEB513".into(), &"optional".into())
    );
    let text = cebridge(folder.path(), &["policy", "CEB311", "--at", "2018-07-15"])
        .expect(0)
        .stdout;
    assert!(text.contains("optional until 2018-09-30 (77 days left)"), "{text}");
    assert_eq!(
        policy(folder.path(), &["CEB311", "--at", "2018-11-15"]).1["need"],
        "required"
    );
}

#[test]
fn the_reading_of_the_transition_is_configurable() {
    let folder = tempfile::tempdir().unwrap();
    let configure = |reading: &str| {
        let text = format!("[signing]\ntransition-reading = \"{reading}\"\n");
        std::fs::write(folder.path().join("cebridge.toml"), text).unwrap();
    };
    configure("english-text");
    let ask = |at: &str| policy(folder.path(), &["CEB411", "--at", at]).1;
    assert_eq!(
        (&ask("2018-09-14")["until"], &ask("2018-09-14")["days_left"]),
        (&"2018-09-14".into(), &0.into())
    );
    assert_eq!(ask("2018-09-15")["need"], "required");
    configure("chinese-text");
    assert_eq!(ask("2018-09-15")["need"], "optional");
    configure("french-text");
    let run = cebridge(folder.path(), &["policy", "CEB411", "--at", "2018-07-15"]).expect(2);
    assert!(run.stderr.contains("chinese-text or english-text"), "{}", run.stderr);
}

#[test]
fn the_day_of_issue_in_china_decides_what_a_certificate_may_sign_by() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |at: &str| {
        policy(
            folder.path(),
            &["CEB621", "--at", at, "--cert", "keys/enterprise.cert.pem"],
        )
    };
    // The last second of June 2022 in China, then the first one of July.
    if !rsa_certificate(folder.path(), "20220630155959Z", "20250630155959Z") {
        return;
    }
    let (code, answer) = ask("2023-05-01");
    assert_eq!((code, &answer["profile"]), (0, &"rsa-sha1".into()), "{answer}");
    let certificate = &answer["certificate"];
    assert_eq!(
        (&certificate["key"], &certificate["not_before"]),
        (&"rsa".into(), &"2022-06-30".into())
    );
    assert_eq!(ask("2025-06-30").0, 0, "valid on its last day");
    let (code, answer) = ask("2025-07-01");
    assert_eq!((code, &answer["profile"]), (1, &Value::Null), "{answer}");
    assert!(
        answer["notes"].to_string().contains("expired on 2025-06-30"),
        "{answer}"
    );
    assert!(rsa_certificate(folder.path(), "20220630160000Z", "20250630155959Z"));
    let (code, answer) = ask("2023-05-01");
    assert_eq!((code, &answer["profiles"]), (1, &serde_json::json!([])), "{answer}");
    let text = cebridge(
        folder.path(),
        &[
            "policy",
            "CEB621",
            "--at",
            "2023-05-01",
            "--cert",
            "keys/enterprise.cert.pem",
        ],
    )
    .expect(1)
    .stdout;
    assert!(
        text.contains("can't sign") && text.contains("from 2022-07-01 on certificates sign by sm2-sm3 only"),
        "{text}"
    );
    // By the edition before, the same certificate signs.
    let old = [
        "CEB621",
        "--at",
        "2023-05-01",
        "--edition",
        "2018-113",
        "--cert",
        "keys/enterprise.cert.pem",
    ];
    assert_eq!(policy(folder.path(), &old).1["profile"], "rsa-sha256");
}

#[test]
fn an_sm2_card_signs_by_the_official_profile_and_by_a_variant_only_at_a_configured_port() {
    let folder = tempfile::tempdir().unwrap();
    sm2_certificate(folder.path());
    let configure = |ports: &str| {
        let text = format!("[signing.ports]\n\"5165\" = \"sm2-sm3-w3c-sha1\"\n{ports}");
        std::fs::write(folder.path().join("cebridge.toml"), text).unwrap();
    };
    configure("");
    let ask = |port: &[&str]| {
        let args = [&["CEB621", "--cert", "keys/sm2.cert.pem"], port].concat();
        policy(folder.path(), &args)
    };
    assert_eq!(ask(&[]).1["profile"], "sm2-sm3");
    assert_eq!(ask(&["--port", "5300"]).1["profiles"], serde_json::json!(["sm2-sm3"]));
    let (code, answer) = ask(&["--port", "5165"]);
    assert_eq!((code, &answer["profile"]), (0, &"sm2-sm3-w3c-sha1".into()), "{answer}");
    assert!(
        answer["notes"].to_string().contains("outside the specification"),
        "{answer}"
    );
    configure("\"5166\" = \"rsa-sha1\"\n");
    let run = cebridge(folder.path(), &["policy", "CEB621", "--port", "5165"]).expect(2);
    assert!(
        run.stderr.contains("signing.ports.5166") && run.stderr.contains("sm2-sm3-w3c-sha1"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_unknown_message_is_answered_with_near_names() {
    let folder = tempfile::tempdir().unwrap();
    let run = cebridge(folder.path(), &["policy", "CEB6211"]).expect(2);
    assert!(run.stderr.contains("CEB621"), "{}", run.stderr);
    let run = cebridge(folder.path(), &["policy", "CEB213", "--edition", "2018-113"]).expect(2);
    assert!(run.stderr.contains("2022-05"), "{}", run.stderr);
}

#[test]
fn a_policy_of_a_pack_file_is_that_of_its_data() {
    let enterprise = Enterprise::new();
    enterprise.run(&["pack", "rules", "-o", "rules"]).expect(0);
    // A notice ends the transition of an invented message group a year later, by data alone.
    let file = enterprise.path().join("rules/signature/2018-56.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("until = 2018-09-30", "until = 2019-09-30")).unwrap();
    enterprise
        .run(&["pack", "build", "rules/editions/2018-56", "-o", "long.wasm"])
        .expect(0);
    let (_, answer) = policy(
        enterprise.path(),
        &["CEB511", "--at", "2019-01-01", "--pack", "long.wasm"],
    );
    assert_eq!(
        (&answer["need"], &answer["until"]),
        (&"optional".into(), &"2019-09-30".into())
    );
}

/// Orders of edition 2018-56 that an ERP made itself, to be declared by the mapper `ceb`.
fn order(enterprise: &Enterprise) {
    let case = rules().join("editions/2018-56/cases/ceb311-unsigned.xml");
    enterprise.write("order.xml", std::fs::read(case).unwrap());
    enterprise.configure("[mapper.ceb]\nleaveOut = \"BaseSubscribe, ExtendMessage\"");
}

/// Takes key and certificate out of the configuration.
fn without_key(enterprise: &Enterprise) {
    let config = std::fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    let kept: Vec<&str> = config
        .split_inclusive('\n')
        .filter(|line| !line.starts_with("key =") && !line.starts_with("certificate ="))
        .collect();
    enterprise.write("cebridge.toml", kept.concat());
}

fn declare(enterprise: &Enterprise, at: &str) -> Run {
    enterprise.run(&[
        "declare",
        "order.xml",
        "--mapper",
        "ceb",
        "--at",
        at,
        "--dry-run",
        "--show",
        "--format",
        "json",
        "-v",
    ])
}

fn reasons(run: &Run) -> String {
    run.lines().iter().map(|row| row["reasons"].to_string()).collect()
}

#[test]
fn an_order_in_transition_leaves_unsigned_with_a_warning_that_counts_the_days() {
    let enterprise = Enterprise::new();
    without_key(&enterprise);
    order(&enterprise);
    let run = declare(&enterprise, "2018-07-15").expect(0);
    let sent: Vec<Value> = run
        .lines()
        .into_iter()
        .filter(|row| row.get("would_send").is_some())
        .collect();
    assert_eq!(sent.len(), 1, "{}", run.stdout);
    assert!(
        !sent[0]["xml"].as_str().unwrap().contains("Signature"),
        "{}",
        sent[0]["xml"]
    );
    assert_eq!((&sent[0]["profile"], &sent[0]["key_name"]), (&"".into(), &"".into()));
    assert!(
        run.stderr.contains("SIGN-OPTIONAL") && run.stderr.contains("77 days left"),
        "{}",
        run.stderr
    );
    // With the English reading the transition ends on 2018-09-14.
    enterprise.configure("[rules.effective-from]\n\"2018-113\" = \"2018-12-01\"");
    declare(&enterprise, "2018-09-20").expect(0);
    let config = std::fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    enterprise.write(
        "cebridge.toml",
        config.replace("[signing]", "[signing]\ntransition-reading = \"english-text\""),
    );
    let run = declare(&enterprise, "2018-09-20").expect(1);
    assert!(reasons(&run).contains("SIGN-NEED"), "{}", run.stdout);
}

#[test]
fn an_order_after_the_transition_is_refused_without_a_key() {
    let enterprise = Enterprise::new();
    without_key(&enterprise);
    order(&enterprise);
    let run = declare(&enterprise, "2018-11-15").expect(1);
    let told = reasons(&run);
    assert!(told.contains("SIGN-NEED") && told.contains("[signing]"), "{told}");
    assert!(
        run.lines().iter().all(|row| row.get("would_send").is_none()),
        "{}",
        run.stdout
    );
}

#[test]
fn an_rsa_certificate_of_today_is_refused_and_an_old_one_signs() {
    let enterprise = Enterprise::new();
    enterprise.grade("SIGN-PROFILE", "error");
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    let declare = || enterprise.run(&["declare", "clean.json", "--mapper", "shop", "--format", "json", "-v"]);
    if !rsa_certificate(enterprise.path(), "20220801000000Z", "20990630155959Z") {
        return;
    }
    let run = declare().expect(1);
    let rows = run.lines();
    assert!(
        !rows.is_empty() && rows.iter().all(|row| row["status"] == "refused"),
        "{}",
        run.stdout
    );
    assert!(reasons(&run).contains("SIGN-PROFILE"), "{}", run.stdout);
    assert!(enterprise.files("dxp/out").is_empty(), "nothing was sent");
    assert!(rsa_certificate(enterprise.path(), "20220101000000Z", "20230101000000Z"));
    assert!(reasons(&declare().expect(1)).contains("SIGN-CERTIFICATE"));
    // What was refused may be declared again with a certificate that can sign.
    assert!(rsa_certificate(enterprise.path(), "20220101000000Z", "20990630155959Z"));
    let run = declare().expect(0);
    assert!(!run.stderr.contains("SIGN-"), "{}", run.stderr);
    assert_eq!(enterprise.files("dxp/out").len(), 5, "{}", run.stderr);
}

#[test]
fn documents_for_a_port_with_a_variant_are_signed_by_it_and_their_orders_too() {
    let enterprise = Enterprise::new();
    enterprise.write("clean.json", enterprise.clean_orders().to_string());
    // The sample shop declares at customs district 2244.
    enterprise.configure("[signing.ports]\n\"2244\" = \"sm2-sm3-w3c-sha1\"");
    let run = enterprise
        .run(&[
            "declare",
            "clean.json",
            "--mapper",
            "shop",
            "--dry-run",
            "--show",
            "--format",
            "json",
        ])
        .expect(0);
    let sent: Vec<Value> = run
        .lines()
        .into_iter()
        .filter(|row| row.get("would_send").is_some())
        .collect();
    assert_eq!(sent.len(), 5, "{}", run.stderr);
    for message in sent {
        assert_eq!(message["profile"], "sm2-sm3-w3c-sha1", "{}", message["would_send"]);
        let xml = message["xml"].as_str().unwrap();
        assert!(xml.contains("http://www.w3.org/2000/09/xmldsig#sm2-sm3"), "{xml}");
        enterprise.write("variant.xml", xml);
    }
    // Whoever names the variant accepts it, nobody else.
    let verify = |folder: &Path, args: &[&str]| {
        let file = enterprise.path().join("variant.xml");
        let run = cebridge(
            folder,
            &[&["verify", file.to_str().unwrap(), "--format", "json"], args].concat(),
        );
        (run.code, run.stdout + &run.stderr)
    };
    let elsewhere = tempfile::tempdir().unwrap();
    let (code, told) = verify(elsewhere.path(), &[]);
    assert!(code == 1 && told.contains("\"algorithm\""), "{told}");
    let (code, told) = verify(elsewhere.path(), &["--allow-profile", "sm2-sm3-w3c-sha1"]);
    assert!(code == 0 && told.contains("\"profile\":\"sm2-sm3-w3c-sha1\""), "{told}");
    let (code, told) = verify(elsewhere.path(), &["--allow-profile", "sm2"]);
    assert!(code == 2 && told.contains("sm2-sm3-w3c-sha1"), "{told}");
    let (code, told) = verify(enterprise.path(), &[]);
    assert_eq!(code, 0, "{told}");
    enterprise.run(&["declare", "clean.json", "--mapper", "shop"]).expect(0);
    enterprise.run(&["simulator", "--once", "--quiet"]).expect(0);
    enterprise.run(&["run", "--once", "--quiet"]).expect(0);
    let rows = statuses(enterprise.path());
    assert!(
        !rows.is_empty()
            && rows
                .iter()
                .all(|row| row["status"] != "returned" && row["final"] == true),
        "{rows:?}"
    );
}

#[test]
fn customs_takes_unsigned_orders_as_long_as_the_transition_lasts() {
    for (day, status) in [("2018-09-30T12:00:00", "stored"), ("2018-10-01T00:00:00", "returned")] {
        let enterprise = Enterprise::new();
        let with_key = std::fs::read(enterprise.path().join("cebridge.toml")).unwrap();
        without_key(&enterprise);
        order(&enterprise);
        enterprise.configure("[rules.effective-from]\n\"2018-113\" = \"2018-12-01\"");
        enterprise
            .run(&["declare", "order.xml", "--mapper", "ceb", "--at", "2018-09-30T11:00:00"])
            .expect(0);
        enterprise
            .run(&["simulator", "--once", "--quiet", "--at", day])
            .expect(0);
        // The daemon starts with a key only.
        enterprise.write("cebridge.toml", &with_key);
        enterprise.run(&["run", "--once", "--quiet"]).expect(0);
        let rows = statuses(enterprise.path());
        assert!(
            !rows.is_empty() && rows.iter().all(|row| row["status"] == status),
            "{day}: {rows:?}"
        );
    }
}
