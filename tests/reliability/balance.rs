//! Balances the enterprise's ledger and folders against the journal of customs.

use crate::erp::Order;
use crate::folders::{Found, Place};
use crate::journal::{Fate, Journal, Verdict};
use crate::product::Row;
use crate::report::{Category, Findings, Violation};
use crate::world::Dropped;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// The books of both sides: the enterprise's ledger and folders, and customs' journal.
#[derive(Debug)]
pub(crate) struct Books<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) drops: &'a [Dropped],
    pub(crate) rows: &'a [Row],
    pub(crate) inputs: &'a [Found],
    pub(crate) receipts: &'a [Found],
    /// Receipts without a document, as the product lists them.
    pub(crate) unmatched: &'a str,
    /// Guids that were in the ledger at the last balance.
    pub(crate) known: &'a BTreeSet<String>,
    /// Returned documents by guid, and when the ledger was first seen to show that state.
    pub(crate) returned: &'a BTreeMap<String, Instant>,
    /// Errors were injected since the last balance, so files may have been set aside because of one.
    pub(crate) errors: bool,
    /// The operator's repairs are done; from now on both sides must agree completely.
    pub(crate) last: bool,
}

impl Books<'_> {
    /// Every difference between the two sides.
    pub(crate) fn check(&self) -> Vec<Violation> {
        let mut violations = Findings::default();
        self.inputs(&mut violations);
        self.memory(&mut violations);
        self.declared_twice(&mut violations);
        self.given_again(&mut violations);
        self.sent_twice(&mut violations);
        self.receipts(&mut violations);
        self.states(&mut violations);
        self.unsent(&mut violations);
        violations.0
    }

    /// Whether it was set aside because of an injected error, which the reason names.
    pub(crate) fn excused(&self, found: &Found) -> bool {
        self.errors && found.reason.contains("(os error")
    }

    fn is_here(&self, message: &str, key: &str) -> bool {
        self.rows
            .iter()
            .any(|row| row.message == message && row.key == key && row.status != "refused")
    }

    fn is_declared(&self, message: &str, key: &str) -> bool {
        let mut declared = self.journal.declared.iter();
        declared.any(|one| one.document.message == message && one.document.key == key)
    }

    /// Where the file of each drop lies. Files with the same bytes are told apart by their names as far as possible.
    pub(crate) fn places(&self) -> Vec<Option<&Found>> {
        let mut free: Vec<&Found> = self.inputs.iter().collect();
        let mut places = vec![None; self.drops.len()];
        let fits: [fn(&Dropped, &Found) -> bool; 3] = [
            |drop, found| found.place == Place::Waiting && found.name == drop.name,
            |drop, found| found.name.starts_with(drop.name.trim_end_matches(".json")),
            |_, found| found.place != Place::Waiting,
        ];
        for fits in fits {
            for (drop, place) in self.drops.iter().zip(&mut places) {
                let here = |found: &&Found| found.sha256 == drop.sha256 && fits(drop, found);
                if place.is_none() && drop.is_whole() {
                    *place = free.iter().position(here).map(|at| free.remove(at));
                }
            }
        }
        places
    }

    /// Every whole input is taken, and taken whole.
    fn inputs(&self, violations: &mut Findings) {
        for (drop, place) in self.drops.iter().zip(self.places()) {
            if !drop.is_whole() {
                continue;
            }
            let way = drop
                .way
                .as_ref()
                .map_or("given to `declare`".to_owned(), ToString::to_string);
            let name = format!("{} of round {} ({way})", drop.name, drop.round);
            if let Some(trouble) = &drop.trouble {
                violations.add(Category::InputNotTaken, format!("{name}: {trouble}"));
                continue;
            }
            match place {
                Some(found) if found.place == Place::Bad => {
                    if !self.excused(found) || self.last {
                        let text = format!("{name} is set aside: {}", found.reason);
                        violations.add(Category::InputNotTaken, text);
                    }
                    continue;
                }
                Some(found) if found.place == Place::Waiting => {
                    violations.add(Category::InputNotTaken, format!("{name} still lies in intake"));
                    continue;
                }
                None if drop.way.is_some() => {
                    violations.add(Category::InputNotTaken, format!("{name} is neither in done nor in bad"));
                    continue;
                }
                _ => {}
            }
            let mut missing = Vec::new();
            for order in &drop.orders {
                let refused = |row: &Row| (row.source == order.id || row.key == order.id) && row.status == "refused";
                if order.faulty && !self.rows.iter().any(refused) {
                    violations.add(
                        Category::Lost,
                        format!("{name}: not a word about the faulty {}", order.id),
                    );
                }
                if !order.faulty {
                    missing.extend(
                        order
                            .documents
                            .iter()
                            .filter(|(message, key)| !self.is_here(message, key)),
                    );
                }
                for (message, key) in order.documents.iter().filter(|_| order.faulty) {
                    if self.is_declared(message, key) {
                        violations.add(
                            Category::Broken,
                            format!("{name}: {message} {key} was declared, though faulty"),
                        );
                    }
                }
            }
            if !missing.is_empty() {
                let all: usize = drop.orders.iter().map(|order| order.documents.len()).sum();
                let text = format!(
                    "{name}: {} of {all} documents are not in the ledger: {}",
                    missing.len(),
                    list(&missing)
                );
                violations.add(Category::Lost, text);
            }
        }
        for torn in &self.journal.torn {
            violations.add(Category::Broken, format!("no whole envelope in the outbox: {torn}"));
        }
    }

    /// The ledger keeps what it had, and knows what customs has.
    fn memory(&self, violations: &mut Findings) {
        let here: BTreeSet<&str> = self.rows.iter().map(|row| row.guid.as_str()).collect();
        for guid in self.known.iter().filter(|guid| !here.contains(guid.as_str())) {
            violations.add(Category::Lost, format!("the ledger has forgotten the document {guid}"));
        }
        for one in self
            .journal
            .declared
            .iter()
            .filter(|one| !here.contains(one.document.guid()))
        {
            let document = &one.document;
            let text = format!(
                "customs has {} {}, the ledger does not know it",
                document.message, document.key
            );
            violations.add(Category::Lost, text);
        }
    }

    /// Inputs that gave this document.
    fn acts(&self, message: &str, key: &str) -> Vec<&Dropped> {
        let gives = |drop: &&Dropped| {
            drop.orders[drop.fresh..]
                .iter()
                .any(|one| one.documents.iter().any(|(m, k)| *m == message && k == key))
        };
        self.drops.iter().filter(gives).collect()
    }

    /// Whether this document belongs to the shorter self of a file that grew.
    fn only_grew(&self, message: &str, key: &str) -> bool {
        let holds = |order: &Arc<Order>| order.documents.iter().any(|(m, k)| *m == message && k == key);
        self.drops
            .iter()
            .any(|drop| drop.orders[..drop.fresh].iter().any(holds))
    }

    /// A business key in a second message must have been returned, and given again by an input of its own.
    fn declared_twice(&self, violations: &mut Findings) {
        let mut by_key: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
        for (at, one) in self.journal.declared.iter().enumerate() {
            by_key
                .entry((&one.document.message, &one.document.key))
                .or_default()
                .push(at);
        }
        for ((message, key), declared) in by_key {
            // A file that was given first may be taken last, when it rests longer or the daemon was killed over it: what
            // counts is when each was done with.
            let mut acts = self.acts(message, key);
            acts.sort_by_key(|act| (act.left.is_none(), act.left));
            if !acts.is_empty() {
                acts.remove(0);
            }
            for pair in declared.windows(2) {
                let (before, after) = (&self.journal.declared[pair[0]], &self.journal.declared[pair[1]]);
                let fits = |act: &&Dropped| act.begun <= after.at && act.left.is_none_or(|left| left >= before.at);
                let act = acts.iter().position(fits);
                let why = match (before.verdict, act) {
                    (Verdict::Returned, Some(at)) => {
                        acts.remove(at);
                        continue;
                    }
                    (Verdict::Returned, None) if self.only_grew(message, key) => {
                        "it was returned, and stands in a file that only grew"
                    }
                    (Verdict::Returned, None) => "it was returned, but not given again",
                    _ => "customs had accepted the first one",
                };
                let rounds = format!("rounds {} and {}", before.round, after.round);
                let text = format!(
                    "{message} {key} in messages {} and {} ({rounds}): {why}",
                    before.cop_msg_id, after.cop_msg_id
                );
                violations.add(Category::DeclaredTwice, text);
            }
        }
    }

    /// What is given again after the ledger showed its return must be declared again.
    fn given_again(&self, violations: &mut Findings) {
        let places = self.places();
        for (at, one) in self.journal.declared.iter().enumerate() {
            let Some(since) = self.returned.get(one.document.guid()) else {
                continue;
            };
            let (message, key) = (one.document.message.as_str(), one.document.key.as_str());
            let acts = self.acts(message, key);
            let taken = |act: &&Dropped| {
                let mut all = self.drops.iter().zip(&places);
                all.any(|(drop, place)| {
                    std::ptr::eq(drop, *act) && place.is_some_and(|found| found.place == Place::Done)
                })
            };
            let given = acts.iter().any(|act| act.begun > *since && taken(act));
            let again = self.journal.declared[at + 1..]
                .iter()
                .any(|two| two.document.message == message && two.document.key == key);
            if given && !again {
                let text = format!("{message} {key} was returned and given again, and is not declared");
                violations.add(Category::Lost, text);
            }
        }
    }

    fn sent_twice(&self, violations: &mut Findings) {
        let mut asked = self.journal.asked.clone();
        for envelope in &self.journal.envelopes {
            let Some(again) = envelope.again else { continue };
            match asked.get_mut(&envelope.cop_msg_id) {
                Some(left) if *left > 0 => *left -= 1,
                _ => {
                    let text = format!(
                        "{} came again in round {}; the first was {again}",
                        envelope.cop_msg_id, envelope.round
                    );
                    violations.add(Category::SentTwice, text);
                }
            }
        }
    }

    /// Where a receipt lies.
    pub(crate) fn receipt(&self, name: &str) -> Option<&Found> {
        let stem = name.trim_end_matches(".xml");
        let mut all = self.receipts.iter().filter(|found| found.name.starts_with(stem));
        all.clone()
            .find(|found| found.place == Place::Done)
            .or_else(|| all.next())
    }

    /// Every delivered receipt is taken in.
    fn receipts(&self, violations: &mut Findings) {
        for receipt in self
            .journal
            .receipts
            .iter()
            .filter(|receipt| receipt.fate == Fate::Delivered)
        {
            let name = format!("receipt {} ({}; {})", receipt.name, receipt.form, receipt.way);
            match self.receipt(&receipt.name) {
                Some(found) if found.place == Place::Done => {}
                Some(found) if found.place == Place::Waiting => {
                    violations.add(Category::ReceiptNotTaken, format!("{name} still lies in the inbox"));
                }
                Some(found) if !self.excused(found) || self.last => {
                    violations.add(
                        Category::ReceiptNotTaken,
                        format!("{name} is set aside: {}", found.reason),
                    );
                }
                Some(_) => {}
                None => violations.add(Category::ReceiptNotTaken, format!("{name} has vanished")),
            }
        }
    }

    /// The ledger shows the final answer of customs for each document. A complaint about a repeat is no final answer.
    fn states(&self, violations: &mut Findings) {
        for (at, one) in self
            .journal
            .declared
            .iter()
            .enumerate()
            .filter(|(_, one)| one.verdict != Verdict::Held)
        {
            let Some(row) = self.rows.iter().find(|row| row.guid == one.document.guid()) else {
                continue;
            };
            let truth = one.truth();
            if row.status == truth {
                continue;
            }
            let what = format!(
                "{} {}: `{}` here, {truth} at customs {}",
                one.document.message, one.document.key, row.status, row.reasons
            );
            let open =
                matches!(row.status.as_str(), "waiting" | "stored") && truth != "stored" || row.status == "waiting";
            if !open {
                violations.add(Category::Misbooked, what);
                continue;
            }
            let about = self
                .journal
                .receipts
                .iter()
                .filter(|one| one.last && one.fate == Fate::Delivered);
            let about: Vec<_> = about
                .filter(|receipt| receipt.records.iter().any(|(of, _)| *of == at))
                .collect();
            let delivered = about.iter().any(|receipt| {
                self.receipt(&receipt.name)
                    .is_some_and(|found| found.place == Place::Done)
            });
            if delivered {
                let number = one.document.key.split('/').next().unwrap_or_default();
                let unmatched = if self.unmatched.contains(number) {
                    "; its receipt is kept as unmatched"
                } else {
                    ""
                };
                let forms: Vec<String> = about.iter().map(|receipt| receipt.form.to_string()).collect();
                violations.add(
                    Category::ReceiptNotTaken,
                    format!("{what}{unmatched} (receipts: {})", forms.join(", ")),
                );
            } else if self.last && about.is_empty() {
                violations.add(Category::ReceiptNotTaken, what);
            }
        }
    }

    /// What customs never received waits for a stated reason, and leaves after `retry`.
    fn unsent(&self, violations: &mut Findings) {
        let there: BTreeSet<&str> = self.journal.declared.iter().map(|one| one.document.guid()).collect();
        for row in self
            .rows
            .iter()
            .filter(|row| row.status != "refused" && !there.contains(row.guid.as_str()))
        {
            let what = format!("{} {}: `{}` {}", row.message, row.key, row.status, row.reasons);
            match row.status.as_str() {
                "waiting" | "dead-letter" if self.last => {
                    violations.add(Category::Unexplained, format!("{what}: never came to customs"));
                }
                "waiting" | "dead-letter" => {
                    if row.reasons.is_empty() {
                        violations.add(
                            Category::Unexplained,
                            format!("{what}: not at customs, and no reason is given"),
                        );
                    }
                }
                _ => violations.add(Category::Misbooked, format!("{what}: customs has never seen it")),
            }
        }
    }
}

fn list(documents: &[&(&str, String)]) -> String {
    let names: Vec<String> = documents
        .iter()
        .take(6)
        .map(|(message, key)| format!("{message} {key}"))
        .collect();
    let more = if documents.len() > 6 { ", …" } else { "" };
    names.join(", ") + more
}
