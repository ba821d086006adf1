//! Keys and certificates made by openssl, and our own identities read by openssl.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_signature::{
    Certificate, CertificateError, KeyError, KeyKind, PrivateKey, Profile, Signer, SigningKey, generate_identity,
};
use support::{openssl, run, small, small_key};

#[test]
fn plain_keys_of_openssl_open() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    openssl(
        at,
        "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pkcs8.pem",
    );
    openssl(at, "rsa -in pkcs8.pem -traditional -out pkcs1.pem");
    for file in ["pkcs8.pem", "pkcs1.pem"] {
        let pem = std::fs::read_to_string(at.join(file)).unwrap();
        assert_eq!(
            PrivateKey::from_pem(&pem, None).unwrap().kind(),
            KeyKind::Rsa { bits: 2048 },
            "{file}"
        );
        // An unneeded password does no harm.
        assert!(PrivateKey::from_pem(&pem, Some("unused")).is_ok());
        let in_company = format!(
            "Bag Attributes\n  friendlyName: x\n{}{pem}",
            small().pems.certificate_pem
        );
        assert!(PrivateKey::from_pem(&in_company, None).is_ok());
    }
}

#[test]
fn encrypted_keys_open_with_their_password_only() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("plain.pem"), small().pems.key_pem.as_bytes()).unwrap();
    let ways = [
        "-v2 aes-256-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 1000",
        "-scrypt -scrypt_N 1024",
    ];
    for way in ways {
        openssl(
            at,
            &format!("pkcs8 -topk8 -in plain.pem {way} -passout pass:geheim-密码 -out enc.pem"),
        );
        let pem = std::fs::read_to_string(at.join("enc.pem")).unwrap();
        assert!(pem.contains("ENCRYPTED PRIVATE KEY"));
        let key = PrivateKey::from_pem(&pem, Some("geheim-密码")).expect(way);
        Signer::new(key, Some(small().certificate.clone())).unwrap();
        assert_eq!(
            PrivateKey::from_pem(&pem, None).unwrap_err(),
            KeyError::PasswordMissing,
            "{way}"
        );
        for wrong in ["", "geheim", "Geheim-密码"] {
            assert_eq!(
                PrivateKey::from_pem(&pem, Some(wrong)).unwrap_err(),
                KeyError::WrongPassword,
                "{way}"
            );
        }
    }
    openssl(
        at,
        "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -aes256 -pass pass:a -out gen.pem",
    );
    let pem = std::fs::read_to_string(at.join("gen.pem")).unwrap();
    assert_eq!(
        PrivateKey::from_pem(&pem, Some("a")).unwrap().kind(),
        KeyKind::Rsa { bits: 1024 }
    );
}

#[test]
fn a_wrong_password_is_told_apart_even_when_the_padding_looks_right() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("plain.pem"), small().pems.key_pem.as_bytes()).unwrap();
    openssl(
        at,
        "pkcs8 -topk8 -in plain.pem -v2 aes-128-cbc -iter 1 -passout pass:right -out enc.pem",
    );
    let pem = std::fs::read_to_string(at.join("enc.pem")).unwrap();
    // About one wrong password in 256 yields valid padding.
    for attempt in 0..1500 {
        let error = PrivateKey::from_pem(&pem, Some(&format!("wrong {attempt}"))).unwrap_err();
        assert_eq!(error, KeyError::WrongPassword);
    }
}

#[test]
fn legacy_encryption_is_refused_with_advice() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("plain.pem"), small().pems.key_pem.as_bytes()).unwrap();
    openssl(
        at,
        "rsa -in plain.pem -aes256 -traditional -passout pass:a -out old.pem",
    );
    openssl(at, "pkcs8 -topk8 -in plain.pem -v2 des3 -passout pass:a -out des.pem");
    for file in ["old.pem", "des.pem"] {
        let pem = std::fs::read_to_string(at.join(file)).unwrap();
        let error = PrivateKey::from_pem(&pem, Some("a")).unwrap_err();
        assert!(matches!(error, KeyError::Encryption(_)), "{file}: {error}");
        assert!(error.to_string().contains("openssl pkcs8 -topk8"));
    }
}

