//! Faults of card and service, seen end to end.

use std::time::Duration;

use cebridge_signature::{KeyFault, Scheme};
use cebridge_ukey::CardClient;
use cebridge_ukey::simulator::UkeySimulator;
use std::sync::Arc;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::support::{PIN, SIGNED_INFO, World, card_config, identity, new_card, sign_fault, sign_ok, until};

fn expected(text: &str) -> Vec<u8> {
    identity().key.sign(Scheme::RsaSha1, text.as_bytes()).unwrap()
}

#[test]
fn a_service_that_hangs_is_given_up_and_works_again() {
    let world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    world.card.add_fault("hang=2".parse().unwrap());
    for _ in 0..2 {
        let fault = sign_fault(&world, &key, SIGNED_INFO);
        assert!(matches!(fault, KeyFault::Timeout(_)), "{fault}");
    }
    sign_ok(&world, &key, SIGNED_INFO);
}

#[test]
fn a_light_that_goes_off_is_told_and_waited_for() {
    let world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    world.card.add_fault("light-off".parse().unwrap());
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(
        matches!(&fault, KeyFault::Unavailable(text) if text.contains("500") || text.contains("502")),
        "{fault}"
    );
    assert!(
        fault
            .to_string()
            .contains("is the key's light on? Restart the customs client program")
    );
    let problem = || {
        world.gateway.as_ref().unwrap().agents()[0]
            .problem
            .clone()
            .unwrap_or_default()
    };
    until("problem in the status", || problem().contains("light"), problem);
    world.card.light_on();
    // The agent notices on its own.
    until("light", || world.ready(), || world.told());
    sign_ok(&world, &key, SIGNED_INFO);
}

#[test]
fn a_light_that_is_off_for_some_calls_comes_back() {
    let world = World::new();
    let key = world.key();
    world.card.add_fault("light-off=2@2".parse().unwrap());
    sign_ok(&world, &key, SIGNED_INFO);
    for code in ["50070", "50200"] {
        let fault = sign_fault(&world, &key, SIGNED_INFO);
        assert!(fault.to_string().contains(code), "{fault}");
    }
    sign_ok(&world, &key, SIGNED_INFO);
}

#[test]
fn a_late_answer_is_not_taken_for_a_later_request() {
    let world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    world.card.add_fault("late=1400ms@2".parse().unwrap());
    let fault = sign_fault(&world, &key, "the first text");
    assert!(matches!(fault, KeyFault::Timeout(_)), "{fault}");
    // Its answer arrives while this one is waited for.
    assert_eq!(sign_ok(&world, &key, "the second text"), expected("the second text"));
    assert_eq!(sign_ok(&world, &key, "the third text"), expected("the third text"));
}

#[test]
fn an_answer_that_is_late_for_the_gateway_is_dropped_there() {
    let world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    world.card.add_fault("late=700ms@2".parse().unwrap());
    let hurried = world.key_within(Duration::from_millis(300));
    let fault = sign_fault(&world, &hurried, "the first text");
    assert!(matches!(fault, KeyFault::Timeout(_)), "{fault}");
    assert_eq!(sign_ok(&world, &key, "the second text"), expected("the second text"));
}

#[test]
fn broken_answers_are_faults_that_pass() {
    let world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    for (fault, told) in [
        ("close=1", "the connection ended"),
        ("garbage=1", "unexpected data instead of an answer"),
        ("wrong-value=1", "does not verify with the card's certificate"),
        ("unknown-error=1", "Custom99999"),
    ] {
        world.card.add_fault(fault.parse().unwrap());
        let got = sign_fault(&world, &key, SIGNED_INFO);
        assert!(got.may_retry() && got.to_string().contains(told), "{fault}: {got}");
        assert_eq!(
            sign_ok(&world, &key, SIGNED_INFO),
            expected(SIGNED_INFO),
            "after {fault}"
        );
    }
}

#[tokio::test]
async fn the_greeting_is_waited_for() {
    let card = new_card();
    card.add_fault("no-greeting".parse().unwrap());
    let listen = "127.0.0.1:0".parse().unwrap();
    let simulator = UkeySimulator::start(listen, card, Arc::new(|_: &str| {}))
        .await
        .unwrap();
    let mut config = card_config(simulator.address());
    config.greeting_timeout = Duration::from_millis(500);
    let mut client = CardClient::new(config, Zeroizing::new(PIN.to_owned())).unwrap();
    let fault = client.identify().await.unwrap_err();
    assert!(
        matches!(&fault, KeyFault::Unavailable(text) if text.contains("no greeting")),
        "{fault}"
    );

    // The next connection is greeted.
    let identity = client.identify().await.unwrap();
    assert_eq!(identity.card_id, "8990000000001");
    assert_eq!(identity.cert_no, identity.certificate.serial_hex());
    let deadline = Instant::now() + Duration::from_secs(5);
    let value = client
        .sign(Scheme::RsaSha1, SIGNED_INFO.as_bytes(), deadline)
        .await
        .unwrap();
    assert_eq!(value, expected(SIGNED_INFO));

    let past = Instant::now();
    let fault = client
        .sign(Scheme::RsaSha1, SIGNED_INFO.as_bytes(), past)
        .await
        .unwrap_err();
    assert!(matches!(fault, KeyFault::Timeout(_)), "{fault}");
    assert_eq!(simulator.card().counters().sign_calls, 1);
}
