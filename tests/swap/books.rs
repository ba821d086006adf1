//! Tests of the balance: small books in which one thing is wrong, and the violation that must follow.

use crate::bakery::{EDITION, Known, LATER, RULE};
use crate::balance::{Books, Told};
use crate::change::Decision;
use crate::folder::{Lay, MAIN};
use crate::ledger::{Document, Input};
use crate::log::Line;
use crate::moment::Moment;
use crate::record::{Period, Record};
use crate::report::Category;
use crate::shop::{Colour, Given, MESSAGES, Order};
use std::collections::BTreeMap;
use std::time::Duration;

const SHIPPED: &str = "5511550000000000";
const RED: &str = "aaaaaaaaaaaaaaaa";
const BLUE: &str = "bbbbbbbbbbbbbbbb";
const YOUNG: &str = "cccccccccccccccc";

fn at(seconds: u64) -> Moment {
    Moment::read("2026-03-01T00:00:00Z")
        .unwrap()
        .after(Duration::from_secs(seconds))
}

fn known(name: &str, edition: &str, begins: &str, refuses: Option<Colour>) -> Known {
    Known {
        name: name.to_owned(),
        edition: edition.to_owned(),
        begins: begins.to_owned(),
        refuses,
    }
}

fn period(digest: &str, since: u64, until: Option<u64>) -> Period {
    Period {
        edition: EDITION.to_owned(),
        digest: digest.to_owned(),
        shipped: digest == SHIPPED,
        since: at(since),
        until: until.map(at),
        why: String::new(),
        ended: String::new(),
    }
}

fn lay(digest: &str, from: u64, to: Option<u64>) -> Lay {
    Lay {
        name: MAIN.to_owned(),
        digest: digest.to_owned(),
        from: at(from),
        to: to.map(at),
    }
}

fn said(seconds: u64, digest: &str) -> Line {
    Line {
        at: at(seconds),
        text: format!("pack {MAIN}: activated, edition {EDITION}, {}", &digest[..12]),
    }
}

fn input(name: &str, digest: &str, begun: u64) -> Input {
    Input {
        name: name.to_owned(),
        edition: EDITION.to_owned(),
        digest: digest.to_owned(),
        begun: at(begun),
        ended: Some(at(begun + 1)),
    }
}

fn given(name: &str, colour: Colour) -> Given {
    let order = Order {
        id: name.replace(".json", ""),
        colour,
    };
    Given {
        name: name.to_owned(),
        orders: vec![order],
    }
}

fn documents(order: &str, digest: &str, refused: bool) -> Vec<Document> {
    let document = |message: &&str| Document {
        source: order.to_owned(),
        message: (*message).to_owned(),
        refused,
        edition: EDITION.to_owned(),
        digest: digest.to_owned(),
        rules: if refused { vec![RULE.to_owned()] } else { Vec::new() },
    };
    MESSAGES.iter().map(document).collect()
}

fn decision(command: &str, from: u64) -> Decision {
    Decision {
        command: command.to_owned(),
        edition: EDITION.to_owned(),
        code: Some(0),
        said: String::new(),
        from: at(from),
        to: at(from).after(Duration::from_millis(500)),
    }
}

/// Two files of one red order each: one under the pack that refuses red, then one under the pack that refuses blue.
fn books() -> Books {
    let mut all = documents("one", RED, true);
    all.extend(documents("two", BLUE, false));
    Books {
        known: BTreeMap::from([
            (SHIPPED.to_owned(), known("shipped", EDITION, "2022-05-17", None)),
            (RED.to_owned(), known("red", EDITION, "2022-05-17", Some(Colour::Red))),
            (
                BLUE.to_owned(),
                known("blue", EDITION, "2022-05-17", Some(Colour::Blue)),
            ),
            (
                YOUNG.to_owned(),
                known("young", LATER, "2025-01-01", Some(Colour::Blue)),
            ),
        ]),
        given: vec![given("one.json", Colour::Red), given("two.json", Colour::Red)],
        documents: all,
        inputs: vec![input("one.json", RED, 20), input("two.json", BLUE, 40)],
        record: Record(vec![period(RED, 10, Some(30)), period(BLUE, 30, None)]),
        archive: [RED, BLUE].map(str::to_owned).into(),
        told: vec![Told {
            from: at(0),
            to: at(100),
            lines: vec![said(10, RED), said(30, BLUE)],
        }],
        lays: vec![lay(RED, 9, Some(29)), lay(BLUE, 29, None)],
        decisions: Vec::new(),
    }
}

