//! Puts a finding together: the rule's texts, the place and the value there, the severity after configuration.

use super::subject::{Subject, show};
use super::{identity, repeated, schema, template};
use crate::finding::{Finding, Grades};
use crate::layer::layer_name;
use crate::names::Names;
use cebridge_message::Document;
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::evaluate::RawFinding;
use cebridge_rule_core::pack::{MessageText, Pack, RuleText};
use cebridge_rule_core::schema_rules::SchemaRule;

/// What explaining needs to know of a pack.
pub(crate) struct Explainer<'a> {
    pub(crate) pack: &'a Pack,
    pub(crate) names: &'a Names,
    pub(crate) grades: &'a Grades,
    /// SHA-256 (hex) of the pack file.
    pub(crate) digest: &'a str,
}

impl Explainer<'_> {
    /// Explains a finding in a document of the message at position `of`. Unknown numbers give empty texts; judging does
    /// not let any through.
    pub(crate) fn finding(&self, document: &Document, of: Option<usize>, raw: &RawFinding) -> Finding {
        let pack = self.pack;
        let subject = Subject::new(pack, self.names, document, of, raw);
        let nothing = RuleText::default();
        let rule = pack.rules.get(raw.rule as usize).unwrap_or(&nothing);
        let schema_rule = SchemaRule::from_index(raw.rule as usize);
        let (mut message, mut message_zh) = match schema_rule {
            Some(rule) => schema::texts(rule, &subject),
            None => template::texts(rule, raw.rule, &subject),
        };
        // A rule about many values breaks at the element that holds them all, but users look for the value itself.
        let detail = repeated::detail(&subject, raw.rule);
        let (path, field, node, value) = match &detail {
            None => (subject.path(), subject.field(), raw.node, subject.found(schema_rule)),
            Some(detail) => (
                document.path(detail.node),
                document.local(detail.node).to_owned(),
                detail.node,
                Some(show(pack, Some(detail.decl), document.value(detail.node))),
            ),
        };
        let detail = detail.as_ref().map(|detail| (detail.en.as_str(), detail.zh.as_str()));
        if let Some((en, zh)) = detail.or_else(|| identity::hint(&subject, raw.rule)) {
            message = format!("{message} {en}");
            message_zh.push_str(zh);
        }
        let of_message = of.and_then(|at| pack.messages.get(at));
        let or_message = |own: &str, of: fn(&MessageText) -> &String| {
            if own.is_empty() {
                of_message.map(|text| of(text).clone()).unwrap_or_default()
            } else {
                own.to_owned()
            }
        };
        let given = Grade::from(rule.severity);
        let severity = self.grades.get(&rule.id).copied().unwrap_or(given);
        let position = document.position(node);
        Finding {
            rule: rule.id.clone(),
            layer: layer_name(rule.layer).to_owned(),
            severity,
            regraded_from: (severity != given).then_some(given),
            path,
            field: Some(field).filter(|field| !field.is_empty()),
            line: position.line,
            column: position.column,
            value,
            message,
            message_zh,
            code: Some(rule.code.clone()).filter(|code| !code.is_empty()),
            clause: or_message(&rule.clause, |text| &text.clause),
            source: or_message(&rule.source, |text| &text.source),
            pack: self.digest.to_owned(),
        }
    }

    /// Returns the path of the node that a rule points at, as a pack's own cases expect it. The path of a [`Finding`]
    /// may lead further down, to the value that breaks the rule.
    pub(crate) fn path(&self, document: &Document, of: Option<usize>, raw: &RawFinding) -> String {
        Subject::new(self.pack, self.names, document, of, raw).path()
    }
}
