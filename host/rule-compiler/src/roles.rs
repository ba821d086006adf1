//! Reads `[roles]` and `[transfer]` of an edition, and the receipts that refuse a message as a whole.

use crate::keys;
use crate::one_of::one_of;
use crate::table::Table;
use crate::text::{Sources, Text};
use cebridge_rule_core::roles::{FieldRoles, Filled, Origin, Transfer};

/// Roles of fields as an edition and its parents state them. What none of them states is as in the standard.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    pub(crate) fields: FieldRoles,
    pub(crate) transfer: Transfer,
    /// Names stated by the edition itself. Those of its parents were checked there, and it may have removed the fields.
    pub(crate) stated: Vec<Text>,
    /// Fields of the block, likewise.
    pub(crate) in_block: Vec<Text>,
    /// Attributes of the root, likewise.
    pub(crate) on_root: Vec<Text>,
}

/// Replaces the roles that `edition.toml` states.
pub(crate) fn restate(roles: &mut Roles, top: Table<'_>, sources: &Sources<'_>) {
    for stated in [&mut roles.stated, &mut roles.in_block, &mut roles.on_root] {
        stated.clear();
    }
    if let Some(table) = top.table("roles") {
        table.only("[roles]", &keys::ROLES);
        for (key, names) in roles.fields.lists() {
            take(table, key, names, &mut roles.stated);
        }
        let FieldRoles { operation, state, .. } = &mut roles.fields;
        if let Some(table) = table.table("type") {
            table.only("`type`", &keys::TYPE);
            take(table, "fields", &mut operation.fields, &mut roles.stated);
            value(table, "new", &mut operation.new);
            value(table, "change", &mut operation.change);
            value(table, "deletion", &mut operation.deletion);
        }
        if let Some(table) = table.table("state") {
            table.only("`state`", &keys::STATE);
            take(table, "fields", &mut state.fields, &mut roles.stated);
            value(table, "held", &mut state.held);
            value(table, "declared", &mut state.declared);
        }
    }
    if let Some(table) = top.table("transfer") {
        const WHAT: &str = "[transfer]";
        table.only(WHAT, &keys::TRANSFER);
        if table.has("name")
            && let Some(name) = table.needed(WHAT, "name", "\"BaseTransfer\"")
        {
            roles.transfer.name.clone_from(&name.value);
            roles.stated.push(name);
        }
        let lists = [
            ("fields", &mut roles.transfer.fields, &mut roles.in_block),
            ("attributes", &mut roles.transfer.attributes, &mut roles.on_root),
        ];
        for (key, list, stated) in lists.into_iter().filter(|(key, ..)| table.has(key)) {
            let entries = table.tables(key).into_iter();
            *list = entries.filter_map(|entry| filled(entry, stated, sources)).collect();
        }
    }
}

/// Replaces a list of names if the table states it.
fn take(table: Table<'_>, key: &str, names: &mut Vec<String>, stated: &mut Vec<Text>) {
    if let Some(texts) = table.texts(key) {
        *names = texts.iter().map(|text| text.value.clone()).collect();
        stated.extend(texts);
    }
}

/// Replaces a value of a field if the table states it.
fn value(table: Table<'_>, key: &str, value: &mut String) {
    if table.has(key)
        && let Some(text) = table.needed("a role", key, "\"2\"")
    {
        *value = text.value;
    }
}

/// Reads `{ name = "copCode", from = "code" }` or `{ name = "dxpMode", value = "DXP" }`.
fn filled(table: Table<'_>, stated: &mut Vec<Text>, sources: &Sources<'_>) -> Option<Filled> {
    const WHAT: &str = "a field of [transfer]";
    table.only(WHAT, &keys::FILLED);
    let name = table.needed(WHAT, "name", "\"copCode\"");
    if table.has("from") == table.has("value") {
        let hint = "write from = \"code\" for a value of the enterprise, or value = \"DXP\" for the same text always";
        sources.error(table.at, "a field of [transfer] has either `from` or `value`", hint);
        return None;
    }
    let origin = match table.text("from") {
        Some(from) => {
            one_of("from", &from, &Origin::WORDS.map(|(word, _)| word), sources);
            let known = Origin::WORDS.into_iter().find(|(word, _)| *word == from.value);
            known.map(|(_, origin)| origin)
        }
        None => table.text("value").map(|text| Origin::Constant(text.value)),
    };
    let name = name?;
    stated.push(name.clone());
    Some(Filled {
        name: name.value,
        origin: origin?,
    })
}
