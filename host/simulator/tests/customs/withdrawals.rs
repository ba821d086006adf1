//! Withdrawals of inventories (CEB623, CEB605), and what may be done afterwards.

use crate::support::{Fields, INVENTORY, Sent, World, document, states, with};
use cebridge_simulator::Faults;

const EXPORT: &str = "51412026E000000001";

/// A customs side that stores inventories without releasing them.
fn keeping() -> World {
    let mut world = World::empty();
    world.open(Faults::default(), |customs| customs.with_release(false));
    world
}

fn chain() -> [(&'static str, Fields); 4] {
    ["CEB311", "CEB411", "CEB511", "CEB621"].map(|code| (code, document(code)))
}

/// An inventory with a second key for the same order.
fn second() -> Fields {
    with("CEB621", &[("copNo", "M-621-2")])
}

#[test]
fn an_import_inventory_is_withdrawn_and_its_order_declared_again() {
    let mut world = keeping();
    let receipts = world.declare(&chain());
    assert_eq!(states(&receipts, "CEB622"), ["2", "3", "120"]);
    assert_eq!(receipts.last().unwrap().text("invtNo"), INVENTORY);
    let granted = world.declare(&[("CEB623", document("CEB623"))]);
    assert_eq!(states(&granted, "CEB624"), ["2", "3", "120", "399"]);
    assert!(states(&granted, "CEB622").is_empty());
    // The order is free: it may be changed, and declared by the same or another inventory.
    let change = [("appType", "2"), ("appTime", "20260102000000")];
    let changed = world.declare(&[("CEB311", with("CEB311", &change))]);
    assert_eq!(states(&changed, "CEB312"), ["2", "3", "120"]);
    for fields in [document("CEB621"), second()] {
        let anew = world.declare(&[("CEB621", fields)]);
        assert_eq!(states(&anew, "CEB622"), ["2", "3", "120"]);
        assert_ne!(anew.last().unwrap().text("invtNo"), INVENTORY);
    }
}

#[test]
fn an_export_inventory_is_withdrawn() {
    let mut world = keeping();
    let chain = ["CEB303", "CEB403", "CEB505", "CEB603"].map(|code| (code, document(code)));
    let receipts = world.declare(&chain);
    assert_eq!(states(&receipts, "CEB604"), ["2", "3", "120"]);
    let withdrawal = with("CEB605", &[("invtNo", EXPORT)]);
    let granted = world.declare(&[("CEB605", withdrawal.clone())]);
    assert_eq!(states(&granted, "CEB606"), ["2", "3", "399"], "its receipt has no 120");
    let other = with("CEB605", &[("copNo", "M-605-2")]);
    assert_eq!(
        states(&world.declare(&[("CEB605", other)]), "CEB606"),
        ["2", "3", "-607004"]
    );
    assert_eq!(
        states(&world.declare(&[("CEB605", withdrawal)]), "CEB606"),
        ["2", "-607001"]
    );
}

#[test]
fn an_inventory_that_still_waits_for_its_order_is_withdrawn_in_time() {
    let mut world = World::new();
    let receipts = world.declare(&[("CEB621", document("CEB621")), ("CEB623", document("CEB623"))]);
    assert_eq!(states(&receipts, "CEB624"), ["2", "3", "120", "399"]);
    assert_eq!(
        states(&receipts, "CEB622"),
        ["2", "3"],
        "no word about what is withdrawn"
    );
}

#[test]
fn a_released_a_withdrawn_and_an_unknown_inventory_can_not_be_withdrawn() {
    let mut world = World::new();
    world.declare(&chain());
    let released = world.declare(&[("CEB623", document("CEB623"))]);
    assert_eq!(states(&released, "CEB624"), ["2", "3", "-623005"]);
    // It was turned back, so the same key may be declared again.
    let again = world.declare(&[("CEB623", document("CEB623"))]);
    assert_eq!(states(&again, "CEB624"), ["2", "3", "-623005"]);
    let unknown = with("CEB623", &[("invtNo", "22442026I000000009")]);
    let unknown = world.declare(&[("CEB623", unknown)]);
    assert_eq!(states(&unknown, "CEB624"), ["2", "3", "-623003"]);

    let mut world = keeping();
    world.declare(&chain());
    let first = Sent::new("CEB623", &document("CEB623"));
    world.send(&first);
    world.settle();
    let other = world.declare(&[("CEB623", with("CEB623", &[("copNo", "M-623-2")]))]);
    assert_eq!(states(&other, "CEB624"), ["2", "3", "-623005"], "withdrawn already");
    world.send(&first);
    assert_eq!(
        states(&world.settle(), "CEB624"),
        ["2", "-623009"],
        "the same once more"
    );
}

#[test]
fn a_return_is_noted_and_the_inventory_stays() {
    let mut world = World::new();
    world.declare(&chain());
    let receipts = world.declare(&[("CEB625", document("CEB625"))]);
    assert_eq!(states(&receipts, "CEB626"), ["2", "3", "120", "399"]);
    assert_eq!(
        states(&world.declare(&[("CEB621", document("CEB621"))]), "CEB622"),
        ["2", "-621004"]
    );
}
