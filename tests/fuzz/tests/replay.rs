//! Runs the functions that the fuzzers call over generated seeds, and over the inputs kept in `tests/fuzz/fuzz/seeds`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../seeds/mod.rs"]
mod seeds;

use std::path::{Path, PathBuf};

use cebridge_message::{Document, Limits, unwrap};
use cebridge_test_fuzz::{TARGETS, Target};

fn holds(name: &str, target: Target, input: &[u8], origin: &str) {
    let held = std::panic::catch_unwind(|| target(input));
    assert!(held.is_ok(), "target {name} fails for {origin}");
}

#[test]
fn seeds_keep_the_promises() {
    for seed in seeds::all(1) {
        let (name, target) = TARGETS.iter().find(|(name, _)| *name == seed.target).unwrap();
        holds(name, *target, &seed.bytes, &seed.name);
    }
}

/// The seeds with small damages: what a fuzzer does, for a moment only.
#[test]
fn damaged_seeds_keep_the_promises() {
    let mut random = cebridge_test_generate::Random::new(1);
    for seed in seeds::all(1) {
        let (name, target) = TARGETS.iter().find(|(name, _)| *name == seed.target).unwrap();
        for round in 0..6 {
            let damaged = cebridge_test_generate::shred(&seed.bytes, &mut random);
            holds(
                name,
                *target,
                &damaged,
                &format!("{} damaged, round {round}", seed.name),
            );
        }
    }
}

/// Inputs found by fuzzing: the shortest ways into the corners of the code, and everything that once failed.
#[test]
fn kept_inputs_keep_the_promises() {
    for (name, target) in TARGETS {
        for file in kept(name) {
            holds(
                name,
                target,
                &std::fs::read(&file).unwrap(),
                &file.display().to_string(),
            );
        }
    }
}

fn kept(target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// A promise that holds because nothing ever gets so far would be worth nothing.
#[test]
fn seeds_get_as_far_as_they_should() {
    let seeds = seeds::all(1);
    let of = |target| seeds.iter().filter(move |seed| seed.target == target);
    assert!(of("parser").all(|seed| Document::parse(&seed.bytes, &Limits::MESSAGE).is_ok()));
    assert!(of("envelope").any(|seed| unwrap(&seed.bytes, &Limits::ENVELOPE).is_ok()));
    assert!(
        of("signature").any(|seed| seed.bytes == b"\x01\x00"),
        "the unchanged signed message"
    );
}
