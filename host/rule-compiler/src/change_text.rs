//! Formats changes as lines of text, for lists of an edition's changes.

use crate::syntax::{FieldGrades, Keys, Required, RuleKeys};
use crate::text::Text;

/// Returns the keys that a change sets, as a line of text.
pub(crate) fn set_text(keys: &Keys) -> String {
    let mut parts = Vec::new();
    for (key, value) in [
        ("format", &keys.format),
        ("schema", &keys.schema),
        ("occurs", &keys.occurs),
        ("fixed", &keys.fixed),
        ("default", &keys.default),
        ("zh", &keys.zh),
        ("en", &keys.en),
    ] {
        parts.extend(value.as_ref().map(|text| assigned(key, &text.value)));
    }
    parts.extend(keys.required.map(|required| {
        let value = match required {
            Required::Yes => "true",
            Required::No => "false",
            Required::Conditional => "conditional",
        };
        assigned("required", value)
    }));
    parts.extend(
        keys.personal
            .map(|personal| assigned("personal", if personal { "true" } else { "false" })),
    );
    let FieldGrades {
        required,
        empty,
        length,
        digits,
    } = keys.grade;
    for (key, value) in [
        ("required", required),
        ("empty", empty),
        ("length", length),
        ("digits", digits),
    ] {
        parts.extend(value.map(|grade| assigned(&format!("grade of {key}"), grade.name())));
    }
    parts.join(", ")
}

/// Returns the keys that a change to a rule sets, as a line of text.
pub(crate) fn set_rule_text(keys: &RuleKeys) -> String {
    let mut parts = Vec::new();
    for (key, value) in [
        ("on", &keys.on),
        ("at", &keys.at),
        ("when", &keys.when),
        ("check", &keys.check),
        ("why", &keys.why),
        ("basis", &keys.basis),
        ("severity", &keys.severity),
        ("code", &keys.code),
        ("clause", &keys.clause),
        ("zh", &keys.zh),
        ("en", &keys.en),
    ] {
        parts.extend(value.as_ref().map(|text| assigned(key, &text.value)));
    }
    for (key, value) in [
        ("fields", &keys.fields),
        ("messages", &keys.messages),
        ("kinds", &keys.kinds),
        ("pairs", &keys.pairs),
    ] {
        let list = |texts: &Vec<Text>| {
            texts
                .iter()
                .map(|text| text.value.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        parts.extend(value.as_ref().map(|texts| assigned(key, &list(texts))));
    }
    parts.extend(keys.days.map(|days| assigned("days", &days.to_string())));
    parts.join(", ")
}

fn assigned(key: &str, value: &str) -> String {
    if value.is_empty() {
        format!("no {key}")
    } else {
        format!("{key} = {value}")
    }
}
