//! Turns pairs of documents into artificial messages, so that rules about two documents need no separate evaluator.
//!
//! The root of such a message holds both documents, the state of the other one, and the lines that belong together:
//!
//! ```text
//! CEB621+CEB311
//! ├── Inventory      without its lines, when `lines` joins them
//! ├── Order          likewise
//! ├── otherStatus    of the other document, where it is known
//! └── Line           once for each line of the message
//!     ├── InventoryList
//!     └── OrderList  where one has the same `by`
//! ```

use crate::edition::{Edition, known_message};
use crate::names::Instance;
use crate::near::{did_you_mean, nearest};
use crate::places::Places;
use crate::rules::{Compiler, Rules};
use crate::structure::{Builder, Structure};
use crate::syntax::{Keys, LinesSource, PairSource, RuleSource};
use crate::text::{Sources, Text};
use cebridge_rule_core::pack::{DeclText, Lines, MessageText, PAIR, Pair, Unique};
use cebridge_rule_core::program::{Base, Complex, Content, DeclId, Rule, Simple, Slot, Type};
use cebridge_rule_core::tree::Holds;
use std::collections::BTreeMap;

/// The element with the state of the other document.
const OTHER_STATUS: &str = "otherStatus";
/// The element that joins two lines.
const LINE: &str = "Line";

impl<'e> Builder<'e> {
    /// Declares the artificial message of a pair; if the pair has mistakes, reports them and declares nothing.
    pub(crate) fn pair(&mut self, code: &str, pair: &'e PairSource) {
        let (Some(own), Some(other)) = (self.document(&pair.message), self.document(&pair.other)) else {
            return;
        };
        if self.local(own) == self.local(other) {
            self.sources.error(
                pair.other.at,
                format!(
                    "a document of both messages is an {}, and rules could not tell them apart",
                    self.local(own)
                ),
                "a pair joins documents whose elements have different names",
            );
            return;
        }
        let (mut own, mut other) = (own, other);
        let mut line = None;
        if let Some(lines) = &pair.lines {
            let (Some((own_head, own_line)), Some((other_head, other_line))) = (
                self.take_lines(own, &lines.message, &lines.by),
                self.take_lines(other, &lines.other, &lines.by),
            ) else {
                return;
            };
            (own, other) = (own_head, other_head);
            line = Some(self.artificial(LINE, &[(own_line, 0, Some(1)), (other_line, 0, Some(1))]));
        }
        let status = self.status();
        let mut slots = vec![(own, 1, Some(1)), (other, 0, Some(1)), (status, 0, Some(1))];
        slots.extend(line.map(|line| (line, 0, None)));
        let root = self.artificial(code, &slots);
        self.out.roots.insert(code.to_owned(), root);
    }

    /// Returns the declaration of a message's document element.
    fn document(&self, message: &Text) -> Option<DeclId> {
        let known = known_message(self.edition, message, self.sources)?;
        let root = self.out.roots.get(&message.value)?;
        let name = known.head.document.as_ref().map(|text| text.value.as_str());
        let found = name.and_then(|name| self.child(*root, name));
        if found.is_none() {
            self.sources.error(
                message.at,
                format!("{} has no element that is one document", message.value),
                "a pair joins messages with `document`",
            );
        }
        found.map(|slot| slot.decl)
    }

    /// Returns the element with that name in a plain sequence.
    fn child(&self, above: DeclId, name: &str) -> Option<Slot> {
        let Content::Sequence(slots) = &self.complex(above)?.content else {
            return None;
        };
        slots.iter().find(|slot| self.local(slot.decl) == name).cloned()
    }

    fn complex(&self, decl: DeclId) -> Option<&Complex> {
        let decl = self.out.decls.get(usize::from(decl))?;
        match self.out.types.get(usize::from(decl.ty))? {
            Type::Complex(complex) => Some(complex),
            Type::Simple(_) | Type::Any => None,
        }
    }

    fn local(&self, decl: DeclId) -> &str {
        let name = self.out.decls.get(usize::from(decl)).map(|decl| decl.name);
        name.map_or("", |name| self.out.interner.local(name))
    }

