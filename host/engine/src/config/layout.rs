//! Layout of the configuration: every section and key with meaning, default and an example, in the order of the types.

use super::Config;
use super::sample::sample;
use super::schema::{self, Shape, description, words};
use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

/// A table of the file.
pub(super) struct Section {
    /// For example `[rules.grades]` or `[[enterprise.keys]]`.
    pub(super) header: String,
    /// `true` if it is only an example: nothing in it is set by default.
    pub(super) is_example: bool,
    /// Its purpose.
    pub(super) meaning: String,
    pub(super) keys: Vec<Key>,
}

/// A key of a table.
pub(super) struct Key {
    pub(super) name: String,
    /// Kind of value, for display.
    pub(super) kind: String,
    /// Its default as TOML; `None` if it is not set.
    pub(super) default: Option<String>,
    /// A plausible value, as TOML.
    pub(super) example: String,
    pub(super) meaning: String,
}

/// Returns all sections.
///
/// # Errors
/// A value that can't be written as TOML: a defect in the types.
pub(super) fn sections() -> Result<Vec<Section>, String> {
    let text = toml::to_string(&sample()).map_err(|error| error.to_string())?;
    let sample = DeTable::parse(&text).map_err(|error| error.to_string())?;
    let defaults = toml::Table::try_from(Config::default()).map_err(|error| error.to_string())?;
    let mut layout = Layout {
        text: &text,
        sections: Vec::new(),
    };
    let schema = schema::schema().as_object().ok_or("the schema is no table")?;
    for (name, value) in in_order(sample.get_ref()) {
        let meaning = property(&Shape::new(schema), &name);
        layout.table(&name, meaning, value, defaults.get(&name));
    }
    Ok(layout.sections)
}

struct Layout<'t> {
    text: &'t str,
    sections: Vec<Section>,
}

impl Layout<'_> {
    /// Adds a table or a list of tables, and those below it.
    fn table(&mut self, path: &str, schema: Option<&Value>, value: &DeValue<'_>, default: Option<&toml::Value>) {
        let none = Value::Null;
        let schema = schema.unwrap_or(&none);
        match value {
            DeValue::Table(table) => {
                let default = default.and_then(toml::Value::as_table);
                self.one(&format!("[{path}]"), path, schema, &description(schema), table, default);
            }
            DeValue::Array(list) => {
                let items = schema.get("items").unwrap_or(&none);
                for table in list.iter().filter_map(|item| item.get_ref().as_table()) {
                    let meaning = description(schema);
                    self.one(&format!("[[{path}]]"), path, items, &meaning, table, None);
                }
            }
            _ => {}
        }
    }

    fn one(
        &mut self,
        header: &str,
        path: &str,
        schema: &Value,
        meaning: &str,
        table: &DeTable<'_>,
        default: Option<&toml::Table>,
    ) {
        let nothing = Map::new();
        let mut shape = Shape::new(schema.as_object().unwrap_or(&nothing));
        if let Some(variants) = shape.variants() {
            let chosen = table.get(variants.tag).and_then(|tag| tag.get_ref().as_str());
            let variant = variants.by_value.iter().find(|(name, _)| Some(*name) == chosen);
            if let Some((_, variant)) = variant {
                shape = shape.with(variant);
            }
        }
        let (tables, values): (Vec<_>, Vec<_>) = in_order(table).into_iter().partition(|(_, value)| is_table(value));
        let keys = values.into_iter().map(|(name, value)| {
            let schema = property(&shape, &name);
            let written = default.and_then(|known| known.get(&name)).map(ToString::to_string);
            Key {
                kind: schema.map(kind).unwrap_or_default(),
                default: written.or_else(|| schema.and_then(|schema| schema.get("default")).and_then(inline)),
                example: self.written(table, &name, value),
                meaning: schema.map(description).unwrap_or_default(),
                name: quoted(&name),
            }
        });
        let section = Section {
            header: header.to_owned(),
            is_example: default.is_none(),
            meaning: meaning.to_owned(),
            keys: keys.collect(),
        };
        self.sections.push(section);
        for (name, value) in tables {
            let path = format!("{path}.{}", quoted(&name));
            let inner = default.and_then(|known| known.get(&name));
            self.table(&path, property(&shape, &name), value, inner);
        }
    }

    /// A value of the sample as it is written.
    fn written(&self, table: &DeTable<'_>, name: &str, value: &DeValue<'_>) -> String {
        let span = table.get(name).map(toml::Spanned::span).unwrap_or_default();
        match value {
            DeValue::Array(list) => {
                // On one line, however the writer lays lists out.
                let items = list.iter().filter_map(|item| self.text.get(item.span()));
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            _ => self.text.get(span).unwrap_or_default().to_owned(),
        }
    }
}

/// The entries of a table in the order they are written.
fn in_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<(String, &'t DeValue<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let entries = entries.into_iter();
    entries
        .map(|(key, value)| (key.get_ref().to_string(), value.get_ref()))
        .collect()
}

fn is_table(value: &DeValue<'_>) -> bool {
    let of_tables = |list: &toml::de::DeArray<'_>| list.first().is_some_and(|item| item.get_ref().is_table());
    value.is_table() || value.as_array().is_some_and(of_tables)
}

fn property<'s>(shape: &Shape<'s>, name: &str) -> Option<&'s Value> {
    let known = shape.properties().into_iter().find(|(key, _)| *key == name);
    known.map(|(_, schema)| schema).or_else(|| shape.others())
}

fn quoted(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if key.chars().all(bare) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

/// A default of the schema as TOML.
fn inline(value: &Value) -> Option<String> {
    toml::Value::try_from(value).ok().map(|value| value.to_string())
}

/// The kind of a value in words.
fn kind(schema: &Value) -> String {
    if let Some(words) = words(schema) {
        let told: Vec<String> = words.iter().map(|(word, _)| format!("`{word:?}`")).collect();
        return told.join(", ");
    }
    let one = |kind: &str| match (kind, schema.get("format").and_then(Value::as_str)) {
        (_, Some("date")) => "day".to_owned(),
        (_, Some("address-and-port")) => "address and port".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer", _) => match (schema.get("minimum"), schema.get("maximum")) {
            (Some(least), Some(most)) => format!("number, {least} to {most}"),
            (Some(least), None) if least != 0 => format!("number, at least {least}"),
            _ => "number".to_owned(),
        },
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => "list".to_owned(),
        (other, _) => other.to_owned(),
    };
    match schema.get("type") {
        Some(Value::String(only)) => one(only),
        Some(Value::Array(several)) => {
            let told: Vec<String> = several.iter().filter_map(Value::as_str).map(one).collect();
            told.join(", ")
        }
        _ => String::new(),
    }
}
