//! Names of certificates that openssl writes in every string type.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::Path;

use cebridge_signature::{Certificate, PrivateKey, Profile, ReasonCode, Signer, verify};
use support::{has, run};

/// Values of openssl's `string_mask`, with the string type used for Chinese text.
const MASKS: [(&str, &str); 2] = [("0x800", "BMPSTRING"), ("0x2000", "UTF8STRING")];

const MESSAGE: &str = "<ceb:CEB311Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" guid=\"A\" version=\"1.0\">\
                       <ceb:Order>1</ceb:Order></ceb:CEB311Message>";

/// An identity with names written by openssl under this mask; certificate and key in PEM.
fn made(folder: &Path, mask: &str, subject: &str) -> (String, String) {
    let config = format!(
        "[req]\nprompt = no\nutf8 = yes\nstring_mask = MASK:{mask}\ndistinguished_name = dn\n[dn]\n{subject}\n"
    );
    fs::write(folder.join("request.cnf"), config).unwrap();
    let arguments = "req -x509 -newkey rsa:2048 -nodes -days 400 -config request.cnf -keyout key.pem -out cert.pem";
    let output = run(folder, "openssl", &arguments.split(' ').collect::<Vec<_>>());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    (text("cert.pem"), text("key.pem"))
}

fn written_as(folder: &Path) -> String {
    let output = run(folder, "openssl", &["asn1parse", "-in", "cert.pem"]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn chinese_names_are_readable_in_every_string_type() {
    if !has("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (mask, kind) in MASKS {
        let (pem, key) = made(folder.path(), mask, "CN = 王示例\nO = 示例公司");
        assert!(written_as(folder.path()).contains(kind), "openssl did not write {kind}");
        let certificate = Certificate::from_pem(&pem).unwrap();
        assert_eq!(certificate.subject(), "O=示例公司,CN=王示例", "{kind}");
        assert_eq!(certificate.issuer(), certificate.subject(), "{kind}");
        // The signed bytes are the received bytes.
        assert_eq!(certificate.to_pem().trim(), pem.trim(), "{kind}");
        let key = PrivateKey::from_pem(&key, None).unwrap();
        let signer = Signer::new(key, Some(certificate.clone())).unwrap();
        let signed = signer
            .sign(
                MESSAGE.as_bytes(),
                &Profile::RSA_SHA256,
                cebridge_signature::Place::Last,
            )
            .unwrap();
        let verdict = verify(&signed, std::slice::from_ref(&certificate), None);
        assert!(verdict.valid, "{kind}: {:?}", verdict.reasons);
        assert_eq!(verdict.trusted, Some(true), "{kind}");
        assert_eq!(verdict.signer.as_deref(), Some("O=示例公司,CN=王示例"), "{kind}");
    }
}

#[test]
fn latin_names_in_old_types_are_readable() {
    if !has("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (mask, kind, name) in [
        ("0x4", "T61STRING", "Müller & Söhne"),
        ("0x2", "PRINTABLESTRING", "Shop (Demo)"),
    ] {
        let (pem, _) = made(folder.path(), mask, &format!("CN = {name}"));
        assert!(written_as(folder.path()).contains(kind), "openssl did not write {kind}");
        assert_eq!(Certificate::from_pem(&pem).unwrap().subject(), format!("CN={name}"));
    }
}

#[test]
fn a_subject_sent_along_is_compared_as_text() {
    if !has("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (pem, key) = made(folder.path(), "0x800", "O = 示例公司\nCN = 王示例");
    let certificate = Certificate::from_pem(&pem).unwrap();
    let signer = Signer::new(PrivateKey::from_pem(&key, None).unwrap(), Some(certificate)).unwrap();
    let signed = signer
        .sign(
            MESSAGE.as_bytes(),
            &Profile::RSA_SHA256,
            cebridge_signature::Place::Last,
        )
        .unwrap();
    let signed = String::from_utf8(signed).unwrap();
    let told = |name: &str| {
        let named = format!("</ds:X509Certificate><ds:X509SubjectName>{name}</ds:X509SubjectName>");
        let message = signed.replace("</ds:X509Certificate>", &named);
        assert_ne!(message, signed);
        verify(message.as_bytes(), &[], None)
    };
    for name in ["CN=王示例,O=示例公司", "O=示例公司, CN=王示例"] {
        assert!(told(name).valid, "{name}: {:?}", told(name).reasons);
    }
    // As written by programs that do not support the string type.
    let digits = "2.5.4.3=#1e06738b793a4f8b,2.5.4.10=#1e08793a4f8b516c53f8";
    assert!(told(digits).valid, "{:?}", told(digits).reasons);
    let verdict = told("CN=李示例,O=示例公司");
    let reason = verdict
        .reasons
        .iter()
        .find(|reason| reason.code == ReasonCode::SubjectNameMismatch);
    assert!(
        reason.unwrap().detail.contains("CN=王示例,O=示例公司"),
        "{:?}",
        verdict.reasons
    );
}

/// openssl writes no UniversalString into names, so a BMPString is replaced by one of the same length.
#[test]
fn the_widest_string_type_is_readable_too() {
    if !has("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (pem, _) = made(folder.path(), "0x800", "O = 示例公司\nCN = ABCD");
    let certificate = Certificate::from_pem(&pem).unwrap();
    assert_eq!(certificate.subject(), "CN=ABCD,O=示例公司");
    let narrow = b"\x1e\x08\0A\0B\0C\0D";
    let mut der = certificate.der().to_vec();
    let places: Vec<usize> = (0..der.len()).filter(|at| der[*at..].starts_with(narrow)).collect();
    assert_eq!(places.len(), 2, "issuer and subject");
    for at in places {
        der[at..at + narrow.len()].copy_from_slice(b"\x1c\x08\0\0\x73\x8b\0\0\x79\x3a");
    }
    let wide = Certificate::from_der(&der).unwrap();
    assert_eq!(wide.subject(), "CN=王示,O=示例公司");
    assert_eq!(wide.issuer(), wide.subject());
    assert_eq!(wide.der(), der);
}
