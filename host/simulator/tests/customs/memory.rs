//! The memory in a folder: what customs still knows after a kill at any moment.

use crate::support::{INVENTORY, Receipt, Sent, World, document, files, states, with};
use cebridge_simulator::{Faults, StateError};
use std::fs;

#[test]
fn documents_numbers_drafts_and_withdrawals_survive() {
    let mut world = World::empty();
    world.open_kept();
    world.declare(&[("CEB311", document("CEB311")), ("CEB411", document("CEB411"))]);
    world.declare(&[("CEB621", with("CEB621", &[("appStatus", "1")]))]);
    world.open_kept();
    let receipts = world.declare(&[("CEB511", document("CEB511")), ("CEB621", document("CEB621"))]);
    assert_eq!(
        states(&receipts, "CEB622"),
        ["2", "3", "120", "800"],
        "the order is still known"
    );
    assert_eq!(
        receipts.last().unwrap().text("invtNo"),
        INVENTORY,
        "so is the number of the draft"
    );
    world.open_kept();
    assert_eq!(
        states(&world.declare(&[("CEB311", document("CEB311"))]), "CEB312"),
        ["2", "-301010"]
    );
    assert_eq!(
        states(&world.declare(&[("CEB621", document("CEB621"))]), "CEB622"),
        ["2", "-621004"]
    );
    let next = with("CEB621", &[("copNo", "M-621-2"), ("orderNo", "SO-M-2")]);
    world.send(&Sent::new("CEB621", &next));
    world.send(&Sent::new(
        "CEB623",
        &with("CEB623", &[("invtNo", "22442026I000000002")]),
    ));
    assert_eq!(
        states(&world.settle(), "CEB624"),
        ["2", "3", "120", "399"],
        "numbers go on"
    );
    world.open_kept();
    let other = with("CEB623", &[("invtNo", "22442026I000000002"), ("copNo", "M-623-2")]);
    assert_eq!(
        states(&world.declare(&[("CEB623", other)]), "CEB624"),
        ["2", "3", "-623005"]
    );
}

#[test]
fn without_a_memory_a_new_customs_knows_nothing() {
    let mut world = World::new();
    world.declare(&[("CEB311", document("CEB311"))]);
    world.open(Faults::default(), |customs| customs);
    assert!(states(&world.declare(&[("CEB311", document("CEB311"))]), "CEB312").contains(&"120"));
}

/// Puts a file where a folder is needed: customs fails there, as if it were killed.
fn block(world: &World, folder: &str) {
    fs::create_dir_all(world.path(folder).parent().unwrap()).unwrap();
    fs::write(world.path(folder), "").unwrap();
}

fn told(receipts: &[Receipt]) -> Vec<(&str, &str)> {
    let mut out: Vec<(&str, &str)> = receipts
        .iter()
        .map(|receipt| (receipt.code.as_str(), receipt.status.as_str()))
        .collect();
    out.sort_unstable();
    out
}

#[test]
fn ended_before_an_envelope_is_taken_away_it_answers_it_once() {
    let mut world = World::empty();
    block(&world, "out/done");
    world.open_kept();
    let sent = Sent::new("CEB311", &document("CEB311"));
    world.send(&sent);
    world.customs.as_mut().unwrap().round().unwrap_err();
    assert!(world.receipts().is_empty());
    world.open_kept();
    world.customs.as_mut().unwrap().round().unwrap_err();
    fs::remove_file(world.path("out/done")).unwrap();
    world.open_kept();
    let receipts = world.settle();
    assert_eq!(told(&receipts), [("CEB312", "120"), ("CEB312", "2"), ("CEB312", "3")]);
    // The same message again under the same name is a repeat, and not mistaken for the earlier file.
    world.send(&sent);
    assert_eq!(states(&world.settle(), "CEB312"), ["2", "-301010"]);
}

#[test]
fn ended_between_taking_and_answering_it_answers_later() {
    let mut world = World::empty();
    block(&world, "in");
    world.open_kept();
    world.send(&Sent::new("CEB311", &document("CEB311")));
    world.customs.as_mut().unwrap().round().unwrap_err();
    assert_eq!(files(&world.path("out")).len(), 0, "the envelope is out of the way");
    fs::remove_file(world.path("in")).unwrap();
    world.open_kept();
    assert_eq!(states(&world.settle(), "CEB312"), ["2", "3", "120"]);
}

#[test]
fn ended_before_it_noted_what_it_sent_it_repeats_the_same_bytes() {
    let mut world = World::empty();
    world.open_kept();
    world.send(&Sent::new("CEB311", &document("CEB311")));
    world.settle();
    let journal = world.path("state/customs.jsonl");
    // The last line records what was sent and what was moved away.
    let text = fs::read_to_string(&journal).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    world.send(&Sent::new("CEB411", &document("CEB411")));
    world.settle();
    let first = fs::read_to_string(&journal).unwrap();
    assert!(first.starts_with(&text) && first.lines().count() > lines.len());
    world.customs = None;
    fs::write(&journal, format!("{}\n", lines[..lines.len() - 1].join("\n"))).unwrap();
    world.open_kept();
    world.round();
    let again = world.taken();
    assert_eq!(again.len(), 3, "2, 3 and 120 of the order");
    world.customs = None;
    fs::write(&journal, format!("{}\n", lines[..lines.len() - 1].join("\n"))).unwrap();
    world.open_kept();
    world.round();
    assert_eq!(world.taken(), again);
}

#[test]
fn late_receipts_and_waiting_documents_survive() {
    let mut world = World::empty();
    let state = world.path("state");
    let late = || Faults::default().with_late(jiff::SignedDuration::from_secs(60));
    world.open(late(), |customs| customs.with_state(&state).unwrap());
    world.send(&Sent::new("CEB311", &document("CEB311")));
    world.send(&Sent::new("CEB621", &document("CEB621")));
    world.round();
    assert!(world.receipts().is_empty());
    world.open_kept();
    let mut receipts = world.declare(&[("CEB411", document("CEB411")), ("CEB511", document("CEB511"))]);
    receipts.retain(|receipt| receipt.code == "CEB622" || receipt.code == "CEB312");
    assert_eq!(states(&receipts, "CEB312"), ["2", "3", "120"]);
    assert_eq!(states(&receipts, "CEB622"), ["2", "3", "120", "800"]);
}

#[test]
fn a_memory_that_can_not_be_read_is_not_used() {
    let mut world = World::empty();
    world.open_kept();
    world.declare(&[("CEB311", document("CEB311"))]);
    world.customs = None;
    let journal = world.path("state/customs.jsonl");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("declare", "decl are", 1)).unwrap();
    let state = world.path("state");
    let mut seen = None;
    world.open(Faults::default(), |customs| match customs.with_state(&state) {
        Err(error) => {
            seen = Some(error);
            unreadable()
        }
        Ok(_) => panic!("read"),
    });
    assert!(matches!(seen, Some(StateError::Damaged { line: 2.., .. })), "{seen:?}");
    assert_eq!(
        fs::read_to_string(&journal).unwrap(),
        text.replacen("declare", "decl are", 1)
    );
}

/// Any customs, in place of one that did not open.
fn unreadable() -> cebridge_simulator::Customs {
    let transport =
        cebridge_transport::DirectoryTransport::new("a", "b", "c", "d", cebridge_transport::InboxRules::default());
    cebridge_simulator::Customs::new(Box::new(|_| None), Box::new(transport), Vec::new(), Faults::default())
}
