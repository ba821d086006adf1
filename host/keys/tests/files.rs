//! Key files: every form that openssl writes, wrong passwords, and permissions that are refused.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::cell::Cell;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use cebridge_keys::{FileError, FileKey, SecretFileError, load_key};
use cebridge_signature::{KeyError, KeyKind, Scheme};
use support::{has, openssl, write};
use zeroize::Zeroizing;

const SM2: Scheme<'static> = Scheme::Sm2Sm3 {
    user_id: "1234567812345678",
};

fn no_password() -> Option<Zeroizing<String>> {
    panic!("no password is needed")
}

fn password(text: &'static str) -> impl Fn() -> Option<Zeroizing<String>> {
    move || Some(Zeroizing::new(text.to_owned()))
}

/// Creates a key with a certificate from its own issuer, in `key.pem`, `cert.pem` and `ca.pem`.
fn identity(directory: &Path, algorithm: &str) {
    openssl(directory, &format!("genpkey {algorithm} -out ca.key"));
    openssl(
        directory,
        "req -x509 -new -key ca.key -subj /CN=Example-CA -days 30 -out ca.pem",
    );
    openssl(directory, &format!("genpkey {algorithm} -out key.pem"));
    openssl(directory, "req -new -key key.pem -subj /CN=Example-Shop -out shop.csr");
    openssl(
        directory,
        "x509 -req -in shop.csr -CA ca.pem -CAkey ca.key -set_serial 0x4a5b6c7d -days 30 -out cert.pem",
    );
    only_owner(directory, "key.pem");
}

