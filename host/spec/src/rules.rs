//! The rules of a message with the places they concern.

use crate::expression::written;
use crate::fields::{self, Field};
use cebridge_rule_core::pack::{Layer, Pack, RuleText, Unique};
use cebridge_rule_core::program::{DeclId, Rule};
use std::collections::BTreeMap;

/// A rule of a message.
#[derive(Debug, Clone)]
pub struct RuleView<'p> {
    /// Texts: id, severity, basis, messages, check as written.
    pub text: &'p RuleText,
    /// Path of the element it is about.
    pub on: String,
    /// Path its finding points at.
    pub at: String,
    /// The condition under which it applies; empty if always.
    pub when: String,
    /// Set if it is derived from the printed format and the schema of its field, not written by hand.
    pub automatic: bool,
    pub(crate) rule: &'p Rule,
}

impl RuleView<'_> {
    /// Moves a rule about joined lines to the lines of the document, which are not in a `Line` there.
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
        self.text.severity.name()
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

/// Returns the uniqueness rules: no two documents of a message may share certain values.
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
            on,
            rule,
        })
    };
    message_of.rules.iter().filter_map(view).collect()
}

/// Returns `true` for rules the compiler makes from print and schema: `<MSG>-<field>-<kind>`, the kind in lower case.
fn is_automatic(id: &str, code: &str, field: &str) -> bool {
    let kind = id
        .strip_prefix(code)
        .and_then(|rest| rest.strip_prefix('-')?.strip_prefix(field)?.strip_prefix('-'));
    let small = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    !field.is_empty() && kind.is_some_and(|kind| !kind.is_empty() && kind.chars().all(small))
}

/// Returns a path as a rule on `on` would write it: without the steps that both share.
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
