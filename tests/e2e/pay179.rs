//! Real-time payment data by the command line: the string byte for byte, signatures against OpenSSL.

use crate::support::{Enterprise, tool};
use cebridge_signature::{KeyKind, generate_dated_identity};

/// Unsigned payment data of an invented shop, indented as people write it.
pub(crate) const DATA: &str = r#"{
  "sessionID": "fe23-8fne-9732",
  "payExchangeInfoHead": {
    "guid": "9D55BA71-22DE-41F4-8B50-C36C83B3B530", "initalRequest": "原始请求", "initalResponse": "{\"ok\":1}",
    "ebpCode": "4404840XX2", "payCode": "312226X001", "payTransactionId": "2026050122001354",
    "totalAmount": 100.50, "currency": "142", "verDept": "3", "payType": "1",
    "tradingTime": "20260501041803", "note": "批量订单"
  },
  "payExchangeInfoLists": [{
    "orderNo": "SO-1", "goodsInfo": [{"gname": "绿茶", "itemLink": "https://shop.example/i?id=1&s=2"}],
    "recpAccount": "OSA57190886", "recpCode": "", "recpName": "EXAMPLE LIMITED"
  }],
  "serviceTime": "1777601700123"
}
"#;

/// The string of [`DATA`], written by hand.
const STRING: &str = concat!(
    r#""sessionID":"fe23-8fne-9732"||"payExchangeInfoHead":"{"guid":"9D55BA71-22DE-41F4-8B50-C36C83B3B530","#,
    r#""initalRequest":"原始请求","initalResponse":"{\"ok\":1}","ebpCode":"4404840XX2","payCode":"312226X001","#,
    r#""payTransactionId":"2026050122001354","totalAmount":100.50,"currency":"142","verDept":"3","payType":"1","#,
    r#""tradingTime":"20260501041803","note":"批量订单"}"||"payExchangeInfoLists":"[{"orderNo":"SO-1","#,
    r#""goodsInfo":[{"gname":"绿茶","itemLink":"https://shop.example/i?id=1&s=2"}],"recpAccount":"OSA57190886","#,
    r#""recpCode":"","recpName":"EXAMPLE LIMITED"}]"||"serviceTime":"1777601700123""#,
);

const KEYS: [&str; 4] = ["--key", "keys/rsa.key.pem", "--cert", "keys/rsa.cert.pem"];

/// An enterprise with an RSA card beside its other keys; `None` without OpenSSL.
fn with_rsa_card() -> Option<Enterprise> {
    let enterprise = Enterprise::new();
    let path = |name: &str| enterprise.path().join(name).to_str().unwrap().to_owned();
    let made = tool(
        "openssl",
        &[
            "req",
            "-x509",
            "-newkey",
            "rsa:1024",
            "-nodes",
            "-subj",
            "/CN=card",
            "-days",
            "30",
            "-set_serial",
            "0x013b5b11",
            "-keyout",
            &path("keys/rsa.key.pem"),
            "-out",
            &path("keys/rsa.cert.pem"),
        ],
    )?;
    made.expect(0);
    Some(enterprise)
}

