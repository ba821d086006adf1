//! Reads the entries of `fields`.

use crate::grade::Grade;
use crate::keys::{DESCRIBING, FORMS, GRADE};
use crate::one_of::one_of;
use crate::syntax::{Entry, FieldGrades, Form, Keys, Required};
use crate::table::Table;
use crate::text::{Sources, Text};

/// Reads all entries under `key`.
pub(crate) fn entries(table: Table<'_>, key: &str, sources: &Sources<'_>) -> Vec<Entry> {
    table
        .tables(key)
        .into_iter()
        .filter_map(|table| entry(table, sources))
        .collect()
}

/// Reads one entry.
pub(crate) fn entry(table: Table<'_>, sources: &Sources<'_>) -> Option<Entry> {
    let forms: Vec<&str> = FORMS.into_iter().filter(|form| table.has(form)).collect();
    let [form] = forms[..] else {
        // A mistyped `name` is both an unknown key and a missing form: pointing at the key is more helpful.
        table.only("a field", &[&FORMS[..], &DESCRIBING[..]].concat());
        if sources.has_problem_in(table.at) {
            return None;
        }
        sources.error(
            table.at,
            "an entry has exactly one of `name`, `group`, `use`, `any`, `choice` and `sequence`",
            "a field is written { name = \"orderNo\", format = \"C..60\", required = true, zh = \"…\", en = \"…\" }",
        );
        return None;
    };
    let keys = if form == "name" {
        keys(table, "a field", sources)
    } else {
        let known = if form == "use" {
            &[form, "as", "occurs"][..]
        } else {
            &[form, "occurs"][..]
        };
        table.only(&format!("an entry with `{form}`"), known);
        Keys {
            occurs: table.text("occurs"),
            ..Keys::default()
        }
    };
    let form = match form {
        "name" => Form::Field(name(table, form, sources)?),
        "group" => Form::Group(name(table, form, sources)?),
        "use" => {
            let block = name(table, form, sources)?;
            let name = if table.has("as") {
                name(table, "as", sources)?
            } else {
                block.clone()
            };
            Form::Use { name, block }
        }
        "any" => {
            let any = table.text("any")?;
            one_of("any", &any, &["any", "other"], sources);
            Form::Any(any.value == "other")
        }
        _ => {
            let inner = entries(table, form, sources);
            if inner.is_empty() {
                sources.error(
                    table.place(form),
                    format!("`{form}` is empty"),
                    "list at least one entry",
                );
            }
            if form == "choice" {
                Form::Choice(inner)
            } else {
                Form::Sequence(inner)
            }
        }
    };
    Some(Entry {
        form,
        keys,
        at: table.at,
    })
}

fn name(table: Table<'_>, key: &str, sources: &Sources<'_>) -> Option<Text> {
    let name = table.needed("a field", key, "\"orderNo\"")?;
    let local = if key == "name" {
        name.value.strip_prefix('@').unwrap_or(&name.value)
    } else {
        &name.value
    };
    let well_formed = local
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && local.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !well_formed {
        let hint = if local.contains('/') {
            "write the name only; the path stands in the [[group]]"
        } else {
            "names have letters, digits and _; attributes begin with @"
        };
        sources.error(name.at, format!("\"{}\" is no name of an element", name.value), hint);
        return None;
    }
    Some(name)
}

/// Reads the describing keys of a field, or of a change.
pub(crate) fn keys(table: Table<'_>, what: &str, sources: &Sources<'_>) -> Keys {
    let mut known = DESCRIBING.to_vec();
    if what == "a field" {
        known.push("name");
    }
    table.only(what, &known);
    Keys {
        format: table.text("format"),
        schema: table.text("schema"),
        required: required(table, sources),
        occurs: table.text("occurs"),
        fixed: table.text("fixed"),
        default: table.text("default"),
        zh: table.text("zh"),
        en: table.text("en"),
        personal: table.flag("personal"),
        grade: grade(table, sources),
    }
}

fn required(table: Table<'_>, sources: &Sources<'_>) -> Option<Required> {
    match table.flag_or_text("required")? {
        Ok(true) => Some(Required::Yes),
        Ok(false) => Some(Required::No),
        Err(text) if text.value == "conditional" => Some(Required::Conditional),
        Err(text) => {
            sources.error(
                text.at,
                format!("`required` cannot be \"{}\"", text.value),
                "write required = true, required = false or required = \"conditional\"",
            );
            None
        }
    }
}

fn grade(table: Table<'_>, sources: &Sources<'_>) -> FieldGrades {
    let Some(table) = table.has("grade").then(|| table.table("grade")).flatten() else {
        return FieldGrades::default();
    };
    table.only("a grade", &GRADE);
    let graded = |key: &str| {
        let text = table.text(key)?;
        one_of(key, &text, &Grade::ALL.map(Grade::name), sources);
        Some(Grade::parse(&text.value).unwrap_or(Grade::Off))
    };
    FieldGrades {
        required: graded("required"),
        empty: graded("empty"),
        length: graded("length"),
        digits: graded("digits"),
    }
}