#[test]
fn other_keys_are_refused_by_name() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let read = |file: &str| std::fs::read_to_string(at.join(file)).unwrap();
    openssl(
        at,
        "genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem",
    );
    assert!(matches!(
        PrivateKey::from_pem(&read("ec.pem"), None),
        Err(KeyError::Unsupported(_))
    ));
    openssl(at, "ec -in ec.pem -out sec1.pem");
    assert!(matches!(
        PrivateKey::from_pem(&read("sec1.pem"), None),
        Err(KeyError::Unsupported(_))
    ));
    openssl(
        at,
        "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:512 -out 512.pem",
    );
    assert_eq!(
        PrivateKey::from_pem(&read("512.pem"), None).unwrap_err(),
        KeyError::TooSmall { bits: 512 }
    );
    openssl(at, "req -x509 -new -key ec.pem -subj /CN=ec -out ec-cert.pem");
    let certificate = Certificate::from_pem(&read("ec-cert.pem")).unwrap();
    assert!(matches!(
        Signer::new(small_key(), Some(certificate)),
        Err(KeyError::CertificateUnsupported { .. })
    ));
    openssl(at, "req -x509 -new -key 512.pem -sha1 -subj /CN=512 -out 512-cert.pem");
    assert!(matches!(
        Certificate::from_pem(&read("512-cert.pem")),
        Err(CertificateError::Key(_))
    ));
}

#[test]
fn texts_without_one_key_are_refused() {
    let certificate = &small().pems.certificate_pem;
    let error = PrivateKey::from_pem(certificate, None).unwrap_err();
    assert_eq!(
        error,
        KeyError::NoKey {
            found: vec!["CERTIFICATE".to_owned()]
        }
    );
    assert!(error.to_string().ends_with("found CERTIFICATE"));
    assert!(matches!(PrivateKey::from_pem("", None), Err(KeyError::NoKey { .. })));
    let key = small().pems.key_pem.as_str();
    assert_eq!(
        PrivateKey::from_pem(&format!("{key}{key}"), None).unwrap_err(),
        KeyError::SeveralKeys(2)
    );
    let broken = key.replacen("MII", "AAA", 1);
    assert!(matches!(
        PrivateKey::from_pem(&broken, None),
        Err(KeyError::Malformed(_))
    ));
    let broken = key.replacen("MII", "!!!", 1);
    assert!(matches!(
        PrivateKey::from_pem(&broken, None),
        Err(KeyError::Malformed(_))
    ));
    assert!(matches!(
        Certificate::from_pem(key),
        Err(CertificateError::NoCertificate)
    ));
    let broken = certificate.replacen("MII", "AAA", 1);
    assert!(matches!(
        Certificate::from_pem(&broken),
        Err(CertificateError::Malformed(_))
    ));
}

#[test]
fn a_key_must_fit_its_certificate() {
    let (_, other, _) = generate_identity("Other", 1024).unwrap();
    let serial = other.serial_hex();
    assert_eq!(
        Signer::new(small_key(), Some(other)).unwrap_err(),
        KeyError::CertificateMismatch { serial }
    );
}

#[test]
fn key_names_are_checked() {
    let signer = || Signer::new(small_key(), None).unwrap();
    assert_eq!(signer().key_name(), None);
    assert_eq!(signer().with_key_name("0001").unwrap().key_name(), Some("0001"));
    for bad in ["", "a b", "<a>", "a\n", &"1".repeat(65)] {
        assert_eq!(signer().with_key_name(bad).unwrap_err(), KeyError::KeyName);
    }
    let signer = Signer::new(small_key(), Some(small().certificate.clone())).unwrap();
    assert!(matches!(
        signer.with_key_name("0001"),
        Err(KeyError::KeyNameMismatch { .. })
    ));
}

#[test]
fn secrets_stay_out_of_debug_output() {
    let key = small_key();
    assert_eq!(format!("{key:?}"), "PrivateKey(RSA-1024)");
    let shown = format!("{:?} {:?}", small().signer, small().pems);
    let secret = small().pems.key_pem.lines().nth(3).unwrap();
    assert!(!shown.contains(secret));
}

