//! Receipts that come late, or in odd forms.

use crate::support::{Sent, World, document, files, records, states};
use cebridge_message::{Limits, unwrap};
use cebridge_simulator::{Faults, Odd};
use jiff::SignedDuration;

#[test]
fn late_receipts_leave_when_their_time_has_come_and_customs_is_not_idle_before() {
    let mut world = World::empty();
    let faults = Faults::default().with_late(SignedDuration::from_secs(3));
    world.open(faults, |customs| customs);
    world.send(&Sent::new("CEB311", &document("CEB311")));
    let customs = |world: &mut World| world.customs.as_mut().unwrap().round().unwrap();
    assert_eq!(customs(&mut world).receipts, 0);
    world.pass(2_900);
    assert_eq!(customs(&mut world).receipts, 0);
    assert!(!world.customs.as_ref().unwrap().idle());
    world.pass(100);
    assert_eq!(customs(&mut world).receipts, 3);
    assert!(world.customs.as_ref().unwrap().idle());
    assert_eq!(states(&world.receipts(), "CEB312"), ["2", "3", "120"]);
}

#[test]
fn messages_have_the_odd_forms_in_turn() {
    let mut world = World::empty();
    let forms: Vec<Odd> = ["bare+gb18030", "default-namespace"]
        .map(|form| form.parse().unwrap())
        .to_vec();
    world.open(Faults::default().with_odd(forms), |customs| customs);
    // Three messages: 2, 3, 120.
    world.send(&Sent::new("CEB311", &document("CEB311")));
    world.round();
    let taken = world.taken();
    let is_bare = |bytes: &Vec<u8>| bytes.starts_with(b"<?xml version=\"1.0\" encoding=\"GB18030\"?>");
    assert_eq!(taken.iter().filter(|(_, bytes)| is_bare(bytes)).count(), 2);
    let (_, wrapped) = taken.iter().find(|(_, bytes)| !is_bare(bytes)).unwrap();
    let data = unwrap(wrapped, &Limits::ENVELOPE).unwrap().data;
    assert!(
        String::from_utf8(data.clone())
            .unwrap()
            .contains("<CEB312Message xmlns=")
    );
    assert_eq!(records(&data)[0].status, "3");
}

#[test]
fn slow_writing_ends_with_whole_files() {
    let mut world = World::empty();
    let folder = world.path("in");
    world.open(Faults::default(), |customs| {
        customs.with_slow_writing(folder, std::time::Duration::from_millis(1))
    });
    world.send(&Sent::new("CEB311", &document("CEB311")));
    world.round();
    assert_eq!(files(&world.path("in")).len(), 3);
    assert_eq!(states(&world.receipts(), "CEB312"), ["2", "3", "120"]);
}

#[test]
fn tax_bills_follow_the_release_also_when_they_are_late() {
    let mut world = World::empty();
    let faults = Faults::default().with_late(SignedDuration::from_millis(5));
    world.open(faults, |customs| customs.with_taxes(true));
    for code in ["CEB311", "CEB411", "CEB511", "CEB621"] {
        world.send(&Sent::new(code, &document(code)));
    }
    let mut messages = Vec::new();
    for _ in 0..20 {
        world.round();
        messages.extend(
            world
                .taken()
                .into_iter()
                .map(|(name, _)| name.chars().take(6).collect::<String>()),
        );
        if world.customs.as_ref().unwrap().idle() {
            break;
        }
    }
    let bills: Vec<&String> = messages.iter().filter(|code| code.starts_with("CEB8")).collect();
    assert_eq!(bills.len(), 2);
    assert!(
        messages.ends_with(&[bills[0].clone(), bills[1].clone()]),
        "{messages:?}"
    );
}
