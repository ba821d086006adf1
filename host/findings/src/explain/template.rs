//! Fills in messages of business rules: `{field}` is replaced by the field's value, looked up as in rule expressions.

use super::subject::{Subject, show};
use cebridge_rule_core::pack::RuleText;

/// Returns the rule's messages, English and Chinese, with the values of this document.
pub(super) fn texts(rule: &RuleText, number: u32, subject: &Subject<'_>) -> (String, String) {
    let on = subject.pack.program.rules.get(number as usize).map(|rule| rule.on);
    let fill = |text: &str, empty: &str| {
        fill(text, |name| {
            let value = if name == "value" { Some(subject.value()) } else { None };
            value.or_else(|| find(subject, on, name)).map(
                |value| {
                    if value.is_empty() { empty.to_owned() } else { value }
                },
            )
        })
    };
    (fill(&rule.en, "(empty)"), fill(&rule.zh, "(空)"))
}

/// Returns the value of the field with this name: below the element that the rule applies to, else below its parent,
/// and so on up to the root.
fn find(subject: &Subject<'_>, on: Option<u16>, name: &str) -> Option<String> {
    let steps = &subject.place.steps;
    let start = steps
        .iter()
        .rposition(|(_, decl)| decl.is_some() && *decl == on)
        .unwrap_or(steps.len().saturating_sub(1));
    for (node, decl) in steps.get(..=start)?.iter().rev() {
        if let Some(field) = decl.and_then(|decl| subject.pack.program.decl_below(decl, name)) {
            let node = subject.document.find(*node, name);
            let value = node.map(|node| subject.document.value(node)).unwrap_or_default();
            return Some(show(subject.pack, Some(field), value));
        }
    }
    None
}

/// Replaces each `{name}` that has a value.
fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        match after
            .split_once('}')
            .and_then(|(name, after)| Some((value(name.trim())?, after)))
        {
            Some((value, after)) => {
                out.push_str(&value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::fill;

    #[test]
    fn only_known_names_are_replaced() {
        let value = |name: &str| (name == "a/b").then(|| "1{a/b}".to_owned());
        assert_eq!(fill("x {a/b} y { a/b } {c} {", value), "x 1{a/b} y 1{a/b} {c} {");
    }
}
