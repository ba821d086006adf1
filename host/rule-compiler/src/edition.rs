//! An edition with everything inherited from its parents.

use crate::manifest::Manifest;
use crate::near::{did_you_mean, nearest};
use crate::one_of::one_of;
use crate::outcomes;
use crate::roles::Roles;
use crate::syntax::{Change, Group, Head, OutcomeList, PairSource, RuleFile, RuleKeys, RuleSource};
use crate::table::Table;
use crate::text::{Sources, Text};
use std::collections::BTreeMap;
use toml::de::DeTable;

/// The edition being compiled, with its parents already merged in.
#[derive(Debug, Default)]
pub(crate) struct Edition {
    pub(crate) manifest: Manifest,
    /// Prefix and URI, in the order of introduction.
    pub(crate) namespaces: Vec<(String, String)>,
    /// Messages by code.
    pub(crate) messages: BTreeMap<String, Message>,
    /// Shared blocks by name, and the groups below them by path.
    pub(crate) shared: BTreeMap<String, Group>,
    /// Names of the blocks among [`Edition::shared`].
    pub(crate) blocks: Vec<String>,
    /// Rules for several messages, and for pairs of them.
    pub(crate) rules: Vec<RuleSource>,
    /// Pairs of documents by their code, for example `CEB621+CEB311`.
    pub(crate) pairs: BTreeMap<String, PairSource>,
    /// Outcomes shared by several receipts, keyed by list name.
    pub(crate) outcome_lists: BTreeMap<String, OutcomeList>,
    /// Roles of fields.
    pub(crate) roles: Roles,
}

/// A message of the edition.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) head: Head,
    pub(crate) namespace: Option<Text>,
    /// The file that introduced it.
    pub(crate) file: usize,
    /// Groups by path; the root is `(root)`.
    pub(crate) groups: BTreeMap<String, Group>,
    pub(crate) rules: Vec<RuleSource>,
}

/// `edition.toml` of one edition, and its other files.
pub(crate) struct EditionFiles<'t> {
    pub(crate) table: DeTable<'t>,
    pub(crate) file: usize,
    pub(crate) others: Vec<RuleFile>,
}

/// Returns the parent named in `edition.toml`.
pub(crate) fn parent(file: usize, table: &DeTable<'_>, sources: &Sources<'_>) -> Option<Text> {
    Table::top(file, table, sources).table("edition")?.text("extends")
}

/// Adds the namespace prefixes of `edition.toml`.
pub(crate) fn namespaces(edition: &mut Edition, top: Table<'_>, sources: &Sources<'_>) {
    let Some(table) = top.table("namespaces") else {
        return;
    };
    for prefix in table.keys() {
        let Some(uri) = table.text(&prefix.value) else {
            continue;
        };
        match edition.namespaces.iter().find(|(known, _)| *known == prefix.value) {
            Some((_, known)) if *known != uri.value => {
                sources.error(
                    uri.at,
                    format!("the prefix {} already stands for {known}", prefix.value),
                    "choose another prefix",
                );
            }
            Some(_) => {}
            None => edition.namespaces.push((prefix.value, uri.value)),
        }
    }
}

/// Adds the message, groups, blocks and rules of a file.
pub(crate) fn definitions(edition: &mut Edition, file: &RuleFile, sources: &Sources<'_>) {
    if let Some(namespace) = &file.namespace {
        prefix(edition, namespace, sources);
    }
    for block in &file.blocks {
        let mut block = block.clone();
        block.namespace = block.namespace.or_else(|| file.namespace.clone());
        let name = block.path.value.clone();
        insert(&mut edition.shared, block, "block", sources);
        if !edition.blocks.contains(&name) {
            edition.blocks.push(name);
        }
    }
    match &file.head {
        Some(head) => message(edition, file, head, sources),
        None => {
            for group in &file.groups {
                let mut group = group.clone();
                group.namespace = group.namespace.or_else(|| file.namespace.clone());
                insert(&mut edition.shared, group, "group", sources);
            }
            rules(&mut edition.rules, &file.rules, sources);
            pairs(&mut edition.pairs, &file.pairs, sources);
            outcomes::add_lists(&mut edition.outcome_lists, &file.outcome_lists, sources);
        }
    }
}

fn pairs(known: &mut BTreeMap<String, PairSource>, new: &[PairSource], sources: &Sources<'_>) {
    for pair in new {
        let code = pair.code();
        match known.get(&code) {
            Some(first) => sources.error(
                pair.at,
                format!("the pair {code} is already described in {}", sources.line_of(first.at)),
                format!("write its rules as [[rule]] with pairs = [\"{code}\"]"),
            ),
            None => {
                known.insert(code, pair.clone());
            }
        }
    }
}

fn message(edition: &mut Edition, file: &RuleFile, head: &Head, sources: &Sources<'_>) {
    if !edition.messages.contains_key(&head.code.value) {
        let whole = sources.whole(file.file);
        for (key, value) in [
            ("root", &head.root),
            ("kind", &head.kind),
            ("direction", &head.direction),
            ("zh", &head.zh),
            ("en", &head.en),
            ("namespace", &file.namespace),
        ] {
            if value.is_none() {
                let hint = format!(
                    "add {key} = \"…\"; a file that only changes a message of the parent edition must name one that exists there"
                );
                sources.error(
                    whole,
                    format!("the new message {} needs `{key}`", head.code.value),
                    hint,
                );
            }
        }
        edition.messages.insert(
            head.code.value.clone(),
            Message {
                head: Head {
                    // Set below, without any earlier ones.
                    outcomes: None,
                    ..head.clone()
                },
                namespace: file.namespace.clone(),
                file: file.file,
                groups: BTreeMap::new(),
                rules: Vec::new(),
            },
        );
    }
    if let Some(kind) = &head.kind {
        one_of("kind", kind, &["request", "receipt", "envelope"], sources);
    }
    if let Some(direction) = &head.direction {
        one_of("direction", direction, &["import", "export", "both"], sources);
    }
    let Some(message) = edition.messages.get_mut(&head.code.value) else {
        return;
    };
    restate(message, file, head, sources);
    for group in &file.groups {
        insert(&mut message.groups, group.clone(), "group", sources);
    }
    rules(&mut message.rules, &file.rules, sources);
}

