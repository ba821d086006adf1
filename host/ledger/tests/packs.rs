//! The archive of rule packs, the record of the set in force, and the files that brought packs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Barrier;

use cebridge_ledger::{Event, Force, ForceOrigin, Ledger, LedgerError, NewForce, NewPack, Offer, OfferState};
use common::*;
use proptest::prelude::*;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// An hour later.
const LATER: Timestamp = Timestamp::constant(1_772_334_000, 0);
/// Two hours later.
const LATEST: Timestamp = Timestamp::constant(1_772_337_600, 0);

fn digest(bytes: &str) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn archive(ledger: &Ledger, edition: &str, bytes: &str, with_bytes: bool) -> bool {
    let pack = NewPack {
        digest: &digest(bytes),
        edition,
        version: "1",
        bytes: bytes.as_bytes(),
    };
    ledger.archive_pack(&pack, with_bytes, NOW).unwrap()
}

/// The pack of these bytes for an edition, brought by a file.
fn force(edition: &str, bytes: &str) -> NewForce {
    NewForce {
        edition: edition.into(),
        digest: digest(bytes),
        version: "1".into(),
        origin: ForceOrigin::File,
        place: format!("packs/{bytes}.pack"),
        why: "a new file".into(),
        by: "host:1".into(),
    }
}

fn offer(bytes: &str, state: OfferState, reason: &str) -> Offer {
    Offer {
        place: format!("packs/{bytes}.pack"),
        sha256: digest(bytes),
        edition: Some("2022-05".into()),
        state,
        reason: reason.into(),
        at: NOW,
    }
}

/// Archives a pack and puts it in force, based on the newest version.
fn put(ledger: &Ledger, edition: &str, bytes: &str, ends: &[&str], at: Timestamp) -> Force {
    archive(ledger, edition, bytes, true);
    let expected = ledger.force_version().unwrap();
    let put = ledger.put_in_force(&force(edition, bytes), None, ends, expected, at);
    put.unwrap().unwrap()
}

fn digests(forces: &[Force]) -> Vec<&str> {
    forces.iter().map(|force| force.digest.as_str()).collect()
}

/// Events of the packs, oldest first.
fn events(ledger: &Ledger) -> Vec<Event> {
    let mut events = ledger.host_events(1000).unwrap();
    events.sort_by_key(|event| event.id);
    events.retain(|event| event.kind.starts_with("pack-") && event.kind != "pack-archived");
    assert!(events.iter().all(|event| event.actor == "packs"));
    events
}

fn kinds(ledger: &Ledger) -> Vec<String> {
    events(ledger).into_iter().map(|event| event.kind).collect()
}

fn file() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("ledger.db");
    (folder, path)
}

/// Changes the file behind the ledger's back.
fn tamper(path: &Path, sql: &str) {
    Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_pack_is_kept_once_and_found_by_its_digest() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    assert!(archive(&ledger, "2022-05", "first", true));
    assert!(!archive(&ledger, "2022-05", "first", true), "it was there");
    assert!(!archive(&ledger, "2022-05", "first", false), "held bytes stay held");
    assert!(archive(&ledger, "2018-08", "second", false));
    assert!(!archive(&ledger, "2018-08", "second", false));
    drop(ledger);

    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.archived_bytes(&digest("first")).unwrap().unwrap(), b"first");
    assert_eq!(ledger.archived_bytes(&digest("second")).unwrap(), None, "only noted");
    assert_eq!(ledger.archived_bytes(&digest("third")).unwrap(), None);
    let all = ledger.archived_packs("").unwrap();
    let rows: Vec<_> = all
        .iter()
        .map(|row| (row.edition.as_str(), row.size, row.held, row.archived_at))
        .collect();
    assert_eq!(rows, [("2018-08", 6, false, NOW), ("2022-05", 5, true, NOW)]);
    for prefix in [&digest("first")[..8], &digest("first").to_uppercase()] {
        let found = ledger.archived_packs(prefix).unwrap();
        assert_eq!((found.len(), found[0].digest.as_str()), (1, digest("first").as_str()));
    }
    assert!(ledger.archived_packs("%").unwrap().is_empty(), "a prefix is no pattern");

    assert!(
        archive(&ledger, "2018-08", "second", true),
        "the bytes came in addition"
    );
    assert_eq!(ledger.archived_bytes(&digest("second")).unwrap().unwrap(), b"second");
    assert!(ledger.archived_packs(&digest("second")).unwrap()[0].held);
    assert_sound(&ledger);
}