    /// Splits a document into head and lines: nothing may occur twice in the artificial message.
    fn take_lines(&mut self, document: DeclId, lines: &Text, by: &Text) -> Option<(DeclId, DeclId)> {
        let Some(line) = self.child(document, &lines.value) else {
            let Some(Content::Sequence(slots)) = self.complex(document).map(|complex| &complex.content) else {
                return None;
            };
            let names: Vec<&str> = slots.iter().map(|slot| self.local(slot.decl)).collect();
            let hint = did_you_mean(&nearest(&lines.value, names.iter().copied()))
                .unwrap_or_else(|| format!("it has {}", names.join(", ")));
            self.sources.error(
                lines.at,
                format!("{} has no {}", self.local(document), lines.value),
                hint,
            );
            return None;
        };
        if self.child(line.decl, &by.value).is_none() {
            self.sources.error(
                by.at,
                format!(
                    "{} has no field {} by which lines could be joined",
                    lines.value, by.value
                ),
                "name a field that the lines of both documents have, for example gnum",
            );
            return None;
        }
        let mut complex = self.complex(document)?.clone();
        if let Content::Sequence(slots) = &mut complex.content {
            slots.retain(|slot| slot.decl != line.decl);
        }
        let ty = self.add_type(Type::Complex(complex));
        let mut head = self.out.decls.get(usize::from(document))?.clone();
        head.ty = ty;
        let id = self.out.interner.position(self.out.decls.len());
        self.out.decls.push(head);
        let text = self.out.texts.get(usize::from(document)).cloned().unwrap_or_default();
        self.out.texts.push(text);
        self.out.facts.push(None);
        Some((id, line.decl))
    }

    /// Declares an element that is not in any specification.
    fn artificial(&mut self, name: &str, children: &[(DeclId, u32, Option<u32>)]) -> DeclId {
        let slots = children.iter().map(|&(decl, min, max)| Slot { decl, min, max });
        let ty = self.add_type(Type::Complex(Complex {
            content: Content::Sequence(slots.collect()),
            ..Complex::default()
        }));
        let text = DeclText {
            required: "required".to_owned(),
            ..DeclText::default()
        };
        self.declare(0, name, Some(ty), &Keys::default(), text, None)
    }

    fn status(&mut self) -> DeclId {
        let ty = self.add_type(Type::Simple(Simple {
            base: Base::String,
            collapse: false,
            min_length: 0,
            max_length: None,
            total_digits: None,
            fraction_digits: None,
        }));
        let text = DeclText {
            zh: "对应单证的状态".to_owned(),
            en: "Status of the other document".to_owned(),
            required: "optional".to_owned(),
            ..DeclText::default()
        };
        self.declare(0, OTHER_STATUS, Some(ty), &Keys::default(), text, None)
    }
}

impl Compiler<'_> {
    /// Compiles the rules of a pair.
    pub(crate) fn pair(&mut self, code: &str, pair: &PairSource, places: &Places, out: &mut Rules) {
        let edition = self.edition;
        let Some(message) = edition.messages.get(&pair.message.value) else {
            return;
        };
        let holds = |rule: &&RuleSource| rule.keys.pairs.iter().flatten().any(|text| text.value == code);
        for rule in edition.rules.iter().filter(holds) {
            for field in rule.keys.fields.iter().flatten() {
                if places.ending(&field.value).is_empty() {
                    let hint = places.suggest(&field.value, 0);
                    let what = format!("the pair {code} has no field {}", field.value);
                    self.sources.report(field.at, what, hint);
                }
            }
            self.rule(rule, message, places, out);
        }
    }

    /// Adds the uniqueness rules: texts that the evaluator never uses.
    pub(crate) fn uniques(&self, every: &BTreeMap<&str, Places>, out: &mut Rules) -> Vec<Unique> {
        let mut uniques = Vec::new();
        for rule in self.edition.rules.iter().filter(|rule| rule.keys.unique) {
            for code in rule.keys.messages.iter().flatten() {
                let (Some(message), Some(places)) =
                    (self.edition.messages.get(&code.value), every.get(code.value.as_str()))
                else {
                    continue;
                };
                // Missing fields are reported where the rule was read.
                let Some(fields) = &rule.keys.fields else {
                    continue;
                };
                let Some(document) = &message.head.document else {
                    self.sources.error(
                        code.at,
                        format!("{} has no element that is one document", code.value),
                        "only values of documents can be unique",
                    );
                    continue;
                };
                let found: Vec<DeclId> = fields
                    .iter()
                    .filter_map(|field| value_at(places, &document.value, field, self.sources))
                    .collect();
                let (true, Some(at)) = (found.len() == fields.len(), found.last()) else {
                    continue;
                };
                let decl = |path: &str| {
                    places
                        .at(path)
                        .and_then(|at| places.list().get(at))
                        .map(|place| place.part.decl)
                };
                let on = decl(&document.value).unwrap_or_default();
                let names: Vec<&str> = fields.iter().map(|field| field.value.as_str()).collect();
                let mut text = self.text(rule, message);
                text.check = format!("unique {}", names.join(", "));
                if let Some(days) = rule.keys.days {
                    text.check += &format!(" within {days} days");
                }
                uniques.push(Unique {
                    message: code.value.clone(),
                    fields: names.iter().map(|name| (*name).to_owned()).collect(),
                    days: rule.keys.days,
                    rule: u32::try_from(out.rules.len()).unwrap_or(u32::MAX),
                });
                out.rules.push(Rule {
                    trigger: on,
                    on,
                    at: *at,
                    when: Vec::new(),
                    check: Vec::new(),
                });
                out.texts.push(text);
                if let Some(index) = places.at(&document.value) {
                    let instance = Instance {
                        on: index,
                        at: index,
                        value: None,
                    };
                    self.texts(rule, &instance, places);
                }
            }
        }
        uniques
    }

    /// Checks that a rule for pairs names existing pairs, and nothing else.
    pub(crate) fn pairs_of(&self, rule: &RuleSource, pairs: &[Text]) {
        for (key, list) in [("messages", &rule.keys.messages), ("kinds", &rule.keys.kinds)] {
            if list.is_some() {
                self.sources.error(
                    rule.id.at,
                    format!("the rule {} has both `{key}` and `pairs`", rule.id.value),
                    "keep one of the two",
                );
            }
        }
        for pair in pairs {
            if !self.edition.pairs.contains_key(&pair.value) {
                let hint = did_you_mean(&nearest(&pair.value, self.edition.pairs.keys().map(String::as_str)))
                    .unwrap_or_else(|| "add [[pair]] with message, other and match".to_owned());
                self.sources
                    .error(pair.at, format!("there is no pair {}", pair.value), hint);
            }
        }
    }
}

