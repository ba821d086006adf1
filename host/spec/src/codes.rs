//! Codes and values that rules allow in a field, and the meanings of codes.

use crate::rules;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::{DeclId, Op, Table};
use std::collections::BTreeMap;

/// Meanings of codes in Chinese and English, by table and code. Packs hold only the codes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeNames {
    tables: BTreeMap<String, BTreeMap<String, (String, String)>>,
}

impl CodeNames {
    /// Adds a meaning. The table is named as in rules (`customs_district`).
    pub fn add(&mut self, table: &str, code: &str, zh: &str, en: &str) {
        let table = self.tables.entry(table.to_owned()).or_default();
        table.insert(code.to_owned(), (zh.to_owned(), en.to_owned()));
    }

    /// Returns the Chinese and English meaning of a code; empty if unknown.
    #[must_use]
    pub fn of(&self, table: &str, code: &str) -> (&str, &str) {
        let found = self.tables.get(table).and_then(|table| table.get(code));
        found.map_or(("", ""), |(zh, en)| (zh, en))
    }
}

/// Codes that a rule allows in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed<'p> {
    /// A code table, or a list of literals (which has no name).
    pub table: &'p Table,
    /// Id of the rule.
    pub rule: &'p str,
    /// Set if the rule allows them only under a condition.
    pub conditional: bool,
}

/// Returns the codes that the rules of a message allow, by field: those in `field in table` in their checks.
pub(crate) fn allowed(pack: &Pack, message: usize) -> BTreeMap<DeclId, Vec<Allowed<'_>>> {
    let mut out: BTreeMap<DeclId, Vec<Allowed<'_>>> = BTreeMap::new();
    for view in rules::of(pack, message) {
        let check = &view.rule.check;
        // With other terms under `or` or `not`, a list is only part of what is allowed, or is forbidden.
        let lists_only = check.iter().all(|op| matches!(op, Op::Field(_) | Op::In(_) | Op::Or));
        let plain = lists_only || !check.iter().any(|op| matches!(op, Op::Or | Op::Not));
        for pair in check.windows(2) {
            if let [Op::Field(decl), Op::In(table)] = pair
                && let Some(table) = pack.program.tables.get(usize::from(*table))
                && (plain || !table.name.is_empty())
            {
                let list = out.entry(*decl).or_default();
                if !list.iter().any(|known| known.table == table) {
                    list.push(Allowed {
                        table,
                        rule: &view.text.id,
                        conditional: !plain
                            || !(view.rule.when.is_empty() || view.rule.when == [Op::Empty(*decl), Op::Not]),
                    });
                }
            }
        }
    }
    out
}
