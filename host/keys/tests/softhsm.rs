//! Keys in a real PKCS#11 token: SoftHSM2, with keys made by openssl, which also verifies the token's signatures.
//!
//! SoftHSM2 reads its configuration from the environment of the process, so each test runs its body in its own process
//! with its own token directory. OpenSC's `pkcs11-spy` logs each call, so that calls can be counted.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use cebridge_keys::{KeyPool, KeySource, OpenCause, OpenError, OpenKey, Pkcs11Error, PoolSettings, open};
use cebridge_signature::{KeyFault, KeyKind, Place, Profile, Scheme, SignError, Signer, SigningKey, verify};
use cryptoki::context::Pkcs11;
use cryptoki::types::AuthPin;
use support::{Variables, has, openssl, run};

const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "123456";
const CHILD: &str = "CEBRIDGE_TEST_TOKEN_DIRECTORY";

/// Debian's path of the spy on this architecture.
fn spy() -> String {
    let directories = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    directories
        .map(|directory| directory.path().join("pkcs11-spy.so"))
        .find(|path| path.exists())
        .map_or("/usr/lib/pkcs11-spy.so".to_owned(), |path| path.display().to_string())
}

/// Runs the body in its own process, where a token "customs" holds the RSA keys "declare" (2048 bits, id 01af, with
/// certificate) and "old" (1024 bits, id 02, without).
fn with_token(test: &str, body: impl FnOnce(&Path)) {
    if let Some(directory) = std::env::var_os(CHILD) {
        return body(Path::new(&directory));
    }
    if !has(&["openssl", "softhsm2-util", "pkcs11-tool", LIBRARY, &spy()]) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::create_dir(at.join("tokens")).unwrap();
    let configuration = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        at.join("tokens").display()
    );
    std::fs::write(at.join("softhsm2.conf"), configuration).unwrap();
    prepare(at);
    let output = in_token(Command::new(std::env::current_exe().unwrap()), at)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, at)
        .env("PKCS11SPY", LIBRARY)
        .env("PKCS11SPY_OUTPUT", at.join("calls"))
        .output()
        .unwrap();
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}\n{error}");
    assert!(out.contains("1 passed"), "the body did not run: {out}");
}

fn in_token(mut command: Command, directory: &Path) -> Command {
    command.env("SOFTHSM2_CONF", directory.join("softhsm2.conf"));
    command
}

fn token_tool(at: &Path, program: &str, arguments: &[&str]) {
    let output = in_token(Command::new(program), at)
        .args(arguments)
        .current_dir(at)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {error}");
}

fn prepare(at: &Path) {
    let init = [
        "--init-token",
        "--free",
        "--label",
        "customs",
        "--so-pin",
        "87654321",
        "--pin",
        PIN,
    ];
    token_tool(at, "softhsm2-util", &init);
    for (label, id, bits) in [("declare", "01af", 2048), ("old", "02", 1024)] {
        openssl(
            at,
            &format!("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{bits} -out {label}.key"),
        );
        openssl(at, &format!("pkey -in {label}.key -pubout -out {label}.pub"));
        openssl(
            at,
            &format!(
                "req -x509 -new -key {label}.key -subj /CN=Shop-{label} -days 30 -set_serial 0x4a5b6c7d -out {label}.pem"
            ),
        );
        let file = format!("{label}.key");
        let import = [
            "--import", &file, "--token", "customs", "--label", label, "--id", id, "--pin", PIN,
        ];
        token_tool(at, "softhsm2-util", &import);
    }
    openssl(at, "x509 -in declare.pem -outform DER -out declare.der");
    let write = ["--module", LIBRARY, "--token-label", "customs", "--login", "--pin", PIN];
    let object = [
        "--write-object",
        "declare.der",
        "--type",
        "cert",
        "--id",
        "01af",
        "--label",
        "declare",
    ];
    token_tool(at, "pkcs11-tool", &[&write[..], &object[..]].concat());
}

fn opened(library: &str, more: &str, pin: &str) -> Result<OpenKey, OpenError> {
    let text = format!("name = 'hsm'\nkind = 'pkcs11'\nlibrary = '{library}'\npin-env = 'PIN'\n{more}");
    let source: KeySource = toml::from_str(&text).unwrap();
    open(&source, &Variables::one("PIN", pin), None)
}

fn declare() -> OpenKey {
    opened(LIBRARY, "token = 'customs'\nkey-label = 'declare'", PIN).unwrap()
}

/// Asserts that openssl verifies a key's signatures.
fn assert_openssl_verifies(at: &Path, key: &dyn SigningKey, public: &str) {
    std::fs::write(at.join("message"), b"<ds:SignedInfo/>").unwrap();
    for (scheme, digest) in [(Scheme::RsaSha1, "sha1"), (Scheme::RsaSha256, "sha256")] {
        let value = key.sign(scheme, b"<ds:SignedInfo/>").unwrap();
        std::fs::write(at.join("value"), value).unwrap();
        let verdict = openssl(at, &format!("dgst -{digest} -verify {public} -signature value message"));
        assert_eq!(verdict.trim(), "Verified OK");
    }
}

