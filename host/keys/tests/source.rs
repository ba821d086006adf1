//! Configuration of keys, and the errors of opening them when something is missing.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use cebridge_keys::{Agents, KeyPlace, KeySource, OpenCause, Sm2Input, Sm2Output, open};
use cebridge_signature::{Certificate, KeyFault, SigningKey, generate_sm2_identity};
use support::{Variables, write};

fn source(text: &str) -> Result<KeySource, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn defaults_and_every_word() {
    let file = source("name = 'a'\nkind = 'file'\nkey = 'keys/a.pem'").unwrap();
    assert_eq!((file.max_waiting.get(), file.timeout.get()), (64, 30));
    assert_eq!(
        file.place,
        KeyPlace::File {
            key: PathBuf::from("keys/a.pem"),
            certificate: None,
            password_env: None
        }
    );
    let token = source(
        "name = 'b'\nkind = 'pkcs11'\nlibrary = '/lib/x.so'\nslot = 3\nkey-id = '01af'\nkey-label = 'k'\n\
         pin-file = 'pin'\ncertificate = 'c.pem'\nsm2-mechanism = 0x80000105\nsm2-input = 'message'\n\
         sm2-output = 'der'\nmax-waiting = 5\ntimeout = 7",
    )
    .unwrap();
    assert_eq!((token.max_waiting.get(), token.timeout.get()), (5, 7));
    let KeyPlace::Pkcs11(token) = token.place else {
        panic!("{token:?}")
    };
    assert_eq!(token.sm2_mechanism.map(u64::from), Some(0x8000_0105));
    assert_eq!((token.sm2_input, token.sm2_output), (Sm2Input::Message, Sm2Output::Der));
    let card = source("name = 'c'\nkind = 'ukey'\nagent = 'shipping-desk'").unwrap();
    assert!(matches!(card.place, KeyPlace::Ukey { agent, .. } if agent == "shipping-desk"));
}

#[test]
fn unknown_words_and_impossible_numbers_are_refused() {
    for (text, expected) in [
        (
            "name = 'a'\nkind = 'file'\nkey = 'k'\npassword = 'x'",
            "unknown field `password`",
        ),
        (
            "name = 'a'\nkind = 'file'\nkey = 'k'\nmax_waiting = 3",
            "unknown field `max_waiting`",
        ),
        (
            "name = 'a'\nkind = 'pkcs11'\nlibrary = 'l'\npin = '1'",
            "unknown field `pin`",
        ),
        (
            "name = 'a'\nkind = 'ukey'\nagent = 'x'\npin-env = 'P'",
            "unknown field `pin-env`",
        ),
        ("name = 'a'\nkind = 'card'", "unknown variant `card`"),
        ("name = 'a'\nkind = 'file'\nkey = 'k'\ntimeout = 0", "nonzero"),
        ("kind = 'file'\nkey = 'k'", "missing field `name`"),
        ("name = 'a'\nkind = 'file'", "missing field `key`"),
    ] {
        let error = source(text).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_file_key_opens_with_its_password() {
    let directory = tempfile::tempdir().unwrap();
    let (_, certificate, files) = generate_sm2_identity("CN=Shop,O=Example").unwrap();
    let text = [files.key_pem.as_str(), &files.certificate_pem].concat();
    let path = write(&directory.path().join("k.pem"), text.as_bytes(), 0o600);
    let source = source(&format!("name = 'a'\nkind = 'file'\nkey = '{}'", path.display())).unwrap();
    let found = open(&source, &Variables::default(), None).unwrap();
    assert_eq!(found.certificate, Some(certificate));
    assert_eq!(
        (found.name.as_str(), found.max_waiting, found.timeout.as_secs()),
        ("a", 64, 30)
    );

    std::fs::remove_file(&path).unwrap();
    let error = open(&source, &Variables::default(), None).unwrap_err();
    assert!(error.to_string().starts_with("key a: cannot read"), "{error}");
}

#[test]
fn places_for_a_pin_are_checked_before_any_token_is_touched() {
    let token = "name = 'b'\nkind = 'pkcs11'\nlibrary = '/no/such/library.so'\nkey-label = 'k'\n";
    let directory = tempfile::tempdir().unwrap();
    let file = write(&directory.path().join("pin"), b"123456\n", 0o644);
    let with_file = format!("{token}pin-file = '{}'", file.display());

    let both = source(&format!("{with_file}\npin-env = 'P'")).unwrap();
    let error = open(&both, &Variables::default(), None).unwrap_err();
    assert!(matches!(error.cause, OpenCause::TwoPins), "{error}");

    let unset = source(&format!("{token}pin-env = 'P'")).unwrap();
    let error = open(&unset, &Variables::default(), None).unwrap_err();
    assert!(
        matches!(&error.cause, OpenCause::Variable(name) if name == "P"),
        "{error}"
    );

    let readable = source(&with_file).unwrap();
    let error = open(&readable, &Variables::default(), None).unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");

    let error = open(&unset, &Variables::one("P", "123456"), None).unwrap_err();
    assert!(error.to_string().contains("/no/such/library.so"), "{error}");
    assert!(!format!("{error} {error:?}").contains("123456"));
}

/// Agents, one of which is connected.
struct OneAgent(Arc<dyn SigningKey>, Certificate);

impl Agents for OneAgent {
    fn key(
        &self,
        agent: &str,
        _certificate: Option<Certificate>,
        timeout: Duration,
    ) -> Result<(Arc<dyn SigningKey>, Certificate), KeyFault> {
        assert_eq!(timeout.as_secs(), 30);
        match agent {
            "shipping-desk" => Ok((Arc::clone(&self.0), self.1.clone())),
            other => Err(KeyFault::Unavailable(format!("no agent {other}"))),
        }
    }
}

#[test]
fn a_card_is_found_through_its_agent() {
    let (key, certificate, _) = generate_sm2_identity("CN=Shop,O=Example").unwrap();
    let agents = OneAgent(Arc::new(key), certificate.clone());
    let card = |agent: &str| source(&format!("name = 'c'\nkind = 'ukey'\nagent = '{agent}'")).unwrap();
    let found = open(&card("shipping-desk"), &Variables::default(), Some(&agents)).unwrap();
    assert_eq!(found.certificate, Some(certificate));
    let error = open(&card("other"), &Variables::default(), Some(&agents)).unwrap_err();
    assert!(
        matches!(error.cause, OpenCause::Fault(KeyFault::Unavailable(_))),
        "{error}"
    );
    let error = open(&card("shipping-desk"), &Variables::default(), None).unwrap_err();
    assert!(matches!(error.cause, OpenCause::NoAgents(_)), "{error}");
}