fn only_owner(directory: &Path, name: &str) {
    std::fs::set_permissions(directory.join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// Asserts that the key belongs to `cert.pem`, which was loaded with it and its issuer.
fn assert_works(found: &FileKey, scheme: Scheme<'_>) {
    let value = found.key.sign(scheme, b"a message").unwrap();
    let certificate = found.certificate.as_ref().unwrap();
    assert_eq!(certificate.serial_hex(), "4a5b6c7d");
    assert!(certificate.verify(scheme, b"a message", &value));
    assert_eq!(found.chain.len(), 1);
    assert!(found.chain[0].subject().contains("Example-CA"));
}

#[test]
fn pkcs12_files_old_and_new() {
    if !has(&["openssl"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    for (algorithm, kind, scheme) in [
        (
            "-algorithm RSA -pkeyopt rsa_keygen_bits:1024",
            KeyKind::Rsa { bits: 1024 },
            Scheme::RsaSha1,
        ),
        (
            "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
            KeyKind::Rsa { bits: 2048 },
            Scheme::RsaSha256,
        ),
        ("-algorithm SM2", KeyKind::Sm2, SM2),
    ] {
        identity(at, algorithm);
        for way in ["", " -legacy", " -nomaciter", " -keypbe NONE -certpbe NONE"] {
            openssl(
                at,
                &format!(
                    "pkcs12 -export -inkey key.pem -in cert.pem -certfile ca.pem -passout pass:s3cret{way} -out k.p12"
                ),
            );
            only_owner(at, "k.p12");
            let found = load_key(&at.join("k.p12"), None, &password("s3cret")).unwrap();
            assert_eq!(found.key.kind(), kind, "{way}");
            assert_works(&found, scheme);

            let wrong = load_key(&at.join("k.p12"), None, &password("other")).unwrap_err();
            assert!(
                matches!(
                    wrong,
                    FileError::Key {
                        source: KeyError::WrongPassword,
                        ..
                    }
                ),
                "{way}: {wrong}"
            );
        }
    }
    let missing = load_key(&at.join("k.p12"), None, &|| None).unwrap_err();
    assert!(
        matches!(
            missing,
            FileError::Key {
                source: KeyError::PasswordMissing,
                ..
            }
        ),
        "{missing}"
    );
}

#[test]
fn a_pkcs12_file_without_a_key_says_so() {
    if !has(&["openssl"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    identity(at, "-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
    openssl(at, "pkcs12 -export -nokeys -in cert.pem -passout pass:x -out k.p12");
    only_owner(at, "k.p12");
    let error = load_key(&at.join("k.p12"), None, &password("x")).unwrap_err();
    assert!(matches!(error, FileError::NoKey { .. }), "{error}");
}

#[test]
fn pem_files_with_the_certificate_inside_or_beside() {
    if !has(&["openssl"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    for (algorithm, scheme) in [
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:2048", Scheme::RsaSha256),
        ("-algorithm SM2", SM2),
    ] {
        identity(at, algorithm);
        let read = |name: &str| std::fs::read_to_string(at.join(name)).unwrap();
        // The issuer first: the key's own certificate is found by its key, not by position.
        let together = write(
            &at.join("all.pem"),
            [read("ca.pem"), read("key.pem"), read("cert.pem")].concat().as_bytes(),
            0o600,
        );
        assert_works(&load_key(&together, None, &no_password).unwrap(), scheme);
        let beside = write(
            &at.join("chain.pem"),
            [read("cert.pem"), read("ca.pem")].concat().as_bytes(),
            0o644,
        );
        assert_works(
            &load_key(&at.join("key.pem"), Some(&beside), &no_password).unwrap(),
            scheme,
        );

        openssl(
            at,
            "pkcs8 -topk8 -v2 aes-256-cbc -in key.pem -passout pass:s3cret -out locked.pem",
        );
        only_owner(at, "locked.pem");
        let asked = Cell::new(0);
        let once = || {
            asked.set(asked.get() + 1);
            password("s3cret")()
        };
        assert_works(&load_key(&at.join("locked.pem"), Some(&beside), &once).unwrap(), scheme);
        assert_eq!(asked.get(), 1, "the password is asked for once");

        openssl(at, "x509 -in cert.pem -outform DER -out cert.cer");
        let alone = load_key(&at.join("key.pem"), Some(&at.join("cert.cer")), &no_password).unwrap();
        assert_eq!(alone.certificate.unwrap().serial_hex(), "4a5b6c7d");

        let foreign = load_key(&at.join("key.pem"), Some(&at.join("ca.pem")), &no_password).unwrap_err();
        assert!(matches!(foreign, FileError::NoMatch { .. }), "{foreign}");
    }
}

#[test]
fn files_that_others_can_read_are_refused() {
    if !has(&["openssl"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    openssl(at, "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out made.pem");
    let text = std::fs::read(at.join("made.pem")).unwrap();
    for mode in [0o640, 0o604, 0o644, 0o660, 0o620, 0o602, 0o444] {
        let path = write(&at.join("key.pem"), &text, mode);
        let error = load_key(&path, None, &no_password).unwrap_err();
        assert!(
            matches!(error, FileError::Secret(SecretFileError::Readable { mode: found, .. }) if found == mode),
            "{error}"
        );
        assert!(
            error.to_string().contains(&format!("chmod 600 {}", path.display())),
            "{error}"
        );
    }
    for mode in [0o600, 0o400] {
        let path = write(&at.join("key.pem"), &text, mode);
        load_key(&path, None, &no_password).unwrap();
    }
    // A link is followed; its target is checked.
    std::os::unix::fs::symlink(at.join("key.pem"), at.join("link.pem")).unwrap();
    load_key(&at.join("link.pem"), None, &no_password).unwrap();
    write(&at.join("key.pem"), &text, 0o644);
    assert!(load_key(&at.join("link.pem"), None, &no_password).is_err());
}

#[test]
fn a_file_of_another_user_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = write(&directory.path().join("key.pem"), b"-----BEGIN ", 0o600);
    if std::os::unix::fs::chown(&path, Some(65_534), None).is_err() {
        println!("skipped: only root can give a file away");
        return;
    }
    let error = load_key(&path, None, &no_password).unwrap_err();
    assert!(
        matches!(error, FileError::Secret(SecretFileError::Owner { owner: 65_534, .. })),
        "{error}"
    );
}

#[test]
fn what_is_no_key_file_is_refused_without_asking_for_a_password() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    let error = load_key(&write(&at.join("text"), b"hello", 0o600), None, &no_password).unwrap_err();
    assert!(matches!(error, FileError::Format { .. }), "{error}");

    let error = load_key(
        &write(&at.join("large"), &vec![b'x'; 300_000], 0o600),
        None,
        &no_password,
    )
    .unwrap_err();
    assert!(
        matches!(error, FileError::Secret(SecretFileError::TooLarge { .. })),
        "{error}"
    );

    let error = load_key(at, None, &no_password).unwrap_err();
    assert!(
        matches!(error, FileError::Secret(SecretFileError::NotAFile { .. })),
        "{error}"
    );

    let pipe = at.join("pipe");
    if Command::new("mkfifo")
        .arg("-m600")
        .arg(&pipe)
        .status()
        .is_ok_and(|status| status.success())
    {
        let error = load_key(&pipe, None, &no_password).unwrap_err();
        assert!(
            matches!(error, FileError::Secret(SecretFileError::NotAFile { .. })),
            "{error}"
        );
    }

    let error = load_key(&at.join("missing"), None, &no_password).unwrap_err();
    assert!(error.to_string().contains("missing"), "{error}");

    let cut = write(&at.join("cut.p12"), &[0x30, 0x82, 0x01, 0x00, 0x02], 0o600);
    let error = load_key(&cut, None, &password("x")).unwrap_err();
    assert!(matches!(error, FileError::Format { .. }), "{error}");
}

#[test]
fn nothing_printed_shows_a_secret() {
    if !has(&["openssl"]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    identity(at, "-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
    let found = load_key(&at.join("key.pem"), Some(&at.join("cert.pem")), &no_password).unwrap();
    let shown = format!("{found:?} {:?}", found.key);
    assert!(shown.len() < 400, "{shown}");
    assert!(!shown.contains("0x") && !shown.contains("prime"), "{shown}");
}
