//! Signatures checked against OpenSSL: its verdict on ours, and ours on its, over strings written by hand.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cebridge_pay179::{Method, Options, Unsigned, check, verify};
use cebridge_signature::{Certificate, IdentityPems, PrivateKey, generate_identity, generate_sm2_identity, sm2_value};

/// Payment data of an invented shop, indented and with a blank line, the way people write files.
const FILE: &str = r#"{
  "sessionID": "ab12cd-34ef-5678",
  "payExchangeInfoHead": {
    "guid": "0F5C1B7E-6A54-4A50-9D0A-3C1F2E4D5A6B",
    "initalRequest": "https://pay.example/gateway?subject=\"绿茶\"&path=C:\\tea",
    "initalResponse": "{\"code\":\"10000\"}",
    "ebpCode": "4403960XY1", "payCode": "312226XX01",
    "payTransactionId": "2026050122001354", "totalAmount": 100.50, "currency": "142",
    "verDept": "3", "payType": "1", "tradingTime": "20260501101500", "note": ""
  },
  "payExchangeInfoLists": [
    {"orderNo": "SO-2026-000001",
     "goodsInfo": [{"gname": "绿茶 100 g", "itemLink": "https://shop.example/i/1?a=1&b=2"}],
     "recpAccount": "62220000", "recpCode": "", "recpName": "示例商贸有限公司"}
  ],
  "serviceTime": "1777601700123"
}"#;

/// The string of [`FILE`], written by hand from the announcement.
const STRING: &str = concat!(
    r#""sessionID":"ab12cd-34ef-5678"||"#,
    r#""payExchangeInfoHead":"{"guid":"0F5C1B7E-6A54-4A50-9D0A-3C1F2E4D5A6B","#,
    r#""initalRequest":"https://pay.example/gateway?subject=\"绿茶\"&path=C:\\tea","#,
    r#""initalResponse":"{\"code\":\"10000\"}","ebpCode":"4403960XY1","payCode":"312226XX01","#,
    r#""payTransactionId":"2026050122001354","totalAmount":100.50,"currency":"142","verDept":"3","payType":"1","#,
    r#""tradingTime":"20260501101500","note":""}"||"#,
    r#""payExchangeInfoLists":"[{"orderNo":"SO-2026-000001","goodsInfo":[{"gname":"绿茶 100 g","#,
    r#""itemLink":"https://shop.example/i/1?a=1&b=2"}],"recpAccount":"62220000","recpCode":"","#,
    r#""recpName":"示例商贸有限公司"}]"||"serviceTime":"1777601700123""#,
);

struct Signer {
    key: PrivateKey,
    certificate: Certificate,
    folder: tempfile::TempDir,
}

impl Signer {
    fn new() -> Self {
        Self::keep(generate_identity("CN=示例", 2048).unwrap())
    }

    fn sm2() -> Self {
        Self::keep(generate_sm2_identity("CN=示例").unwrap())
    }

    fn keep((key, certificate, pems): (PrivateKey, Certificate, IdentityPems)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("key.pem"), pems.key_pem.as_bytes()).unwrap();
        std::fs::write(folder.path().join("cert.pem"), pems.certificate_pem).unwrap();
        Self {
            key,
            certificate,
            folder,
        }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A signature made by OpenSSL, Base64.
    fn openssl(&self, digest: &str, message: &[u8]) -> String {
        std::fs::write(self.path().join("message"), message).unwrap();
        let out = Command::new("openssl")
            .args(["dgst", digest, "-sign", "key.pem", "message"])
            .current_dir(self.path())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        STANDARD.encode(out.stdout)
    }

    /// An SM2 signature made by OpenSSL, DER.
    fn openssl_sm2(&self, message: &[u8]) -> Vec<u8> {
        std::fs::write(self.path().join("message"), message).unwrap();
        let out = Command::new("openssl")
            .args([
                "pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-inkey", "key.pem", "-in", "message",
            ])
            .args(["-pkeyopt", "distid:1234567812345678"])
            .current_dir(self.path())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    /// [`FILE`]'s payload with a value made over `message`.
    fn payload(&self, digest: &str, message: &[u8]) -> String {
        self.with_value(&self.openssl(digest, message))
    }

    fn with_value(&self, value: &str) -> String {
        let signed = sign(self, None);
        let at = signed.find("\"signValue\"").unwrap();
        format!("{}\"signValue\":\"{value}\"}}", &signed[..at])
    }

    fn codes(&self, payload: &str) -> Vec<&'static str> {
        let verdict = verify(payload.as_bytes(), &self.certificate, &Options::default());
        assert_eq!(verdict.valid, verdict.reasons.is_empty());
        verdict.reasons.iter().map(|reason| reason.code).collect()
    }
}

