//! Keys that end: said in time, and taken up anew while the daemon runs.

use crate::daemon::{Daemon, put};
use crate::support::{BINARY, Enterprise, eventually, tool};
use cebridge_clock as clock;
use cebridge_signature::{KeyKind, generate_dated_identity};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// A day in China, some days from today.
fn day(days: i64) -> String {
    clock::date(Timestamp::now()).saturating_add(days.days()).to_string()
}

/// Serial number, key and certificate of a new identity, which ends on a day in China.
fn identity(kind: KeyKind, from: &str, until: &str) -> (String, String, String) {
    // A certificate that lasts to the end of a day in Greenwich lasts to the morning of the next one in China.
    let last: Date = until.parse().unwrap();
    let last = last.saturating_sub(1.day()).to_string();
    let (_, certificate, pems) = generate_dated_identity("CN=Card,O=Invented", kind, from, &last).unwrap();
    (certificate.serial_hex(), pems.key_pem.to_string(), pems.certificate_pem)
}

/// An enterprise that signs by a key that ends on a day.
fn signing(kind: KeyKind, from: &str, until: &str) -> Enterprise {
    let enterprise = Enterprise::new();
    let (_, key, certificate) = identity(kind, from, until);
    enterprise.write("keys/enterprise.key.pem", key);
    enterprise.write("keys/enterprise.cert.pem", certificate);
    enterprise
}

#[test]
fn the_end_of_a_certificate_is_said_from_thirty_days_before() {
    let enterprise = signing(KeyKind::Sm2, "2022-01-01", "2049-12-31");
    for (at, code, text) in [
        ("2049-11-30", 0, None),
        (
            "2049-12-01",
            0,
            Some("ends on 2049-12-31, in 30 days; apply for another one"),
        ),
        ("2049-12-24", 0, Some("ends on 2049-12-31, in 7 days")),
        ("2049-12-30", 0, Some("ends on 2049-12-31, tomorrow")),
        ("2049-12-31", 0, Some("ends on 2049-12-31, today")),
        ("2050-01-01", 1, Some("has expired: its last day was 2049-12-31")),
        ("2021-12-31", 1, Some("begins on 2022-01-01")),
    ] {
        let run = enterprise.run(&["keys", "--test", "--at", at]).expect(code);
        match text {
            Some(text) => assert!(run.stderr.contains(text), "{at}: {}", run.stderr),
            None => assert!(!run.stderr.contains("certificate"), "{at}: {}", run.stderr),
        }
    }
    let run = enterprise.run(&["keys", "--test", "--at", "2049-12-24", "--format", "json"]);
    let end = &run.expect(0).lines()[0]["ends"][0];
    assert_eq!((&end["days"], &end["from"]), (&8.into(), &"2050-01-01".into()));
}

#[test]
fn a_key_that_the_policy_bars_is_named_and_one_that_it_will_bar_is_too() {
    // RSA keys of certificates that were issued since the second half of 2022 sign nothing by the newest edition.
    let enterprise = signing(KeyKind::Rsa { bits: 2048 }, "2023-01-01", "2049-12-31");
    let run = enterprise.run(&["keys", "--test"]).expect(1);
    assert!(run.stderr.contains("may not sign CEB"), "{}", run.stderr);
    assert!(run.stderr.contains("today:"), "{}", run.stderr);
    let first = day(5);
    enterprise.configure(&format!("[rules.effective-from]\n\"2022-05\" = \"{first}\""));
    let run = enterprise.run(&["keys", "--test"]).expect(0);
    let text = format!("from {first} on, in 5 days");
    assert!(run.stderr.contains(&text), "{}", run.stderr);
    let run = enterprise.run(&["doctor"]);
    assert!(run.stdout.contains(&text), "{}", run.stdout);
}

#[test]
fn declaring_says_that_the_certificate_ends() {
    let until = day(6);
    let enterprise = signing(KeyKind::Sm2, "2022-01-01", &until);
    enterprise.write("erp.json", enterprise.clean_orders().to_string());
    let run = enterprise.run(&["declare", "erp.json", "--mapper", "shop"]).expect(0);
    let text = format!("ends on {until}, in 6 days");
    assert!(run.stderr.contains(&text), "{}", run.stderr);
}

/// Puts a key and its certificate in the place of those before, as careful programs do.
fn replace(enterprise: &Enterprise, name: &str, content: &str) {
    let new = enterprise.write(&format!("keys/new.{name}"), content);
    fs::rename(new, enterprise.path().join("keys").join(name)).unwrap();
}

/// Puts another key and certificate, which ends on a day in China, in the place of those before; its serial number.
pub(crate) fn replace_identity(enterprise: &Enterprise, kind: KeyKind, until: &str) -> String {
    let (serial, key, certificate) = identity(kind, "2022-01-01", until);
    replace(enterprise, "enterprise.key.pem", &key);
    replace(enterprise, "enterprise.cert.pem", &certificate);
    serial
}