/// The categories that are found in the books with something done to them.
fn found(doctor: impl FnOnce(&mut Books)) -> Vec<Category> {
    let mut books = books();
    doctor(&mut books);
    let mut found: Vec<Category> = books.check().into_iter().map(|violation| violation.category).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn right_books_balance() {
    assert_eq!(found(|_| {}), []);
}

#[test]
fn a_lost_order_is_found() {
    let lost = found(|books| books.documents.retain(|document| document.source != "two"));
    assert_eq!(lost, [Category::Lost]);
    assert_eq!(found(|books| drop(books.documents.pop())), [Category::Lost]);
    assert_eq!(found(|books| drop(books.inputs.pop())), [Category::Lost]);
    assert_eq!(found(|books| books.inputs[1].ended = None), [Category::Lost]);
}

#[test]
fn an_order_judged_twice_is_found() {
    let again = found(|books| books.documents.extend(documents("one", RED, true)));
    assert_eq!(again, [Category::Twice]);
    let other = found(|books| books.documents.extend(documents("one", BLUE, false)));
    assert_eq!(other, [Category::Twice, Category::NotInForce]);
    let torn = found(|books| {
        let document = &mut books.documents[3];
        document.refused = false;
    });
    assert_eq!(torn, [Category::Twice, Category::Wrong]);
    let taken = found(|books| books.inputs.push(input("two.json", BLUE, 50)));
    assert_eq!(taken, [Category::Twice]);
}

#[test]
fn a_wrong_verdict_is_found() {
    let swapped = |books: &mut Books, order: &str| {
        for document in books.documents.iter_mut().filter(|document| document.source == order) {
            document.refused = !document.refused;
        }
    };
    assert_eq!(found(|books| swapped(books, "one")), [Category::Wrong]);
    assert_eq!(found(|books| swapped(books, "two")), [Category::Wrong]);
    let other_rule = found(|books| books.documents[0].rules = vec!["CEB311-R03".to_owned()]);
    assert_eq!(other_rule, [Category::Wrong]);
    let other_edition = found(|books| books.documents[0].edition = LATER.to_owned());
    assert_eq!(other_edition, [Category::Wrong]);
    let invented = found(|books| books.documents.extend(documents("nine", BLUE, false)));
    assert_eq!(invented, [Category::Wrong]);
}

#[test]
fn a_pack_that_was_not_in_force_is_found() {
    assert_eq!(found(|books| books.inputs[1].begun = at(28)), [Category::NotInForce]);
    assert_eq!(found(|books| books.inputs[0].begun = at(32)), [Category::NotInForce]);
    assert_eq!(found(|books| books.inputs[1].begun = at(29)), [Category::NotInForce]);
    // It was chosen shortly before the change.
    assert_eq!(found(|books| books.inputs[0].begun = at(31)), []);
    // An input that changed its pack on the way.
    assert_eq!(
        found(|books| books.inputs[0].digest = BLUE.to_owned()),
        [Category::NotInForce]
    );
}

#[test]
fn a_later_edition_judges_while_it_is_in_force() {
    let young = |books: &mut Books, until: Option<u64>| {
        let edition = LATER.to_owned();
        books.record.0.push(Period {
            edition: edition.clone(),
            ..period(YOUNG, 35, until)
        });
        books.lays.push(lay(YOUNG, 34, None));
        books.decisions.extend(until.map(|until| Decision {
            edition: edition.clone(),
            ..decision("pack remove 2026-01", until)
        }));
        books.told[0].lines.push(Line {
            at: at(35),
            text: format!("pack later.wasm: activated, edition {edition}, {}", &YOUNG[..12]),
        });
    };
    assert_eq!(found(|books| young(books, None)), [Category::NotInForce]);
    assert_eq!(found(|books| young(books, Some(38))), []);
}

#[test]
fn a_damaged_digest_is_found() {
    let damaged = "dddddddddddddddd";
    let judged = found(|books| {
        books.documents[0].digest = damaged.to_owned();
    });
    assert!(judged.contains(&Category::Damaged), "{judged:?}");
    let begun = found(|books| books.inputs[0].digest = damaged.to_owned());
    assert!(begun.contains(&Category::Damaged), "{begun:?}");
    let in_force = found(|books| books.record.0[1].digest = damaged.to_owned());
    assert!(in_force.contains(&Category::Damaged), "{in_force:?}");
}

#[test]
fn gaps_and_overlaps_of_the_record_are_found() {
    let gap = |books: &mut Books| books.record.0[0].until = Some(at(26));
    assert_eq!(found(gap), [Category::Record, Category::Unexplained]);
    let removed = |books: &mut Books| {
        gap(books);
        books.decisions.push(decision("pack remove 2022-05", 26));
    };
    assert_eq!(found(removed), []);
    let used = |books: &mut Books| {
        removed(books);
        books.inputs[0].begun = at(28);
        books.inputs[0].digest = SHIPPED.to_owned();
        books.documents.retain(|document| document.source != "one");
        books.documents.extend(documents("one", SHIPPED, false));
        books.archive.insert(SHIPPED.to_owned());
    };
    assert_eq!(found(used), [Category::Record]);
    assert_eq!(
        found(|books| books.record.0[0].until = Some(at(31))),
        [Category::Record, Category::Unexplained]
    );
    // Two packs in force: the record does not say which one judges.
    assert_eq!(
        found(|books| books.record.0[0].until = None),
        [Category::NotInForce, Category::Record]
    );
    assert_eq!(
        found(|books| books.record.0[1].shipped = true),
        [Category::Record, Category::Unexplained]
    );
}

#[test]
fn a_change_that_nobody_made_is_found() {
    assert_eq!(found(|books| drop(books.lays.pop())), [Category::Unexplained]);
    assert_eq!(found(|books| books.lays[1].from = at(31)), [Category::Unexplained]);
    assert_eq!(
        found(|books| books.lays[1] = lay(BLUE, 1, Some(5))),
        [Category::Unexplained]
    );
    let rolled_back = found(|books| {
        books.lays.pop();
        books.decisions.push(decision("pack rollback 2022-05", 30));
    });
    assert_eq!(rolled_back, []);
    let refused = found(|books| {
        books.lays.pop();
        books.decisions.push(Decision {
            code: Some(1),
            ..decision("pack rollback 2022-05", 30)
        });
    });
    assert_eq!(refused, [Category::Unexplained]);
}

#[test]
fn a_log_that_differs_from_the_record_is_found() {
    assert_eq!(found(|books| books.told[0].lines.push(said(70, RED))), [Category::Log]);
    assert_eq!(found(|books| drop(books.told[0].lines.pop())), [Category::Log]);
    // A kill right after the commit.
    let cut = found(|books| {
        books.told[0].lines.pop();
        books.told[0].to = at(31);
    });
    assert_eq!(cut, []);
}

#[test]
fn a_file_of_which_the_log_says_something_else_is_found() {
    let line = |digest: &str| Line {
        at: at(21),
        text: format!(
            "one.json: 4 documents, 0 accepted, edition {EDITION}, pack {}",
            &digest[..12]
        ),
    };
    assert_eq!(found(|books| books.told[0].lines.push(line(RED))), []);
    assert_eq!(found(|books| books.told[0].lines.push(line(BLUE))), [Category::Log]);
}

#[test]
fn a_pack_that_was_not_kept_is_found() {
    assert_eq!(
        found(|books| books.archive.retain(|digest| digest != RED)),
        [Category::Record]
    );
}

#[test]
fn commands_that_did_not_do_what_they_said_are_found() {
    let nothing = decision("pack rollback 2022-05", 60);
    assert_eq!(
        found(|books| books.decisions.push(nothing.clone())),
        [Category::Command]
    );
    let ended = |code: i32, from: u64| Decision {
        code: Some(code),
        ..decision("pack remove 2022-05", from)
    };
    assert_eq!(found(|books| books.decisions.push(ended(1, 60))), []);
    assert_eq!(found(|books| books.decisions.push(ended(2, 60))), [Category::Command]);
    assert_eq!(found(|books| books.decisions.push(ended(101, 60))), [Category::Command]);
    // No daemon was there to answer.
    assert_eq!(found(|books| books.decisions.push(ended(2, 100))), []);
}