#[test]
fn a_pack_under_a_wrong_digest_is_not_kept() {
    let ledger = Ledger::in_memory().unwrap();
    let pack = NewPack {
        digest: &digest("other"),
        edition: "2022-05",
        version: "1",
        bytes: b"first",
    };
    for with_bytes in [true, false] {
        let error = ledger.archive_pack(&pack, with_bytes, NOW).unwrap_err();
        assert!(matches!(&error, LedgerError::Invalid(text) if text.contains(&digest("other"))));
    }
    assert!(ledger.archived_packs("").unwrap().is_empty());
}

#[test]
fn damaged_bytes_are_named_and_put_right_by_the_pack() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    archive(&ledger, "2022-05", "first", true);
    tamper(&path, "UPDATE rule_packs SET bytes = x'00'");
    let error = ledger.archived_bytes(&digest("first")).unwrap_err();
    assert!(
        matches!(&error, LedgerError::Corrupt { detail, .. } if detail.contains(&digest("first"))),
        "{error:?}"
    );
    assert!(archive(&ledger, "2022-05", "first", true));
    assert_eq!(ledger.archived_bytes(&digest("first")).unwrap().unwrap(), b"first");
}

#[test]
fn a_check_proves_the_archive_and_the_record() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    put(&ledger, "2022-05", "first", &[], NOW);
    put(&ledger, "2022-05", "second", &[], LATER);
    archive(&ledger, "2018-08", "in a folder", false);
    assert_sound(&ledger);
    let problem = || {
        let mut problems = common::complaints(&ledger);
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.remove(0)
    };

    let first = digest("first");
    tamper(
        &path,
        &format!("UPDATE rule_packs SET bytes = x'00' WHERE digest = '{first}'"),
    );
    assert!(problem().ends_with(&format!("the stored bytes of rule pack {first} were changed")));
    tamper(&path, &format!("DELETE FROM rule_packs WHERE digest = '{first}'"));
    assert!(problem().contains(&first) && problem().contains("not in the archive"));
    archive(&ledger, "2022-05", "first", false);
    assert_sound(&ledger);

    tamper(
        &path,
        &format!("UPDATE packs_in_force SET until = '{LATEST:.3}' WHERE until IS NOT NULL"),
    );
    assert!(problem().contains(&digest("second")) && problem().contains("before the time of another one ended"));
}

#[test]
fn a_pack_takes_the_place_of_the_one_before_it() {
    let ledger = Ledger::in_memory().unwrap();
    assert_eq!(ledger.force_version().unwrap(), 0);
    let first = put(&ledger, "2022-05", "first", &[], moment("2026-03-01T10:00:00+08:00"));
    assert_eq!((first.since, first.until), (NOW, None));
    assert_eq!(ledger.force_version().unwrap(), 1);
    put(&ledger, "2018-08", "old", &[], NOW);
    let second = put(&ledger, "2022-05", "second", &[], LATER);
    assert_eq!(ledger.force_version().unwrap(), 3);

    let now = ledger.in_force().unwrap();
    assert_eq!(digests(&now), [digest("old"), digest("second")], "by edition");
    assert_eq!(now[1], second);
    let history = ledger.force_history("2022-05").unwrap();
    assert_eq!(digests(&history), [digest("second"), digest("first")], "newest first");
    assert_eq!(history[1].until, Some(LATER));
    let why = format!("replaced by {}", &digest("second")[..12]);
    assert_eq!(history[1].ended_why.as_deref(), Some(why.as_str()));
    assert_eq!(history[1].ended_by.as_deref(), Some("host:1"));

    let at = |at: Timestamp| -> Vec<String> {
        let forces = ledger.in_force_at(at).unwrap();
        forces.into_iter().map(|force| force.digest).collect()
    };
    assert!(at(moment("2026-03-01T01:59:59.999Z")).is_empty());
    assert_eq!(
        at(moment("2026-03-01T10:00:00+08:00")),
        [digest("old"), digest("first")]
    );
    assert_eq!(at(moment("2026-03-01T02:59:59.999Z")), [digest("old"), digest("first")]);
    assert_eq!(at(LATER), [digest("old"), digest("second")]);

    assert_eq!(kinds(&ledger), ["pack-activated", "pack-activated", "pack-activated"]);
    let event = events(&ledger).pop().unwrap();
    assert_eq!(event.pack_digest, Some(digest("second")));
    let detail: serde_json::Value = serde_json::from_str(&event.detail_json).unwrap();
    assert_eq!(detail["file"], "packs/second.pack");
    assert_eq!(detail["edition"], "2022-05");
    assert_eq!(detail["digest"], digest("second"));
    assert_eq!(detail["replaces"], digest("first"));
    assert_eq!(
        (&detail["why"], &detail["by"]),
        (&"a new file".into(), &"host:1".into())
    );
    assert_sound(&ledger);
}