#[test]
fn the_string_is_printed_exactly_and_openssl_verifies_the_signature_over_it() {
    let Some(enterprise) = with_rsa_card() else { return };
    enterprise.write("data.json", DATA);
    assert_eq!(
        enterprise.run(&["pay179", "string", "data.json"]).expect(0).stdout,
        STRING
    );

    enterprise
        .run(&[&["pay179", "sign", "data.json", "-o", "signed.json"], &KEYS[..]].concat())
        .expect(0);
    let signed = std::fs::read_to_string(enterprise.path().join("signed.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&signed).unwrap();
    assert_eq!(json["certNo"], "013b5b11");
    assert!(signed.contains("\"totalAmount\":100.50,"));
    assert_eq!(
        enterprise.run(&["pay179", "string", "signed.json"]).expect(0).stdout,
        STRING
    );

    let path = |name: &str| enterprise.path().join(name).to_str().unwrap().to_owned();
    enterprise.write("string", STRING);
    enterprise.write("value.b64", json["signValue"].as_str().unwrap());
    let public = ["x509", "-in", &path("keys/rsa.cert.pem"), "-noout", "-pubkey"];
    enterprise.write("public.pem", tool("openssl", &public).unwrap().expect(0).stdout);
    tool(
        "openssl",
        &["base64", "-d", "-A", "-in", &path("value.b64"), "-out", &path("value")],
    )
    .unwrap()
    .expect(0);
    let verify = [
        "dgst",
        "-sha1",
        "-verify",
        &path("public.pem"),
        "-signature",
        &path("value"),
        &path("string"),
    ];
    tool("openssl", &verify).unwrap().expect(0);
}

#[test]
fn a_signature_is_verified_from_the_bytes_and_a_failing_one_is_explained() {
    let Some(enterprise) = with_rsa_card() else { return };
    enterprise.write("data.json", DATA);
    let signed = enterprise
        .run(&[&["pay179", "sign", "data.json"], &KEYS[..]].concat())
        .expect(0)
        .stdout;
    let verify = |text: &str, code: i32| {
        enterprise.write("got.json", text);
        let run = enterprise.run(&["pay179", "verify", "got.json", "--cert", KEYS[3], "--format", "json"]);
        run.expect(code).lines().remove(0)
    };
    let good = verify(&signed, 0);
    assert_eq!(
        good,
        serde_json::json!({ "file": "got.json", "valid": true, "reasons": [] })
    );
    let changed = verify(&signed.replace("100.50", "100.5"), 1);
    assert_eq!(changed["reasons"][0]["code"], "value-mismatch");
    let respaced = verify(
        &signed.replace("},{", "}, {").replace("\"orderNo\":", "\"orderNo\": "),
        1,
    );
    assert_eq!(respaced["reasons"][1]["code"], "spacing");
    assert_eq!(verify("[]", 1)["reasons"][0]["code"], "malformed");
    enterprise
        .run(&["pay179", "verify", "missing.json", "--cert", KEYS[3]])
        .expect(2);
}

#[test]
fn data_over_a_limit_is_not_signed_and_the_field_is_named() {
    let Some(enterprise) = with_rsa_card() else { return };
    enterprise.write("data.json", DATA.replace("\"verDept\": \"3\"", "\"verDept\": \"7\""));
    let run = enterprise.run(&[&["pay179", "sign", "data.json", "--format", "json"], &KEYS[..]].concat());
    let verdict = run.expect(1).lines().remove(0);
    assert_eq!(verdict["reasons"][0]["code"], "limit");
    let detail = verdict["reasons"][0]["detail"].as_str().unwrap();
    assert!(
        detail.contains("payExchangeInfoHead.verDept") && detail.contains("验核机构"),
        "{detail}"
    );
}

#[test]
fn a_certificate_that_has_ended_is_named() {
    let enterprise = Enterprise::new();
    enterprise.write("data.json", DATA);
    for (from, to, ended) in [("2018-01-01", "2020-05-31", true), ("2018-01-01", "2049-12-31", false)] {
        let kind = KeyKind::Rsa { bits: 2048 };
        let (_, _, pems) = generate_dated_identity("CN=Old Card", kind, from, to).unwrap();
        enterprise.write("keys/rsa.key.pem", pems.key_pem.as_bytes());
        enterprise.write("keys/rsa.cert.pem", &pems.certificate_pem);
        let run = enterprise
            .run(&[&["pay179", "sign", "data.json"], &KEYS[..]].concat())
            .expect(0);
        assert_eq!(
            run.stderr.contains("the certificate ended on 2020-0"),
            ended,
            "{}",
            run.stderr
        );
    }
}

#[test]
fn all_faults_are_told_at_once_by_their_members() {
    let enterprise = Enterprise::new();
    let faulty = DATA
        .replace("\"payExchangeInfoLists\": [{", "\"payExchangeInfoList\": {")
        .replace("\"EXAMPLE LIMITED\"\n  }]", "\"\"\n  }")
        .replace("\"note\"", "\"node\"")
        .replace("100.50", "\"100.50\"")
        .replace("20260501041803", "2026-05-01 04:18:03")
        .replace("\"currency\": \"142\"", "\"currency\": \"CNY\"");
    enterprise.write("data.json", &faulty);
    let keys = ["--key", "keys/enterprise.key.pem", "--cert", "keys/enterprise.cert.pem"];
    let run = enterprise
        .run(&[&["pay179", "sign", "data.json", "--format", "json"], &keys[..]].concat())
        .expect(1);
    let reasons = run.lines()[0]["reasons"].clone();
    let details: Vec<&str> = reasons
        .as_array()
        .unwrap()
        .iter()
        .map(|reason| reason["detail"].as_str().unwrap())
        .collect();
    for fault in [
        "payExchangeInfoHead.totalAmount (交易金额): must be a number without quotes",
        "payExchangeInfoHead.currency (币制): must be customs' code of the currency, three digits: write 142",
        "payExchangeInfoHead.tradingTime (交易成功时间): must be YYYYMMDDhhmmss",
        "payExchangeInfoHead.node: there is no such member; did you mean note?",
        "payExchangeInfoList: there is no such member; did you mean payExchangeInfoLists?",
        "payExchangeInfoList (支付原始数据表体): is one object where a list is wanted",
        "payExchangeInfoList.recpName (收款企业名称): is required",
    ] {
        assert!(
            details.iter().any(|detail| detail.starts_with(fault)),
            "{fault}: {details:#?}"
        );
    }
    assert_eq!(details.len(), 7, "{details:#?}");
    // The string names the same faults.
    let told = enterprise.run(&["pay179", "string", "data.json"]).expect(1).stderr;
    assert_eq!(told.lines().count(), 7, "{told}");
    assert!(
        told.contains("did you mean note?") && !told.contains("2026-05-01 04"),
        "{told}"
    );
}

#[test]
fn what_the_announcement_does_not_say_is_a_warning() {
    let enterprise = Enterprise::new();
    let odd = DATA
        .replace("4404840XX2", "123")
        .replace("9D55BA71-22DE-41F4-8B50-C36C83B3B530", "X")
        .replace("\"currency\": \"142\"", "\"currency\": \"999\"");
    enterprise.write("data.json", odd);
    let keys = ["--key", "keys/enterprise.key.pem", "--cert", "keys/enterprise.cert.pem"];
    let run = enterprise
        .run(&[&["pay179", "sign", "data.json"], &keys[..]].concat())
        .expect(0);
    for warning in [
        "payExchangeInfoHead.ebpCode",
        "payExchangeInfoHead.guid",
        "payExchangeInfoHead.currency",
    ] {
        assert!(run.stderr.contains(&format!("warning: {warning}")), "{}", run.stderr);
    }
    // The usual currency is known.
    enterprise.write("data.json", DATA);
    let run = enterprise
        .run(&[&["pay179", "sign", "data.json"], &keys[..]].concat())
        .expect(0);
    assert!(!run.stderr.contains("warning"), "{}", run.stderr);
}
