//! The pool with keys that misbehave at random, in real threads: what must hold whatever they do.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use cebridge_keys::KeyPool;
use cebridge_signature::{KeyFault, Scheme};
use proptest::prelude::*;
use support::fake::{Act, FakeKey, settings, value};

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => Just(Act::Sign),
        2 => Just(Act::Slow(Duration::from_millis(1))),
        2 => Just(Act::Fail(KeyFault::Failed("a hiccup".to_owned()))),
        1 => Just(Act::Fail(KeyFault::Unavailable("gone".to_owned()))),
        1 => Just(Act::Fail(KeyFault::Busy { waiting: 9 })),
        1 => Just(Act::Fail(KeyFault::Pin("refused".to_owned()))),
        1 => Just(Act::Fail(KeyFault::Locked("locked".to_owned()))),
        1 => Just(Act::Slow(Duration::from_millis(30))), // longer than the timeout
        1 => Just(Act::Panic),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn every_message_ends_one_way(scripts in prop::collection::vec(prop::collection::vec(act(), 0..12), 1..4)) {
        let (clock, settings) = settings();
        let names = ["a", "b", "c"];
        let keys: Vec<_> = scripts
            .iter()
            .zip(names)
            .map(|(script, name)| FakeKey::new(name, script.clone(), Act::Sign))
            .collect();
        let timeout = Duration::from_millis(15);
        let pool = Arc::new(KeyPool::new(keys.iter().map(|key| key.open(4, timeout)).collect(), &settings).unwrap());
        let threads: Vec<_> = (0..3)
            .map(|thread| {
                let (pool, clock) = (Arc::clone(&pool), Arc::clone(&clock));
                std::thread::spawn(move || {
                    let mut results = Vec::new();
                    for number in 0..12 {
                        let message = format!("{thread}-{number}").into_bytes();
                        let result = pool.sign(Scheme::RsaSha1, &message);
                        clock.pass(Duration::from_millis(200));
                        results.push((message, result));
                    }
                    results
                })
            })
            .collect();
        for thread in threads {
            for (message, result) in thread.join().unwrap() {
                if let Ok(signed) = result {
                    prop_assert_eq!(&signed.value, &value(&signed.key, &message), "another message's signature");
                }
                for key in &keys {
                    prop_assert!(key.calls_for(&message) <= 1, "a key was asked twice for one message");
                }
            }
        }
        for (key, row) in keys.iter().zip(pool.status()) {
            let outcomes = key.outcomes();
            let end = outcomes.iter().position(|fault| matches!(fault, Some(KeyFault::Pin(_) | KeyFault::Locked(_))));
            if let Some(end) = end {
                prop_assert_eq!(outcomes.len(), end + 1, "called after its end: {:?}", outcomes);
                prop_assert_eq!(row.health, cebridge_keys::Health::Out);
            }
            prop_assert_eq!(row.waiting, 0, "places are given back");
        }
    }
}