#[test]
fn the_pack_in_force_put_in_force_changes_nothing_but_its_offer() {
    let ledger = Ledger::in_memory().unwrap();
    let first = put(&ledger, "2022-05", "first", &[], NOW);
    let copy = Offer {
        place: "packs/copy.pack".into(),
        ..offer("first", OfferState::Known, "the pack in force")
    };
    let again = NewForce {
        place: "packs/copy.pack".into(),
        ..force("2022-05", "first")
    };
    let put_again = |at: Timestamp| ledger.put_in_force(&again, Some(&copy), &[], 1, at).unwrap();
    assert_eq!(put_again(LATER), Some(first.clone()));
    assert_eq!(ledger.force_version().unwrap(), 1);
    assert_eq!(ledger.force_history("2022-05").unwrap(), [first]);
    let noted = Offer {
        at: LATER,
        ..copy.clone()
    };
    assert_eq!(ledger.offers().unwrap(), [noted]);
    assert_eq!(kinds(&ledger), ["pack-activated", "pack-known"]);
    put_again(LATEST);
    assert_eq!(kinds(&ledger).len(), 2, "nothing new to say");
}

#[test]
fn an_old_pack_put_back_ends_newer_editions_at_the_same_moment() {
    let ledger = Ledger::in_memory().unwrap();
    put(&ledger, "2018-08", "old", &[], NOW);
    put(&ledger, "2022-05", "newer", &[], NOW);
    put(&ledger, "2026-01", "newest", &[], LATER);
    let ends = ["2026-01", "2022-05", "2026-01", "2030-01"];
    let back = put(&ledger, "2018-08", "older", &ends, LATEST);
    assert_eq!(ledger.force_version().unwrap(), 4, "one change");
    assert_eq!(ledger.in_force().unwrap(), std::slice::from_ref(&back));
    for edition in ["2022-05", "2026-01"] {
        let ended = ledger.force_history(edition).unwrap().remove(0);
        assert_eq!(ended.until, Some(back.since));
        assert!(ended.ended_why.unwrap().contains("2018-08"));
    }
    assert_eq!(
        kinds(&ledger)[3..],
        ["pack-removed", "pack-removed", "pack-activated"],
        "each edition that ended is on record once"
    );

    put(&ledger, "2022-05", "newer", &[], LATEST);
    let same = put(&ledger, "2018-08", "older", &["2022-05"], LATEST);
    assert_eq!(same, back, "its own row stays");
    assert_eq!(ledger.in_force().unwrap(), [back]);
    assert_eq!(ledger.force_version().unwrap(), 6);

    let error = ledger
        .put_in_force(&force("2018-08", "older"), None, &["2018-08"], 6, LATEST)
        .unwrap_err();
    assert!(matches!(error, LedgerError::Invalid(_)));
    assert_sound(&ledger);
}

#[test]
fn a_decision_on_an_old_picture_does_nothing() {
    let ledger = Ledger::in_memory().unwrap();
    put(&ledger, "2022-05", "first", &[], NOW);
    archive(&ledger, "2022-05", "second", true);
    let taken = offer("second", OfferState::Taken, "");
    let stale = ledger.put_in_force(&force("2022-05", "second"), Some(&taken), &[], 0, LATER);
    assert_eq!(stale.unwrap(), None);
    let same = ledger.put_in_force(&force("2022-05", "first"), Some(&taken), &[], 0, LATER);
    assert_eq!(same.unwrap(), None, "also when it would change nothing");
    assert_eq!(ledger.force_version().unwrap(), 1);
    assert_eq!(digests(&ledger.in_force().unwrap()), [digest("first")]);
    assert!(ledger.offers().unwrap().is_empty());
    assert_eq!(kinds(&ledger), ["pack-activated"]);
}