#[test]
fn the_daemon_says_what_ends_and_takes_up_another_key() {
    let until = day(6);
    let enterprise = signing(KeyKind::Sm2, "2022-01-01", &until);
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for(&format!("ends on {until}, in 6 days"));

    // Half of it: a key that the certificate does not belong to.
    let (serial, key, certificate) = identity(KeyKind::Sm2, "2022-01-01", "2049-12-31");
    replace(&enterprise, "enterprise.key.pem", &key);
    daemon.wait_for("the changed file is refused, the previous key stays in use: ");
    put(&enterprise, "intake/first.json", enterprise.numbered_orders("FIRST", 1));
    eventually("the first order", || enterprise.files("dxp/out").len() == 4);
    let signed_by_new = || {
        let envelopes = enterprise.files("dxp/out");
        let texts = envelopes
            .iter()
            .map(|file| message_in(&fs::read_to_string(file).unwrap()));
        texts
            .filter(|text| text.contains(&format!("KeyName>{serial}<")))
            .count()
    };
    assert_eq!(signed_by_new(), 0);

    replace(&enterprise, "enterprise.cert.pem", &certificate);
    daemon.wait_for(&format!("taken up: certificate {serial}, valid until 2049-12-31"));
    put(
        &enterprise,
        "intake/second.json",
        enterprise.numbered_orders("SECOND", 1),
    );
    eventually("the second order", || enterprise.files("dxp/out").len() == 8);
    assert_eq!(signed_by_new(), 4);

    // One that has ended already is no better than none.
    replace_identity(&enterprise, KeyKind::Sm2, "2023-01-01");
    daemon.wait_for("has expired: its last day was 2023-01-01");
    put(&enterprise, "intake/third.json", enterprise.numbered_orders("THIRD", 1));
    eventually("the third order", || enterprise.files("dxp/out").len() == 12);
    assert_eq!(signed_by_new(), 8);
    assert_eq!(daemon.terminate(), 0);
}

/// The message in an envelope.
fn message_in(envelope: &str) -> String {
    use base64::Engine as _;
    let inside = envelope.split_once("Data>").unwrap().1.split_once("</").unwrap().0;
    let bytes = base64::engine::general_purpose::STANDARD.decode(inside.trim()).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// The program with a token of its own, which holds the enterprise's RSA key; `None` without SoftHSM.
fn with_token(enterprise: &Enterprise) -> Option<PathBuf> {
    const LIBRARY: &str = "/usr/lib/softhsm/libsofthsm2.so";
    const PIN: &str = "123456";
    tool("softhsm2-util", &["--version"])?;
    enterprise.sign_by_rsa();
    let folder = enterprise.path().display().to_string();
    enterprise.write(
        "tokens/softhsm2.conf",
        format!("directories.tokendir = {folder}/tokens\n"),
    );
    let configured = format!("SOFTHSM2_CONF={folder}/tokens/softhsm2.conf");
    let key = format!("{folder}/keys/enterprise.key.pem");
    for arguments in [
        &[
            "--init-token",
            "--free",
            "--label",
            "customs",
            "--so-pin",
            "87654321",
            "--pin",
            PIN,
        ][..],
        &[
            "--import", &key, "--token", "customs", "--label", "declare", "--id", "01", "--pin", PIN,
        ],
    ] {
        let arguments: Vec<&str> = [&configured[..], "softhsm2-util"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        tool("env", &arguments)?.expect(0);
    }
    enterprise.write("keys/pin", PIN);
    fs::set_permissions(enterprise.path().join("keys/pin"), fs::Permissions::from_mode(0o600)).unwrap();
    let config = fs::read_to_string(enterprise.path().join("cebridge.toml")).unwrap();
    let kept = config
        .lines()
        .filter(|line| !line.starts_with("key =") && !line.starts_with("certificate ="));
    enterprise.write("cebridge.toml", kept.collect::<Vec<_>>().join("\n"));
    enterprise.configure(&format!(
        "[[enterprise.keys]]\nname = \"token\"\nkind = \"pkcs11\"\nlibrary = \"{LIBRARY}\"\ntoken = \"customs\"\n\
         key-label = \"declare\"\npin-file = \"keys/pin\"\ncertificate = \"keys/enterprise.cert.pem\""
    ));
    let program = enterprise.write("program", format!("#!/bin/sh\n{configured} exec {BINARY} \"$@\"\n"));
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    Some(program)
}

#[test]
fn a_changed_certificate_of_a_token_needs_a_restart_and_the_log_says_so() {
    let enterprise = Enterprise::new();
    let Some(program) = with_token(&enterprise) else { return };
    let daemon = Daemon::of(&program, &enterprise);
    let certificate = fs::read_to_string(enterprise.path().join("keys/enterprise.cert.pem")).unwrap();
    replace(&enterprise, "enterprise.cert.pem", &format!("{certificate}\n"));
    daemon.wait_for("one of its files changed, which needs a restart, as the key is on a token or card");
    put(&enterprise, "intake/order.json", enterprise.numbered_orders("TOKEN", 1));
    eventually("the order", || enterprise.files("dxp/out").len() == 4);
    assert_eq!(daemon.terminate(), 0);
}
