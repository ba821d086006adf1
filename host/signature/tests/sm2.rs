//! SM2 keys, certificates and signatures, checked against OpenSSL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::{
    Certificate, Hash, KeyFault, KeyKind, Method, Place, PrivateKey, Profile, ProfileError, Profiles, ReasonCode,
    SM2_USER_ID, Scheme, Signer, SigningKey, ValueEncoding, generate_dated_identity, generate_sm2_identity, sm2_value,
    verify,
};
use support::{ORDER, has, openssl, sm2, small_key};

const USUAL: Scheme<'_> = Scheme::Sm2Sm3 { user_id: SM2_USER_ID };

/// OpenSSL's own verdict over the same bytes, with this user id.
fn openssl_accepts(at: &Path, message: &[u8], der: &[u8], user_id: &str) -> bool {
    std::fs::write(at.join("message"), message).unwrap();
    std::fs::write(at.join("value"), der).unwrap();
    let id = format!("distid:{user_id}");
    let arguments = [
        "pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-certin", "-inkey", "cert.pem", "-in", "message",
        "-sigfile", "value", "-pkeyopt", &id,
    ];
    support::run(at, "openssl", &arguments).status.success()
}

#[test]
fn values_are_64_bytes_and_verify_with_openssl() {
    if !has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("cert.pem"), &sm2().pems.certificate_pem).unwrap();
    for message in [b"".as_slice(), b"one", &[7; 100_000]] {
        let value = sm2().signer.raw_sign(&Profile::SM2_SM3, message).unwrap();
        assert_eq!(value.len(), 64);
        let der = sm2_value::to_der(&value).unwrap();
        assert!(openssl_accepts(at, message, &der, SM2_USER_ID));
        assert!(!openssl_accepts(at, b"two", &der, SM2_USER_ID));
        assert!(sm2().certificate.verify(USUAL, message, &value));
        assert!(!sm2().certificate.verify(USUAL, b"two", &value));
        assert!(!sm2().certificate.verify(USUAL, message, &der));
    }
}

#[test]
fn another_user_id_is_another_signature() {
    if !has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("cert.pem"), &sm2().pems.certificate_pem).unwrap();
    let key = PrivateKey::from_pem(&sm2().pems.key_pem, None).unwrap();
    let scheme = Scheme::Sm2Sm3 {
        user_id: "port-3@example",
    };
    let value = key.sign(scheme, b"message").unwrap();
    assert!(openssl_accepts(
        at,
        b"message",
        &sm2_value::to_der(&value).unwrap(),
        "port-3@example"
    ));
    assert!(sm2().certificate.verify(scheme, b"message", &value));
    assert!(!sm2().certificate.verify(USUAL, b"message", &value));
}

#[test]
fn keys_and_certificates_of_openssl_are_read() {
    if !has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let read = |file: &str| std::fs::read_to_string(at.join(file)).unwrap();
    openssl(at, "genpkey -quiet -algorithm SM2 -out key.pem");
    openssl(
        at,
        "pkcs8 -topk8 -v2 aes-256-cbc -in key.pem -out encrypted.pem -passout pass:geheim",
    );
    openssl(
        at,
        "req -x509 -new -key key.pem -sm3 -sigopt distid:1234567812345678 -subj /CN=Shop -days 10 -out cert.pem",
    );
    let certificate = Certificate::from_pem(&read("cert.pem")).unwrap();
    assert_eq!(certificate.public_key().unwrap().kind(), KeyKind::Sm2);
    for (file, password) in [("key.pem", None), ("encrypted.pem", Some("geheim"))] {
        let key = PrivateKey::from_pem(&read(file), password).unwrap();
        let signer = Signer::new(key, Some(certificate.clone())).unwrap();
        let signed = signer.sign(ORDER.as_bytes(), &Profile::SM2_SM3, Place::Last).unwrap();
        // The certificate is self-signed with SM2: the chain is checked too.
        let verdict = verify(&signed, std::slice::from_ref(&certificate), None);
        assert_eq!(
            (verdict.valid, verdict.trusted),
            (true, Some(true)),
            "{:?}",
            verdict.reasons
        );
    }
}

