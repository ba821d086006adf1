//! Packs by edition and date, and their exchange while others judge.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use cebridge_runtime::{LoadedPack, Registry, bake};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{changed, document, sandbox, toy};

/// A pack of the toy edition under another edition's name.
fn pack(edition: &str, from: &str, version: &str) -> LoadedPack {
    let mut pack = toy(version);
    pack.manifest.edition = edition.to_owned();
    pack.manifest.effective_from = from.to_owned();
    LoadedPack::load(sandbox(), &bake(sandbox(), &pack).expect("a pack")).expect("a pack")
}

fn edition_on(registry: &Registry, date: &str) -> Option<String> {
    registry.for_date(date).map(|pack| pack.edition().to_owned())
}

#[test]
fn a_document_is_judged_by_the_edition_of_its_day() {
    let registry = Registry::new(2);
    assert_eq!(edition_on(&registry, "2020-01-01"), None);
    registry.install(pack("2022-05", "2022-05-17", "1"));
    registry.install(pack("2018-113", "2018-10-01", "1"));
    assert_eq!(edition_on(&registry, "2018-09-30"), None);
    assert_eq!(edition_on(&registry, "2018-10-01").as_deref(), Some("2018-113"));
    assert_eq!(edition_on(&registry, "2022-05-16").as_deref(), Some("2018-113"));
    assert_eq!(edition_on(&registry, "2022-05-17").as_deref(), Some("2022-05"));
    assert_eq!(edition_on(&registry, "2030-01-01").as_deref(), Some("2022-05"));
    assert_eq!(
        registry
            .remove("2022-05")
            .map(|pack| pack.edition().to_owned())
            .as_deref(),
        Some("2022-05")
    );
    assert_eq!(edition_on(&registry, "2030-01-01").as_deref(), Some("2018-113"));
    assert!(registry.edition("2022-05").is_none());
}

#[test]
fn replaced_packs_are_kept_for_rollback_but_not_for_ever() {
    let registry = Registry::new(1);
    let version = |registry: &Registry| registry.edition("e").map(|pack| pack.manifest().version.clone());
    for number in 1..=3 {
        registry.install(pack("e", "2020-01-01", &number.to_string()));
    }
    let packs = registry.snapshot();
    let kept: Vec<_> = packs
        .previous("e")
        .map(|pack| pack.manifest().version.as_str())
        .collect();
    assert_eq!(kept, ["2"]);
    let before = registry.edition("e").expect("a pack");
    assert_eq!(registry.rollback("e").expect("a pack").manifest().version, "2");
    assert!(registry.rollback("e").is_none());
    assert_eq!(version(&registry).as_deref(), Some("2"));
    assert_eq!(before.manifest().version, "3", "whoever holds a pack keeps it");
    registry.install(pack("e", "2020-01-01", "2"));
    assert_eq!(
        registry.snapshot().previous("e").count(),
        0,
        "the same pack again is not its own predecessor"
    );
}

#[test]
fn packs_are_exchanged_under_load_without_a_failed_call() {
    let registry = Registry::new(1);
    let versions = [toy("1"), toy("2")].map(|pack| bake(sandbox(), &pack).expect("a pack"));
    let load = |at: usize| LoadedPack::load(sandbox(), &versions[at]).expect("a pack");
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
                        let pack = registry.for_date("2024-01-01").expect("a pack");
                        assert_eq!(pack.judge(&clean).expect("findings"), []);
                        let found = pack.judge(&bad).expect("findings");
                        assert!(!found.is_empty());
                        assert_eq!(pack.explain(&bad, &found[0]).pack, pack.digest());
                        seen.insert(pack.manifest().version.clone());
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
