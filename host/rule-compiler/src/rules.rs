//! Compiles written rules to rules of the program.

use crate::codes::Codes;
use crate::edition::{Edition, Message};
use crate::expr::{self, is_name_start};
use crate::interner::Interner;
use crate::names::{Instance, Names};
use crate::near::{did_you_mean, nearest};
use crate::places::Places;
use crate::syntax::{RuleKeys, RuleSource};
use crate::text::{Sources, Text};
use cebridge_rule_core::pack::{Layer, RuleText, Severity};
use cebridge_rule_core::program::{Op, Rule};
use std::collections::{BTreeMap, BTreeSet};

/// Rules and their texts, at the same positions.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) rules: Vec<Rule>,
    pub(crate) texts: Vec<RuleText>,
}

/// Compiles the written rules of one message at a time.
pub(crate) struct Compiler<'c> {
    pub(crate) edition: &'c Edition,
    pub(crate) sources: &'c Sources<'c>,
    pub(crate) interner: &'c mut Interner,
    pub(crate) codes: &'c mut Codes,
    /// Shared rules found faulty in one message, which are not reported again for the next.
    pub(crate) broken: BTreeSet<usize>,
    /// Number of matches for each name in `fields` of each shared rule.
    pub(crate) hits: BTreeMap<(usize, usize), usize>,
}