#[test]
fn certificate_facts_match_openssl() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("key.pem"), small().pems.key_pem.as_bytes()).unwrap();
    let request = "req -x509 -new -key key.pem -sha256 -utf8";
    openssl(
        at,
        &format!("{request} -set_serial 0x0001 -days 30 -subj /O=示例公司/CN=签名 -out short.pem"),
    );
    let pem = std::fs::read_to_string(at.join("short.pem")).unwrap();
    let certificate = Certificate::from_pem(&pem).unwrap();
    assert_eq!(certificate.serial_hex(), "00000001");
    assert_eq!(certificate.subject(), "CN=签名,O=示例公司");
    assert_eq!(certificate.issuer(), certificate.subject());
    openssl(
        at,
        &format!("{request} -set_serial 0xABCDEF0123456789 -subj /CN=long -out long.pem"),
    );
    let pem = std::fs::read_to_string(at.join("long.pem")).unwrap();
    let certificate = Certificate::from_pem(&pem).unwrap();
    assert_eq!(certificate.serial_hex(), "abcdef0123456789");
    let output = run(
        at,
        "openssl",
        &["x509", "-in", "long.pem", "-noout", "-dates", "-dateopt", "iso_8601"],
    );
    let dates = String::from_utf8(output.stdout).unwrap();
    assert!(
        dates.contains(&format!("notBefore={} ", certificate.not_before())),
        "{dates}"
    );
    assert!(
        dates.contains(&format!("notAfter={} ", certificate.not_after())),
        "{dates}"
    );
}

#[test]
fn damaged_certificates_and_keys_are_answered() {
    let der = small().certificate.der();
    let mut read = 0;
    for at in 0..der.len() {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = der.to_vec();
            damaged[at] ^= flip;
            if let Ok(certificate) = Certificate::from_der(&damaged) {
                assert_ne!(certificate, small().certificate);
                assert!(certificate.serial_hex().len() >= 8);
                let _ = format!("{certificate:?} {} {}", certificate.issuer(), certificate.not_after());
                read += 1;
            }
        }
        assert!(Certificate::from_der(&der[..at]).is_err());
    }
    // Damage to names, key and signature leaves a readable certificate; damage to the structure does not.
    assert!(read > 0 && read < der.len() * 3);
    let pem = small().pems.key_pem.as_str();
    for at in 30..pem.len() - 30 {
        let mut damaged = pem.as_bytes().to_vec();
        damaged[at] = if damaged[at] == b'A' { b'B' } else { b'A' };
        let _ = PrivateKey::from_pem(std::str::from_utf8(&damaged).unwrap(), None);
    }
}

#[test]
fn openssl_reads_our_identities() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("key.pem"), small().pems.key_pem.as_bytes()).unwrap();
    std::fs::write(at.join("cert.pem"), &small().pems.certificate_pem).unwrap();
    openssl(at, "pkey -in key.pem -check -noout");
    openssl(at, "verify -CAfile cert.pem cert.pem");
    let text = String::from_utf8(run(at, "openssl", &["x509", "-in", "cert.pem", "-noout", "-serial"]).stdout).unwrap();
    assert_eq!(
        text.trim().to_lowercase(),
        format!("serial={}", small().certificate.serial_hex())
    );
    assert_eq!(small().certificate.serial_hex().len(), 8);
    assert_eq!(small().certificate.subject(), "CN=Small Shop,O=Example");
}

#[test]
fn identities_need_a_subject_and_a_sound_size() {
    assert!(matches!(
        generate_identity("CN=x", 512),
        Err(KeyError::TooSmall { bits: 512 })
    ));
    assert!(matches!(
        generate_identity("CN=x", 100_000),
        Err(KeyError::TooLarge { .. })
    ));
    assert!(matches!(
        generate_identity("nonsense=x", 1024),
        Err(KeyError::Subject(_))
    ));
}

#[test]
fn raw_signatures_verify_with_openssl() {
    if !support::has("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("key.pem"), small().pems.key_pem.as_bytes()).unwrap();
    openssl(at, "pkey -in key.pem -pubout -out pub.pem");
    std::fs::write(at.join("data"), b"some bytes").unwrap();
    for (profile, hash) in [(&Profile::RSA_SHA1, "sha1"), (&Profile::RSA_SHA256, "sha256")] {
        let value = small().signer.raw_sign(profile, b"some bytes").unwrap();
        assert_eq!(value.len(), 128);
        std::fs::write(at.join("value"), value).unwrap();
        openssl(at, &format!("dgst -{hash} -verify pub.pem -signature value data"));
    }
}
