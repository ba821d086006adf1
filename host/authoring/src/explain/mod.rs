//! The work behind `explain`: texts, scope, reasons and examples of rules, and meanings of codes and fields.

mod code;
mod effect;
mod excerpt;
mod field;
mod host;
mod label;
mod sample;
mod unknown;
mod why;

pub use code::{CodeEntry, CodeExplanation, CodeRule};
pub use effect::Effect;
pub use field::{FieldRules, RuleLine, of_field};
pub use unknown::Unknown;
pub use why::CodeMeaning;
pub(crate) use why::is_automatic;

use cebridge_findings::{RuleSet, layer_name, pair_of};
use cebridge_message::{Document, Limits};
use cebridge_rule_compiler::Grade;
use cebridge_rule_compiler::near::nearest;
use cebridge_rule_core::pack::{Case, Pack, RuleText};
use cebridge_rule_core::program::DeclId;
use cebridge_rule_core::schema_rules::SchemaRule;
use cebridge_rule_core::tree::FieldTree;
use excerpt::{Wanted, excerpt};
use label::labelled;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Explanation of the item that the user asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explanation {
    /// A rule.
    Rule(Box<RuleExplanation>),
    /// A code of customs.
    Code(CodeExplanation),
    /// A field, in each message that has it.
    Fields(Vec<FieldRules>),
}

/// Explains a rule, a code or a field, whichever has this name.
///
/// # Errors
/// Nothing has this name.
pub fn anything(pack: &RuleSet, asked: &str) -> Result<Explanation, Unknown> {
    if let Some(rule) = rule(pack, asked) {
        return Ok(Explanation::Rule(Box::new(rule)));
    }
    if code::is_code(asked) {
        return Ok(Explanation::Code(code::code(pack, asked)));
    }
    let fields = field::anywhere(pack, asked);
    if !fields.is_empty() {
        return Ok(Explanation::Fields(fields));
    }
    let texts = pack.pack();
    let rules = texts.rules.iter().map(|rule| rule.id.as_str());
    let messages = texts.program.messages.iter().map(|message| message.code.as_str());
    let all = texts.program.decls.iter();
    let names = all.filter_map(|decl| Some(texts.program.names.get(usize::from(decl.name))?.local.as_str()));
    Err(Unknown::Anything {
        asked: asked.to_owned(),
        edition: pack.edition().to_owned(),
        near: nearest(asked, host::ids().chain(rules).chain(messages).chain(names)),
    })
}

/// A place that a rule points at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulePlace {
    /// Path below the root of the message.
    pub path: String,
    /// Name and official label.
    pub field: String,
    /// Messages in which it applies there.
    pub messages: Vec<String>,
}

/// One condition of a rule, with its messages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleCheck {
    /// The rule is judged only where this holds; empty for always.
    pub when: String,
    /// The condition that must hold, as written.
    pub check: String,
    /// English message.
    pub message: String,
    /// Chinese message.
    pub message_zh: String,
    /// Rule source as `file:line`; empty for the built-in rules of every pack.
    pub source: String,
}

/// A few lines of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Excerpt {
    /// Case of the pack that it comes from; `None` if it was made from the declaration of the field.
    pub case: Option<String>,
    /// Line in that case.
    pub line: Option<u32>,
    /// The lines, personal data masked.
    pub xml: String,
}

/// Everything about a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleExplanation {
    /// Its id.
    pub rule: String,
    /// Edition of the pack.
    pub edition: String,
    /// `schema`, `business` or `signature`.
    pub layer: &'static str,
    /// Severity set by the pack.
    pub severity: Grade,
    /// Severity set by the configuration, if different.
    pub configured: Option<Grade>,
    /// `stated`, `inferred`, `xsd`, `error text`, or `host` for a rule of this program.
    pub basis: String,
    /// Messages to which it applies; empty for all.
    pub messages: Vec<String>,
    /// Places of its findings; empty for anywhere.
    pub places: Vec<RulePlace>,
    /// Its conditions.
    pub checks: Vec<RuleCheck>,
    /// Why it exists.
    pub why: String,
    /// Clauses of the specification.
    pub clauses: Vec<String>,
    /// Customs error code.
    pub code: Option<CodeMeaning>,
    /// A wrong example.
    pub wrong: Option<Excerpt>,
    /// A right example.
    pub right: Option<Excerpt>,
}

