//! Reads the files of an edition into [`syntax`](crate::syntax).

use crate::concerns;
use crate::keys;
use crate::outcomes;
use crate::read_entry::{self, entries, entry};
use crate::read_pair::{pair, unique};
use crate::read_rule::{rule, rule_keys};
use crate::syntax::{Action, Change, Group, Head, RuleFile, RuleSource};
use crate::table::Table;
use crate::text::{Sources, Text};
use cebridge_rule_core::pack::States;
use toml::de::DeTable;

/// Parses TOML; reports syntax errors and returns `None` for them.
pub(crate) fn parse<'t>(file: usize, sources: &'t Sources<'t>) -> Option<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(sources.text(file));
    if errors.is_empty() {
        return Some(table.into_inner());
    }
    for error in errors {
        let at = error.span().map_or(sources.whole(file), |span| crate::text::Span {
            file,
            start: span.start,
            end: span.end,
        });
        let hint = if error.message().contains("duplicate key") {
            "keep one of the two"
        } else {
            "see https://toml.io for the notation"
        };
        sources.error(at, format!("this is no valid TOML: {}", error.message()), hint);
    }
    None
}

/// Reads all files of one edition folder except `edition.toml`.
pub(crate) fn others(files: &[usize], sources: &Sources<'_>) -> Vec<RuleFile> {
    files
        .iter()
        .filter_map(|file| {
            let table = parse(*file, sources)?;
            Some(rule_file(*file, Table::top(*file, &table, sources), sources))
        })
        .collect()
}

/// Reads a message file or a shared file.
pub(crate) fn rule_file(file: usize, table: Table<'_>, sources: &Sources<'_>) -> RuleFile {
    let head = head(table, sources);
    if head.is_some() {
        let mut known = keys::HEAD.to_vec();
        known.extend(keys::PARTS);
        table.only("a message file", &known);
    } else if !table.has("message") {
        table.only(
            "a shared file",
            &[&keys::SHARED[..], &keys::PARTS, &keys::SHARED_PARTS].concat(),
        );
    }
    let groups = table
        .tables("group")
        .into_iter()
        .filter_map(|table| group(table, "group", "path", sources));
    let blocks = table
        .tables("block")
        .into_iter()
        .filter_map(|table| group(table, "block", "name", sources));
    let mut changes = Vec::new();
    for table in table.tables("change") {
        changes.extend(change(table, head.is_some(), sources));
    }
    let mut rules: Vec<RuleSource> = table
        .tables("rule")
        .into_iter()
        .filter_map(|table| rule(table, head.is_some(), sources))
        .collect();
    rules.extend(
        table
            .tables("unique")
            .into_iter()
            .filter_map(|table| unique(table, sources)),
    );
    RuleFile {
        file,
        namespace: table.text("namespace"),
        groups: groups.collect(),
        blocks: blocks.collect(),
        rules,
        pairs: table
            .tables("pair")
            .into_iter()
            .filter_map(|table| pair(table, sources))
            .collect(),
        outcome_lists: table
            .tables("outcome-list")
            .into_iter()
            .filter_map(|table| outcomes::list(table, sources))
            .collect(),
        changes,
        head,
    }
}

fn head(table: Table<'_>, sources: &Sources<'_>) -> Option<Head> {
    if !table.has("message") {
        return None;
    }
    Some(Head {
        code: table.needed("a message file", "message", "\"CEB311\"")?,
        root: table.text("root"),
        kind: table.text("kind"),
        direction: table.text("direction"),
        zh: table.text("zh"),
        en: table.text("en"),
        clause: table.text("clause"),
        receipt: table.text("receipt"),
        document: table.text("document"),
        keys: table.texts("keys"),
        outcomes: table.has("outcomes").then(|| outcomes::entries(table, sources)),
        concerns: concerns::read(table, sources),
        refuses: table.text("refuses-message"),
        errors: errors(table, sources),
    })
}

