//! Documents that customs already has: repeats, older messages, changes that come too late.

use crate::support::{Sent, World, document, states, with};

/// Returns the answer of customs to one more message about a document that it has.
fn complaint(world: &mut World, sent: &Sent, receipt: &str) -> (String, String) {
    world.send(sent);
    let receipts = world.settle();
    let last = receipts.iter().rfind(|one| one.code == receipt).unwrap();
    (last.status.clone(), last.text("returnInfo").to_owned())
}

#[test]
fn a_repeat_gets_the_code_of_its_message_and_changes_nothing() {
    for (code, receipt, expected) in [
        ("CEB311", "CEB312", "-301010"),
        ("CEB411", "CEB412", "-401007"),
        ("CEB511", "CEB512", "-504015"),
        ("CEB711", "CEB712", "-800003"),
        ("CEB303", "CEB304", "-303001"),
        ("CEB403", "CEB404", "-403001"),
    ] {
        let mut world = World::new();
        let first = Sent::new(code, &document(code));
        world.send(&first);
        assert!(states(&world.settle(), receipt).contains(&"120"), "{code}");
        // The same document in another message, and the very same message: the same answer each time.
        let again = Sent::new(code, &document(code));
        let words = complaint(&mut world, &again, receipt);
        assert_eq!(words.0, expected, "{code}");
        assert!(words.1.contains("已存在"), "{code}: {}", words.1);
        let same = complaint(&mut world, &first, receipt);
        assert_eq!(same.0, expected, "{code}");
        assert_eq!(complaint(&mut world, &first, receipt), same, "{code}");
    }
}

#[test]
fn a_released_inventory_is_neither_declared_nor_changed_again() {
    let mut world = World::new();
    let chain = ["CEB311", "CEB411", "CEB511", "CEB621"].map(|code| (code, document(code)));
    assert_eq!(states(&world.declare(&chain), "CEB622"), ["2", "3", "120", "800"]);
    let again = world.declare(&[("CEB621", document("CEB621"))]);
    assert_eq!(states(&again, "CEB622"), ["2", "-621004"]);
    let change = [("appType", "2"), ("appTime", "20260102000000")];
    let changed = world.declare(&[("CEB621", with("CEB621", &change))]);
    assert_eq!(states(&changed, "CEB622"), ["2", "-621012"]);
    for (code, receipt, barred) in [
        ("CEB311", "CEB312", "-301011"),
        ("CEB411", "CEB412", "-401008"),
        ("CEB511", "CEB512", "-504016"),
    ] {
        let changed = world.declare(&[(code, with(code, &change))]);
        assert_eq!(states(&changed, receipt), ["2", barred]);
        let deletion = [("appType", "3"), ("appTime", "20260102000000")];
        let deleted = world.declare(&[(code, with(code, &deletion))]);
        assert_eq!(states(&deleted, receipt), ["2", barred]);
    }
}

#[test]
fn a_change_is_taken_once_while_no_inventory_has_the_order() {
    let mut world = World::new();
    world.declare(&[("CEB311", document("CEB311"))]);
    let change = [("appType", "2"), ("appTime", "20260102000000")];
    let change = Sent::new("CEB311", &with("CEB311", &change));
    world.send(&change);
    assert_eq!(states(&world.settle(), "CEB312"), ["2", "3", "120"]);
    assert_eq!(complaint(&mut world, &change, "CEB312").0, "-301010");
}

#[test]
fn an_older_message_is_refused_as_such_by_its_time_or_that_of_its_envelope() {
    for (code, receipt, older) in [
        ("CEB311", "CEB312", "-301014"),
        ("CEB411", "CEB412", "-401012"),
        ("CEB511", "CEB512", "-505016"),
        ("CEB711", "CEB712", "-800005"),
        ("CEB303", "CEB304", "-303001"),
    ] {
        let mut world = World::new();
        let newer = Sent::new(code, &with(code, &[("appTime", "20260102000000")]));
        world.send(&newer);
        world.settle();
        for app_type in ["1", "2"] {
            let earlier = [("appType", app_type), ("appTime", "20260101235959")];
            let earlier = Sent::new(code, &with(code, &earlier));
            assert_eq!(complaint(&mut world, &earlier, receipt).0, older, "{code} {app_type}");
        }
        let sent_before = newer.clone().at("2026-06-01T01:59:59Z");
        assert_eq!(complaint(&mut world, &sent_before, receipt).0, older, "{code}");
        let sent_later = newer.at("2026-06-01T10:00:01");
        let repeated = complaint(&mut world, &sent_later, receipt).0;
        assert_eq!(repeated == older, code == "CEB303", "{code}: {repeated}");
    }
}