#[test]
fn a_pack_of_a_file_is_in_force_only_when_it_is_archived() {
    let ledger = Ledger::in_memory().unwrap();
    let error = ledger
        .put_in_force(&force("2022-05", "first"), None, &[], 0, NOW)
        .unwrap_err();
    assert!(
        matches!(&error, LedgerError::Unknown { id, .. } if *id == digest("first")),
        "{error:?}"
    );
    let shipped = NewForce {
        origin: ForceOrigin::Shipped,
        place: String::new(),
        ..force("2022-05", "first")
    };
    let put = ledger.put_in_force(&shipped, None, &[], 0, NOW).unwrap().unwrap();
    assert_eq!((put.origin, put.place.as_str()), (ForceOrigin::Shipped, ""));
    archive(&ledger, "2022-05", "second", false);
    let noted = ledger.put_in_force(&force("2022-05", "second"), None, &[], 1, NOW);
    assert!(noted.unwrap().is_some(), "its bytes may lie in a folder");
    assert_sound(&ledger);
}

#[test]
fn a_pack_is_ended_with_nothing_in_its_place() {
    let ledger = Ledger::in_memory().unwrap();
    assert_eq!(
        ledger.end_force("2022-05", "its file is gone", "host:1", NOW).unwrap(),
        None
    );
    put(&ledger, "2022-05", "first", &[], NOW);
    let ended = ledger
        .end_force("2022-05", "its file is gone", "host:1", LATER)
        .unwrap();
    let ended = ended.unwrap();
    assert_eq!(ended.until, Some(LATER));
    assert_eq!(ended.ended_why.as_deref(), Some("its file is gone"));
    assert_eq!(ended.ended_by.as_deref(), Some("host:1"));
    assert!(ledger.in_force().unwrap().is_empty());
    assert_eq!(ledger.force_version().unwrap(), 2);
    assert_eq!(ledger.end_force("2022-05", "again", "host:1", LATER).unwrap(), None);
    assert_eq!(ledger.force_version().unwrap(), 2);
    assert_eq!(kinds(&ledger), ["pack-activated", "pack-removed"]);
    let again = put(&ledger, "2022-05", "first", &[], LATEST);
    assert_eq!(again.since, LATEST);
    assert_eq!(ledger.force_history("2022-05").unwrap().len(), 2);
    assert_sound(&ledger);
}

#[test]
fn a_clock_that_went_back_makes_no_time_end_before_it_began() {
    let ledger = Ledger::in_memory().unwrap();
    put(&ledger, "2022-05", "first", &[], LATEST);
    put(&ledger, "2026-01", "other", &[], LATER);
    let second = put(&ledger, "2022-05", "second", &["2026-01"], NOW);
    assert_eq!(second.since, LATEST);
    let first = ledger.force_history("2022-05").unwrap().remove(1);
    assert_eq!((first.since, first.until), (LATEST, Some(LATEST)));
    let other = ledger.force_history("2026-01").unwrap().remove(0);
    assert_eq!(other.until, Some(LATEST), "the change happens at one moment");
    let ended = ledger.end_force("2022-05", "x", "y", NOW).unwrap().unwrap();
    assert_eq!(ended.until, Some(LATEST));
    assert_eq!(put(&ledger, "2022-05", "third", &[], NOW).since, LATEST);
    assert_sound(&ledger);
}

#[test]
fn two_packs_in_force_for_one_edition_are_impossible() {
    let (_folder, path) = file();
    let ledger = Ledger::open(&path).unwrap();
    put(&ledger, "2022-05", "first", &[], NOW);
    let raw = Connection::open(&path).unwrap();
    let copy = "INSERT INTO packs_in_force (edition, digest, version, origin, place, since, why, put_by) \
                SELECT edition, 'x', version, origin, place, since, why, put_by FROM packs_in_force";
    assert!(raw.execute_batch(copy).unwrap_err().to_string().contains("UNIQUE"));
}