/// Reads `errors` of a request: ranges of customs' error codes, as `-301000..-301999`.
fn errors(table: Table<'_>, sources: &Sources<'_>) -> Option<Vec<(u64, u64)>> {
    let errors = table.texts("errors")?;
    if table.text("kind").is_some_and(|kind| kind.value != "request") {
        let hint = "say it in the request whose documents they are about";
        sources.error(table.place("errors"), "only a request has error codes", hint);
    }
    let range = |one: &Text| match States::of(&one.value) {
        Some(States::Range(first, last)) => Some((first, last)),
        _ => {
            let message = format!("\"{}\" is not a range of error codes", one.value);
            let hint = "write the code nearer to zero first, like \"-301000..-301999\"";
            sources.error(one.at, message, hint);
            None
        }
    };
    Some(errors.iter().filter_map(range).collect())
}

/// Reads a `[[group]]` (named by `path`) or a `[[block]]` (named by `name`).
fn group(table: Table<'_>, what: &str, naming: &str, sources: &Sources<'_>) -> Option<Group> {
    table.only(&format!("a {what}"), &[&[naming][..], &keys::GROUP].concat());
    let example = if what == "group" {
        "\"Order/OrderHead\""
    } else {
        "\"BaseTransfer\""
    };
    let path = table.needed(&format!("a {what}"), naming, example)?;
    Some(Group {
        at: table.at,
        zh: table.text("zh"),
        en: table.text("en"),
        namespace: table.text("namespace"),
        mixed: table.flag("mixed").unwrap_or(false),
        text: table.text("text"),
        entries: entries(table, "fields", sources),
        path,
    })
}

fn change(table: Table<'_>, in_message: bool, sources: &Sources<'_>) -> Option<Change> {
    table.only("a change", &keys::CHANGE);
    let cite = table.needed("a change", "cite", "\"the notice or file that brought it\"");
    let action = action(table, in_message, sources);
    Some(Change {
        at: table.at,
        action: action?,
        cite: cite?,
    })
}

fn action(table: Table<'_>, in_message: bool, sources: &Sources<'_>) -> Option<Action> {
    let verbs: Vec<&str> = ["set", "remove", "add"]
        .into_iter()
        .filter(|verb| table.has(verb))
        .collect();
    let [verb] = verbs[..] else {
        sources.error(
            table.at,
            "a change does exactly one of `set`, `add` and `remove`",
            "write set = { … }, or after = \"…\" with add = { … }, or remove = true",
        );
        return None;
    };
    if verb == "remove" && table.flag("remove") != Some(true) {
        sources.error(
            table.place("remove"),
            "`remove` can only be true",
            "leave the change out to keep the entry",
        );
        return None;
    }
    if verb == "add" {
        return add(table, sources);
    }
    for key in ["after", "before"].into_iter().filter(|key| table.has(key)) {
        sources.error(
            table.place(key),
            format!("`{key}` goes with `add`"),
            "remove it, or write add = { … }",
        );
    }
    if let Some(id) = table.text("rule") {
        if verb == "remove" {
            return Some(Action::RemoveRule { id });
        }
        let set = table.table("set")?;
        set.only("a rule", &[&keys::RULE[..], &["days"]].concat());
        return Some(Action::SetRule {
            id,
            keys: Box::new(rule_keys(set, in_message, sources)),
        });
    }
    let path = table.needed("a change", "path", "\"Order/OrderHead/orderNo\"")?;
    if verb == "remove" {
        return Some(Action::Remove { path });
    }
    let set = table.table("set")?;
    Some(Action::Set {
        path,
        keys: Box::new(read_entry::keys(set, "a changed entry", sources)),
    })
}

/// Reads an addition; `after`/`before` name a neighbour, below `path` if that is given.
fn add(table: Table<'_>, sources: &Sources<'_>) -> Option<Action> {
    let (after, anchor) = match (table.text("after"), table.text("before")) {
        (Some(anchor), None) => (true, anchor),
        (None, Some(anchor)) => (false, anchor),
        _ => {
            sources.error(
                table.at,
                "`add` needs either `after` or `before`",
                "write after = \"the field that stands before the new one\"",
            );
            return None;
        }
    };
    let anchor = match table.text("path") {
        Some(path) if path.value != "(root)" => Text {
            value: format!("{}/{}", path.value, anchor.value),
            at: anchor.at,
        },
        _ => anchor,
    };
    let entry = entry(table.table("add")?, sources)?;
    Some(Action::Add {
        anchor,
        after,
        entry: Box::new(entry),
    })
}
