//! The rules of a message with the places they speak about.

use crate::expression::written;
use crate::fields::{self, Field};
use cebridge_rule_core::pack::{Layer, Pack, RuleText, Severity, Unique};
use cebridge_rule_core::program::{DeclId, Rule};
use std::collections::BTreeMap;

/// A rule of a message.
#[derive(Debug, Clone)]
pub struct RuleView<'p> {
    /// Texts: id, severity, basis, messages, check as written.
    pub text: &'p RuleText,
    /// Path of the element that it speaks about.
    pub on: String,
    /// Path where its finding points.
    pub at: String,
    /// The condition under which it is judged; empty when always.
    pub when: String,
    /// It follows from the printed format and the schema of its field; nobody wrote it.
    pub automatic: bool,
    /// Declarations that it reads or points at.
    pub reads: Vec<DeclId>,
    pub(crate) rule: &'p Rule,
}

impl RuleView<'_> {
    /// A rule about joined lines speaks about the lines of the document: they stand in no `Line` there.
    pub(crate) fn in_document(mut self, document: &str) -> Self {
        for path in [&mut self.on, &mut self.at] {
            if let Some(rest) = path.strip_prefix("Line/") {
                *path = format!("{document}/{rest}");
            }
        }
        self
    }

    /// Severity in one word.
    #[must_use]
    pub fn severity(&self) -> &'static str {
        match self.text.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }

    /// Layer in one word.
    #[must_use]
    pub fn layer(&self) -> &'static str {
        match self.text.layer {
            Layer::Schema => "schema",
            Layer::Business => "business",
            Layer::Signature => "signature",
        }
    }
}

/// The rules that no two documents of a message share some values.
pub(crate) fn unique<'p>(pack: &'p Pack, message: usize, code: &str) -> Vec<RuleView<'p>> {
    let document = pack.document_name(message).unwrap_or_default();
    let view = |unique: &'p Unique| {
        let position = usize::try_from(unique.rule).ok()?;
        let (rule, text) = pack.program.rules.get(position).zip(pack.rules.get(position))?;
        let field = unique.fields.first()?;
        Some(RuleView {
            text,
            on: document.to_owned(),
            at: format!("{document}/{field}"),
            when: String::new(),
            automatic: false,
            reads: Vec::new(),
            rule,
        })
    };
    pack.uniques
        .iter()
        .filter(|unique| unique.message == code)
        .filter_map(view)
        .collect()
}

pub(crate) fn of(pack: &Pack, message: usize) -> Vec<RuleView<'_>> {
    let Some(message_of) = pack.program.messages.get(message) else {
        return Vec::new();
    };
    let fields = fields::of(pack, message);
    let mut paths: BTreeMap<DeclId, &Field<'_>> = BTreeMap::new();
    for field in &fields {
        paths.entry(field.decl).or_insert(field);
    }
    let path = |decl: DeclId| paths.get(&decl).map(|field| field.path.clone()).unwrap_or_default();
    let view = |position: &u16| {
        let position = usize::from(*position);
        let (rule, text) = pack.program.rules.get(position).zip(pack.rules.get(position))?;
        let on = path(rule.on);
        let name = |decl: DeclId| relative(&on, &path(decl)).to_owned();
        let field = paths
            .get(&rule.at)
            .map_or("", |field| field.name.trim_start_matches('@'));
        Some(RuleView {
            text,
            at: path(rule.at),
            when: written(&rule.when, &pack.program, &name),
            automatic: is_automatic(&text.id, &message_of.code, field),
            reads: places_of(rule),
            on,
            rule,
        })
    };
    message_of.rules.iter().filter_map(view).collect()
}

/// Rules that the compiler makes from print and schema are named `<MSG>-<field>-<kind>`, the kind in small letters.
fn is_automatic(id: &str, code: &str, field: &str) -> bool {
    let kind = id
        .strip_prefix(code)
        .and_then(|rest| rest.strip_prefix('-')?.strip_prefix(field)?.strip_prefix('-'));
    let small = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    !field.is_empty() && kind.is_some_and(|kind| !kind.is_empty() && kind.chars().all(small))
}

/// A path as a rule on `on` would write it: without the steps that both have in common.
fn relative<'a>(on: &str, path: &'a str) -> &'a str {
    let mut around = if on == "(root)" { "" } else { on };
    loop {
        if around.is_empty() {
            return path;
        }
        if let Some(rest) = path.strip_prefix(around).and_then(|rest| rest.strip_prefix('/')) {
            return rest;
        }
        around = around.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
}

/// The declarations that a rule points at or reads, each once.
fn places_of(rule: &Rule) -> Vec<DeclId> {
    let mut out = vec![rule.at];
    for decl in rule.reads() {
        if !out.contains(&decl) {
            out.push(decl);
        }
    }
    out
}