/// Explains the rule with this id, ignoring case.
fn rule(pack: &RuleSet, id: &str) -> Option<RuleExplanation> {
    let texts = pack.pack();
    let same = |rule: &&(usize, &RuleText)| rule.1.id.eq_ignore_ascii_case(id);
    let numbered: Vec<(usize, &RuleText)> = texts.rules.iter().enumerate().collect();
    let numbers: Vec<usize> = numbered.iter().filter(same).map(|(number, _)| *number).collect();
    let Some(first) = numbers.first().and_then(|number| texts.rules.get(*number)) else {
        return host::rule(pack, id);
    };
    let built_in = numbers.first().and_then(|number| SchemaRule::from_index(*number));
    let (messages, places) = if built_in.is_some() {
        (Vec::new(), Vec::new())
    } else {
        where_it_holds(texts, &numbers)
    };
    let mut checks: Vec<RuleCheck> = Vec::new();
    let mut clauses: Vec<String> = Vec::new();
    for text in numbers.iter().filter_map(|number| texts.rules.get(*number)) {
        let check = RuleCheck {
            when: text.when.clone(),
            check: text.check.clone(),
            message: text.en.clone(),
            message_zh: text.zh.clone(),
            source: text.source.clone(),
        };
        if !checks.contains(&check) {
            checks.push(check);
        }
        if !text.clause.is_empty() && !clauses.contains(&text.clause) {
            clauses.push(text.clause.clone());
        }
    }
    let why = if first.why.is_empty() {
        why::sentence(first, built_in, &clauses.join(", "))
    } else {
        first.why.clone()
    };
    let given = Grade::from(first.severity);
    let (wrong, right) = examples(texts, first, &numbers, built_in);
    Some(RuleExplanation {
        rule: first.id.clone(),
        edition: pack.edition().to_owned(),
        layer: layer_name(first.layer),
        severity: given,
        configured: pack.grades().get(&first.id).copied().filter(|grade| *grade != given),
        basis: first.basis.clone(),
        messages,
        places,
        checks,
        why,
        clauses,
        code: (!first.code.is_empty()).then(|| why::meaning(&first.code)),
        wrong,
        right,
    })
}

/// Returns the first place of a declaration in a message, as a path below its root.
pub(crate) fn path_of(pack: &Pack, message: usize, decl: DeclId) -> Option<String> {
    let tree = FieldTree::of(&pack.program, message);
    let found = tree.places().iter().find(|place| place.part.decl == decl);
    found.map(|place| place.shown().to_owned())
}

/// Returns the messages and places of rules that are not built in.
fn where_it_holds(pack: &Pack, numbers: &[usize]) -> (Vec<String>, Vec<RulePlace>) {
    let mut messages = Vec::new();
    let mut order: Vec<(String, DeclId)> = Vec::new();
    let mut by_path: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (index, message) in pack.program.messages.iter().enumerate() {
        let own = numbers
            .iter()
            .filter(|number| message.rules.iter().any(|rule| usize::from(*rule) == **number));
        let points: BTreeSet<DeclId> = own
            .filter_map(|number| pack.program.rules.get(*number))
            .map(|rule| rule.at)
            .collect();
        if points.is_empty() {
            continue;
        }
        messages.push(message.code.clone());
        for place in FieldTree::of(&pack.program, index).places() {
            if points.contains(&place.part.decl) {
                let path = place.shown().to_owned();
                let codes = by_path.entry(path.clone()).or_default();
                if codes.is_empty() {
                    order.push((path, place.part.decl));
                }
                codes.push(message.code.clone());
            }
        }
    }
    let places = order
        .into_iter()
        .map(|(path, decl)| RulePlace {
            field: labelled(pack, decl),
            messages: by_path.remove(&path).unwrap_or_default(),
            path,
        })
        .collect();
    (messages, places)
}

