//! Compares documents with those they belong to: of the same input, else in the ledger.
//!
//! The pack defines which documents are compared and what must match. The finding goes to the later one. If the other
//! one is not known, nothing is reported: another party may declare it.

use super::declaration::Declaration;
use super::outcome::Outcome;
use super::{Progress, reason_of};
use crate::batch::Owned;
use crate::error::EngineError;
use crate::fate::short_key;
use crate::host_rules::HostRule;
use crate::keys;
use crate::outgoing::OutgoingDocument;
use crate::own_words::{CHANGE, DELETION};
use crate::values;
use cebridge_findings::{DocumentPair, Finding};
use cebridge_ledger::{DocumentView, Reason};
use cebridge_message::Element;
use cebridge_rule_core::pack::{Pair, Unique};
use cebridge_runtime::PairError;
use jiff::{SignedDuration, Timestamp};
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap};

/// Positions of documents by the values used to look them up.
type Index<'d> = HashMap<Vec<&'d str>, Vec<usize>>;

/// A document that a document is compared with.
struct Companion<'d> {
    message: &'d str,
    key: &'d str,
    element: &'d Element,
    status: Option<&'d str>,
}

impl Declaration<'_> {
    /// Refuses documents that contradict a document they belong to, or repeat values that must be unique.
    pub(super) fn compare<'d>(
        &self,
        documents: Vec<Owned<'d>>,
        outcome: &mut Outcome,
        progress: Progress<'_>,
    ) -> Result<Vec<Owned<'d>>, EngineError> {
        let mut verdicts: Vec<Vec<Finding>> = vec![Vec::new(); documents.len()];
        let mut faults: Vec<Option<String>> = vec![None; documents.len()];
        let pack = self.pack.rules().pack();
        let total = (pack.pairs.len() + pack.uniques.len()) as u64;
        let mut done = 0;
        for unique in &pack.uniques {
            let index = index(&documents, &unique.message, unique.fields.iter());
            for (at, document) in
                documents_of(&documents, &unique.message).filter(|(_, document)| document.app_type != CHANGE)
            {
                if let Some(other) = self.taken(unique, document, at, &documents, &index)? {
                    let told = self.pack.repeated(unique, &document.element);
                    let told = told.map(|found| found.into_iter().map(|found| held_by(found, &other)).collect());
                    tell(told, at, &mut verdicts, &mut faults);
                }
            }
            done += 1;
            progress("compare", done, total);
        }
        for pair in &pack.pairs {
            self.pair(pair, &documents, &mut verdicts, &mut faults)?;
            done += 1;
            progress("compare", done, total);
        }
        let mut passed = Vec::with_capacity(documents.len());
        for ((document, found), fault) in documents.into_iter().zip(verdicts).zip(faults) {
            let (errors, warnings): (Vec<_>, Vec<_>) = found.into_iter().partition(Finding::is_error);
            let mut reasons: Vec<Reason> = errors.iter().map(reason_of).collect();
            reasons.extend(fault.map(|text| Reason {
                rule: HostRule::Plugin.id().into(),
                text,
                ..Reason::default()
            }));
            if reasons.is_empty() {
                outcome.warn(&document, warnings);
                passed.push(document);
            } else {
                outcome.refuse(self, document, reasons);
            }
        }
        Ok(passed)
    }

    /// Judges every document of one pair, on either side.
    fn pair(
        &self,
        pair: &Pair,
        documents: &[Owned<'_>],
        verdicts: &mut [Vec<Finding>],
        faults: &mut [Option<String>],
    ) -> Result<(), EngineError> {
        let own = || pair.matching.iter().map(|(own, _)| own);
        let other = || pair.matching.iter().map(|(_, other)| other);
        let reversed = self
            .pack
            .rules()
            .pack()
            .pairs
            .iter()
            .any(|known| is_reverse(known, pair));
        let others = index(documents, &pair.other, other());
        let one = |(at, document): (usize, &OutgoingDocument)| -> Result<Told, EngineError> {
            self.engine.stopping()?;
            let Some(wanted) = values_of(&document.element, own()) else {
                return Ok(None);
            };
            let here = others.get(&wanted).map(Vec::as_slice).unwrap_or_default();
            // If the pack describes both sides, two documents of one input are judged once, from the later one.
            if reversed && !here.is_empty() && pair.message < pair.other {
                return Ok(None);
            }
            let known = if here.is_empty() {
                self.known(&pair.other, &wanted, other(), &[])?
            } else {
                Vec::new()
            };
            let here = here
                .iter()
                .filter_map(|at| documents.get(*at))
                .map(|document| Companion {
                    message: &document.message,
                    key: &document.key,
                    element: &document.element,
                    status: None,
                });
            let told = self.judged(
                here.chain(known.iter().map(|(view, element)| companion(view, element))),
                |one| DocumentPair {
                    message: &document.element,
                    other: Some(one.element),
                    other_status: one.status,
                },
                pair,
            );
            Ok(Some((at, told)))
        };
        let ours: Vec<(usize, &OutgoingDocument)> = documents_of(documents, &pair.message).collect();
        tell_all(
            ours.into_par_iter().map(one).collect::<Result<_, _>>()?,
            verdicts,
            faults,
        );
        if reversed {
            return Ok(());
        }
        // The judged document may have come first; then the finding goes to the other one.
        let judged: Vec<&str> = documents_of(documents, &pair.message)
            .map(|(_, document)| document.key.as_str())
            .collect();
        let done = index(documents, &pair.message, own());
        let one = |(at, document): (usize, &OutgoingDocument)| -> Result<Told, EngineError> {
            self.engine.stopping()?;
            let Some(wanted) = values_of(&document.element, other()).filter(|wanted| !done.contains_key(wanted)) else {
                return Ok(None);
            };
            let known = self.known(&pair.message, &wanted, own(), &judged)?;
            let known = known.iter().map(|(view, element)| companion(view, element));
            let told = self.judged(
                known,
                |one| DocumentPair {
                    message: one.element,
                    other: Some(&document.element),
                    other_status: None,
                },
                pair,
            );
            Ok(Some((at, told)))
        };
        let theirs: Vec<(usize, &OutgoingDocument)> = documents_of(documents, &pair.other).collect();
        tell_all(
            theirs.into_par_iter().map(one).collect::<Result<_, _>>()?,
            verdicts,
            faults,
        );
        Ok(())
    }

    /// Returns the findings common to all companions: if several fit, agreeing with one of them is enough.
    fn judged<'d>(
        &self,
        companions: impl Iterator<Item = Companion<'d>>,
        documents_with: impl Fn(&Companion<'d>) -> DocumentPair<'d>,
        pair: &Pair,
    ) -> Result<Vec<Finding>, PairError> {
        let mut common: Option<Vec<Finding>> = None;
        for one in companions {
            let found = self.pack.judge_pair(pair, &documents_with(&one))?;
            common = Some(match common {
                None => found.into_iter().map(|finding| compared_with(finding, &one)).collect(),
                Some(common) => {
                    let here = |known: &Finding| {
                        found
                            .iter()
                            .any(|other| other.rule == known.rule && other.path == known.path)
                    };
                    common.into_iter().filter(here).collect()
                }
            });
        }
        Ok(common.unwrap_or_default())
    }

    /// Returns the documents of a message in the ledger that have these values, as elements, except for keys that are
    /// being redeclared now.
    fn known<'f>(
        &self,
        message: &str,
        wanted: &[&str],
        fields: impl Iterator<Item = &'f String>,
        without: &[&str],
    ) -> Result<Vec<(DocumentView, Element)>, EngineError> {
        let pack = self.pack.rules().pack();
        let name = pack.message(message).and_then(|index| pack.document_name(index));
        let Some(name) = name else {
            return Ok(Vec::new());
        };
        let fields: Vec<(&str, &str)> = fields.map(String::as_str).zip(wanted.iter().copied()).collect();
        let found = self
            .engine
            .ledger
            .find_documents(message, &fields, |name| pack.fields.is_number(name))?;
        Ok(found
            .into_iter()
            .filter(|view| view.app_type != DELETION && !without.contains(&view.key.as_str()))
            .filter_map(|view| Some((values::element(name, &view.values_json)?, view)))
            .map(|(element, view)| (view, element))
            .collect())
    }

    /// Returns the pack's rule on the business key of this document, if any.
    fn unique_key(&self, document: &OutgoingDocument) -> Option<&Unique> {
        let uniques = &self.pack.rules().pack().uniques;
        uniques
            .iter()
            .find(|unique| unique.message == document.message && self.is_key(unique))
    }

    /// Returns `true` if the fields of a unique are the business key of its message.
    fn is_key(&self, unique: &Unique) -> bool {
        let pack = self.pack.rules().pack();
        let Some(message) = pack.message(&unique.message) else {
            return false;
        };
        let name = |path: &'_ String| path.rsplit('/').next().unwrap_or_default().to_owned();
        let stated: BTreeSet<String> = unique.fields.iter().map(name).collect();
        let key = keys::key_fields(pack, message).into_iter().map(str::to_owned);
        stated == key.collect()
    }

    /// Returns the customs code for a second document with this business key; empty if the pack names none.
    pub(super) fn code_of_key(&self, document: &OutgoingDocument) -> String {
        let rule = self
            .unique_key(document)
            .and_then(|unique| self.pack.rules().pack().rules.get(usize::try_from(unique.rule).ok()?));
        rule.map(|rule| rule.code.clone()).unwrap_or_default()
    }

    /// Returns the time before which documents no longer hold the business key of this document: waybill numbers may be
    /// reused after six months. `None` if the pack names no period.
    pub(super) fn key_free_before(&self, document: &OutgoingDocument) -> Option<Timestamp> {
        let days = self.unique_key(document).and_then(|unique| unique.days)?;
        let period = SignedDuration::from_hours(i64::from(days) * 24);
        self.at.checked_sub(period).ok()
    }

    /// Returns the key of another document with the values that must be unique to this document.
    fn taken(
        &self,
        unique: &Unique,
        document: &OutgoingDocument,
        at: usize,
        documents: &[Owned<'_>],
        index: &Index<'_>,
    ) -> Result<Option<String>, EngineError> {
        let Some(values) = values_of(&document.element, unique.fields.iter()) else {
            return Ok(None);
        };
        let mut same = index.get(&values).into_iter().flatten();
        if let Some(first) = same.find(|other| **other < at).and_then(|other| documents.get(*other)) {
            return Ok(Some(first.key.clone()));
        }
        if self.is_key(unique) {
            // The ledger itself keeps business keys unique.
            return Ok(None);
        }
        let days = unique.days.map(|days| SignedDuration::from_hours(i64::from(days) * 24));
        let since = days.and_then(|days| self.at.checked_sub(days).ok());
        let known = self.known(&unique.message, &values, unique.fields.iter(), &[document.key.as_str()])?;
        let counts = |view: &DocumentView| since.is_none_or(|since| view.accepted_at >= since);
        let holder = known.into_iter().map(|(view, _)| view).find(counts);
        Ok(holder.map(|view| view.key))
    }
}