impl Compiler<'_> {
    /// Compiles the rules of a message: its own, then the shared ones.
    pub(crate) fn message(&mut self, code: &str, message: &Message, places: &Places, out: &mut Rules) {
        let edition = self.edition;
        for rule in &message.rules {
            for field in rule.keys.fields.iter().flatten() {
                if places.ending(&field.value).is_empty() {
                    self.report_missing(
                        field,
                        &format!("the message {code} has"),
                        places.suggest(&field.value, 0),
                    );
                }
            }
            self.rule(rule, message, places, out);
        }
        for (number, rule) in edition.rules.iter().enumerate() {
            if !applies(&rule.keys, code, message) || self.broken.contains(&number) {
                continue;
            }
            for (position, field) in rule.keys.fields.iter().flatten().enumerate() {
                *self.hits.entry((number, position)).or_default() += places.ending(&field.value).len();
            }
            // A rule for a kind of message applies only to those that have the element it names.
            let absent = rule.keys.on.as_ref().is_some_and(|on| places.at(&on.value).is_none());
            if rule.keys.kinds.is_some() && absent {
                continue;
            }
            let before = self.sources.problems();
            self.rule(rule, message, places, out);
            if self.sources.problems() > before {
                self.broken.insert(number);
            }
        }
    }

    /// Reports mistakes in the shared rules themselves, once all messages are done.
    pub(crate) fn finish(&self, every: &BTreeMap<&str, Places>) {
        for (number, rule) in self.edition.rules.iter().enumerate() {
            if let Some(pairs) = &rule.keys.pairs {
                self.pairs_of(rule, pairs);
                continue;
            }
            self.selection(rule);
            if rule.keys.unique {
                continue;
            }
            for (position, field) in rule.keys.fields.iter().flatten().enumerate() {
                if self.hits.get(&(number, position)).is_some_and(|hits| *hits == 0) {
                    let hint = every.values().find_map(|places| {
                        let names = places.list().iter().skip(1).map(|place| place.name.as_str());
                        did_you_mean(&nearest(&field.value, names))
                    });
                    self.report_missing(field, "the messages of this rule have", hint);
                }
            }
            if rule.keys.kinds.is_some()
                && let Some(on) = &rule.keys.on
                && every.values().all(|places| places.at(&on.value).is_none())
            {
                let hint = every
                    .values()
                    .find_map(|places| places.must(&on.value).err().and_then(|refusal| refusal.hint));
                self.sources
                    .report(on.at, format!("no message has an element {}", on.value), hint);
            }
        }
    }

    fn report_missing(&self, field: &Text, whom: &str, hint: Option<String>) {
        self.sources
            .report(field.at, format!("{whom} no field {}", field.value), hint);
    }

    /// Checks that a shared rule names its messages or their kinds.
    fn selection(&self, rule: &RuleSource) {
        match (&rule.keys.messages, &rule.keys.kinds) {
            (None, None) => self.sources.error(
                rule.id.at,
                format!(
                    "the shared rule {} does not say for which messages it holds",
                    rule.id.value
                ),
                "add messages = [\"CEB311\"], kinds = [\"request\"] or pairs = [\"CEB621+CEB311\"]",
            ),
            (Some(_), Some(_)) => self.sources.error(
                rule.id.at,
                format!("the rule {} has both `messages` and `kinds`", rule.id.value),
                "keep one of the two",
            ),
            _ => {}
        }
        for code in rule.keys.messages.iter().flatten() {
            if !self.edition.messages.contains_key(&code.value) {
                let hint = did_you_mean(&nearest(&code.value, self.edition.messages.keys().map(String::as_str)));
                self.sources.report(
                    code.at,
                    format!("there is no message {} in this edition", code.value),
                    hint,
                );
            }
        }
    }

    pub(crate) fn rule(&mut self, rule: &RuleSource, message: &Message, places: &Places, out: &mut Rules) {
        for instance in self.instances(rule, places) {
            if let Some(compiled) = self.instance(rule, &instance, places) {
                out.rules.push(compiled);
                out.texts.push(self.text(rule, message));
            }
        }
    }

    fn instances(&self, rule: &RuleSource, places: &Places) -> Vec<Instance> {
        if let Some(fields) = &rule.keys.fields {
            let found = fields.iter().flat_map(|field| places.ending(&field.value));
            return found
                .map(|at| {
                    let place = &places.list()[at];
                    // Rules apply to elements; for an attribute, to the one that has it.
                    let on = if place.part.attribute { place.parent } else { at };
                    Instance {
                        on,
                        at,
                        value: Some(at),
                    }
                })
                .collect();
        }
        let Some(on_text) = &rule.keys.on else {
            self.sources.error(
                rule.id.at,
                format!("the rule {} does not say what it speaks about", rule.id.value),
                "add on = \"Order/OrderHead\" (or \"(root)\"), or fields = [\"orderNo\"]",
            );
            return Vec::new();
        };
        let on = match places.must(&on_text.value) {
            Ok(on) if places.list()[on].part.attribute => {
                self.sources.error(
                    on_text.at,
                    "a rule speaks about an element, not about an attribute",
                    "write the element here and the attribute in `at`",
                );
                return Vec::new();
            }
            Ok(on) => on,
            Err(refusal) => {
                self.sources.report(on_text.at, refusal.message, refusal.hint);
                return Vec::new();
            }
        };
        let mut at = on;
        if let Some(at_text) = &rule.keys.at {
            match places.resolve(on, &at_text.value) {
                Some(found) => at = found,
                None => {
                    self.sources.report(
                        at_text.at,
                        format!("there is no `{}` here", at_text.value),
                        places.suggest(&at_text.value, on),
                    );
                    return Vec::new();
                }
            }
        }
        vec![Instance { on, at, value: None }]
    }

    fn instance(&mut self, rule: &RuleSource, instance: &Instance, places: &Places) -> Option<Rule> {
        let before = self.sources.problems();
        let Some(check) = &rule.keys.check else {
            self.sources.error(
                rule.at,
                "a rule needs `check`",
                "add check = \"acturalPaid == goodsValue\"",
            );
            return None;
        };
        if check.value.trim().is_empty() {
            // Reported where the rule was read.
            return None;
        }
        let when = match &rule.keys.when {
            Some(when) => self.condition(when, instance, places),
            None => Vec::new(),
        };
        let check = self.condition(check, instance, places);
        self.texts(rule, instance, places);
        let decl = |index: usize| places.list().get(index).map_or(0, |place| place.part.decl);
        (self.sources.problems() == before).then(|| Rule {
            trigger: decl(places.trigger(instance.on)),
            on: decl(instance.on),
            at: decl(instance.at),
            when,
            check,
        })
    }

    fn condition(&mut self, text: &Text, instance: &Instance, places: &Places) -> Vec<Op> {
        let mut names = Names {
            places,
            instance,
            interner: self.interner,
            codes: self.codes,
        };
        match expr::compile(&text.value, &mut names) {
            Ok(ops) => ops,
            Err(errors) => {
                for error in errors {
                    self.sources.report(
                        self.sources.part(text, error.start..error.end),
                        error.message,
                        error.hint,
                    );
                }
                Vec::new()
            }
        }
    }

    /// Checks the fields named in the texts of a rule.
    pub(crate) fn texts(&self, rule: &RuleSource, instance: &Instance, places: &Places) {
        for text in [&rule.keys.zh, &rule.keys.en].into_iter().flatten() {
            self.placeholders(text, instance, places);
        }
    }

    /// Checks each `{name}` in a text, which is replaced by the value of that field.
    fn placeholders(&self, text: &Text, instance: &Instance, places: &Places) {
        let mut from = 0;
        while let Some(open) = text.value[from..].find('{').map(|at| from + at) {
            let Some(close) = text.value[open..].find('}').map(|at| open + at) else {
                self.sources.error(
                    self.sources.part(text, open..open + 1),
                    "the `{` has no `}`",
                    "write {orderNo} for the value of a field",
                );
                return;
            };
            let name = &text.value[open + 1..close];
            let is_value = name == "value" && instance.value.is_some();
            let found = if is_value {
                instance.value
            } else {
                places.resolve(instance.on, name)
            };
            let at = self.sources.part(text, open..close + 1);
            if !name.starts_with(is_name_start) {
                self.sources.error(
                    at,
                    format!("`{{{name}}}` names no field"),
                    "write {orderNo} for the value of a field",
                );
            } else if found.is_none() {
                self.sources.report(
                    at,
                    format!("there is no `{name}` here"),
                    places.suggest(name, instance.on),
                );
            }
            from = close + 1;
        }
    }

    pub(crate) fn text(&self, rule: &RuleSource, message: &Message) -> RuleText {
        let value = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone()).unwrap_or_default();
        let keys = &rule.keys;
        let basis = keys
            .basis
            .as_ref()
            .map_or_else(|| "stated".to_owned(), |basis| basis.value.clone());
        let severity = match &keys.severity {
            Some(text) => Severity::parse(&text.value).unwrap_or_default(),
            None if basis == "inferred" => Severity::Warning,
            None => Severity::Error,
        };
        RuleText {
            id: rule.id.value.clone(),
            layer: Layer::Business,
            severity,
            basis,
            code: value(&keys.code),
            zh: value(&keys.zh),
            en: value(&keys.en),
            clause: match &keys.clause {
                Some(clause) => in_chapter(&clause.value, &value(&message.head.clause)),
                None => value(&message.head.clause),
            },
            source: self.sources.line_of(rule.at),
            check: value(&keys.check),
            when: value(&keys.when),
            why: value(&keys.why),
        }
    }
}

/// Returns `3.x.4` as that section of each message's chapter: 3.9.4 for the one described in 3.9.
fn in_chapter(clause: &str, chapter: &str) -> String {
    match clause.split_once(".x") {
        Some((part, section)) if !chapter.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{chapter}{section}")
        }
        _ => clause.to_owned(),
    }
}

fn applies(keys: &RuleKeys, code: &str, message: &Message) -> bool {
    if keys.unique || keys.pairs.is_some() {
        return false;
    }
    let named = |list: &Option<Vec<Text>>, value: &str| list.iter().flatten().any(|text| text.value == value);
    let kind = message.head.kind.as_ref().map_or("", |kind| kind.value.as_str());
    named(&keys.messages, code) || named(&keys.kinds, kind)
}