#[test]
fn an_offer_is_noted_when_it_changes() {
    let ledger = Ledger::in_memory().unwrap();
    let refused = offer("first", OfferState::Refused, "no signature");
    ledger.note_offer(&refused, NOW).unwrap();
    ledger.note_offer(&refused, LATER).unwrap();
    let noted = ledger.offers().unwrap();
    assert_eq!((noted.len(), noted[0].at), (1, NOW), "since when it is so");
    assert_eq!(kinds(&ledger), ["pack-refused"]);

    ledger
        .note_offer(&offer("first", OfferState::Refused, "wrong signature"), LATER)
        .unwrap();
    let other_bytes = Offer {
        sha256: digest("changed"),
        ..offer("first", OfferState::Refused, "wrong signature")
    };
    ledger.note_offer(&other_bytes, LATER).unwrap();
    ledger
        .note_offer(&offer("first", OfferState::Conflict, "two files"), LATER)
        .unwrap();
    ledger
        .note_offer(&offer("first", OfferState::Gone, ""), LATEST)
        .unwrap();
    let unreadable = Offer {
        sha256: String::new(),
        edition: None,
        ..offer("a", OfferState::Refused, "cannot be read")
    };
    ledger.note_offer(&unreadable, LATEST).unwrap();
    let noted = ledger.offers().unwrap();
    let places: Vec<_> = noted.iter().map(|offer| offer.place.as_str()).collect();
    assert_eq!(places, ["packs/a.pack", "packs/first.pack"]);
    assert_eq!((noted[1].state, noted[1].at), (OfferState::Gone, LATEST));
    assert_eq!(
        kinds(&ledger),
        [
            "pack-refused",
            "pack-refused",
            "pack-refused",
            "pack-conflict",
            "pack-gone",
            "pack-refused"
        ]
    );
    let detail: serde_json::Value = serde_json::from_str(&events(&ledger)[3].detail_json).unwrap();
    assert_eq!(
        (&detail["file"], &detail["why"]),
        (&"packs/first.pack".into(), &"two files".into())
    );
    assert_sound(&ledger);
}

#[test]
fn an_activation_says_that_its_file_was_taken() {
    let ledger = Ledger::in_memory().unwrap();
    archive(&ledger, "2022-05", "first", true);
    let taken = offer("first", OfferState::Taken, "");
    ledger
        .put_in_force(&force("2022-05", "first"), Some(&taken), &[], 0, NOW)
        .unwrap()
        .unwrap();
    assert_eq!(ledger.offers().unwrap()[0].state, OfferState::Taken);
    assert_eq!(kinds(&ledger), ["pack-activated"]);
    assert_eq!(events(&ledger)[0].bytes_sha256, Some(digest("first")));
    ledger.note_offer(&offer("first", OfferState::Gone, ""), LATER).unwrap();
    ledger.note_offer(&taken, LATEST).unwrap();
    assert_eq!(kinds(&ledger), ["pack-activated", "pack-gone", "pack-taken"]);
}