/// Returns `true` if the pair describes the same two messages from the other side.
fn is_reverse(known: &Pair, pair: &Pair) -> bool {
    known.message == pair.other && known.other == pair.message
}

/// Returns the documents of a message with their positions, without deletions.
fn documents_of<'d>(documents: &[Owned<'d>], message: &str) -> impl Iterator<Item = (usize, &'d OutgoingDocument)> {
    let all = documents.iter().map(|one| one.document).enumerate();
    all.filter(move |(_, document)| document.message == message && document.app_type != DELETION)
}

fn index<'d, 'f>(
    documents: &[Owned<'d>],
    message: &str,
    fields: impl Iterator<Item = &'f String> + Clone,
) -> Index<'d> {
    let mut index: Index<'d> = HashMap::new();
    for (at, document) in documents_of(documents, message) {
        if let Some(values) = values_of(&document.element, fields.clone()) {
            index.entry(values).or_default().push(at);
        }
    }
    index
}

/// Returns the values at these paths; `None` if one is empty.
fn values_of<'e, 'f>(element: &'e Element, fields: impl Iterator<Item = &'f String>) -> Option<Vec<&'e str>> {
    fields
        .map(|field| element.text_at(field).filter(|text| !text.trim().is_empty()))
        .collect()
}

fn companion<'v>(view: &'v DocumentView, element: &'v Element) -> Companion<'v> {
    Companion {
        message: &view.message,
        key: &view.key,
        element,
        status: Some(view.status.as_str()),
    }
}

