//! Differences in the fields of a message.

use super::{Area, Change};
use crate::facets::{base, facets};
use crate::fields::{Field, Value};
use crate::{Catalogue, notation};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn compare(
    a: &Catalogue<'_>,
    b: &Catalogue<'_>,
    code: &str,
    (old, new): (usize, usize),
    out: &mut Vec<Change>,
) {
    let (old, new) = (a.fields(old), b.fields(new));
    let by_path = |fields: &[Field<'_>]| -> BTreeMap<String, usize> {
        // The first of two places with the same path counts, as everywhere.
        let places = fields.iter().enumerate().rev();
        places.map(|(index, field)| (field.path.clone(), index)).collect()
    };
    let (old_paths, new_paths) = (by_path(&old), by_path(&new));
    let moved = moved(&old, &new, &old_paths, &new_paths);
    for (index, field) in new.iter().enumerate() {
        if new_paths.get(&field.path) != Some(&index) {
            continue;
        }
        let change = |aspect: &'static str| Change::new(Area::Field, code, &field.path, aspect).label(&field.text.zh);
        match old_paths.get(&field.path).and_then(|index| old.get(*index)) {
            Some(before) => {
                if moved.contains(&field.path) {
                    out.push(change("moved").before(stands(before, &old)).after(stands(field, &new)));
                } else if before.position != field.position {
                    let position = |field: &Field<'_>| field.position.to_string();
                    out.push(change("position").before(position(before)).after(position(field)));
                }
                same(before, field, &change, out);
            }
            None => out.push(change("new").after(format!("{}, {}", whole(field), stands(field, &new)))),
        }
    }
    for (index, field) in old.iter().enumerate() {
        if old_paths.get(&field.path) == Some(&index) && !new_paths.contains_key(&field.path) {
            let change = Change::new(Area::Field, code, &field.path, "removed").label(&field.text.zh);
            out.push(change.before(format!("{}, {}", whole(field), stands(field, &old))));
        }
    }
}

/// Describes a field in one line.
fn whole(field: &Field<'_>) -> String {
    let mut parts = vec![kind(field)];
    if !field.text.format.is_empty() {
        parts.push(format!("printed {}", field.text.format));
    }
    if !matches!(field.value, Value::Group { .. }) {
        parts.push(field.text.required.clone());
    }
    parts.push(format!("occurs {}", field.occurs()));
    if let Some(fixed) = &field.declared.fixed {
        parts.push(format!("fixed {fixed}"));
    }
    if let Some(default) = &field.declared.default {
        parts.push(format!("default {default}"));
    }
    parts.join(", ")
}

fn kind(field: &Field<'_>) -> String {
    match field.value {
        Value::Simple(simple, false) => notation(simple),
        Value::Simple(simple, true) => format!("{} with attributes", notation(simple)),
        Value::Group { mixed, open } => {
            let mixed = if mixed { " and text" } else { "" };
            let open = if open { ", others too" } else { "" };
            format!("elements{mixed}{open}")
        }
        Value::Any => "anyType".to_owned(),
    }
}

/// Describes its place among its neighbours.
fn stands(field: &Field<'_>, all: &[Field<'_>]) -> String {
    let attribute = field.name.starts_with('@');
    let before = all.iter().find(|other| {
        other.parent == field.parent && other.name.starts_with('@') == attribute && other.position + 1 == field.position
    });
    match before {
        Some(before) => format!("after {}", before.name),
        None => "first".to_owned(),
    }
}

