//! Reads `[[pair]]` and `[[unique]]`, which concern two documents together.

use crate::keys;
use crate::read_rule::rule_keys;
use crate::syntax::{LinesSource, PairSource, RuleSource};
use crate::table::Table;
use crate::text::Sources;

/// Reads `message`, `other`, `match` and, if present, `lines`.
pub(crate) fn pair(table: Table<'_>, sources: &Sources<'_>) -> Option<PairSource> {
    const WHAT: &str = "a pair";
    table.only(WHAT, &keys::PAIR);
    let message = table.needed(WHAT, "message", "\"CEB621\"");
    let other = table.needed(WHAT, "other", "\"CEB311\"");
    const MATCH: &str = "match = [[\"InventoryHead/orderNo\", \"OrderHead/orderNo\"]]";
    let mut matching = Vec::new();
    for (at, row) in table.rows("match").unwrap_or_default() {
        let mut fields = row.into_iter();
        match (fields.next(), fields.next(), fields.next()) {
            (Some(own), Some(other), None) => matching.push((own, other)),
            _ => sources.error(at, "each row of `match` has two fields", format!("write {MATCH}")),
        }
    }
    if !table.has("match") || table.rows("match").is_some_and(|rows| rows.is_empty()) {
        sources.error(table.place("match"), "a pair needs `match`", format!("add {MATCH}"));
    }
    let lines = table.table("lines").and_then(|table| lines(table));
    Some(PairSource {
        message: message?,
        other: other?,
        matching,
        lines,
        at: table.at,
    })
}

fn lines(table: Table<'_>) -> Option<LinesSource> {
    const WHAT: &str = "`lines`";
    table.only(WHAT, &keys::LINES);
    let message = table.needed(WHAT, "message", "\"InventoryList\"");
    let other = table.needed(WHAT, "other", "\"OrderList\"");
    let by = table.needed(WHAT, "by", "\"gnum\"");
    Some(LinesSource {
        message: message?,
        other: other?,
        by: by?,
    })
}

/// Reads a rule that no two documents may share these values.
pub(crate) fn unique(table: Table<'_>, sources: &Sources<'_>) -> Option<RuleSource> {
    const WHAT: &str = "a unique";
    table.only(WHAT, &[&["id"][..], &keys::UNIQUE].concat());
    let id = table.needed(WHAT, "id", "\"CEB511-R01\"");
    let message = table.needed(WHAT, "message", "\"CEB511\"");
    for key in ["zh", "en"] {
        table.needed(WHAT, key, "\"…\"");
    }
    let mut keys = rule_keys(table, false, sources);
    if keys.fields.as_ref().is_none_or(Vec::is_empty) && !table.has("fields") {
        sources.error(
            table.at,
            "a unique needs `fields`",
            "add fields = [\"LogisticsHead/logisticsCode\", \"LogisticsHead/logisticsNo\"]",
        );
    }
    keys.messages = Some(vec![message?]);
    keys.unique = true;
    Some(RuleSource {
        id: id?,
        keys,
        at: table.at,
    })
}
