//! Tests of the balance: small books in which one thing is wrong, and the violation that must follow.

use crate::balance::Books;
use crate::deposit::Way;
use crate::envelope::Document;
use crate::erp::Order;
use crate::folders::{Found, Place};
use crate::journal::{Declared, Fate, Journal, Receipt, Received, Verdict};
use crate::product::Row;
use crate::receipt::{Form, Word};
use crate::report::Category;
use crate::world::Dropped;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Books of one enterprise that gave one file with one order of one document, which customs released.
struct Small {
    journal: Journal,
    drops: Vec<Dropped>,
    rows: Vec<Row>,
    inputs: Vec<Found>,
    receipts: Vec<Found>,
    known: BTreeSet<String>,
    returned: BTreeMap<String, Instant>,
    errors: bool,
}

fn declared(guid: &str, cop_msg_id: &str, verdict: Verdict) -> Declared {
    let fields = BTreeMap::from([("guid".to_owned(), guid.to_owned())]);
    let document = Document {
        message: "CEB621".to_owned(),
        key: "SO-1R".to_owned(),
        fields,
    };
    Declared {
        at: Instant::now(),
        round: 0,
        cop_msg_id: cop_msg_id.to_owned(),
        document,
        verdict,
    }
}

fn envelope(cop_msg_id: &str, again: Option<&'static str>) -> Received {
    Received {
        round: 0,
        cop_msg_id: cop_msg_id.to_owned(),
        again,
    }
}

fn receipt(number: usize, about: usize, status: &str) -> Receipt {
    let word = Word {
        status: status.to_owned(),
        time: String::new(),
        info: String::new(),
    };
    Receipt {
        name: format!("R{number}.xml"),
        records: vec![(about, word)],
        last: true,
        form: Form::Plain,
        way: Way::Rename,
        fate: Fate::Delivered,
        bytes: Vec::new(),
    }
}

fn found(name: &str, sha256: &str, place: Place, reason: &str) -> Found {
    let (name, sha256, reason) = (name.to_owned(), sha256.to_owned(), reason.to_owned());
    Found {
        path: PathBuf::new(),
        name,
        sha256,
        place,
        reason,
    }
}

fn row(guid: &str, status: &str) -> Row {
    Row {
        message: "CEB621".to_owned(),
        key: "SO-1R".to_owned(),
        status: status.to_owned(),
        guid: guid.to_owned(),
        ..Row::default()
    }
}

impl Small {
    fn new() -> Self {
        let order = Order {
            id: "SO-1R".to_owned(),
            documents: vec![("CEB621", "SO-1R".to_owned())],
            faulty: false,
            json: Value::Null,
        };
        let mut dropped = Dropped::begun(0, "a.json", &[Arc::new(order)]);
        dropped.sha256 = "a".to_owned();
        dropped.way = Some(Way::Rename);
        dropped.whole = Some(Instant::now());
        dropped.left = Some(Instant::now());
        Self {
            journal: Journal {
                envelopes: vec![envelope("M1", None)],
                declared: vec![declared("G1", "M1", Verdict::Accepted)],
                receipts: vec![receipt(1, 0, "800")],
                ..Journal::default()
            },
            drops: vec![dropped],
            rows: vec![row("G1", "released")],
            inputs: vec![found("a.json", "a", Place::Done, "")],
            receipts: vec![found("R1.xml", "", Place::Done, "")],
            known: BTreeSet::from(["G1".to_owned()]),
            returned: BTreeMap::new(),
            errors: false,
        }
    }

    /// Customs returned the document, and got it once more.
    fn declared_anew(&mut self) {
        self.journal.declared[0].verdict = Verdict::Returned;
        self.journal.receipts[0] = receipt(1, 0, "100");
        self.rows[0].status = "returned".to_owned();
        self.journal.declared.push(declared("G2", "M2", Verdict::Accepted));
        self.journal.envelopes.push(envelope("M2", None));
        self.journal.receipts.push(receipt(2, 1, "800"));
        self.receipts.push(found("R2.xml", "", Place::Done, ""));
        self.rows.push(row("G2", "released"));
    }

    fn violations(&self, last: bool) -> Vec<Category> {
        let books = Books {
            journal: &self.journal,
            drops: &self.drops,
            rows: &self.rows,
            inputs: &self.inputs,
            receipts: &self.receipts,
            unmatched: "",
            known: &self.known,
            returned: &self.returned,
            errors: self.errors,
            last,
        };
        books.check().into_iter().map(|violation| violation.category).collect()
    }
}

