//! The demonstration: every order ends as it must, and the counts add up.

use crate::support::{cebridge, kept_demo, statuses};
use cebridge_simulator::shop::{Fate, generate};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn every_planted_fault_ends_as_planned_and_every_clean_order_is_released() {
    let folder = tempfile::tempdir().unwrap();
    let rows = cebridge(folder.path(), &["demo", "--orders", "200", "--format", "json"])
        .expect(0)
        .lines();
    let mut of_source: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for row in &rows {
        assert!(row["final"].as_bool().unwrap(), "{row}");
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        of_source
            .entry(text("source"))
            .or_default()
            .push((text("message"), text("status")));
        if ["refused", "returned"].contains(&row["status"].as_str().unwrap()) {
            let reasons = row["reasons"].as_array().unwrap();
            assert!(
                reasons
                    .iter()
                    .any(|reason| !reason["text"].as_str().unwrap().is_empty()),
                "{row}"
            );
        }
    }
    let planted: BTreeMap<String, Fate> = generate(200, 1)
        .planted
        .into_iter()
        .map(|planted| (planted.order, planted.fate))
        .collect();
    assert!(planted.len() >= 15, "only {} faults are planted", planted.len());
    assert_eq!(of_source.len(), 200, "every order has a fate");
    for (source, documents) in &of_source {
        let statuses: BTreeSet<&str> = documents.iter().map(|(_, status)| status.as_str()).collect();
        let inventory = documents
            .iter()
            .find(|(message, _)| message == "CEB621")
            .map(|(_, status)| status.as_str());
        match planted.get(source) {
            None => {
                assert_eq!(inventory, Some("released"), "{source}: {documents:?}");
                assert_eq!(
                    statuses,
                    BTreeSet::from(["released", "stored"]),
                    "{source}: {documents:?}"
                );
            }
            Some(Fate::Unmappable | Fate::Refused { .. }) => {
                assert_eq!(statuses, BTreeSet::from(["refused"]), "{source}: {documents:?}");
            }
            Some(Fate::Returned { .. }) => {
                assert!(statuses.contains("returned"), "{source}: {documents:?}");
                assert!(!statuses.contains("released"), "{source}: {documents:?}");
            }
        }
    }
}

#[test]
fn the_same_key_finds_the_document_again() {
    let demo = kept_demo();
    let released = statuses(demo)
        .into_iter()
        .find(|row| row["status"] == "released")
        .unwrap();
    for field in ["key", "guid", "source"] {
        let key = released[field].as_str().unwrap();
        let found = cebridge(demo, &["status", key, "--format", "json"]).expect(0).lines();
        assert!(
            found.iter().any(|row| row["guid"] == released["guid"]),
            "not found by {field} {key}"
        );
    }
    let number = released["assigned"]["invtNo"].as_str().unwrap();
    let found = cebridge(demo, &["status", number, "--format", "json"])
        .expect(0)
        .lines();
    assert_eq!(found[0]["guid"], released["guid"]);
    cebridge(demo, &["status", "NO-SUCH-KEY"]).expect(1);
}

#[test]
fn the_history_names_pack_key_and_bytes() {
    let demo = kept_demo();
    let released = statuses(demo)
        .into_iter()
        .find(|row| row["status"] == "released")
        .unwrap();
    let rows = cebridge(
        demo,
        &[
            "status",
            released["guid"].as_str().unwrap(),
            "--history",
            "--format",
            "json",
        ],
    )
    .lines();
    let history = rows[0]["history"].as_array().unwrap();
    assert!(
        history.len() >= 4,
        "accepted, sent and the receipts are steps of their own: {history:?}"
    );
    let digest = released["pack_digest"].as_str().unwrap();
    assert!(
        history.iter().any(|event| event["pack_digest"] == digest),
        "{history:?}"
    );
    assert!(
        history
            .iter()
            .any(|event| event["bytes_sha256"].as_str().is_some_and(|hash| hash.len() == 64)),
        "{history:?}"
    );
}

#[test]
fn a_folder_that_is_not_empty_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine"), "x").unwrap();
    let run = cebridge(folder.path(), &["demo", "--keep", "."]).expect(2);
    assert!(run.stderr.contains("not empty"), "{}", run.stderr);
}
