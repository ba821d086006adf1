//! End to end: gateway, agent, card; with one caller and with many, verified with the card's certificate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cebridge_signature::{Certificate, KeyFault, KeyKind, PrivateKey, SM2_USER_ID, Scheme, SigningKey, sm2_value};
use cebridge_ukey::UkeyOptions;
use cebridge_ukey::simulator::{CardSpec, RsaDigest, SimulatedCard};

use crate::support::{SIGNED_INFO, World, identity, new_identity, openssl, sign_fault, sign_ok, spec};

#[test]
fn a_card_signs_and_openssl_agrees() {
    let world = World::new();
    let key = world.key();
    assert_eq!(key.kind(), KeyKind::Rsa { bits: 1024 });
    assert_eq!(key.certificate(), &identity().certificate);
    let value = sign_ok(&world, &key, SIGNED_INFO);
    assert_eq!(value.len(), 128);

    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    file("cert.pem", key.certificate().to_pem().as_bytes());
    file("text", SIGNED_INFO.as_bytes());
    file("value", &value);
    let Some(public) = openssl(folder.path(), &["x509", "-in", "cert.pem", "-noout", "-pubkey"]) else {
        return;
    };
    file("public.pem", &public.stdout);
    let verified = openssl(
        folder.path(),
        &["dgst", "-sha1", "-verify", "public.pem", "-signature", "value", "text"],
    );
    let verified = verified.unwrap();
    assert!(verified.status.success(), "{verified:?}");

    let status = &world.gateway.as_ref().unwrap().agents()[0];
    assert_eq!(status.agent, "ukey-1");
    assert_eq!(status.card_id.as_deref(), Some("8990000000001"));
    assert_eq!(status.waiting, 0);
}

#[test]
fn neither_side_tells_the_pin() {
    let world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    let agent = world.new_agent(world.authority.issue("ukey-2"), "77777777");
    let told = format!("{} {:?} {:?}", world.told(), key, agent);
    assert!(!told.contains("88888888") && !told.contains("77777777"), "{told}");
}

#[test]
fn many_callers_are_queued_and_each_gets_his_own_signature() {
    let mut spec = spec(&identity());
    spec.rate = Some(1500);
    let world = World::with(SimulatedCard::new(spec), "88888888");
    for fault in ["out-of-order", "foreign"] {
        world.card.add_fault(fault.parse().unwrap());
    }
    let key = world.key();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for number in 0..12 {
            let (world, key) = (&world, &key);
            scope.spawn(move || {
                let text = format!("{SIGNED_INFO}{number}");
                let value = sign_ok(world, key, &text);
                // RSA PKCS#1 v1.5 gives one value for one text.
                let expected = identity().key.sign(Scheme::RsaSha1, text.as_bytes()).unwrap();
                assert_eq!(value, expected);
            });
        }
    });
    assert_eq!(world.card.counters().signed, 12);
    // One after the other, at the card's pace of 40 ms.
    assert!(begun.elapsed() >= Duration::from_millis(11 * 40));
}

#[test]
fn too_many_callers_are_turned_away() {
    let world = World::new();
    sign_ok(&world, &world.key(), SIGNED_INFO);
    world.card.add_fault("hang".parse().unwrap());
    let key = world.key_within(Duration::from_millis(1500));
    let faults = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..80)
            .map(|_| scope.spawn(|| sign_fault(&world, &key, SIGNED_INFO)))
            .collect();
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .collect::<Vec<_>>()
    });
    let busy = faults
        .iter()
        .filter(|fault| matches!(fault, KeyFault::Busy { waiting: 64 }))
        .count();
    assert!((10..=16).contains(&busy), "{busy} of {faults:?}");
    assert!(faults.iter().all(KeyFault::may_retry));
}