/// What is found in small books after something has gone wrong with them.
#[track_caller]
fn finds(expected: &[Category], wrong: impl FnOnce(&mut Small)) {
    let mut books = Small::new();
    wrong(&mut books);
    assert_eq!(books.violations(true), expected);
}

#[test]
fn equal_books_are_equal() {
    finds(&[], |_| {});
}

#[test]
fn what_the_ledger_does_not_have_is_lost() {
    finds(&[Category::Lost, Category::Lost, Category::Lost], |books| {
        books.rows.clear()
    });
    finds(&[Category::Lost], |books| books.known.extend(["G0".to_owned()]));
}

#[test]
fn a_number_comes_twice_only_after_a_return_and_an_act() {
    finds(&[Category::DeclaredTwice], Small::declared_anew);
    let give_again = |books: &mut Small| {
        let mut again = books.drops[0].clone();
        again.left = Some(Instant::now() + Duration::from_secs(1));
        books.drops.push(again);
        books.inputs.push(found("a-2.json", "a", Place::Done, ""));
        books.declared_anew();
    };
    finds(&[], give_again);
    finds(&[Category::DeclaredTwice], |books| {
        give_again(books);
        books.drops[1].fresh = 1;
    });
    finds(&[Category::DeclaredTwice], |books| {
        give_again(books);
        books.journal.declared[0].verdict = Verdict::Accepted;
        books.rows[0].status = "released".to_owned();
    });
}

#[test]
fn what_is_given_again_after_a_return_is_declared_again() {
    finds(&[Category::Lost], |books| {
        books.journal.declared[0].verdict = Verdict::Returned;
        books.rows[0].status = "returned".to_owned();
        books.returned.insert("G1".to_owned(), Instant::now());
        std::thread::sleep(Duration::from_millis(2));
        let mut again = books.drops[0].clone();
        again.begun = Instant::now();
        books.drops.push(again);
        books.inputs.push(found("a-2.json", "a", Place::Done, ""));
    });
}

#[test]
fn an_envelope_comes_twice_only_when_a_person_asks() {
    let again = |books: &mut Small| {
        books
            .journal
            .envelopes
            .push(envelope("M1", Some("fetched and answered")))
    };
    finds(&[Category::SentTwice], again);
    finds(&[], |books| {
        again(books);
        books.journal.asked.insert("M1".to_owned(), 1);
    });
}

#[test]
fn states_are_those_of_customs() {
    finds(&[Category::Misbooked], |books| {
        books.rows[0].status = "returned".to_owned()
    });
    finds(&[Category::Misbooked], |books| {
        books.journal.declared[0].verdict = Verdict::Returned
    });
    finds(&[Category::ReceiptNotTaken], |books| {
        books.rows[0].status = "waiting".to_owned()
    });
}

#[test]
fn receipts_are_taken_in() {
    finds(&[Category::ReceiptNotTaken], |books| {
        books.receipts[0].place = Place::Bad
    });
    finds(&[Category::ReceiptNotTaken], |books| {
        books.receipts[0].place = Place::Waiting
    });
    finds(&[Category::ReceiptNotTaken], |books| books.receipts.clear());
}

#[test]
fn whole_inputs_are_taken() {
    finds(&[Category::InputNotTaken], |books| books.inputs[0].place = Place::Bad);
    finds(&[Category::InputNotTaken], |books| {
        books.inputs[0].place = Place::Waiting
    });
    finds(&[Category::InputNotTaken], |books| books.inputs.clear());
    finds(&[Category::InputNotTaken], |books| {
        // The same bytes again, and only one of both files was taken.
        books.drops.push(books.drops[0].clone());
        books.inputs.push(found("a.json", "a", Place::Waiting, ""));
    });
    let mut books = Small::new();
    books.errors = true;
    books.inputs[0] = found(
        "a.json",
        "a",
        Place::Bad,
        "cannot be read: Permission denied (os error 13)",
    );
    assert_eq!(
        books.violations(false),
        [],
        "an injected error is an excuse until the file was given again"
    );
    assert_eq!(books.violations(true), [Category::InputNotTaken]);
}

#[test]
fn what_is_not_sent_says_why() {
    let mut books = Small::new();
    books.journal = Journal::default();
    books.rows = vec![row("G1", "waiting")];
    assert_eq!(books.violations(false), [Category::Unexplained]);
    books.rows[0].reasons = "cannot create folder dxp/out".to_owned();
    assert_eq!(books.violations(false), []);
    assert_eq!(books.violations(true), [Category::Unexplained], "in the end it must go");
    books.rows[0].status = "stored".to_owned();
    assert_eq!(books.violations(true), [Category::Misbooked]);
}
