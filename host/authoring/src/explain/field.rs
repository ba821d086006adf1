//! The rules that concern one field, or one message.

use super::unknown::{Unknown, resembling};
use cebridge_findings::{RuleSet, layer_name};
use cebridge_rule_compiler::Grade;
use cebridge_rule_compiler::near::nearest;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{Base, Simple};
use cebridge_rule_core::schema_rules::SchemaRule;
use cebridge_rule_core::tree::{FieldTree, Place};
use serde::Serialize;

/// A rule in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleLine {
    /// Its id.
    pub rule: String,
    /// `schema`, `business` or `signature`.
    pub layer: &'static str,
    /// Severity after configuration.
    pub severity: Grade,
    /// `points` if its finding is at the field, `reads` if the rule only reads the field.
    pub concerns: &'static str,
    /// English message.
    pub message: String,
    /// Chinese message.
    pub message_zh: String,
}

/// A field and the rules that concern it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldRules {
    /// Message code.
    pub message: String,
    /// Path below the root.
    pub path: String,
    /// Official label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// Format as printed.
    pub format: String,
    /// `required`, `optional` or `conditional`, as printed.
    pub required: String,
    /// The rules.
    pub rules: Vec<RuleLine>,
}

/// Returns the rules of every field of a message whose path ends in `path`; without it, of the message as a whole.
///
/// # Errors
/// The message has no such field.
pub fn of_field(pack: &RuleSet, code: &str, path: Option<&str>) -> Result<Vec<FieldRules>, Unknown> {
    let texts = pack.pack();
    let messages = &texts.program.messages;
    let known = messages.iter().map(|message| message.code.as_str());
    let Some(message) = messages
        .iter()
        .position(|message| message.code.eq_ignore_ascii_case(code))
    else {
        return Err(Unknown::Message {
            asked: code.to_owned(),
            edition: pack.edition().to_owned(),
            near: nearest(code, known),
        });
    };
    let tree = FieldTree::of(&texts.program, message);
    let all = tree.places();
    let Some(path) = path else {
        let root = all.first().map(|place| describe(pack, message, place, true));
        return Ok(root.into_iter().collect());
    };
    let found: Vec<FieldRules> = all
        .iter()
        .filter(|place| ends_so(place, path))
        .map(|place| describe(pack, message, place, false))
        .collect();
    if found.is_empty() {
        let last = path.rsplit('/').next().unwrap_or(path);
        let names = all.iter().map(name);
        let near = resembling(last, names);
        let same = |place: &&Place| name(place) == last;
        let elsewhere = all.iter().filter(same).map(|place| place.shown().to_owned());
        return Err(Unknown::Field {
            asked: path.to_owned(),
            message: messages.get(message).map(|one| one.code.clone()).unwrap_or_default(),
            near: elsewhere.chain(near).take(4).collect(),
        });
    }
    Ok(found)
}

/// Finds the field in every message that has it.
pub(super) fn anywhere(pack: &RuleSet, path: &str) -> Vec<FieldRules> {
    let texts = pack.pack();
    let of_message = |index: usize| {
        let tree = FieldTree::of(&texts.program, index);
        let own = tree.places().iter().filter(|place| ends_so(place, path));
        own.map(|place| describe(pack, index, place, false)).collect::<Vec<_>>()
    };
    texts.catalogue().flat_map(|(index, ..)| of_message(index)).collect()
}

/// Returns the last name of a path.
fn name(place: &Place) -> &str {
    let path = place.shown();
    path.rsplit('/').next().unwrap_or(path)
}

/// Returns `true` if the place's path ends in `path`, ignoring case.
fn ends_so(place: &Place, path: &str) -> bool {
    let wanted = path.trim_matches('/').to_lowercase();
    let own = place.shown().to_lowercase();
    !wanted.is_empty() && (own == wanted || own.ends_with(&format!("/{wanted}")))
}

fn describe(pack: &RuleSet, message: usize, place: &Place, whole: bool) -> FieldRules {
    let texts = pack.pack();
    let text = texts
        .decls
        .get(usize::from(place.part.decl))
        .cloned()
        .unwrap_or_default();
    let own = texts.program.messages.get(message);
    let mut rules: Vec<RuleLine> = Vec::new();
    if !whole {
        for rule in schema_rules(texts, place) {
            rules.extend(line(pack, rule.index(), "points"));
        }
    }
    for number in own.map(|own| own.rules.as_slice()).unwrap_or_default() {
        let Some(rule) = texts.program.rules.get(usize::from(*number)) else {
            continue;
        };
        let concerns = if whole || rule.at == place.part.decl {
            "points"
        } else if rule.reads().any(|decl| decl == place.part.decl) || rule.on == place.part.decl {
            "reads"
        } else {
            continue;
        };
        let line = line(pack, usize::from(*number), concerns);
        rules.extend(line.filter(|line| !rules.contains(line)));
    }
    FieldRules {
        message: own.map(|own| own.code.clone()).unwrap_or_default(),
        path: place.shown().to_owned(),
        zh: text.zh,
        en: text.en,
        format: text.format,
        required: text.required,
        rules,
    }
}

/// Returns the built-in schema rules that can report a field.
fn schema_rules(pack: &Pack, place: &Place) -> Vec<SchemaRule> {
    let mut out = Vec::new();
    out.push(if place.part.attribute {
        SchemaRule::AttributeMissing
    } else {
        SchemaRule::ElementMissing
    });
    let Some(simple) = pack.program.simple_of(place.part.decl) else {
        return out;
    };
    let Simple {
        base,
        min_length,
        max_length,
        total_digits,
        fraction_digits,
        ..
    } = simple;
    if pack
        .program
        .decl(place.part.decl)
        .is_some_and(|decl| decl.fixed.is_some())
    {
        out.push(SchemaRule::Fixed);
    }
    if *base != Base::String {
        out.push(SchemaRule::Type);
    }
    if *min_length > 0 || max_length.is_some() {
        out.push(SchemaRule::Length);
    }
    if total_digits.is_some() || fraction_digits.is_some() {
        out.push(SchemaRule::Digits);
    }
    if *base == Base::String && max_length.is_some() {
        out.push(SchemaRule::Utf16);
    }
    out
}

fn line(pack: &RuleSet, number: usize, concerns: &'static str) -> Option<RuleLine> {
    let text = pack.pack().rules.get(number)?;
    Some(RuleLine {
        rule: text.id.clone(),
        layer: layer_name(text.layer),
        severity: pack
            .grades()
            .get(&text.id)
            .copied()
            .unwrap_or_else(|| Grade::from(text.severity)),
        concerns,
        message: text.en.clone(),
        message_zh: text.zh.clone(),
    })
}
