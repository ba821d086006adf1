//! Applies the `[[change]]` entries of an edition to the rules of its parent.

use crate::edition::Edition;
use crate::near::{did_you_mean, nearest};
use crate::syntax::{Action, Entry, FieldGrades, Form, Group, Keys, RuleFile, RuleKeys, RuleSource};
use crate::text::{Sources, Span, Text};
use std::collections::BTreeMap;

/// Applies all changes of a file, in order.
pub(crate) fn apply(edition: &mut Edition, file: &RuleFile, sources: &Sources<'_>) {
    for change in &file.changes {
        let Edition {
            messages,
            shared,
            blocks,
            rules,
            ..
        } = edition;
        let (groups, rules) = match &file.head {
            Some(head) => match messages.get_mut(&head.code.value) {
                Some(message) => (&mut message.groups, &mut message.rules),
                None => continue,
            },
            None => (shared, rules),
        };
        let scope = Scope {
            groups,
            blocks,
            in_message: file.head.is_some(),
            sources,
        };
        match &change.action {
            Action::Set { path, keys } => scope.set(path, keys, change.at),
            Action::Add { anchor, after, entry } => scope.add(anchor, *after, entry),
            Action::Remove { path } => scope.remove(path),
            Action::SetRule { id, keys } => {
                if let Some(rule) = find_rule(rules, id, sources) {
                    rule.at = change.at;
                    set_rule(&mut rule.keys, keys);
                }
            }
            Action::RemoveRule { id } => {
                let before = rules.len();
                rules.retain(|rule| rule.id.value != id.value);
                if rules.len() == before {
                    unknown_rule(rules, id, sources);
                }
            }
        }
    }
}

/// Returns the one rule with this id; if several share the id, none can be chosen.
fn find_rule<'r>(rules: &'r mut [RuleSource], id: &Text, sources: &Sources<'_>) -> Option<&'r mut RuleSource> {
    let same: Vec<usize> = (0..rules.len()).filter(|at| rules[*at].id.value == id.value).collect();
    match same[..] {
        [at] => rules.get_mut(at),
        [] => {
            unknown_rule(rules, id, sources);
            None
        }
        _ => {
            sources.error(
                id.at,
                format!("{} rules have the id {}", same.len(), id.value),
                "take them away with remove = true and write the new ones as [[rule]]",
            );
            None
        }
    }
}

fn unknown_rule(rules: &[RuleSource], id: &Text, sources: &Sources<'_>) {
    let hint =
        did_you_mean(&nearest(&id.value, rules.iter().map(|rule| rule.id.value.as_str()))).unwrap_or_else(|| {
            "rules of one message are changed in its file, rules of several messages in shared.toml; rules that the \
         compiler makes are graded with `grade` at their field"
                .to_owned()
        });
    sources.error(id.at, format!("there is no rule {} to change", id.value), hint);
}

/// The groups that a file may change.
struct Scope<'e> {
    groups: &'e mut BTreeMap<String, Group>,
    blocks: &'e [String],
    in_message: bool,
    sources: &'e Sources<'e>,
}

/// Position of an entry: its group, and the indices that lead to it through nested lists.
struct Location {
    group: String,
    trail: Vec<usize>,
}

impl Scope<'_> {
    fn set(self, path: &Text, keys: &Keys, at: Span) {
        let labels = keys.zh.is_some() || keys.en.is_some();
        if let Some(group) = self.groups.get_mut(&path.value) {
            // The labels of an element are in its group, its occurrences in its parent's list.
            replace(&mut group.zh, &keys.zh);
            replace(&mut group.en, &keys.en);
            if labels && keys.occurs.is_none() {
                return;
            }
        }
        let sources = self.sources;
        let Some(location) = self.locate(path) else {
            return;
        };
        let Some((list, index)) = list(self.groups, &location) else {
            return;
        };
        let Some(entry) = list.get_mut(index) else {
            return;
        };
        entry.at = at;
        if matches!(entry.form, Form::Field(_)) {
            set_keys(&mut entry.keys, keys);
            return;
        }
        replace(&mut entry.keys.occurs, &keys.occurs);
        for (key, value) in [
            ("format", &keys.format),
            ("schema", &keys.schema),
            ("fixed", &keys.fixed),
            ("default", &keys.default),
        ] {
            if let Some(value) = value {
                sources.error(
                    value.at,
                    format!("{} is a group and has no `{key}`", path.value),
                    "groups take occurs, zh and en",
                );
            }
        }
    }

    fn add(self, anchor: &Text, after: bool, entry: &Entry) {
        let sources = self.sources;
        let Some(location) = self.locate(anchor) else {
            return;
        };
        let Some((list, index)) = list(self.groups, &location) else {
            return;
        };
        if let Some(name) = entry.form.name()
            && list
                .iter()
                .any(|known| known.form.name().is_some_and(|known| known.value == name.value))
        {
            sources.error(
                name.at,
                format!("{} already stands there", name.value),
                "change it with set = { … }",
            );
            return;
        }
        let index = if after { index + 1 } else { index };
        list.insert(index.min(list.len()), entry.clone());
    }

    fn remove(self, path: &Text) {
        let Some(location) = self.locate(path) else {
            return;
        };
        let below = format!("{}/", path.value);
        self.groups
            .retain(|known, _| *known != path.value && !known.starts_with(&below));
        if let Some((list, index)) = list(self.groups, &location)
            && index < list.len()
        {
            list.remove(index);
        }
    }

    /// Finds the entry at a path; reports an unknown path.
    fn locate(&self, path: &Text) -> Option<Location> {
        let (parent, name) = match path.value.rsplit_once('/') {
            Some((parent, name)) => (parent, name),
            None if self.in_message => ("(root)", path.value.as_str()),
            None => ("", path.value.as_str()),
        };
        let trail = self.groups.get(parent).and_then(|group| trail_to(&group.entries, name));
        match trail {
            Some(trail) => Some(Location {
                group: parent.to_owned(),
                trail,
            }),
            None => {
                self.sources.error(
                    path.at,
                    format!("there is no {} to change", path.value),
                    self.hint(path),
                );
                None
            }
        }
    }

    fn hint(&self, path: &Text) -> String {
        let first = path.value.split('/').next().unwrap_or_default();
        if self.in_message && self.blocks.iter().any(|block| block == first) {
            return format!("{first} is a shared block: change it in shared.toml");
        }
        let mut known: Vec<String> = Vec::new();
        for (group, Group { entries, .. }) in self.groups.iter() {
            names(entries, &mut |name| {
                known.push(if group == "(root)" {
                    name.to_owned()
                } else {
                    format!("{group}/{name}")
                });
            });
        }
        let near = nearest(&path.value, known.iter().map(String::as_str));
        if let Some(hint) = did_you_mean(&near) {
            return hint;
        }
        // The path may be incomplete: suggest places with the wanted last name.
        let last = path.value.rsplit('/').next().unwrap_or_default();
        let same: Vec<String> = known
            .into_iter()
            .filter(|known| known.rsplit('/').next() == Some(last))
            .take(3)
            .collect();
        did_you_mean(&same).unwrap_or_else(|| {
            "paths begin below the root, or with the name of a block: Order/OrderHead/orderNo".to_owned()
        })
    }
}

