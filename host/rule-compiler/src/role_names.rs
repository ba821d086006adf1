//! Holds the roles of an edition against the names that its messages have.

use crate::edition::Edition;
use crate::near::{did_you_mean, nearest};
use crate::places::Places;
use crate::text::{Sources, Text};
use cebridge_rule_core::roles::{ErrorRange, FieldRoles, Refusal, Transfer};
use std::collections::{BTreeMap, BTreeSet};

/// Returns the roles of an edition; reports names that no message has.
pub(crate) fn of(edition: &Edition, every: &BTreeMap<&str, Places>, sources: &Sources<'_>) -> (FieldRoles, Transfer) {
    let places = every.values().flat_map(Places::list);
    let names: BTreeSet<&str> = places.map(|place| place.name.trim_start_matches('@')).collect();
    for name in &edition.roles.stated {
        unless_known(name, &names, sources);
    }
    let block = &edition.roles.transfer.name;
    // Without the block, all its fields would be reported, too.
    for field in edition.roles.in_block.iter().filter(|_| names.contains(block.as_str())) {
        let path = format!("{block}/{}", field.value);
        unless_found(field, &path, every, &format!("no message has a field {path}"), sources);
    }
    for attribute in &edition.roles.on_root {
        let path = format!("@{}", attribute.value);
        unless_found(
            attribute,
            &path,
            every,
            &format!("no message has an attribute {path}"),
            sources,
        );
    }
    let mut fields = edition.roles.fields.clone();
    for (code, message) in &edition.messages {
        if let Some(errors) = &message.head.errors {
            fields.errors.retain(|known| known.message != *code);
            fields.errors.extend(errors.iter().map(|(first, last)| ErrorRange {
                message: code.clone(),
                first: *first,
                last: *last,
            }));
        }
        let Some(by) = &message.head.refuses else { continue };
        let kind = message.head.kind.as_ref().map_or("", |kind| kind.value.as_str());
        if kind != "receipt" {
            let hint = "say it in the receipt by which customs refuses a message";
            sources.error(by.at, "only a receipt refuses a message", hint);
        }
        let known = every.get(code.as_str());
        if known.is_some_and(|places| places.ending(&by.value).is_empty()) {
            let near = known.map(|places| {
                let names = places.list().iter().map(|place| place.name.as_str());
                nearest(&by.value, names)
            });
            let hint = near.and_then(|near| did_you_mean(&near));
            let hint =
                hint.unwrap_or_else(|| "name the field with the id of the refused message's envelope".to_owned());
            sources.error(by.at, format!("{code} has no field {}", by.value), hint);
        }
        fields.refusals.retain(|known| known.message != *code);
        fields.refusals.push(Refusal {
            message: code.clone(),
            by: by.value.clone(),
        });
    }
    fields.refusals.sort_by(|a, b| a.message.cmp(&b.message));
    // Stable, so that the ranges of a request keep their order.
    fields.errors.sort_by(|a, b| a.message.cmp(&b.message));
    // A pack whose fields play the parts of the standard states no roles, even if it lacks some of those fields.
    let known = |fields: FieldRoles| reduced(fields, &names, edition);
    let standard = FieldRoles::standard();
    if known(fields.clone()) == known(standard.clone()) {
        fields = standard;
    }
    (fields, edition.roles.transfer.clone())
}

fn unless_known(name: &Text, names: &BTreeSet<&str>, sources: &Sources<'_>) {
    let found = match name.value.strip_prefix('*') {
        Some(ending) => names.iter().any(|known| known.ends_with(ending)),
        None => names.contains(name.value.as_str()),
    };
    if !found {
        let hint = did_you_mean(&nearest(&name.value, names.iter().copied()))
            .unwrap_or_else(|| "name a field of one of the messages; roles without a field are []".to_owned());
        sources.error(
            name.at,
            format!("no message of this edition has a field {}", name.value),
            hint,
        );
    }
}

/// Reports a name if no message has a place with this path, below the root or deeper.
fn unless_found(name: &Text, path: &str, every: &BTreeMap<&str, Places>, problem: &str, sources: &Sources<'_>) {
    if every.values().any(|places| !places.ending(path).is_empty()) {
        return;
    }
    let (parent, own) = path.rsplit_once('/').unwrap_or(("", path));
    let beside = every.values().flat_map(Places::list).filter(|place| {
        let (above, _) = place.path.rsplit_once('/').unwrap_or(("", &place.path));
        above == parent
    });
    let beside: BTreeSet<&str> = beside.map(|place| place.name.as_str()).collect();
    let hint = did_you_mean(&nearest(own, beside))
        .unwrap_or_else(|| "describe it in the messages that have it, or leave it out".to_owned());
    sources.error(name.at, problem, hint);
}

/// Returns the roles without the names that the edition does not have.
fn reduced(mut fields: FieldRoles, names: &BTreeSet<&str>, edition: &Edition) -> FieldRoles {
    let known = |name: &String| name.starts_with('*') || names.contains(name.as_str());
    for (_, list) in fields.lists() {
        list.retain(known);
    }
    fields.operation.fields.retain(known);
    fields.state.fields.retain(known);
    fields
        .refusals
        .retain(|refusal| edition.messages.contains_key(&refusal.message));
    fields
        .errors
        .retain(|range| edition.messages.contains_key(&range.message));
    fields
}
