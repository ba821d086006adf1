//! A wrong PIN is sent to the card once, whatever happens around it.

use std::time::Duration;

use cebridge_signature::KeyFault;
use cebridge_ukey::simulator::SimulatedCard;

use crate::support::{SIGNED_INFO, TRIES, World, identity, new_card, sign_fault, sign_ok, spec, until};

const WRONG: &str = "00000000";

#[test]
fn a_wrong_pin_is_tried_once() {
    let mut world = World::with(new_card(), WRONG);
    let key = world.key();
    for _ in 0..5 {
        let fault = sign_fault(&world, &key, SIGNED_INFO);
        assert!(
            matches!(&fault, KeyFault::Pin(text) if text.contains("剩余5次")),
            "{fault}"
        );
        assert!(!fault.may_retry());
    }
    // Neither a new gateway nor a new card service makes the agent try again.
    world.gateway = None;
    world.start_gateway();
    world.stop_simulator();
    world.start_simulator();
    let key = world.key_within(Duration::from_secs(20));
    assert!(matches!(sign_fault(&world, &key, SIGNED_INFO), KeyFault::Pin(_)));
    let counters = world.card.counters();
    assert_eq!((counters.pin_tries, counters.tries_left), (1, TRIES - 1));

    // It is restarted with the right PIN.
    world.stop_agent();
    world.start_agent("88888888");
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    assert_eq!(world.card.counters().tries_left, TRIES);
}

#[test]
fn callers_at_once_do_not_share_out_the_tries() {
    let world = World::with(new_card(), WRONG);
    let key = world.key();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert!(matches!(sign_fault(&world, &key, SIGNED_INFO), KeyFault::Pin(_))));
        }
    });
    assert_eq!(world.card.counters().pin_tries, 1);
}

#[test]
fn a_wrong_pin_that_is_told_late_is_heard() {
    let world = World::with(new_card(), WRONG);
    let key = world.key();
    // The agent gives up after 1 s; the answer comes after that.
    world.card.add_fault("late=1500ms@1".parse().unwrap());
    assert!(matches!(sign_fault(&world, &key, SIGNED_INFO), KeyFault::Timeout(_)));
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(matches!(fault, KeyFault::Pin(_)), "{fault}\n{}", world.told());
    assert_eq!(world.card.counters().pin_tries, 1);
}

#[test]
fn silence_before_the_pin_was_right_once_does_not_lock_the_card() {
    let world = World::with(new_card(), WRONG);
    let key = world.key();
    world.card.add_fault("hang".parse().unwrap());
    for _ in 0..6 {
        assert!(!matches!(sign_fault(&world, &key, SIGNED_INFO), KeyFault::Pin(_)));
    }
    let counters = world.card.counters();
    assert_eq!((counters.pin_tries, counters.tries_left), (3, TRIES - 3));
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(fault.to_string().contains("start the agent again"), "{fault}");
}

#[test]
fn an_error_that_may_be_about_the_pin_is_not_tried_again() {
    let world = World::new();
    let key = world.key();
    world.card.add_fault("unknown-error".parse().unwrap());
    assert!(matches!(sign_fault(&world, &key, SIGNED_INFO), KeyFault::Pin(_)));
    assert!(matches!(sign_fault(&world, &key, SIGNED_INFO), KeyFault::Pin(_)));
    assert_eq!(world.card.counters().sign_calls, 1);
}

#[test]
fn a_card_that_locks_is_left_alone() {
    let mut spec = spec(&identity());
    spec.tries = 1;
    let world = World::with(SimulatedCard::new(spec), WRONG);
    let key = world.key();
    for _ in 0..2 {
        let fault = sign_fault(&world, &key, SIGNED_INFO);
        assert!(matches!(fault, KeyFault::Locked(_)), "{fault}");
        assert!(!fault.may_retry());
    }
    let counters = world.card.counters();
    assert_eq!((counters.sign_calls, counters.tries_left), (1, 0));
    let problem = || {
        world.gateway.as_ref().unwrap().agents()[0]
            .problem
            .clone()
            .unwrap_or_default()
    };
    until("locked card in the status", || problem().contains("locked"), problem);
}

#[test]
fn another_card_does_not_get_the_pin() {
    let mut world = World::new();
    let key = world.key();
    sign_ok(&world, &key, SIGNED_INFO);
    world.stop_simulator();
    let mut other = spec(&crate::support::new_identity("CN=Somebody Else"));
    other.card_id = "8990000000002".to_owned();
    world.card = SimulatedCard::new(other);
    world.start_simulator();
    // The first call may find that the service was gone; the next ones meet the other card.
    drop(sign_fault(&world, &key, SIGNED_INFO));
    let fault = sign_fault(&world, &key, SIGNED_INFO);
    assert!(
        matches!(&fault, KeyFault::Unavailable(text) if text.contains("was replaced by card")),
        "{fault}"
    );
    assert_eq!(world.card.counters().pin_tries, 0);
}