fn sign(signer: &Signer, method: Option<Method>) -> String {
    let unsigned = Unsigned::read(FILE.as_bytes()).unwrap();
    assert_eq!(check(unsigned.prepared(), &|code| code == "142"), []);
    unsigned.sign(&signer.key, method, &signer.certificate).unwrap()
}

fn has_openssl() -> bool {
    if Command::new("openssl").arg("version").output().is_ok() {
        return true;
    }
    if std::env::var("CEBRIDGE_TESTS_MUST_RUN").is_ok_and(|value| value == "1") {
        panic!("openssl is missing");
    }
    eprintln!("SKIPPED: openssl is missing");
    false
}

#[test]
fn the_string_is_the_announcements_byte_for_byte() {
    let unsigned = Unsigned::read(FILE.as_bytes()).unwrap();
    assert_eq!(unsigned.signing_string(), STRING);
}

#[test]
fn openssl_verifies_what_we_sign_over_a_string_written_by_hand() {
    if !has_openssl() {
        return;
    }
    let signer = Signer::new();
    for (method, digest) in [(None, "-sha1"), (Some(Method::RsaSha256), "-sha256")] {
        let payload = sign(&signer, method);
        let json: serde_json::Value = serde_json::from_str(&payload).unwrap();
        let value = STANDARD.decode(json["signValue"].as_str().unwrap()).unwrap();
        std::fs::write(signer.path().join("value"), value).unwrap();
        std::fs::write(signer.path().join("string"), STRING).unwrap();
        let public = "openssl x509 -in cert.pem -noout -pubkey > public.pem && openssl dgst";
        let out = Command::new("sh")
            .args([
                "-c",
                &format!("{public} {digest} -verify public.pem -signature value string"),
            ])
            .current_dir(signer.path())
            .output()
            .unwrap();
        assert!(
            out.status.success(),
            "{digest}: {}",
            String::from_utf8_lossy(&out.stdout)
        );
    }
}

#[test]
fn sm2_values_are_raw_and_openssl_agrees_both_ways() {
    if !has_openssl() {
        return;
    }
    let signer = Signer::sm2();
    let json: serde_json::Value = serde_json::from_str(&sign(&signer, None)).unwrap();
    let value = STANDARD.decode(json["signValue"].as_str().unwrap()).unwrap();
    assert_eq!(value.len(), 64);
    std::fs::write(signer.path().join("value"), sm2_value::to_der(&value).unwrap()).unwrap();
    std::fs::write(signer.path().join("string"), STRING).unwrap();
    let out = Command::new("openssl")
        .args([
            "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-certin", "-inkey", "cert.pem",
        ])
        .args([
            "-in",
            "string",
            "-sigfile",
            "value",
            "-pkeyopt",
            "distid:1234567812345678",
        ])
        .current_dir(signer.path())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stdout));

    let der = signer.openssl_sm2(STRING.as_bytes());
    let raw = signer.with_value(&STANDARD.encode(sm2_value::from_der(&der).unwrap()));
    assert_eq!(signer.codes(&raw), [""; 0]);
    assert_eq!(signer.codes(&raw.replacen("100.50", "100.51", 1)), ["value-mismatch"]);
    let der = signer.with_value(&STANDARD.encode(der));
    assert_eq!(signer.codes(&der), ["value-mismatch", "der-value"]);
    let other_string = signer.openssl_sm2(format!("{STRING}\n").as_bytes());
    let other_string = signer.with_value(&STANDARD.encode(sm2_value::from_der(&other_string).unwrap()));
    assert_eq!(signer.codes(&other_string), ["value-mismatch", "line-end"]);
}

#[test]
fn a_key_that_does_not_fit_its_certificate_signs_nothing() {
    let (ours, theirs) = (Signer::new(), Signer::new());
    let unsigned = Unsigned::read(FILE.as_bytes()).unwrap();
    let error = unsigned.sign(&ours.key, None, &theirs.certificate).unwrap_err();
    assert!(error.to_string().contains("withheld"), "{error}");
}

