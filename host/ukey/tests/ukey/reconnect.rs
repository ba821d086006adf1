//! Gateway, agent and card service may restart in any order.

use std::time::Duration;

use cebridge_keys::{Environment, KeySource, open};
use cebridge_signature::{KeyFault, Scheme, SigningKey};
use cebridge_ukey::{GatewayError, UkeyOptions};

use crate::support::{SIGNED_INFO, World, identity, sign_fault, sign_ok, until};

#[test]
fn the_agent_comes_back_to_a_gateway_that_was_restarted() {
    let mut world = World::new();
    sign_ok(&world, &world.key(), SIGNED_INFO);
    world.gateway = None;
    world.agent_log.wait_for("not connected");
    world.start_gateway();
    sign_ok(&world, &world.key(), SIGNED_INFO);
}

#[test]
fn the_agent_finds_a_card_service_that_was_restarted() {
    let mut world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    world.stop_simulator();
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(
        matches!(&fault, KeyFault::Unavailable(text) if text.contains("is the customs client program running?")),
        "{fault}"
    );
    world.start_simulator();
    until("card", || world.ready(), || world.told());
    sign_ok(&world, &key, SIGNED_INFO);
}

#[test]
fn a_key_outlives_its_agent() {
    let mut world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    world.stop_agent();
    let gone = || world.gateway.as_ref().unwrap().agents().is_empty();
    until("departure", gone, || world.told());
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(
        matches!(&fault, KeyFault::Unavailable(text) if text.contains("start `cebridge ukey-agent`")),
        "{fault}"
    );
    world.start_agent("88888888");
    until("card", || world.ready(), || world.told());
    sign_ok(&world, &key, SIGNED_INFO);
}

#[test]
fn a_signature_that_loses_its_agent_ends_at_once() {
    let mut world = World::new();
    let key = world.key_within(Duration::from_secs(60));
    until("card", || world.ready(), || world.told());
    world.card.add_fault("hang".parse().unwrap());
    std::thread::scope(|scope| {
        let caller = scope.spawn(|| key.sign(Scheme::RsaSha1, SIGNED_INFO.as_bytes()));
        let asked = world.card.clone();
        until("call", || asked.counters().sign_calls == 1, String::new);
        world.stop_agent();
        let fault = caller.join().unwrap().unwrap_err();
        assert!(
            matches!(&fault, KeyFault::Unavailable(text) if text.contains("disconnected")),
            "{fault}"
        );
    });
}

#[test]
fn a_key_with_its_certificate_needs_no_card_to_start() {
    let mut world = World::new();
    world.key();
    world.stop_agent();
    world.gateway = None;
    world.start_gateway();
    let gateway = world.gateway.as_ref().unwrap();
    let mut options = UkeyOptions {
        agent: "ukey-1".to_owned(),
        certificate: None,
        timeout: Duration::from_secs(20),
        wait: Duration::from_millis(100),
    };
    assert!(matches!(gateway.key(&options), Err(GatewayError::NoCard { .. })));
    options.certificate = Some(identity().certificate);
    let key = gateway.key(&options).unwrap();
    world.start_agent("88888888");
    until("card", || world.ready(), || world.told());
    sign_ok(&world, &key, SIGNED_INFO);
}

#[test]
fn the_configuration_of_a_key_finds_the_card() {
    let world = World::new();
    let agents = world.gateway.as_ref().unwrap();
    let source: KeySource = toml::from_str("name = 'card'\nkind = 'ukey'\nagent = 'ukey-1'\ntimeout = 20").unwrap();
    let key = open(&source, &Environment, Some(agents)).unwrap();
    assert_eq!(key.certificate, Some(identity().certificate));
    until("card", || world.ready(), || world.told());
    let value = key.key.sign(Scheme::RsaSha1, SIGNED_INFO.as_bytes()).unwrap();
    assert!(
        identity()
            .certificate
            .verify(Scheme::RsaSha1, SIGNED_INFO.as_bytes(), &value)
    );
}