/// Keys at the top of a file replace those of the parent edition, except for the identity of the message.
fn restate(message: &mut Message, file: &RuleFile, head: &Head, sources: &Sources<'_>) {
    let fixed = [
        ("root", &message.head.root, &head.root),
        ("namespace", &message.namespace, &file.namespace),
    ];
    for (key, old, new) in fixed {
        if let (Some(old), Some(new)) = (old, new)
            && old.value != new.value
        {
            sources.error(
                new.at,
                format!("the `{key}` of a message cannot change; it is \"{}\"", old.value),
                "give the message a new code",
            );
        }
    }
    let old = &mut message.head;
    for (old, new) in [
        (&mut old.kind, &head.kind),
        (&mut old.direction, &head.direction),
        (&mut old.zh, &head.zh),
        (&mut old.en, &head.en),
        (&mut old.clause, &head.clause),
        (&mut old.receipt, &head.receipt),
        (&mut old.document, &head.document),
        (&mut old.refuses, &head.refuses),
    ] {
        if new.is_some() {
            old.clone_from(new);
        }
    }
    if head.keys.is_some() {
        old.keys.clone_from(&head.keys);
    }
    if head.errors.is_some() {
        old.errors.clone_from(&head.errors);
    }
    if head.concerns.is_some() {
        old.concerns.clone_from(&head.concerns);
    }
    if let Some(new) = &head.outcomes {
        old.outcomes = Some(outcomes::restated(new, old.outcomes.as_deref(), sources));
    }
}

fn insert(groups: &mut BTreeMap<String, Group>, group: Group, what: &str, sources: &Sources<'_>) {
    if let Some(known) = groups.get(&group.path.value) {
        sources.error(
            group.path.at,
            format!(
                "the {what} {} is already described in {}",
                group.path.value,
                sources.line_of(known.at)
            ),
            "an edition that changes it states [[change]] entries",
        );
        return;
    }
    groups.insert(group.path.value.clone(), group);
}

/// Several rules may share an id (one statement of the specification, checked in several ways), but the same rule
/// written twice is a mistake.
fn rules(known: &mut Vec<RuleSource>, new: &[RuleSource], sources: &Sources<'_>) {
    for rule in new {
        match known
            .iter()
            .find(|known| known.id.value == rule.id.value && same_rule(&known.keys, &rule.keys))
        {
            Some(first) => sources.error(
                rule.id.at,
                format!(
                    "this rule {} already stands in {}",
                    rule.id.value,
                    sources.line_of(first.at)
                ),
                "remove one of the two, or change the first one with [[change]] rule = \"…\"",
            ),
            None => known.push(rule.clone()),
        }
    }
}

fn same_rule(a: &RuleKeys, b: &RuleKeys) -> bool {
    let text = |text: &Option<Text>| text.as_ref().map(|text| text.value.clone());
    let list = |list: &Option<Vec<Text>>| {
        list.as_ref()
            .map(|list| list.iter().map(|text| text.value.clone()).collect::<Vec<_>>())
    };
    let key = |keys: &RuleKeys| {
        (
            text(&keys.on),
            text(&keys.when),
            text(&keys.check),
            list(&keys.fields),
            list(&keys.messages),
            list(&keys.kinds),
            list(&keys.pairs),
            keys.unique,
        )
    };
    key(a) == key(b)
}

/// Returns the message with this code; reports an error if the edition does not have it.
pub(crate) fn known_message<'e>(edition: &'e Edition, code: &Text, sources: &Sources<'_>) -> Option<&'e Message> {
    let known = edition.messages.get(&code.value);
    if known.is_none() {
        let hint = did_you_mean(&nearest(&code.value, edition.messages.keys().map(String::as_str)));
        let message = format!("there is no message {} in this edition", code.value);
        sources.report(code.at, message, hint);
    }
    known
}

/// Reports a namespace prefix that is unknown to the edition.
pub(crate) fn prefix(edition: &Edition, namespace: &Text, sources: &Sources<'_>) {
    let known = edition.namespaces.iter().map(|(prefix, _)| prefix.as_str());
    if !known.clone().any(|prefix| prefix == namespace.value) {
        let hint = did_you_mean(&nearest(&namespace.value, known.clone())).unwrap_or_else(|| {
            format!(
                "the prefixes of [namespaces] are {}",
                known.collect::<Vec<_>>().join(", ")
            )
        });
        sources.error(
            namespace.at,
            format!("there is no namespace prefix \"{}\"", namespace.value),
            hint,
        );
    }
}

/// Returns the changes stated by an edition itself, with their messages.
pub(crate) fn own_changes<'f>(files: &'f EditionFiles<'_>) -> impl Iterator<Item = (Option<&'f Head>, &'f Change)> {
    files
        .others
        .iter()
        .flat_map(|file| file.changes.iter().map(move |change| (file.head.as_ref(), change)))
}