/// Returns the list that holds an entry, and its position there.
fn list<'g>(groups: &'g mut BTreeMap<String, Group>, location: &Location) -> Option<(&'g mut Vec<Entry>, usize)> {
    let mut list = &mut groups.get_mut(&location.group)?.entries;
    let (last, steps) = location.trail.split_last()?;
    for step in steps {
        list = match &mut list.get_mut(*step)?.form {
            Form::Choice(inner) | Form::Sequence(inner) => inner,
            _ => return None,
        };
    }
    Some((list, *last))
}

/// Returns the indices that lead to the entry with this name.
fn trail_to(entries: &[Entry], name: &str) -> Option<Vec<usize>> {
    entries.iter().enumerate().find_map(|(index, entry)| match &entry.form {
        Form::Choice(inner) | Form::Sequence(inner) => {
            let mut trail = trail_to(inner, name)?;
            trail.insert(0, index);
            Some(trail)
        }
        form => (form.name()?.value == name).then(|| vec![index]),
    })
}

/// Calls `each` with every name in a list and its nested lists.
fn names<'e>(entries: &'e [Entry], each: &mut dyn FnMut(&'e str)) {
    for entry in entries {
        match &entry.form {
            Form::Choice(inner) | Form::Sequence(inner) => names(inner, each),
            form => form.name().into_iter().for_each(|name| each(&name.value)),
        }
    }
}

fn replace<T: Clone>(old: &mut Option<T>, new: &Option<T>) {
    if new.is_some() {
        old.clone_from(new);
    }
}

/// Replaces a text; an empty one removes the key: `default = ""`.
fn replace_text(old: &mut Option<Text>, new: &Option<Text>) {
    match new {
        Some(text) if text.value.is_empty() => *old = None,
        new => replace(old, new),
    }
}

fn set_keys(old: &mut Keys, new: &Keys) {
    for (old, new) in [
        (&mut old.format, &new.format),
        (&mut old.schema, &new.schema),
        (&mut old.occurs, &new.occurs),
        (&mut old.fixed, &new.fixed),
        (&mut old.default, &new.default),
        (&mut old.zh, &new.zh),
        (&mut old.en, &new.en),
    ] {
        replace_text(old, new);
    }
    replace(&mut old.required, &new.required);
    replace(&mut old.personal, &new.personal);
    let FieldGrades {
        required,
        empty,
        length,
        digits,
    } = &mut old.grade;
    replace(required, &new.grade.required);
    replace(empty, &new.grade.empty);
    replace(length, &new.grade.length);
    replace(digits, &new.grade.digits);
}

fn set_rule(old: &mut RuleKeys, new: &RuleKeys) {
    for (old, new) in [
        (&mut old.on, &new.on),
        (&mut old.at, &new.at),
        (&mut old.when, &new.when),
        (&mut old.check, &new.check),
        (&mut old.why, &new.why),
        (&mut old.basis, &new.basis),
        (&mut old.severity, &new.severity),
        (&mut old.code, &new.code),
        (&mut old.clause, &new.clause),
        (&mut old.zh, &new.zh),
        (&mut old.en, &new.en),
    ] {
        replace_text(old, new);
    }
    replace(&mut old.fields, &new.fields);
    replace(&mut old.messages, &new.messages);
    replace(&mut old.kinds, &new.kinds);
    replace(&mut old.pairs, &new.pairs);
    replace(&mut old.days, &new.days);
}
