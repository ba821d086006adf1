//! Reads `[[rule]]`.

use crate::keys;
use crate::one_of::one_of;
use crate::syntax::{RuleKeys, RuleSource};
use crate::table::Table;
use crate::text::Sources;
use cebridge_rule_core::pack::Severity;

/// Reads a rule with everything it needs.
pub(crate) fn rule(table: Table<'_>, in_message: bool, sources: &Sources<'_>) -> Option<RuleSource> {
    let mut known = vec!["id"];
    known.extend(keys::RULE);
    table.only("a rule", &known);
    let id = table.needed("a rule", "id", "\"CEB311-R03\"")?;
    for (key, example) in [
        ("check", "\"acturalPaid == goodsValue\""),
        ("zh", "\"…\""),
        ("en", "\"…\""),
    ] {
        table.needed("a rule", key, example);
    }
    Some(RuleSource {
        id,
        keys: rule_keys(table, in_message, sources),
        at: table.at,
    })
}

/// Reads the keys of a rule, of a `[[unique]]`, or of a change to a rule.
pub(crate) fn rule_keys(table: Table<'_>, in_message: bool, sources: &Sources<'_>) -> RuleKeys {
    let keys = RuleKeys {
        on: table.text("on"),
        at: table.text("at"),
        fields: table.texts("fields"),
        messages: table.texts("messages"),
        kinds: table.texts("kinds"),
        pairs: table.texts("pairs"),
        unique: false,
        days: table.whole("days"),
        when: table.text("when"),
        check: table.text("check"),
        basis: table.text("basis"),
        why: table.text("why"),
        severity: table.text("severity"),
        code: table.text("code"),
        clause: table.text("clause"),
        zh: table.text("zh"),
        en: table.text("en"),
    };
    for (key, value, allowed) in [
        ("basis", &keys.basis, &["stated", "inferred", "xsd", "error text"][..]),
        ("severity", &keys.severity, &Severity::ALL.map(Severity::name)[..]),
    ] {
        if let Some(value) = value {
            one_of(key, value, allowed, sources);
        }
    }
    for kind in keys.kinds.iter().flatten() {
        one_of("kinds", kind, &["request", "receipt", "envelope"], sources);
    }
    if in_message && let Some(key) = ["messages", "kinds", "pairs"].into_iter().find(|key| table.has(key)) {
        sources.error(
            table.place(key),
            format!("`{key}` cannot stand in the file of one message"),
            "rules for several messages stand in shared.toml",
        );
    }
    if keys.fields.is_some() {
        for key in ["on", "at"].into_iter().filter(|key| table.has(key)) {
            sources.error(
                table.place(key),
                format!("a rule has either `fields` or `{key}`"),
                "with `fields`, the rule speaks about each of these fields, and `value` is the field itself",
            );
        }
    }
    keys
}
