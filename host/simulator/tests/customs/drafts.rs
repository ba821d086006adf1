//! Drafts (暂存): held, answered, and without any effect until they are declared.

use crate::support::{Fields, Sent, World, document, states, with};

fn draft(code: &str) -> Fields {
    with(code, &[("appStatus", "1")])
}

#[test]
fn a_draft_is_held_and_nothing_else_sees_it() {
    let mut world = World::new();
    // The order is only a draft, so the inventory never finds it. Drafts need no signature.
    world.send(&Sent::unsigned("CEB311", &draft("CEB311")));
    world.send(&Sent::new("CEB621", &draft("CEB621")));
    let receipts = world.settle();
    assert_eq!(
        states(&receipts, "CEB312"),
        ["2"],
        "its receipt has no state for drafts"
    );
    assert_eq!(states(&receipts, "CEB622"), ["1"]);
    let rest = ["CEB411", "CEB511", "CEB621"].map(|code| (code, document(code)));
    let receipts = world.declare(&rest);
    assert_eq!(states(&receipts, "CEB622"), ["2", "3", "100"]);
    let why = receipts.iter().find(|receipt| receipt.status == "100").unwrap();
    assert!(why.text("returnInfo").contains("-3010"), "{why:?}");
}

#[test]
fn every_receipt_that_has_a_state_for_drafts_says_it() {
    let mut world = World::new();
    for (code, receipt, status) in [
        ("CEB411", "CEB412", "2"),
        ("CEB511", "CEB512", "2"),
        ("CEB513", "CEB514", "2"),
        ("CEB303", "CEB304", "1"),
        ("CEB603", "CEB604", "1"),
        ("CEB623", "CEB624", "1"),
        ("CEB711", "CEB712", "1"),
    ] {
        let receipts = world.declare(&[(code, draft(code))]);
        assert_eq!(states(&receipts, receipt), [status], "{code}");
    }
}

#[test]
fn a_declaration_takes_the_place_of_its_draft_and_its_number() {
    let mut world = World::new();
    let chain = ["CEB311", "CEB411", "CEB511"].map(|code| (code, document(code)));
    world.declare(&chain);
    world.declare(&[("CEB621", draft("CEB621"))]);
    // Saved once more: the newer draft is held.
    let again = world.declare(&[("CEB621", draft("CEB621"))]);
    assert_eq!(states(&again, "CEB622"), ["1"]);
    let receipts = world.declare(&[("CEB621", document("CEB621"))]);
    assert_eq!(states(&receipts, "CEB622"), ["2", "3", "120", "800"]);
    let released = receipts.last().unwrap();
    assert_eq!(released.text("invtNo"), crate::support::INVENTORY);
    // From now on it is declared: saving it is a repeat.
    let late = world.declare(&[("CEB621", draft("CEB621"))]);
    assert_eq!(states(&late, "CEB622"), ["2", "-621004"]);
}

#[test]
fn what_is_only_held_can_not_be_changed_as_a_declaration() {
    for (code, receipt, absent) in [
        ("CEB311", "CEB312", "-301009"),
        ("CEB621", "CEB622", "-621011"),
        ("CEB603", "CEB604", "-603002"),
    ] {
        let mut world = World::new();
        world.declare(&[(code, draft(code))]);
        let change = world.declare(&[(code, with(code, &[("appType", "2")]))]);
        assert_eq!(states(&change, receipt), ["2", absent], "{code}");
        // As a draft it may be changed and deleted.
        let edited = with(code, &[("appType", "2"), ("appStatus", "1")]);
        let told = states(&world.declare(&[(code, edited.clone())]), receipt).join(" ");
        assert!(["1", "2"].contains(&told.as_str()), "{code}: {told}");
        let deleted = with(code, &[("appType", "3"), ("appStatus", "1")]);
        world.declare(&[(code, deleted)]);
        let gone = world.declare(&[(code, edited)]);
        assert_eq!(states(&gone, receipt), ["2", absent], "{code}");
    }
}