/// Number of calls of a function so far, from the spy's log.
fn calls(at: &Path, function: &str) -> usize {
    let text = String::from_utf8_lossy(&std::fs::read(at.join("calls")).unwrap()).into_owned();
    text.lines()
        .filter(|line| line.ends_with(&format!(": {function}")))
        .count()
}

#[test]
fn openssl_verifies_what_the_token_signs() {
    with_token("openssl_verifies_what_the_token_signs", |at| {
        let key = declare();
        assert_eq!(key.key.kind(), KeyKind::Rsa { bits: 2048 });
        let certificate = key.certificate.unwrap();
        assert_eq!(certificate.serial_hex(), "4a5b6c7d");
        assert_openssl_verifies(at, &*key.key, "declare.pub");

        // By id, in the only token; 1024 bits, with its certificate from a file.
        let more = format!("key-id = '02'\ncertificate = '{}'", at.join("old.pem").display());
        let old = opened(LIBRARY, &more, PIN).unwrap();
        assert_eq!(old.key.kind(), KeyKind::Rsa { bits: 1024 });
        assert!(old.certificate.unwrap().subject().contains("Shop-old"));
        assert_openssl_verifies(at, &*old.key, "old.pub");
        let without = opened(LIBRARY, "key-label = 'old'", PIN).unwrap();
        assert_eq!(without.certificate, None, "the token holds none for this key");

        let wrong = old.key.sign(Scheme::Sm2Sm3 { user_id: "x" }, b"m").unwrap_err();
        assert!(matches!(wrong, KeyFault::WrongKind { .. }), "{wrong}");
    });
}

#[test]
fn a_wrong_pin_is_sent_once() {
    with_token("a_wrong_pin_is_sent_once", |at| {
        for label in ["declare", "old", "declare"] {
            let error = opened(&spy(), &format!("key-label = '{label}'"), "999999").unwrap_err();
            let OpenCause::Pkcs11(Pkcs11Error::Fault(fault)) = &error.cause else {
                panic!("{error}")
            };
            assert!(matches!(fault, KeyFault::Pin(_)) && !fault.may_retry(), "{fault}");
            assert!(!format!("{error} {error:?}").contains("999999"));
            assert_eq!(
                calls(at, "C_Login"),
                1,
                "another key of the token does not send the same PIN again"
            );
        }
        let key = opened(&spy(), "key-label = 'declare'", PIN).unwrap();
        assert_eq!(calls(at, "C_Login"), 2);
        assert_openssl_verifies(at, &*key.key, "declare.pub");
        let _second = opened(&spy(), "key-label = 'old'", PIN).unwrap();
        assert_eq!(calls(at, "C_Login"), 2, "a token that is logged in needs no PIN");
    });
}

#[test]
fn a_pin_that_was_changed_behind_our_back_is_sent_once_more_and_then_never() {
    let name = "a_pin_that_was_changed_behind_our_back_is_sent_once_more_and_then_never";
    with_token(name, |at| {
        let key = opened(&spy(), "key-label = 'declare'", PIN).unwrap();
        key.key.sign(Scheme::RsaSha256, b"m").unwrap();
        let context = Pkcs11::new(spy()).unwrap();
        let slot = context.get_slots_with_initialized_token().unwrap()[0];
        let pin = |text: &str| AuthPin::new(text.into());
        context
            .open_rw_session(slot)
            .unwrap()
            .set_pin(&pin(PIN), &pin("654321"))
            .unwrap();
        log_out(&spy());
        let before = calls(at, "C_Login");
        for _ in 0..3 {
            let fault = key.key.sign(Scheme::RsaSha256, b"m").unwrap_err();
            assert!(matches!(fault, KeyFault::Pin(_)), "{fault}");
        }
        assert_eq!(calls(at, "C_Login"), before + 1);
    });
}

/// Ends the login of all sessions of this process with the token, as a device does when it loses power.
fn log_out(library: &str) {
    let context = Pkcs11::new(library).unwrap();
    let slot = context.get_slots_with_initialized_token().unwrap()[0];
    context.open_ro_session(slot).unwrap().logout().unwrap();
}

#[test]
fn a_lost_login_is_made_good() {
    with_token("a_lost_login_is_made_good", |at| {
        let key = opened(&spy(), "key-label = 'declare'", PIN).unwrap();
        for round in 1..=3 {
            assert_openssl_verifies(at, &*key.key, "declare.pub");
            assert_eq!(calls(at, "C_Login"), round);
            log_out(&spy());
        }
    });
}

