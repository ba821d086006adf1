//! Reasons for rules whose source gives none, and meanings of customs codes.

use cebridge_engine::codes;
use cebridge_rule_core::pack::RuleText;
use cebridge_rule_core::schema_rules::SchemaRule;
use serde::Serialize;

/// A customs code with its meaning, if a code table has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CodeMeaning {
    /// The code, for example `-301002`.
    pub code: String,
    /// Its official meaning.
    pub zh: Option<String>,
    /// Its meaning in English.
    pub en: Option<String>,
}

/// Builds a sentence from the facts about the rule: its kind, its basis, its clause and its code.
pub(super) fn sentence(rule: &RuleText, built_in: Option<SchemaRule>, clause: &str) -> String {
    if built_in.is_some_and(|rule| rule.layer() == cebridge_rule_core::pack::Layer::Schema) {
        return "The official XML schema enforces it: customs refuses a message that breaks it before anything else \
                is looked at."
            .to_owned();
    }
    let printed = "the official schema asks for less, so only this rule notices";
    if is_automatic(rule) {
        match rule.id.rsplit('-').next().unwrap_or_default() {
            "required" => {
                return format!("The specification prints the field as required; {printed} that it is absent.");
            }
            "empty" => return format!("The specification prints the field as required; {printed} that it is empty."),
            "length" => return format!("The specification prints this length; {printed} a text of another length."),
            "digits" => return format!("The specification prints this many digits; {printed} other values."),
            _ => {}
        }
    }
    let place = if clause.is_empty() {
        "The specification".to_owned()
    } else {
        format!("The specification (clause {clause})")
    };
    match rule.basis.as_str() {
        "inferred" => format!(
            "{place} does not say so in words; it follows from what it says elsewhere, from its code tables or from \
             what the fields mean."
        ),
        "xsd" => format!("{place} says it in its schema, as a remark that validators do not enforce."),
        "error text" if !rule.code.is_empty() => {
            format!("Customs answers with the error {} when it is broken.", rule.code)
        }
        "error text" => "It follows from an error text with which customs answers.".to_owned(),
        _ if rule.code.is_empty() => format!("{place} states it."),
        _ => format!(
            "{place} states it; customs answers with the error {} when it is broken.",
            rule.code
        ),
    }
}

/// Returns `true` for compiler-made rules, whose id is that of their field with the kind at the end.
pub(crate) fn is_automatic(rule: &RuleText) -> bool {
    rule.basis == "stated"
        && ["-required", "-empty", "-length", "-digits"]
            .iter()
            .any(|kind| rule.id.ends_with(kind))
        && rule.when.is_empty()
        && rule.why.is_empty()
        && rule.code.is_empty()
}

/// Looks up a customs code in the tables of errors and statuses.
pub(super) fn meaning(code: &str) -> CodeMeaning {
    let of_customs = |name: &str| name.contains("error") || name.starts_with("status");
    let found = codes::find(code).into_iter().find(|(table, _)| of_customs(&table.name));
    CodeMeaning {
        code: code.to_owned(),
        zh: found.map(|(_, row)| row.zh.clone()),
        en: found.map(|(_, row)| row.en.clone()),
    }
}
