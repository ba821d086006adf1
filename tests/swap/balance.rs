//! Balances what was given against what was judged, and what was judged against the record.

use crate::bakery::{Known, RULE, short};
use crate::change::Decision;
use crate::folder::Lay;
use crate::ledger::{Document, Input};
use crate::log::Line;
use crate::moment::Moment;
use crate::record::Record;
use crate::report::{Category, Findings, Violation};
use crate::shop::{Colour, Given, MESSAGES};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Longest time from the choice of a pack to the begin of an input by the ledger.
pub(crate) const TOLERANCE: Duration = Duration::from_secs(1);

/// A daemon's life and what it said.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    pub(crate) lines: Vec<Line>,
}

/// All that is known when a run is over.
#[derive(Debug, Clone)]
pub(crate) struct Books {
    /// Every pack that may judge, by digest.
    pub(crate) known: BTreeMap<String, Known>,
    pub(crate) given: Vec<Given>,
    pub(crate) documents: Vec<Document>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) record: Record,
    /// Packs whose bytes are kept.
    pub(crate) archive: BTreeSet<String>,
    pub(crate) told: Vec<Told>,
    /// Good packs that lay in the folder.
    pub(crate) lays: Vec<Lay>,
    pub(crate) decisions: Vec<Decision>,
}

impl Books {
    /// Everything that is wrong.
    pub(crate) fn check(&self) -> Vec<Violation> {
        let mut findings = Findings::default();
        self.verdicts(&mut findings);
        self.judges(&mut findings);
        self.digests(&mut findings);
        self.times(&mut findings);
        self.causes(&mut findings);
        self.decided(&mut findings);
        self.kept(&mut findings);
        self.log(&mut findings);
        self.files_of_log(&mut findings);
        findings.0
    }

    /// Every order has exactly one verdict, and it is that of the recorded pack.
    fn verdicts(&self, findings: &mut Findings) {
        let mut by_order: BTreeMap<&str, Vec<&Document>> = BTreeMap::new();
        for document in &self.documents {
            by_order.entry(&document.source).or_default().push(document);
        }
        for (file, order) in self
            .given
            .iter()
            .flat_map(|file| file.orders.iter().map(move |order| (file, order)))
        {
            let documents = by_order.remove(order.id.as_str()).unwrap_or_default();
            let name = format!("{} order {} of {}", order.colour, order.id, file.name);
            for message in MESSAGES {
                match documents.iter().filter(|document| document.message == message).count() {
                    0 => findings.add(Category::Lost, format!("{name} has no {message}")),
                    1 => {}
                    many => findings.add(Category::Twice, format!("{name} has {many} {message}")),
                }
            }
            let refused = documents.iter().filter(|document| document.refused).count();
            if refused != 0 && refused != documents.len() {
                let total = documents.len();
                findings.add(
                    Category::Twice,
                    format!("{name}: {refused} of {total} documents are refused"),
                );
            }
            let judges: BTreeSet<&str> = documents.iter().map(|document| document.digest.as_str()).collect();
            if judges.len() > 1 {
                let judges: Vec<&str> = judges.into_iter().map(short).collect();
                findings.add(
                    Category::Twice,
                    format!("{name} was judged by {}", judges.join(" and ")),
                );
            }
            for document in documents {
                if let Some(wrong) = self.wrong(document, order.colour) {
                    findings.add(Category::Wrong, format!("{name}: {} {wrong}", document.message));
                }
            }
        }
        for order in by_order.into_keys() {
            findings.add(Category::Wrong, format!("nobody gave the order {order}"));
        }
    }

    /// In how far a verdict is not that of its recorded pack.
    fn wrong(&self, document: &Document, colour: Colour) -> Option<String> {
        let known = self.known.get(&document.digest)?;
        if known.edition != document.edition {
            return Some(format!(
                "is of edition {}, its pack of {}",
                document.edition, known.edition
            ));
        }
        let due = known.refuses == Some(colour);
        let said = if document.refused { "refused" } else { "accepted" };
        if due != document.refused {
            return Some(format!(
                "is {said}, though by {} ({})",
                short(&document.digest),
                known.name
            ));
        }
        let by_rule = document.rules.iter().any(|rule| rule == RULE);
        if due && document.message == MESSAGES[0] && !by_rule {
            return Some(format!("is refused, but by {:?}", document.rules));
        }
        None
    }

