//! `verify` by the command line: its JSON, its exit codes, explanations, and what it forgives.

use crate::support::Enterprise;
use serde_json::Value;
use std::path::Path;

const END: &str = "</ceb:CEB311Message>";
const CERT: &str = "keys/enterprise.cert.pem";

/// A signed order message.
fn signed(enterprise: &Enterprise) -> String {
    enterprise.run(&["map", "erp/orders.json", "--mapper", "shop", "-o", "mapped"]);
    let keys = ["--key", "keys/enterprise.key.pem", "--cert", CERT];
    enterprise
        .run(&[&["sign", "mapped/CEB311-001.xml"][..], &keys].concat())
        .expect(0)
        .stdout
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn the_json_has_exactly_its_keys() {
    let enterprise = Enterprise::new();
    let signed = signed(&enterprise);
    let good = enterprise.write("good.xml", &signed);
    let none = enterprise.write("none.xml", "<a/>");
    let run = enterprise
        .run(&["verify", text(&good), text(&none), "--format", "json"])
        .expect(1);
    let keys = [
        "file",
        "key_name",
        "not_after",
        "not_before",
        "profile",
        "reasons",
        "serial",
        "signer",
        "tolerated",
        "trusted",
        "valid",
    ];
    let lines = run.lines();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let mut found: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, keys);
    }
    assert_eq!(
        (&lines[0]["valid"], &lines[0]["trusted"]),
        (&Value::Bool(true), &Value::Null)
    );
    assert_eq!(lines[1]["reasons"][0]["code"], "no-signature");
    assert!(lines[1]["signer"].is_null() && lines[1]["not_after"].is_null());
}

#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let enterprise = Enterprise::new();
    let good = enterprise.write("good.xml", signed(&enterprise));
    let run = enterprise
        .run(&[
            "verify",
            "nowhere.xml",
            text(&good),
            "--trust",
            CERT,
            "--format",
            "json",
        ])
        .expect(2);
    assert_eq!(run.lines().len(), 1);
    assert_eq!(run.lines()[0]["trusted"], true);
    assert!(run.stderr.contains("nowhere.xml"), "{}", run.stderr);
}

#[test]
fn an_auditor_judges_certificates_by_the_time_of_sending() {
    let enterprise = Enterprise::new();
    let rsa = cebridge_signature::KeyKind::Rsa { bits: 2048 };
    let (_, _, pems) =
        cebridge_signature::generate_dated_identity("CN=Card of Then", rsa, "2019-01-01", "2021-12-31").unwrap();
    enterprise.write("keys/enterprise.key.pem", pems.key_pem.as_bytes());
    enterprise.write(CERT, &pems.certificate_pem);
    let file = enterprise.write("then.xml", signed(&enterprise));
    let verify = |more: &[&str]| {
        let run = enterprise.run(&[&["verify", text(&file), "--format", "json"], more].concat());
        (run.code, run.stdout + &run.stderr)
    };
    let (code, told) = verify(&["--trust", CERT]);
    assert!(code == 1 && told.contains("certificate-expired"), "{told}");
    let (code, told) = verify(&["--trust", CERT, "--at", "2020-05-01"]);
    assert!(code == 0 && told.contains("\"trusted\":true"), "{told}");
    let (code, told) = verify(&["--trust", CERT, "--at", "2018-05-01"]);
    assert!(code == 1 && told.contains("not-yet-valid"), "{told}");
    let (code, told) = verify(&["--at", "2020-05-01"]);
    assert!(code == 2 && told.contains("--trust"), "{told}");
}

#[test]
fn explanations_name_the_cause_and_the_repair() {
    let enterprise = Enterprise::new();
    let signed = signed(&enterprise);
    let moved = enterprise.write("windows.xml", signed.replace(END, &format!("\n{END}")));
    let run = enterprise.run(&["verify", text(&moved), "--explain"]).expect(1);
    assert!(run.stdout.contains("space-beside-signature"), "{}", run.stdout);
    assert!(run.stdout.contains("to repair: "), "{}", run.stdout);
    let run = enterprise
        .run(&["verify", text(&moved), "--explain", "--format", "json"])
        .expect(1);
    let reasons = run.lines()[0]["reasons"].clone();
    assert_eq!(reasons[0]["code"], "digest-mismatch");
    assert_eq!(reasons[1]["code"], "space-beside-signature");
    assert!(reasons[1]["detail"].as_str().unwrap().contains("; to repair: "));
    // Without being asked, nothing is searched for.
    let run = enterprise.run(&["verify", text(&moved), "--format", "json"]).expect(1);
    assert_eq!(run.lines()[0]["reasons"].as_array().unwrap().len(), 1);
}

