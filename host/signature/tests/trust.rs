//! Trust: chains made by openssl.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;

use cebridge_signature::{Certificate, Place, PrivateKey, Profile, ReasonCode, Signer, Verdict, verify};
use support::openssl;

/// Issues a certificate named `name` (files `name.key`, `name.pem`), signed by `issuer` or self-signed.
fn issue(at: &Path, name: &str, issuer: Option<&str>, extensions: &str, hash: &str) {
    openssl(
        at,
        &format!("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out {name}.key"),
    );
    openssl(
        at,
        &format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"),
    );
    std::fs::write(at.join("ext"), extensions).unwrap();
    let by = match issuer {
        Some(issuer) => format!("-CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial"),
        None => format!("-signkey {name}.key"),
    };
    let extensions = if extensions.is_empty() { "" } else { " -extfile ext" };
    openssl(
        at,
        &format!("x509 -req -in {name}.csr {by} -{hash} -days 400{extensions} -out {name}.pem"),
    );
}

fn certificate(at: &Path, name: &str) -> Certificate {
    Certificate::from_pem(&std::fs::read_to_string(at.join(format!("{name}.pem"))).unwrap()).unwrap()
}

/// A message signed by `name`, with the certificates of `also` included.
fn message(at: &Path, name: &str, also: &[&str]) -> Vec<u8> {
    let key = std::fs::read_to_string(at.join(format!("{name}.key"))).unwrap();
    let key = PrivateKey::from_pem(&key, None).unwrap();
    let signer = Signer::new(key, Some(certificate(at, name))).unwrap();
    let signed = signer.sign(b"<a>x</a>", &Profile::RSA_SHA1, Place::Last).unwrap();
    let more: String = also
        .iter()
        .map(|name| {
            let pem = certificate(at, name).to_pem();
            let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            format!("<ds:X509Certificate>{body}</ds:X509Certificate>")
        })
        .collect();
    String::from_utf8(signed)
        .unwrap()
        .replace("</ds:X509Data>", &format!("{more}</ds:X509Data>"))
        .into_bytes()
}

const CA: &str = "basicConstraints=critical,CA:true\nkeyUsage=keyCertSign,cRLSign\n";
const LEAF: &str = "basicConstraints=CA:false\nkeyUsage=digitalSignature\n";

#[test]
fn chains_lead_to_the_trust_list_or_not() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    issue(at, "root", None, CA, "sha256");
    issue(at, "middle", Some("root"), CA, "sha1");
    issue(at, "low", Some("middle"), CA, "sha256");
    issue(at, "lowest", Some("low"), CA, "sha256");
    issue(at, "direct", Some("root"), LEAF, "sha1");
    issue(at, "two", Some("middle"), LEAF, "sha256");
    issue(at, "three", Some("low"), LEAF, "sha256");
    issue(at, "four", Some("lowest"), LEAF, "sha256");
    issue(at, "stranger", None, CA, "sha256");
    let root = [certificate(at, "root")];
    let judge =
        |name: &str, also: &[&str], trust: &[Certificate]| -> Verdict { verify(&message(at, name, also), trust, None) };
    let good = |verdict: Verdict| {
        assert!(verdict.valid, "{:?}", verdict.reasons);
        assert_eq!(verdict.trusted, Some(true));
    };
    let bad = |verdict: Verdict| {
        assert_eq!(verdict.trusted, Some(false));
        assert_eq!(verdict.reasons.len(), 1, "{:?}", verdict.reasons);
        assert_eq!(verdict.reasons[0].code, ReasonCode::Untrusted);
    };
    good(judge("direct", &[], &root));
    good(judge("two", &["middle"], &root));
    good(judge("three", &["middle", "low"], &root));
    good(judge("three", &["low"], &[certificate(at, "middle"), root[0].clone()]));
    good(judge("direct", &[], &[certificate(at, "direct")]));
    bad(judge("two", &[], &root));
    bad(judge("three", &["low"], &root));
    bad(judge("four", &["lowest", "low", "middle"], &root));
    bad(judge("direct", &["root"], &[certificate(at, "stranger")]));
    bad(judge("stranger", &["root"], &root));
    // A certificate in the trust list that may not issue vouches only for itself.
    issue(at, "sub", Some("direct"), LEAF, "sha256");
    bad(judge("sub", &["direct"], &root));
    bad(judge("sub", &[], &[certificate(at, "direct")]));
    // Issuers expire, too.
    let late = verify(&message(at, "direct", &[]), &root, Some("2999-01-01"));
    let codes: Vec<ReasonCode> = late.reasons.iter().map(|reason| reason.code).collect();
    assert_eq!(codes, [ReasonCode::CertificateExpired, ReasonCode::Untrusted]);
}

#[test]
fn a_path_length_is_respected() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    issue(
        at,
        "root",
        None,
        "basicConstraints=critical,CA:true,pathlen:0\n",
        "sha256",
    );
    issue(at, "middle", Some("root"), CA, "sha256");
    issue(at, "direct", Some("root"), LEAF, "sha256");
    issue(at, "two", Some("middle"), LEAF, "sha256");
    let root = [certificate(at, "root")];
    assert_eq!(verify(&message(at, "direct", &[]), &root, None).trusted, Some(true));
    assert_eq!(
        verify(&message(at, "two", &["middle"]), &root, None).trusted,
        Some(false)
    );
}

#[test]
fn a_name_alone_makes_no_issuer() {
    if !support::has("openssl") {
        return;
    }
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    issue(one.path(), "root", None, CA, "sha256");
    issue(one.path(), "leaf", Some("root"), LEAF, "sha256");
    issue(two.path(), "root", None, CA, "sha256");
    let impostor = [certificate(two.path(), "root")];
    assert_eq!(
        verify(&message(one.path(), "leaf", &[]), &impostor, None).trusted,
        Some(false)
    );
}
