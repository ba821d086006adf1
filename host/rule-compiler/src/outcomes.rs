//! Reads `outcomes` and `[[outcome-list]]`, and joins them into a receipt's outcomes: the first matching entry counts.

use crate::keys;
use crate::near::{did_you_mean, nearest};
use crate::one_of::one_of;
use crate::syntax::{OutcomeEntry, OutcomeForm, OutcomeList};
use crate::table::Table;
use crate::text::{Sources, Span, Text};
use cebridge_rule_core::pack::{Meaning, Outcome, States};
use std::collections::BTreeMap;

/// The name by which an edition refers to its parent's outcomes for the same receipt.
const BEFORE: &str = "before";
const WHAT: &str = "an outcome";

/// Reads the entries of `outcomes`: `{ status = "120", means = "stored", final = true }` or `{ use = "complaints" }`.
pub(crate) fn entries(table: Table<'_>, sources: &Sources<'_>) -> Vec<OutcomeEntry> {
    let entries = table.tables("outcomes").into_iter();
    entries.filter_map(|table| entry(table, sources)).collect()
}

fn entry(table: Table<'_>, sources: &Sources<'_>) -> Option<OutcomeEntry> {
    if table.has("use") {
        table.only("an outcome with `use`", &keys::USE);
        let name = table.needed(WHAT, "use", "\"complaints\"")?;
        return Some(OutcomeEntry {
            form: OutcomeForm::Use(name.value),
            at: name.at,
            used: None,
        });
    }
    table.only(WHAT, &keys::OUTCOME);
    let status = table.needed(WHAT, "status", "\"120\"");
    let means = table.needed(WHAT, "means", "\"stored\"");
    let texts = texts(table, sources);
    let is_final = table.flag("final").unwrap_or(false);
    let means = meaning(&means?, sources)?;
    let status = status?;
    if means.is_complaint() && is_final {
        let message = format!("`{}` is a complaint, which ends nothing", means.as_str());
        sources.error(table.place("final"), message, "leave `final` out");
    }
    if States::of(&status.value).is_none() {
        let message = format!("\"{}\" is not a range of error codes", status.value);
        let hint = "write the code nearer to zero first, like \"-303001..-304000\"";
        sources.error(status.at, message, hint);
        return None;
    }
    Some(OutcomeEntry {
        form: OutcomeForm::States(Outcome {
            status: status.value,
            means,
            is_final,
            texts,
        }),
        at: status.at,
        used: None,
    })
}

/// Reads the meaning of a state; reports an unknown word.
fn meaning(word: &Text, sources: &Sources<'_>) -> Option<Meaning> {
    one_of("means", word, &Meaning::ALL.map(Meaning::as_str), sources);
    Meaning::parse(&word.value)
}

fn texts(table: Table<'_>, sources: &Sources<'_>) -> Vec<String> {
    if !table.has("text") {
        return Vec::new();
    }
    let texts = table.texts("text").unwrap_or_default();
    if texts.iter().any(|text| text.value.trim().is_empty()) || (texts.is_empty() && !sources.has_problem_in(table.at))
    {
        let hint = "list what `returnInfo` contains, like text = [\"已存在\"], or leave `text` out";
        sources.error(table.place("text"), "an empty `text` says nothing", hint);
    }
    texts.into_iter().map(|text| text.value).collect()
}

/// Reads an `[[outcome-list]]`.
pub(crate) fn list(table: Table<'_>, sources: &Sources<'_>) -> Option<OutcomeList> {
    const WHAT: &str = "an outcome list";
    table.only(WHAT, &keys::OUTCOME_LIST);
    let name = table.needed(WHAT, "name", "\"complaints\"")?;
    if name.value == BEFORE {
        let hint = "choose another name; `use = \"before\"` stands for what the parent edition says of the receipt";
        sources.error(name.at, "no outcome list can be named \"before\"", hint);
        return None;
    }
    let mut entries = entries(table, sources);
    entries.retain(|entry| {
        let uses = matches!(entry.form, OutcomeForm::Use(_));
        if uses {
            let hint = "write its entries here, or use both lists in the receipts";
            sources.error(entry.at, "an outcome list uses no other list", hint);
        }
        !uses
    });
    Some(OutcomeList { name, entries })
}

/// Adds the lists of a file; an edition may redefine a list of its parent.
pub(crate) fn add_lists(known: &mut BTreeMap<String, OutcomeList>, new: &[OutcomeList], sources: &Sources<'_>) {
    let folder = |at: Span| sources.path(at.file).rsplit_once('/').map(|(folder, _)| folder);
    for list in new {
        match known.get(&list.name.value) {
            Some(first) if folder(first.name.at) == folder(list.name.at) => sources.error(
                list.name.at,
                format!(
                    "the outcome list {} already stands in {}",
                    list.name.value,
                    sources.line_of(first.name.at)
                ),
                "join the two, or give this one another name",
            ),
            _ => {
                // Joined separately, so that entries without effect are reported where the list is written.
                joined(&list.entries, &BTreeMap::new(), sources);
                known.insert(list.name.value.clone(), list.clone());
            }
        }
    }
}