    /// Every input was taken once, by the pack in force when it was begun, and kept to it.
    fn judges(&self, findings: &mut Findings) {
        let mut by_name: BTreeMap<&str, Vec<&Input>> = BTreeMap::new();
        for input in &self.inputs {
            by_name.entry(&input.name).or_default().push(input);
        }
        let mut judged: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for document in &self.documents {
            judged.entry(&document.source).or_default().insert(&document.digest);
        }
        for file in &self.given {
            let inputs = by_name.remove(file.name.as_str()).unwrap_or_default();
            let [input] = inputs[..] else {
                let category = if inputs.is_empty() {
                    Category::Lost
                } else {
                    Category::Twice
                };
                findings.add(category, format!("{} was taken {} times", file.name, inputs.len()));
                continue;
            };
            if input.ended.is_none() {
                findings.add(Category::Lost, format!("{} was begun and not ended", file.name));
            }
            for order in &file.orders {
                let others = judged.get(order.id.as_str()).into_iter().flatten();
                for other in others.filter(|digest| **digest != input.digest) {
                    let (other, own) = (short(other), short(&input.digest));
                    let text = format!(
                        "{} of {} was judged by {other}, its input by {own}",
                        order.id, file.name
                    );
                    findings.add(Category::NotInForce, text);
                }
            }
            if self.distance(input).is_none() {
                let text = format!(
                    "{} was begun at {} under {} of {}; {}",
                    file.name,
                    input.begun,
                    short(&input.digest),
                    input.edition,
                    self.around(input.begun)
                );
                findings.add(Category::NotInForce, text);
            }
        }
        for name in by_name.into_keys() {
            findings.add(Category::Wrong, format!("nobody gave the file {name}"));
        }
    }

    /// How far the begin of an input is from the time of its pack.
    pub(crate) fn distance(&self, input: &Input) -> Option<Duration> {
        let judge = (input.edition.clone(), input.digest.clone());
        self.record.distance(&self.known, &judge, input.begun, TOLERANCE)
    }

    /// What the record says about a moment.
    fn around(&self, at: Moment) -> String {
        let judge = self.record.judge(&self.known, at);
        let named = judge.map_or("nothing".to_owned(), |(edition, digest)| {
            format!("{} of {edition}", short(&digest))
        });
        let mut text = format!("in force by the record: {named}");
        for period in self.record.0.iter().filter(|period| period.holds(at)) {
            text += &format!("; {period}");
        }
        text
    }

    /// Nothing but a good pack ever judged, and nothing else came into force.
    fn digests(&self, findings: &mut Findings) {
        let documents = self
            .documents
            .iter()
            .map(|one| (&one.digest, format!("a document of {}", one.source)));
        let inputs = self
            .inputs
            .iter()
            .map(|one| (&one.digest, format!("the file {}", one.name)));
        let periods = self
            .record
            .0
            .iter()
            .map(|one| (&one.digest, format!("edition {} from {}", one.edition, one.since)));
        for (digest, whose) in documents.chain(inputs).chain(periods) {
            if !self.known.contains_key(digest) {
                findings.add(
                    Category::Damaged,
                    format!("{whose} has the pack {digest}, which is no good one"),
                );
            }
        }
        for period in &self.record.0 {
            if let Some(known) = self.known.get(&period.digest)
                && (known.edition != period.edition || known.refuses.is_none() != period.shipped)
            {
                let digest = short(&period.digest);
                let text = format!("{} is recorded as {digest} of {}", known.name, period.edition);
                findings.add(Category::Record, text);
            }
        }
    }

    /// Whatever judged is kept.
    fn kept(&self, findings: &mut Findings) {
        let judged: BTreeSet<&String> = self.inputs.iter().map(|input| &input.digest).collect();
        for digest in judged.into_iter().filter(|digest| !self.archive.contains(*digest)) {
            findings.add(
                Category::Record,
                format!("{digest} has judged, and its bytes are not in the archive"),
            );
        }
    }
}
