//! Packs by edition and date, and swapping them while others judge.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_runtime::{LoadedPack, Registry};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{baker, changed, document, toy};

/// A pack of the toy edition under another edition's name.
fn pack(edition: &str, from: &str, version: &str) -> LoadedPack {
    let mut pack = toy(version);
    pack.manifest.edition = edition.to_owned();
    pack.manifest.effective_from = from.to_owned();
    LoadedPack::load(baker(), &baker().bake(&pack).expect("a pack")).expect("a pack")
}

#[test]
fn each_edition_has_one_pack_and_keeps_some_of_those_before() {
    let registry = Registry::new(1);
    let version = |registry: &Registry| {
        registry
            .edition("e")
            .map(|pack| pack.rules().manifest().version.clone())
    };
    for number in 1..=3 {
        registry.install(pack("e", "2020-01-01", &number.to_string()));
    }
    registry.install(pack("f", "2020-01-01", "1"));
    let kept = |registry: &Registry| -> Vec<String> {
        let packs = registry.snapshot();
        let previous = packs.previous("e");
        previous.map(|pack| pack.rules().manifest().version.clone()).collect()
    };
    assert_eq!(
        (version(&registry).as_deref(), kept(&registry)),
        (Some("3"), vec!["2".to_owned()])
    );
    let before = registry.edition("e").expect("a pack");
    registry.install(pack("e", "2020-01-01", "2"));
    assert_eq!(
        (version(&registry).as_deref(), kept(&registry)),
        (Some("2"), vec!["3".to_owned()])
    );
    assert_eq!(before.rules().manifest().version, "3", "whoever holds a pack keeps it");
    registry.install(pack("e", "2020-01-01", "2"));
    assert_eq!(
        kept(&registry),
        vec!["3".to_owned()],
        "the same pack again is not its own predecessor"
    );
    registry.retire("e");
    assert_eq!((version(&registry), kept(&registry)), (None, vec!["2".to_owned()]));
    let editions: Vec<_> = registry
        .snapshot()
        .iter()
        .map(|pack| pack.rules().edition().to_owned())
        .collect();
    assert_eq!(editions, ["f"]);
}

#[test]
fn packs_are_exchanged_under_load_without_a_failed_call() {
    let registry = Registry::new(1);
    let versions = [toy("1"), toy("2")].map(|pack| baker().bake(&pack).expect("a pack"));
    let load = |at: usize| LoadedPack::load(baker(), &versions[at]).expect("a pack");
    registry.install(load(0));
    let (clean, bad) = (document(support::CLEAN), changed("A-1", ""));
    let done = AtomicBool::new(false);
    let (registry, done) = (&registry, &done);
    let seen = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut seen = std::collections::BTreeSet::new();
                    while !done.load(Ordering::Relaxed) {
                        let pack = registry.edition("2020-01").expect("a pack");
                        assert_eq!(pack.judge(&clean).expect("findings"), []);
                        let found = pack.judge(&bad).expect("findings");
                        assert!(!found.is_empty());
                        assert_eq!(pack.rules().explain(&bad, &found[0]).pack, pack.rules().digest());
                        seen.insert(pack.rules().manifest().version.clone());
                    }
                    seen
                })
            })
            .collect();
        for round in 1..5 {
            let held = registry.edition("2020-01").expect("a pack");
            let installed = registry.install(load(round % 2));
            let current = registry.edition("2020-01").expect("a pack");
            assert!(Arc::ptr_eq(&installed, &current) && !Arc::ptr_eq(&held, &current));
        }
        done.store(true, Ordering::Relaxed);
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a worker"))
            .collect::<std::collections::BTreeSet<_>>()
    });
    assert!(!seen.is_empty());
}