#[test]
fn a_card_that_uses_another_digest_is_noticed() {
    let world = World::new();
    let key = world.key();
    let fault = key.sign(Scheme::RsaSha256, SIGNED_INFO.as_bytes()).unwrap_err();
    assert!(
        matches!(&fault, KeyFault::Failed(text) if text.contains("use profile rsa-sha1")),
        "{fault}"
    );

    let mut spec = spec(&identity());
    spec.rsa_digest = RsaDigest::Sha256;
    let world = World::with(SimulatedCard::new(spec), "88888888");
    let key = world.key();
    assert!(key.sign(Scheme::RsaSha256, SIGNED_INFO.as_bytes()).is_ok());
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(fault.to_string().contains("use profile rsa-sha256"), "{fault}");
}

#[test]
fn what_a_card_cannot_do_does_not_reach_it() {
    let world = World::new();
    let key = world.key();
    let sm2 = key.sign(Scheme::Sm2Sm3 { user_id: SM2_USER_ID }, b"text").unwrap_err();
    assert!(matches!(sm2, KeyFault::WrongKind { .. }), "{sm2}");
    let large = sign_fault(&world, &key, &"x".repeat(125 * 1024));
    assert!(large.to_string().contains("too large for the card"), "{large}");
    let binary = key.sign(Scheme::RsaSha1, &[0xff, 0xfe]).unwrap_err();
    assert!(binary.to_string().contains("UTF-8"), "{binary}");
    assert_eq!(world.card.counters().sign_calls, 0);
}

#[test]
fn a_key_is_its_certificate() {
    let world = World::new();
    world.key();
    let options = UkeyOptions {
        agent: "ukey-1".to_owned(),
        certificate: Some(new_identity("CN=Somebody Else").certificate),
        timeout: Duration::from_secs(5),
        wait: Duration::ZERO,
    };
    let key = world.gateway.as_ref().unwrap().key(&options).unwrap();
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(
        matches!(&fault, KeyFault::Unavailable(text) if text.contains("put the right card in")),
        "{fault}"
    );
    assert_eq!(world.card.counters().pin_tries, 0);
}

#[test]
fn an_sm2_card_signs_and_openssl_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| openssl(folder.path(), args);
    let Some(made) = run(&[
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:SM2",
        "-out",
        "key.pem",
    ]) else {
        return;
    };
    assert!(made.status.success(), "{made:?}");
    let made = run(&[
        "req",
        "-x509",
        "-key",
        "key.pem",
        "-sm3",
        "-sigopt",
        "distid:1234567812345678",
        "-subj",
        "/CN=Example Seller",
        "-days",
        "30",
        "-out",
        "cert.pem",
    ]);
    assert!(made.as_ref().unwrap().status.success(), "{made:?}");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    let certificate = Certificate::from_pem(&read("cert.pem")).unwrap();
    let spec = CardSpec {
        key: Arc::new(PrivateKey::from_pem(&read("key.pem"), None).unwrap()),
        certificate,
        ..spec(&identity())
    };
    let world = World::with(SimulatedCard::new(spec), "88888888");
    let key = world.key();
    assert_eq!(key.kind(), KeyKind::Sm2);
    let value = key.sign(Scheme::Sm2Sm3 { user_id: SM2_USER_ID }, SIGNED_INFO.as_bytes());
    let value = value.unwrap_or_else(|fault| panic!("{fault}\n{}", world.told()));
    assert_eq!(value.len(), 64);

    std::fs::write(folder.path().join("value"), sm2_value::to_der(&value).unwrap()).unwrap();
    std::fs::write(folder.path().join("text"), SIGNED_INFO).unwrap();
    let verified = run(&[
        "pkeyutl",
        "-verify",
        "-rawin",
        "-digest",
        "sm3",
        "-pkeyopt",
        "distid:1234567812345678",
        "-certin",
        "-inkey",
        "cert.pem",
        "-in",
        "text",
        "-sigfile",
        "value",
    ]);
    assert!(verified.as_ref().unwrap().status.success(), "{verified:?}");

    // The card has one user id; a value under another one is not valid.
    let fault = key
        .sign(Scheme::Sm2Sm3 { user_id: "other" }, SIGNED_INFO.as_bytes())
        .unwrap_err();
    assert!(matches!(fault, KeyFault::Failed(_)), "{fault}");
}