#[test]
fn of_two_hosts_that_decide_at_once_one_does() {
    const ROUNDS: i64 = 25;
    let (_folder, path) = file();
    let ledgers = [Ledger::open(&path).unwrap(), Ledger::open(&path).unwrap()];
    let packs = ["first", "second"];
    for bytes in packs {
        archive(&ledgers[0], "2022-05", bytes, true);
    }
    let barrier = Barrier::new(2);
    let wins: Vec<Vec<bool>> = std::thread::scope(|scope| {
        let host = |n: usize| {
            let (ledger, barrier) = (&ledgers[n], &barrier);
            move || {
                (0..ROUNDS)
                    .map(|_| {
                        let expected = ledger.force_version().unwrap();
                        barrier.wait();
                        // Each puts a pack in force that is not, so that every success is a change.
                        let now = ledger.in_force().unwrap();
                        let other = packs
                            .iter()
                            .find(|pack| !digests(&now).contains(&digest(pack).as_str()));
                        let new = force("2022-05", other.unwrap());
                        let put = ledger.put_in_force(&new, None, &[], expected, NOW).unwrap();
                        barrier.wait();
                        put.is_some()
                    })
                    .collect()
            }
        };
        let running = [scope.spawn(host(0)), scope.spawn(host(1))];
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (a, b) in wins[0].iter().zip(&wins[1]) {
        assert!(a ^ b, "exactly one of both");
    }
    assert_eq!(ledgers[0].force_version().unwrap(), ROUNDS);
    assert_eq!(ledgers[1].force_history("2022-05").unwrap().len(), 25);
    assert_eq!(kinds(&ledgers[0]).len(), 25);
    assert_sound(&ledgers[0]);
}

#[derive(Debug, Clone)]
enum Step {
    Put {
        edition: usize,
        pack: usize,
        ends: Vec<usize>,
    },
    End {
        edition: usize,
    },
}

const EDITIONS: [&str; 3] = ["2018-08", "2022-05", "2026-01"];

fn step() -> impl Strategy<Value = (Step, u32)> {
    let put = (0..3_usize, 0..3_usize, prop::collection::vec(0..3_usize, 0..3))
        .prop_map(|(edition, pack, ends)| Step::Put { edition, pack, ends });
    let end = (0..3_usize).prop_map(|edition| Step::End { edition });
    // Minutes of an hour: the clock goes back as often as forward.
    (prop_oneof![3 => put, 1 => end], 0..60_u32)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn times_in_force_never_overlap_and_replacement_leaves_no_gap(steps in prop::collection::vec(step(), 1..20)) {
        let ledger = Ledger::in_memory().unwrap();
        let mut model: BTreeMap<&str, String> = BTreeMap::new();
        for (step, minute) in steps {
            let at = moment(&format!("2026-03-01T02:{minute:02}:00Z"));
            let (version, before) = (ledger.force_version().unwrap(), model.clone());
            match step {
                Step::Put { edition, pack, ends } => {
                    let ends: Vec<&str> = ends.into_iter().filter(|&e| e != edition).map(|e| EDITIONS[e]).collect();
                    let put = put(&ledger, EDITIONS[edition], &format!("{edition}-{pack}"), &ends, at);
                    model.retain(|edition, _| !ends.contains(edition));
                    model.insert(EDITIONS[edition], put.digest);
                }
                Step::End { edition } => {
                    let ended = ledger.end_force(EDITIONS[edition], "x", "y", at).unwrap();
                    prop_assert_eq!(ended.map(|force| force.digest), model.remove(EDITIONS[edition]));
                }
            }
            let grown = ledger.force_version().unwrap() - version;
            prop_assert_eq!(grown, i64::from(before != model), "the version counts changes");
            let now = ledger.in_force().unwrap();
            let now: BTreeMap<&str, String> =
                EDITIONS.iter().filter_map(|edition| {
                    let force = now.iter().find(|force| force.edition == *edition)?;
                    Some((*edition, force.digest.clone()))
                }).collect();
            prop_assert_eq!(&now, &model);
        }
        for edition in EDITIONS {
            let mut history = ledger.force_history(edition).unwrap();
            history.reverse();
            for force in &history {
                prop_assert!(force.until.as_ref().is_none_or(|until| *until >= force.since));
            }
            for pair in history.windows(2) {
                let until = pair[0].until.as_ref().unwrap();
                let replaced = pair[0].ended_why.as_ref().unwrap().starts_with("replaced by");
                prop_assert!(until <= &pair[1].since);
                prop_assert!(!replaced || until == &pair[1].since);
            }
        }
        for minute in 0..60 {
            let forces = ledger.in_force_at(moment(&format!("2026-03-01T02:{minute:02}:00Z"))).unwrap();
            let editions: BTreeSet<&str> = forces.iter().map(|force| force.edition.as_str()).collect();
            prop_assert_eq!(editions.len(), forces.len());
        }
        assert_sound(&ledger);
    }
}

#[test]
fn words_are_read_back() {
    for origin in ForceOrigin::ALL {
        assert_eq!(ForceOrigin::parse(&origin.to_string()), Some(origin));
    }
    for state in OfferState::ALL {
        assert_eq!(OfferState::parse(&state.to_string()), Some(state));
    }
    assert_eq!(OfferState::parse("lost"), None);
}