/// Adds to a finding the document it was compared with.
fn compared_with(mut finding: Finding, other: &Companion<'_>) -> Finding {
    let (message, key) = (other.message, short_key(other.key));
    finding.message += &format!(" (compared with {message} {key})");
    finding.message_zh += &format!("（对照 {message} {key}）");
    finding
}

/// Adds to a finding the document that already has the values.
fn held_by(mut finding: Finding, key: &str) -> Finding {
    let key = short_key(key);
    finding.message += &format!(" (already used in {key})");
    finding.message_zh += &format!("（已见于 {key}）");
    finding
}

/// Findings for the document at a position; `None` if there was nothing to compare.
type Told = Option<(usize, Result<Vec<Finding>, PairError>)>;

fn tell_all(told: Vec<Told>, verdicts: &mut [Vec<Finding>], faults: &mut [Option<String>]) {
    for (at, told) in told.into_iter().flatten() {
        tell(told, at, verdicts, faults);
    }
}

fn tell(
    told: Result<Vec<Finding>, PairError>,
    at: usize,
    verdicts: &mut [Vec<Finding>],
    faults: &mut [Option<String>],
) {
    match told {
        Ok(found) => {
            if let Some(verdict) = verdicts.get_mut(at) {
                verdict.extend(found);
            }
        }
        Err(error) => {
            if let Some(fault) = faults.get_mut(at) {
                *fault = Some(error.to_string());
            }
        }
    }
}