/// Returns the facts about pairs that the host needs.
pub(crate) fn facts(edition: &Edition, every: &BTreeMap<&str, Places>, sources: &Sources<'_>) -> Vec<Pair> {
    let mut out = Vec::new();
    for (code, pair) in &edition.pairs {
        let side = |message: &Text| {
            let document = edition.messages.get(&message.value)?.head.document.as_ref()?;
            Some((every.get(message.value.as_str())?, document.value.as_str()))
        };
        let (Some((own, own_document)), Some((other, other_document))) = (side(&pair.message), side(&pair.other))
        else {
            continue;
        };
        for (left, right) in &pair.matching {
            value_at(own, own_document, left, sources);
            value_at(other, other_document, right, sources);
        }
        out.push(Pair {
            code: code.clone(),
            message: pair.message.value.clone(),
            other: pair.other.value.clone(),
            matching: pair
                .matching
                .iter()
                .map(|(left, right)| (left.value.clone(), right.value.clone()))
                .collect(),
            lines: pair.lines.as_ref().map(lines),
        });
    }
    out
}

fn lines(lines: &LinesSource) -> Lines {
    Lines {
        message: lines.message.value.clone(),
        other: lines.other.value.clone(),
        by: lines.by.value.clone(),
    }
}

/// Returns the field at a path below the document; it must have one value in each document.
fn value_at(places: &Places, document: &str, field: &Text, sources: &Sources<'_>) -> Option<DeclId> {
    let index = match places.must(&format!("{document}/{}", field.value)) {
        Ok(index) => index,
        Err(_) => {
            let below = format!("{document}/");
            let names: Vec<&str> = places
                .list()
                .iter()
                .filter_map(|place| place.path.strip_prefix(&below))
                .collect();
            let near = nearest(&field.value, names.iter().copied());
            let last = field.value.rsplit('/').next().unwrap_or_default();
            let same = names.iter().copied().find(|name| name.rsplit('/').next() == Some(last));
            let near = if near.is_empty() {
                same.map(str::to_owned).into_iter().collect()
            } else {
                near
            };
            let hint = did_you_mean(&near).unwrap_or_else(|| {
                format!(
                    "paths begin below {document}, for example {}",
                    names.first().unwrap_or(&"")
                )
            });
            sources.error(field.at, format!("{document} has no field {}", field.value), hint);
            return None;
        }
    };
    let place = places.list().get(index)?;
    let repeated = places
        .ancestry(index)
        .into_iter()
        .take_while(|at| places.list()[*at].path != document)
        .any(|at| places.list()[at].part.repeated);
    if place.holds != Holds::Text || repeated {
        sources.error(
            field.at,
            format!("{} has not one value in each {document}", field.value),
            "name a field of the head",
        );
        return None;
    }
    Some(place.part.decl)
}

/// Returns the texts of the artificial message.
pub(crate) fn message_text(code: &str, pair: &PairSource, sources: &Sources<'_>) -> MessageText {
    MessageText {
        en: code.to_owned(),
        kind: PAIR.to_owned(),
        source: sources.path(pair.at.file).to_owned(),
        ..MessageText::default()
    }
}

/// Returns the places of the artificial messages.
pub(crate) fn places<'e>(edition: &'e Edition, structure: &Structure) -> BTreeMap<&'e str, Places> {
    let root = |code: &'e String| Some((code.as_str(), Places::of(structure, *structure.roots.get(code)?)));
    edition.pairs.keys().filter_map(root).collect()
}