#[test]
fn the_layout_of_the_ukey_client_is_forgiven_by_name() {
    let enterprise = Enterprise::new();
    let signed = signed(&enterprise);
    let (head, tail) = signed.split_once("<ds:SignedInfo>").unwrap();
    let (info, tail) = tail.split_once("</ds:SignedInfo>").unwrap();
    let info = info.replace("><ds:", ">\n    <ds:");
    let tail = tail.replace(END, &format!("\n{END}"));
    let file = enterprise.write(
        "ukey.xml",
        format!("{head}<ds:SignedInfo>\n{info}\n</ds:SignedInfo>{tail}"),
    );
    enterprise.run(&["verify", text(&file)]).expect(1);
    let arguments = ["verify", text(&file), "--tolerate", "ukey-layout", "--format", "json"];
    let verdict = enterprise.run(&arguments).expect(0).lines().remove(0);
    let names = serde_json::json!(["signed-info-indented", "line-feed-after-signature"]);
    assert_eq!((&verdict["valid"], &verdict["tolerated"]), (&Value::Bool(true), &names));
    let other = enterprise.write("other.xml", signed.replace(END, &format!("\n\n{END}")));
    let arguments = ["verify", text(&other), "--tolerate", "ukey-layout", "--format", "json"];
    assert_eq!(
        enterprise.run(&arguments).expect(1).lines()[0]["tolerated"],
        serde_json::json!([])
    );
}

#[test]
fn a_giant_file_is_refused_unread() {
    let enterprise = Enterprise::new();
    let path = enterprise.path().join("giant.xml");
    std::fs::File::create(&path).unwrap().set_len(20 << 30).unwrap();
    let verdict = enterprise
        .run(&["verify", text(&path), "--format", "json"])
        .expect(1)
        .lines()
        .remove(0);
    assert_eq!(verdict["reasons"][0]["code"], "too-large");
}

#[test]
fn small_keys_are_refused_where_that_is_wanted() {
    let enterprise = Enterprise::new();
    let file = enterprise.write("good.xml", signed(&enterprise));
    let run = enterprise.run(&["verify", text(&file), "--min-rsa-bits", "4096", "--format", "json"]);
    // The enterprise of the tests signs by RSA-2048 or by SM2, which no such limit concerns.
    let verdict = run.lines().remove(0);
    match verdict["profile"].as_str() {
        Some("sm2-sm3") => assert_eq!(verdict["valid"], true),
        _ => assert_eq!(verdict["reasons"][0]["code"], "key-size"),
    }
}

#[test]
fn a_name_that_the_authority_wrote_as_bmp_string_is_readable() {
    let enterprise = Enterprise::new();
    let config = "[req]\nprompt = no\nutf8 = yes\nstring_mask = MASK:0x800\ndistinguished_name = dn\n\
                  [dn]\nO = 示例公司\nCN = 王示例\n";
    let config = enterprise.write("request.cnf", config);
    let (key, certificate) = (
        enterprise.path().join("keys/enterprise.key.pem"),
        enterprise.path().join(CERT),
    );
    let request = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "30",
        "-config",
        text(&config),
        "-keyout",
        text(&key),
        "-out",
        text(&certificate),
    ];
    let Some(made) = crate::support::tool("openssl", &request) else {
        return;
    };
    made.expect(0);
    let file = enterprise.write("signed.xml", signed(&enterprise));
    let run = enterprise.run(&["verify", text(&file), "--trust", CERT]).expect(0);
    assert!(run.stdout.contains("CN=王示例,O=示例公司"), "{}", run.stdout);
    let run = enterprise.run(&["verify", text(&file), "--format", "json"]).expect(0);
    assert_eq!(run.lines()[0]["signer"], "CN=王示例,O=示例公司");
}

#[test]
fn of_an_envelope_the_message_in_it_is_verified() {
    let enterprise = Enterprise::new();
    enterprise.write("erp.json", enterprise.clean_orders().to_string());
    enterprise.run(&["declare", "erp.json", "--mapper", "shop"]).expect(0);
    let envelope = enterprise.files("dxp/out").remove(0);
    let run = enterprise.run(&["verify", text(&envelope)]).expect(0);
    assert!(run.stdout.contains("signature valid"), "{}", run.stdout);
    assert!(
        run.stderr.contains("an envelope; the message in it is verified"),
        "{}",
        run.stderr
    );
    // One whose content is no message is judged as the file that it is.
    enterprise.write("empty.xml", "<DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\"/>");
    let run = enterprise.run(&["verify", "empty.xml"]).expect(1);
    assert!(run.stdout.contains("no-signature"), "{}", run.stdout);
}