#[test]
fn certificates_made_here_are_read_and_verified_by_openssl() {
    if !has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("cert.pem"), &sm2().pems.certificate_pem).unwrap();
    // `openssl verify` takes no user id, so the signed part and the value are extracted from the certificate.
    let outline = support::run(at, "openssl", &["asn1parse", "-in", "cert.pem"]).stdout;
    let outline = String::from_utf8(outline).unwrap();
    let offset = |line: Option<&str>| {
        line.and_then(|line| line.trim().split(':').next().map(str::to_owned))
            .unwrap()
    };
    let signed = offset(outline.lines().nth(1));
    let value = offset(outline.lines().last());
    openssl(
        at,
        &format!("asn1parse -in cert.pem -strparse {signed} -noout -out tbs"),
    );
    openssl(at, &format!("asn1parse -in cert.pem -strparse {value} -noout -out sig"));
    let read = |file: &str| std::fs::read(at.join(file)).unwrap();
    assert!(openssl_accepts(at, &read("tbs"), &read("sig"), SM2_USER_ID));
    assert_eq!(sm2().certificate.serial_hex().len(), 16);
}

#[test]
fn an_issuer_signs_with_sm2() {
    if !has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let read = |file: &str| std::fs::read_to_string(at.join(file)).unwrap();
    for name in ["ca", "leaf", "other"] {
        openssl(at, &format!("genpkey -quiet -algorithm SM2 -out {name}.key"));
    }
    for name in ["ca", "other"] {
        openssl(
            at,
            &format!(
                "req -x509 -new -key {name}.key -sm3 -sigopt distid:1234567812345678 -subj /CN=CA -days 10 -out {name}.pem"
            ),
        );
    }
    openssl(
        at,
        "req -new -key leaf.key -sm3 -sigopt distid:1234567812345678 -subj /CN=Leaf -out leaf.csr",
    );
    openssl(
        at,
        "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -CAcreateserial -sm3 -days 5 -out leaf.pem \
         -vfyopt distid:1234567812345678 -sigopt distid:1234567812345678",
    );
    let key = PrivateKey::from_pem(&read("leaf.key"), None).unwrap();
    let signer = Signer::new(key, Some(Certificate::from_pem(&read("leaf.pem")).unwrap())).unwrap();
    let signed = signer.sign(ORDER.as_bytes(), &Profile::SM2_SM3, Place::Last).unwrap();
    let trusted = |ca: &str| verify(&signed, &[Certificate::from_pem(&read(ca)).unwrap()], None).trusted;
    assert_eq!(trusted("ca.pem"), Some(true));
    assert_eq!(trusted("other.pem"), Some(false), "same name, other key");
}

#[test]
fn key_and_profile_must_be_of_one_kind() {
    let wrong = |error| matches!(error, KeyFault::WrongKind { .. });
    let key = PrivateKey::from_pem(&sm2().pems.key_pem, None).unwrap();
    assert!(wrong(key.sign(Scheme::RsaSha1, b"x").unwrap_err()));
    assert!(wrong(small_key().sign(USUAL, b"x").unwrap_err()));
    let error = sm2()
        .signer
        .sign(ORDER.as_bytes(), &Profile::RSA_SHA1, Place::Last)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot sign: a key of the kind SM2 cannot sign by RSA with SHA-1"
    );
    assert!(!sm2().certificate.verify(Scheme::RsaSha256, b"x", &[0; 64]));
}

