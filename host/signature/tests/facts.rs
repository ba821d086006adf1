//! Certificate facts for policies, from certificates made by openssl.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use cebridge_signature::{Certificate, KeyKind, generate_identity, generate_sm2_identity};
use std::path::Path;
use std::process::Command;

/// Only `openssl ca` sets both ends of the validity in every version of OpenSSL 3.
const CA: &str = "[ca]\ndefault_ca = own\n[own]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\n\
                  default_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n[req]\ndistinguished_name = dn\n[dn]\n";

/// Runs openssl in a folder; `false` if it is missing and tests may skip.
fn openssl(folder: &Path, args: &str) -> bool {
    let made = Command::new("openssl")
        .current_dir(folder)
        .args(args.split(' '))
        .output();
    let why = match made {
        Ok(output) if output.status.success() => return true,
        Ok(output) => panic!("openssl {args}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => error,
    };
    assert!(
        std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(),
        "openssl is needed: {why}"
    );
    eprintln!("skipped: openssl is not installed");
    false
}

fn read(folder: &Path) -> Certificate {
    Certificate::from_pem(&std::fs::read_to_string(folder.join("cert.pem")).unwrap()).unwrap()
}

#[test]
fn validity_is_told_to_the_second_and_the_size_of_rsa_keys_in_bits() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    std::fs::write(home.join("ca.cnf"), CA).unwrap();
    for (key, kind) in [
        ("rsa:2048", Some(KeyKind::Rsa { bits: 2048 })),
        ("rsa:1024", Some(KeyKind::Rsa { bits: 1024 })),
        ("ec -pkeyopt ec_paramgen_curve:P-256", None),
    ] {
        std::fs::write(home.join("index.txt"), "").unwrap();
        let request =
            format!("req -new -config ca.cnf -nodes -subj /CN=Invented -newkey {key} -keyout key.pem -out csr.pem");
        if !openssl(home, &request) {
            return;
        }
        let issue = "ca -config ca.cnf -selfsign -batch -notext -keyfile key.pem -in csr.pem -out cert.pem \
                     -startdate 20220630160000Z -enddate 20250630155959Z";
        openssl(home, issue);
        let facts = read(home).facts();
        assert_eq!(facts.key, kind, "{key}");
        // 2022-07-01 00:00:00 and 2025-06-30 23:59:59 in China.
        assert_eq!(
            (facts.not_before, facts.not_after),
            (1_656_604_800, 1_751_299_199),
            "{key}"
        );
    }
}

#[test]
fn an_sm2_key_is_known_as_one() {
    let (_, certificate, _) = generate_sm2_identity("CN=Invented Trader").unwrap();
    assert_eq!(certificate.facts().key, Some(KeyKind::Sm2));
}

#[test]
fn a_generated_identity_is_valid_now() {
    let (_, certificate, _) = generate_identity("CN=Invented Trader", 1024).unwrap();
    let now = std::time::SystemTime::now();
    let now = now.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let facts = certificate.facts();
    assert!(facts.not_before <= now && now < facts.not_after, "{facts:?} at {now}");
    assert_eq!(facts.key, Some(KeyKind::Rsa { bits: 1024 }));
}