#[test]
fn what_openssl_signed_is_verified_and_one_changed_byte_is_not() {
    if !has_openssl() {
        return;
    }
    let signer = Signer::new();
    let payload = signer.payload("-sha1", STRING.as_bytes());
    assert_eq!(signer.codes(&payload), [""; 0]);
    for (from, to) in [
        ("100.50", "100.5"),
        ("绿茶 100 g", "绿茶 101 g"),
        ("ab12cd", "ab12ce"),
        ("1777601700123", "1877601700123"),
    ] {
        assert_eq!(
            signer.codes(&payload.replacen(from, to, 1)),
            ["value-mismatch"],
            "{from}"
        );
    }
    // Another layout of the same data is another string: it is verified from the bytes received.
    let spaced = payload.replacen("\"payExchangeInfoLists\":[{", "\"payExchangeInfoLists\":[ {", 1);
    assert_eq!(signer.codes(&spaced), ["value-mismatch", "spacing"]);
    let around = payload.replacen("\"payExchangeInfoLists\":[{", "\n\"payExchangeInfoLists\" : [{", 1);
    assert_eq!(signer.codes(&around), [""; 0]);
}

#[test]
fn each_usual_mistake_is_named() {
    if !has_openssl() {
        return;
    }
    let signer = Signer::new();
    let short = STRING.replace("payExchangeInfoLists", "payExchangeInfoList");
    let structure = |close: &str| {
        let mut text = STRING.to_owned();
        for name in [
            "sessionID",
            "payExchangeInfoHead",
            "payExchangeInfoLists",
            "serviceTime",
        ] {
            text = text.replacen(&format!("\"{name}\":\""), &format!("”{name}”:”"), 1);
        }
        text.replace("\"||", "”||").strip_suffix('"').unwrap().to_owned() + close
    };
    let head_and_lists = |from: &str, to: &str| {
        let (start, end) = (STRING.find("{\"guid").unwrap(), STRING.find("}\"||").unwrap() + 1);
        let head = STRING[start..end].replace(from, to);
        let (first, last) = (STRING.find("[{\"orderNo").unwrap(), STRING.rfind("]\"||").unwrap() + 1);
        let lists = STRING[first..last].replace(from, to);
        STRING
            .replace(&STRING[start..end], &head)
            .replace(&STRING[first..last], &lists)
    };
    let escaped = {
        let (start, end) = (STRING.find("{\"guid").unwrap(), STRING.find("}\"||").unwrap() + 1);
        let head = STRING[start..end].replace('\\', "\\\\").replace('"', "\\\"");
        let (first, last) = (STRING.find("[{\"orderNo").unwrap(), STRING.rfind("]\"||").unwrap() + 1);
        let lists = STRING[first..last].replace('"', "\\\"");
        STRING
            .replace(&STRING[start..end], &head)
            .replace(&STRING[first..last], &lists)
    };
    let cases = [
        (short.clone(), vec!["third-name"]),
        (structure("”"), vec!["typographic-quotes"]),
        (escaped, vec!["escaped-json"]),
        (head_and_lists("/", "\\/"), vec!["escapes"]),
        (format!("{STRING}\n"), vec!["line-end"]),
        (STRING.replace("1777601700123", "1777601700"), vec!["service-time"]),
        (STRING.replace("1777601700123", "1777601700125"), vec!["service-time"]),
        (
            structure("”").replace("payExchangeInfoLists", "payExchangeInfoList"),
            vec!["typographic-quotes", "third-name"],
        ),
    ];
    for (string, expected) in cases {
        let mut wanted = vec!["value-mismatch"];
        wanted.extend(expected);
        assert_eq!(
            signer.codes(&signer.payload("-sha1", string.as_bytes())),
            wanted,
            "{string}"
        );
    }
    let gbk = encoding_rs::GBK.encode(STRING).0.into_owned();
    assert_eq!(
        signer.codes(&signer.payload("-sha1", &gbk)),
        ["value-mismatch", "encoding"]
    );
    assert_eq!(
        signer.codes(&signer.payload("-sha256", STRING.as_bytes())),
        ["value-mismatch", "algorithm"]
    );
}

#[test]
fn certificate_and_form_are_judged_too() {
    let signer = Signer::new();
    let other = Signer::new();
    let payload = sign(&signer, None);
    assert_eq!(other.codes(&payload), ["cert-no-mismatch", "value-mismatch"]);
    let short = payload.replacen("payExchangeInfoLists", "payExchangeInfoList", 1);
    assert_eq!(signer.codes(&short), ["short-name"]);
    assert_eq!(signer.codes(FILE), ["cert-no-mismatch", "not-signed"]);
    assert_eq!(signer.codes("{}"), ["malformed"]);
    let extra = payload.replacen("{\"sessionID\"", "{\"extra\":1,\"sessionID\"", 1);
    assert_eq!(signer.codes(&extra), ["malformed"]);
    let only_256 = Options {
        method: Some(Method::RsaSha256),
        other_times: Vec::new(),
    };
    assert!(!verify(payload.as_bytes(), &signer.certificate, &only_256).valid);
}