#[test]
fn a_mixture_is_refused_and_a_variant_has_a_name() {
    let method = Method::Sm2Sm3 {
        user_id: SM2_USER_ID.into(),
        encoding: ValueEncoding::Raw,
    };
    let (sm2_uri, sha1_uri) = (
        "http://www.w3.org/2000/09/xmldsig#sm2-sm3",
        "http://www.w3.org/2000/09/xmldsig#sha1",
    );
    let variant = |name: &str, signature: &str, digest: &str| {
        Profile::variant(name.into(), method.clone(), Hash::Sha1, signature.into(), digest.into())
    };
    let port = variant("sm2-sm3-w3c-sha1", sm2_uri, sha1_uri).unwrap();
    let signed = sm2().signer.sign(ORDER.as_bytes(), &port, Place::Last);
    // The signer also verifies its own message strictly, so a combination without a profile is never sent by accident.
    assert!(signed.is_ok(), "{signed:?}");
    let verdict = verify(&signed.unwrap(), &[], None);
    assert_eq!(verdict.reasons[0].code, ReasonCode::Algorithm);
    let profiles = Profiles::official().with(port.clone()).unwrap();
    assert_eq!(profiles.by_uris(sm2_uri, sha1_uri), Some(&port));
    assert_eq!(profiles.by_uris(Profile::SM2_SM3.signature_uri(), sha1_uri), None);
    let twice = variant("other-name", sm2_uri, sha1_uri).unwrap();
    assert!(matches!(profiles.with(twice), Err(ProfileError::Taken { .. })));
    assert!(matches!(variant("a b", sm2_uri, sha1_uri), Err(ProfileError::Name(_))));
    assert!(matches!(
        variant("a", "no-uri", sha1_uri),
        Err(ProfileError::Uri { .. })
    ));
    assert!(matches!(
        variant("a", "urn:\"x", sha1_uri),
        Err(ProfileError::Uri { .. })
    ));
}

#[test]
fn damaged_values_are_no_signatures() {
    let value = sm2().signer.raw_sign(&Profile::SM2_SM3, b"x").unwrap();
    let der = sm2_value::to_der(&value).unwrap();
    assert_eq!(sm2_value::from_der(&der).unwrap(), value);
    for broken in [&value[..63], &[0; 64], &[0xff; 64], b""] {
        assert!(!sm2().certificate.verify(USUAL, b"x", broken));
        assert_eq!(sm2_value::to_der(broken), None);
    }
    for at in 0..der.len() {
        let mut changed = der.clone();
        changed[at] ^= 0x40;
        if let Some(raw) = sm2_value::from_der(&changed) {
            assert!(!sm2().certificate.verify(USUAL, b"x", &raw));
        }
    }
    let text = STANDARD.encode(&value);
    let signed = sm2()
        .signer
        .sign(ORDER.as_bytes(), &Profile::SM2_SM3, Place::Last)
        .unwrap();
    let signed = String::from_utf8(signed).unwrap();
    let start = signed.find("<ds:SignatureValue>").unwrap() + "<ds:SignatureValue>".len();
    let other = format!("{}{text}{}", &signed[..start], &signed[start + text.len()..]);
    assert_eq!(
        verify(other.as_bytes(), &[], None).reasons[0].code,
        ReasonCode::ValueMismatch
    );
}

#[test]
fn the_days_of_a_certificate_can_be_chosen() {
    for kind in [KeyKind::Sm2, KeyKind::Rsa { bits: 1024 }] {
        let (_, certificate, _) = generate_dated_identity("CN=Old", kind, "2021-03-01", "2026-03-01").unwrap();
        assert_eq!(
            (certificate.not_before(), certificate.not_after()),
            ("2021-03-01".into(), "2026-03-01".into())
        );
    }
    assert!(generate_dated_identity("CN=Old", KeyKind::Sm2, "2021-02-30", "2026-03-01").is_err());
    let (_, first, _) = generate_sm2_identity("CN=One").unwrap();
    let (_, second, _) = generate_sm2_identity("CN=One").unwrap();
    assert_ne!(first.serial_hex(), second.serial_hex());
}