/// Returns a wrong and a right example, from the pack's cases, else made from the declaration.
fn examples(
    pack: &Pack,
    text: &RuleText,
    numbers: &[usize],
    built_in: Option<SchemaRule>,
) -> (Option<Excerpt>, Option<Excerpt>) {
    if let Some(found) = from_cases(pack, text, numbers) {
        return found;
    }
    let at = numbers.first().and_then(|number| pack.program.rules.get(*number));
    let made = match built_in {
        Some(rule) => sample::built_in(pack, rule),
        None if why::is_automatic(text) => at.and_then(|rule| sample::automatic(pack, &text.id, rule.at)),
        None => None,
    };
    let made_of = |xml: String| Excerpt {
        case: None,
        line: None,
        xml,
    };
    made.map_or((None, None), |(wrong, right)| {
        (Some(made_of(wrong)), Some(made_of(right)))
    })
}

type Pair = (Option<Excerpt>, Option<Excerpt>);

/// Takes the case with the fewest other findings, which shows the mistake best.
fn from_cases(pack: &Pack, text: &RuleText, numbers: &[usize]) -> Option<Pair> {
    let place_in = |case: &Case| {
        let mut lines = case.expect.iter().filter_map(|line| line.split_once(' '));
        lines
            .find(|(rule, _)| *rule == text.id)
            .map(|(_, path)| path.to_owned())
    };
    let (case, path) = pack
        .cases
        .iter()
        .filter_map(|case| Some((case, place_in(case)?)))
        .min_by_key(|(case, _)| (case.expect.len(), case.name.clone()))?;
    let document = read(case)?;
    let message = message_of(pack, &document)?;
    let own = pack.program.messages.get(message)?;
    let of_message = |number: &&usize| own.rules.iter().any(|rule| usize::from(*rule) == **number);
    let rule = numbers.iter().find(of_message).or(numbers.first())?;
    let reads = pack
        .program
        .rules
        .get(*rule)
        .map(|rule| rule.reads().collect())
        .unwrap_or_default();
    let excerpt_of = |case: &Case, document: &Document, path: &str, mark: &str| {
        let wanted = Wanted {
            message,
            path,
            reads: &reads,
            mark,
        };
        let (xml, line) = excerpt(pack, document, &wanted)?;
        Some(Excerpt {
            case: Some(case.name.clone()),
            line: Some(line),
            xml,
        })
    };
    let wrong = excerpt_of(case, &document, &path, &text.id);
    // The same place in a clean case, preferably one in which it is present.
    let plain = without_indices(&path);
    let clean: Vec<(&Case, Document)> = pack
        .cases
        .iter()
        .filter(|case| case.expect.is_empty())
        .filter_map(|case| Some((case, read(case)?)))
        .filter(|(_, document)| message_of(pack, document) == Some(message))
        .collect();
    let right = clean
        .iter()
        .find(|(_, document)| document.find(0, &plain).is_some())
        .or(clean.first())
        .and_then(|(case, document)| {
            let there = document.find(0, &plain).is_some();
            let parent = plain.rsplit_once('/').map_or("(root)", |(parent, _)| parent);
            excerpt_of(case, document, if there { &plain } else { parent }, "")
        });
    Some((wrong, right))
}

fn read(case: &Case) -> Option<Document> {
    Document::parse(case.xml.as_bytes(), &Limits::MESSAGE).ok()
}

/// Compares local name and namespace: the root of a case may only resemble that of a message.
fn message_of(pack: &Pack, document: &Document) -> Option<usize> {
    if let Some(code) = pair_of(document) {
        let alone = code.split_once('+').filter(|(own, other)| own == other);
        return pack.message(alone.map_or(code.as_str(), |(own, _)| own));
    }
    let program = &pack.program;
    let found = document.root_name();
    program.messages.iter().position(|message| {
        let name = program
            .decl(message.root)
            .and_then(|root| program.names.get(usize::from(root.name)));
        name.is_some_and(|name| {
            let namespace = program.namespaces.get(usize::from(name.namespace));
            name.local == found.local && namespace == Some(&found.namespace)
        })
    })
}

/// Turns `Order[2]/OrderList[1]/qty` into `Order/OrderList/qty`.
fn without_indices(path: &str) -> String {
    let steps: Vec<&str> = path
        .split('/')
        .map(|step| step.split_once('[').map_or(step, |(name, _)| name))
        .collect();
    steps.join("/")
}