#[test]
fn errors_name_what_is_there() {
    with_token("errors_name_what_is_there", |_| {
        let error = opened(LIBRARY, "token = 'other'\nkey-label = 'declare'", PIN).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("no token \"other\"") && text.contains("\"customs\" in slot"),
            "{text}"
        );

        let error = opened(LIBRARY, "slot = 4711\nkey-label = 'declare'", PIN).unwrap_err();
        assert!(error.to_string().contains("token in slot 4711"), "{error}");

        let text = opened(LIBRARY, "key-label = 'other'", PIN).unwrap_err().to_string();
        assert!(
            text.contains("no private key with label \"other\" in token \"customs\""),
            "{text}"
        );
        assert!(
            text.contains("\"declare\" (id 01af)") && text.contains("\"old\" (id 02)"),
            "{text}"
        );

        for (more, expected) in [
            ("", "give key-label or key-id"),
            (
                "slot = 1\ntoken = 'customs'\nkey-id = '02'",
                "token and slot are both given",
            ),
            ("key-id = '1'", "key-id must be hexadecimal"),
            ("key-id = '02'\nsm2-mechanism = 5", "from 0x80000000 upwards"),
            ("key-id = '02'\nsm2-mechanism = 0x80000001", "SM2 needs the certificate"),
            (
                "key-id = '01af'\nsm2-mechanism = 0x80000001",
                "its certificate holds no SM2 key",
            ),
        ] {
            let error = opened(LIBRARY, more, PIN).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        let error = opened("/no/such/library.so", "key-id = '02'", PIN).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("cannot use the PKCS#11 library /no/such/library.so"),
            "{error}"
        );
    });
}

#[test]
fn a_certificate_of_another_key_is_refused() {
    with_token("a_certificate_of_another_key_is_refused", |at| {
        let more = format!(
            "key-label = 'declare'\ncertificate = '{}'",
            at.join("old.pem").display()
        );
        let error = opened(LIBRARY, &more, PIN).unwrap_err();
        assert!(
            error.to_string().contains("its certificate belongs to another key"),
            "{error}"
        );
    });
}

#[test]
fn a_token_that_goes_away_and_comes_back() {
    with_token("a_token_that_goes_away_and_comes_back", |at| {
        let key = declare();
        let (tokens, away) = (at.join("tokens"), at.join("away"));
        let token: PathBuf = std::fs::read_dir(&tokens).unwrap().next().unwrap().unwrap().path();
        std::fs::rename(&token, &away).unwrap();
        let fault = key.key.sign(Scheme::RsaSha256, b"m").unwrap_err();
        assert!(
            matches!(fault, KeyFault::Unavailable(_) | KeyFault::Failed(_)),
            "{fault}"
        );
        assert!(fault.may_retry());
        std::fs::rename(&away, &token).unwrap();
        assert_openssl_verifies(at, &*key.key, "declare.pub");
    });
}

#[test]
fn a_pool_signs_messages_by_two_keys_of_the_token() {
    with_token("a_pool_signs_messages_by_two_keys_of_the_token", |at| {
        let more = format!("key-id = '02'\ncertificate = '{}'", at.join("old.pem").display());
        let mut old = opened(LIBRARY, &more, PIN).unwrap();
        old.name = "old".to_owned();
        let pool = Arc::new(KeyPool::new(vec![declare(), old], &PoolSettings::default()).unwrap());
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let pool = Arc::clone(&pool);
                std::thread::spawn(move || {
                    for number in 0..25 {
                        let text = format!("<a><b>{thread}-{number}</b></a>");
                        let signed: Vec<u8> = pool
                            .with_key(
                                |key| Profile::RSA_SHA1.fits(key.kind()),
                                |lease| {
                                    let certificate = lease.certificate().cloned().unwrap();
                                    Signer::with_key(lease.signing_key(), certificate).unwrap().sign(
                                        text.as_bytes(),
                                        &Profile::RSA_SHA1,
                                        Place::Last,
                                    )
                                },
                            )
                            .unwrap_or_else(|error: SignError| panic!("{error}"));
                        assert!(verify(&signed, &[], None).valid);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let status = pool.status();
        assert_eq!(status.iter().map(|row| row.signed).sum::<u64>(), 100);
        assert!(status.iter().all(|row| row.signed > 0 && row.failed == 0), "{status:?}");
        println!("{}", serde_json::to_string_pretty(&status).unwrap());
    });
}

#[test]
fn the_spy_sees_the_calls() {
    with_token("the_spy_sees_the_calls", |at| {
        let key = opened(&spy(), "key-label = 'declare'", PIN).unwrap();
        key.key.sign(Scheme::RsaSha1, b"m").unwrap();
        assert_eq!((calls(at, "C_SignInit"), calls(at, "C_OpenSession")), (1, 1));
        assert!(run(at, "openssl", &["version"]).starts_with("OpenSSL"));
    });
}