/// Returns an edition's outcomes for a receipt, with its parent's in place of `{ use = "before" }`.
pub(crate) fn restated(new: &[OutcomeEntry], old: Option<&[OutcomeEntry]>, sources: &Sources<'_>) -> Vec<OutcomeEntry> {
    let mut out = Vec::with_capacity(new.len());
    for entry in new {
        match (&entry.form, old) {
            (OutcomeForm::Use(name), Some(old)) if name == BEFORE => {
                out.extend(old.iter().cloned().map(|before| OutcomeEntry {
                    used: Some(entry.at),
                    ..before
                }));
            }
            (OutcomeForm::Use(name), None) if name == BEFORE => sources.error(
                entry.at,
                "the parent edition has no outcomes for this message",
                "remove the entry",
            ),
            _ => out.push(entry.clone()),
        }
    }
    out
}

/// Returns the outcomes of a receipt in order. An entry already covered by an earlier one is reported where it is
/// written; if it came from `use`, the earlier entry replaces it.
pub(crate) fn joined(
    entries: &[OutcomeEntry],
    lists: &BTreeMap<String, OutcomeList>,
    sources: &Sources<'_>,
) -> Vec<Outcome> {
    let mut joiner = Joiner {
        sources,
        out: Vec::new(),
        used: BTreeMap::new(),
    };
    for entry in entries {
        match &entry.form {
            OutcomeForm::States(outcome) => joiner.add(outcome, entry.at, entry.used),
            OutcomeForm::Use(name) => match lists.get(name) {
                Some(list) => {
                    for shared in &list.entries {
                        if let OutcomeForm::States(outcome) = &shared.form {
                            joiner.add(outcome, shared.at, entry.used.or(Some(entry.at)));
                        }
                    }
                }
                None => unknown(name, entry.at, lists, sources),
            },
        }
    }
    joiner.finish()
}

fn unknown(name: &str, at: Span, lists: &BTreeMap<String, OutcomeList>, sources: &Sources<'_>) {
    let hint = did_you_mean(&nearest(name, lists.keys().map(String::as_str)))
        .unwrap_or_else(|| "lists stand in shared.toml as [[outcome-list]]".to_owned());
    sources.error(at, format!("there is no outcome list {name}"), hint);
}

/// The outcomes joined so far, with the places where they are written.
struct Joiner<'j> {
    sources: &'j Sources<'j>,
    out: Vec<(Outcome, Span)>,
    /// For each `use`, the place of an entry that covers what it adds; `None` once it has added something.
    used: BTreeMap<Span, Option<Span>>,
}

impl Joiner<'_> {
    fn add(&mut self, outcome: &Outcome, at: Span, used: Option<Span>) {
        let taken = self.out.iter().find(|(earlier, _)| takes_all(earlier, outcome));
        let taken = taken.map(|(_, place)| *place);
        match (taken, used) {
            (Some(place), None) => {
                let place = self.sources.line_of(place);
                self.sources.error(
                    at,
                    format!("this entry never counts: the one in {place} takes all of its receipts"),
                    "the first entry that fits counts: remove one of the two, or write the narrower one first",
                );
                return;
            }
            (Some(place), Some(used)) => {
                self.used.entry(used).or_insert(Some(place));
                return;
            }
            (None, Some(used)) => {
                self.used.insert(used, None);
            }
            (None, None) => {}
        }
        if let Some((_, place)) = self.out.iter().find(|(earlier, _)| crosses(earlier, outcome)) {
            let place = self.sources.line_of(*place);
            self.sources.error(
                at,
                format!("the range crosses the one in {place}"),
                "let one end where the other begins",
            );
        }
        self.out.push((outcome.clone(), at));
    }

    fn finish(self) -> Vec<Outcome> {
        for (at, taken) in self.used {
            if let Some(place) = taken {
                let place = self.sources.line_of(place);
                self.sources.error(
                    at,
                    format!("this entry has no effect: the entry in {place} already covers all of its receipts"),
                    "the first entry that fits counts: move this one up",
                );
            }
        }
        self.out.into_iter().map(|(outcome, _)| outcome).collect()
    }
}

/// Returns `true` if every receipt that matches the later outcome also matches the earlier one.
fn takes_all(earlier: &Outcome, later: &Outcome) -> bool {
    let states = match (States::of(&earlier.status), States::of(&later.status)) {
        (Some(States::Negative), Some(States::Range(..) | States::Negative)) => true,
        (Some(States::Range(a, z)), Some(States::Range(first, last))) => a <= first && last <= z,
        (Some(earlier), Some(States::One(one))) => earlier.contain(one),
        _ => false,
    };
    let texts = earlier.texts.is_empty()
        || (!later.texts.is_empty() && later.texts.iter().all(|text| contains_any(text, &earlier.texts)));
    states && texts
}

fn contains_any(text: &str, parts: &[String]) -> bool {
    parts.iter().any(|part| text.contains(part.as_str()))
}

/// Returns `true` if two ranges without texts partly overlap.
fn crosses(earlier: &Outcome, later: &Outcome) -> bool {
    match (States::of(&earlier.status), States::of(&later.status)) {
        (Some(States::Range(a, z)), Some(States::Range(first, last)))
            if earlier.texts.is_empty() && later.texts.is_empty() =>
        {
            (a < first && first <= z && z < last) || (first < a && a <= last && last < z)
        }
        _ => false,
    }
}
