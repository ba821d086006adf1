//! Finds duplicate values and wrongly numbered lines in a message, which `unique` and `sequence` alone do not identify.

use super::place::{self, nodes_at};
use super::subject::{Subject, show};
use cebridge_message::Document;
use cebridge_rule_core::program::{Base, DeclId, Op, Program};
use cebridge_rule_core::values::Decimal;
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// The value that breaks a rule, and its place.
pub(super) struct Detail {
    /// The second occurrence, or the first wrong number.
    pub(super) node: u32,
    /// Declaration of the node.
    pub(super) decl: DeclId,
    /// Explanation in English.
    pub(super) en: String,
    /// The same in Chinese.
    pub(super) zh: String,
}

/// Returns the detail of a finding if its rule requires unique or numbered values and that is what failed.
pub(super) fn detail(subject: &Subject<'_>, rule: u32) -> Option<Detail> {
    let program = &subject.pack.program;
    let rule = program.rules.get(usize::try_from(rule).ok()?)?;
    let of_trigger = |(_, decl): &&(u32, Option<DeclId>)| *decl == Some(rule.trigger);
    let (trigger, _) = *subject.place.steps.iter().rev().find(of_trigger)?;
    let texts = |field: DeclId| {
        let way = place::route(program, rule.trigger, field)?;
        let nodes = nodes_at(program, subject.document, trigger, &way);
        let text = |node| (node, seen_by_rules(program, subject.document, field, node));
        Some(nodes.into_iter().map(text).collect::<Vec<_>>())
    };
    rule.check.iter().find_map(|op| match op {
        Op::Unique(field) => twice(subject, *field, &texts(*field)?),
        Op::Sequence(field) => misnumbered(subject, *field, &texts(*field)?),
        _ => None,
    })
}

/// Returns the text of a node as the evaluator compares it.
fn seen_by_rules<'a>(program: &'a Program, document: &'a Document, field: DeclId, node: u32) -> &'a str {
    let text = document.value(node);
    let given = program
        .decl(field)
        .and_then(|decl| decl.fixed.as_ref().or(decl.default.as_ref()));
    let text = given.filter(|_| text.is_empty()).map_or(text, String::as_str);
    match program.simple_of(field) {
        Some(simple) if simple.collapse || simple.base != Base::String => text.trim_matches([' ', '\t', '\n', '\r']),
        _ => text,
    }
}

fn twice(subject: &Subject<'_>, field: DeclId, texts: &[(u32, &str)]) -> Option<Detail> {
    let mut seen: HashMap<&str, u32> = HashMap::new();
    let mut repeated = HashSet::new();
    let mut pair = None;
    for (node, text) in texts {
        if let Some(first) = seen.get(text) {
            repeated.insert(*text);
            pair = pair.or(Some((*first, *node, *text)));
        } else {
            seen.insert(text, *node);
        }
    }
    let (first, second, text) = pair?;
    let name = subject.pack.program.local_name(field)?;
    let (units, a, b) = places(subject.document, first, second)?;
    let (mut en, mut zh) = if text.trim().is_empty() {
        (
            format!("{} {a} and {b} have an empty {name}.", units.en()),
            format!("第{a}{0}和第{b}{0}的{name}均为空。", units.zh()),
        )
    } else {
        let value = show(subject.pack, Some(field), text);
        (
            format!("{} {a} and {b} have the {name} {value}.", units.en()),
            format!("第{a}{0}和第{b}{0}的{name}均为{value}。", units.zh()),
        )
    };
    match repeated.len() {
        0 | 1 => {}
        2 => {
            en.push_str(" One more value stands more than once.");
            zh.push_str("另有1个值重复。");
        }
        values => {
            en.push_str(&format!(" {} more values occur more than once.", values - 1));
            zh.push_str(&format!("另有{}个值重复。", values - 1));
        }
    }
    Some(Detail {
        node: second,
        decl: field,
        en,
        zh,
    })
}

fn misnumbered(subject: &Subject<'_>, field: DeclId, texts: &[(u32, &str)]) -> Option<Detail> {
    let name = subject.pack.program.local_name(field)?;
    let is_wrong = |(expected, (_, text)): &(i128, &(u32, &str))| {
        Decimal::parse(text.as_bytes())
            .is_some_and(|number| number.checked_cmp(Decimal::new(*expected, 0)) != Some(Ordering::Equal))
    };
    let (expected, (node, text)) = (1..).zip(texts).find(is_wrong)?;
    let value = show(subject.pack, Some(field), text);
    Some(Detail {
        node: *node,
        decl: field,
        en: format!("Line {expected} has {name} {value}; expected {expected}."),
        zh: format!("第{expected}行的{name}为{value}，应为{expected}。"),
    })
}

/// Unit in which two places are counted.
#[derive(Debug, Clone, Copy)]
enum Units {
    /// Business documents: children of the root.
    Documents,
    /// Groups further down.
    Lines,
    /// The fields themselves, side by side.
    Values,
}

impl Units {
    fn en(self) -> &'static str {
        match self {
            Self::Documents => "Documents",
            Self::Lines => "Lines",
            Self::Values => "Values",
        }
    }

    fn zh(self) -> &'static str {
        match self {
            Self::Documents => "份单证",
            Self::Lines => "行",
            Self::Values => "个值",
        }
    }
}

/// Returns the positions of two nodes, counted from 1 among siblings of the same name where their paths part.
fn places(document: &Document, first: u32, second: u32) -> Option<(Units, usize, usize)> {
    let ancestors = |node: u32| {
        let mut way = vec![node];
        let mut at = node;
        while at != 0 {
            at = document.node(at)?.parent;
            way.push(at);
        }
        way.reverse();
        Some(way)
    };
    let (one, other) = (ancestors(first)?, ancestors(second)?);
    let (above, (a, b)) = one
        .iter()
        .zip(one.iter().skip(1).zip(other.iter().skip(1)))
        .find(|(_, (a, b))| a != b)?;
    let position = |node: u32| {
        let same = |child: &u32| document.local(*child) == document.local(node);
        let siblings = document.children(*above).filter(same);
        siblings.take_while(|child| *child <= node).count()
    };
    let units = match (*above, *a) {
        (_, a) if a == first => Units::Values,
        (0, _) => Units::Documents,
        _ => Units::Lines,
    };
    Some((units, position(*a), position(*b)))
}