fn same(old: &Field<'_>, new: &Field<'_>, change: &dyn Fn(&'static str) -> Change, out: &mut Vec<Change>) {
    let mut aspect = |name: &'static str, before: &str, after: &str| {
        if before != after {
            out.push(change(name).values(before, after));
        }
    };
    let value = |value: &Option<String>| value.as_ref().map(|value| quoted(value)).unwrap_or_default();
    aspect("print", &old.text.format, &new.text.format);
    if old.text.required != new.text.required && !matches!(new.value, Value::Group { .. }) {
        aspect("requirement", &old.text.required, &new.text.required);
    }
    match (old.value, new.value) {
        (Value::Simple(before, x), Value::Simple(after, y)) if x == y => {
            aspect("type", base(before.base), base(after.base));
            for (name, before, after) in facet_pairs(&facets(before), &facets(after)) {
                aspect(name, &before, &after);
            }
        }
        _ => aspect("type", &kind(old), &kind(new)),
    }
    aspect("minOccurs", &old.min.to_string(), &new.min.to_string());
    let max = |max: Option<u32>| max.map_or_else(|| "unbounded".to_owned(), |max| max.to_string());
    aspect("maxOccurs", &max(old.max), &max(new.max));
    aspect("fixed", &value(&old.declared.fixed), &value(&new.declared.fixed));
    aspect("default", &value(&old.declared.default), &value(&new.declared.default));
    aspect("Chinese label", &old.text.zh, &new.text.zh);
    aspect("English label", &old.text.en, &new.text.en);
    let personal = |personal: bool| if personal { "yes" } else { "no" };
    aspect(
        "personal data",
        personal(old.text.personal),
        personal(new.text.personal),
    );
}

/// Writes an empty value as `''`, to distinguish it from none.
fn quoted(value: &str) -> String {
    if value.is_empty() {
        "''".to_owned()
    } else {
        value.to_owned()
    }
}

/// Pairs the facets of two types by name. An exact length counts as a minimum and a maximum, so that a change of either
/// shows.
fn facet_pairs(old: &[(&'static str, String)], new: &[(&'static str, String)]) -> Vec<(&'static str, String, String)> {
    let spread = |facets: &[(&'static str, String)]| -> Vec<(&'static str, String)> {
        let one = |(name, value): &(&'static str, String)| match *name {
            "length" => vec![("minLength", value.clone()), ("maxLength", value.clone())],
            name => vec![(name, value.clone())],
        };
        facets.iter().flat_map(one).collect()
    };
    let (old, new) = (spread(old), spread(new));
    let mut names: Vec<&'static str> = Vec::new();
    for (name, _) in old.iter().chain(&new) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    let value = |facets: &[(&'static str, String)], name: &str| {
        let found = facets.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    names
        .into_iter()
        .map(|name| (name, value(&old, name), value(&new, name)))
        .collect()
}

/// Returns the fields that moved among the siblings that both editions have. The longest run that kept its order stays.
fn moved(
    old: &[Field<'_>],
    new: &[Field<'_>],
    old_paths: &BTreeMap<String, usize>,
    new_paths: &BTreeMap<String, usize>,
) -> BTreeSet<String> {
    let mut families: BTreeMap<(&str, bool), Vec<(usize, &str)>> = BTreeMap::new();
    for field in new {
        if let Some(before) = old_paths.get(&field.path).and_then(|index| old.get(*index))
            && new_paths.contains_key(&field.path)
        {
            let family = families
                .entry((&field.parent, field.name.starts_with('@')))
                .or_default();
            family.push((before.position, &field.path));
        }
    }
    let mut out = BTreeSet::new();
    for family in families.values() {
        let stay = longest_run(&family.iter().map(|(position, _)| *position).collect::<Vec<_>>());
        for (index, (_, path)) in family.iter().enumerate() {
            if !stay.contains(&index) {
                out.insert((*path).to_owned());
            }
        }
    }
    out
}

/// Returns the indices of a longest increasing subsequence. Families are small, so a simple algorithm will do.
fn longest_run(numbers: &[usize]) -> BTreeSet<usize> {
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let longest = runs
            .iter()
            .filter(|run| {
                run.last()
                    .and_then(|last| numbers.get(*last))
                    .is_some_and(|last| last < number)
            })
            .max_by_key(|run| run.len());
        let mut run = longest.cloned().unwrap_or_default();
        run.push(index);
        runs.push(run);
    }
    runs.into_iter()
        .max_by_key(Vec::len)
        .unwrap_or_default()
        .into_iter()
        .collect()
}
