//! Checks a TOML file against the schema: unknown and missing keys, wrong kinds of values. Faults are reported and
//! taken out, so that the rest can be read.

use super::day::Day;
use super::fault::Fault;
use super::place::{KeyPath, Origin};
use super::schema::{self, Shape, description, words};
use serde_json::{Map, Value};
use std::net::SocketAddr;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// Returns the file without its faults, and the faults.
pub(super) fn check<'i>(origin: &Origin, root: DeTable<'i>) -> (DeTable<'i>, Vec<Fault>) {
    let mut check = Check {
        origin,
        faults: Vec::new(),
    };
    let left = schema::schema()
        .as_object()
        .and_then(|schema| check.table(schema, root, 0..0, &KeyPath::default()));
    (left.unwrap_or_default(), check.faults)
}

struct Check<'o> {
    origin: &'o Origin,
    faults: Vec<Fault>,
}

impl Check<'_> {
    fn wrong(&mut self, at: Range<usize>, path: &KeyPath, problem: String, expected: String) {
        self.faults
            .push(Fault::at(self.origin, at, path, problem).expected(expected));
    }

    /// The table without its faults; `None` if a required key is missing.
    fn table<'i>(
        &mut self,
        schema: &Map<String, Value>,
        table: DeTable<'i>,
        at: Range<usize>,
        path: &KeyPath,
    ) -> Option<DeTable<'i>> {
        let shape = self.shape(schema, &table, &at, path)?;
        let mut complete = true;
        for key in shape.required() {
            if !table.contains_key(key) {
                complete = false;
                let missing = path.key(key);
                let known = shape.properties();
                let meaning = known
                    .iter()
                    .find(|(name, _)| *name == key)
                    .map(|(_, schema)| description(schema));
                let expected = format!("Set {key}. {}", meaning.unwrap_or_default());
                self.wrong(
                    at.clone(),
                    &missing,
                    "is missing".to_owned(),
                    expected.trim_end().to_owned(),
                );
            }
        }
        let mut left = DeTable::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let inner = path.key(&name);
            let known = shape.properties();
            let schema = known
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, schema)| *schema);
            let Some(schema) = schema.or_else(|| shape.others()) else {
                self.unknown(key.span(), path, &name, &known);
                continue;
            };
            match self.value(schema, value, &inner) {
                Some(value) => {
                    left.insert(key, value);
                }
                None => complete &= !shape.required().contains(&name.as_str()),
            }
        }
        complete.then_some(left)
    }

    /// The keys that a table may have, including those of its variant, if any.
    fn shape<'s>(
        &mut self,
        schema: &'s Map<String, Value>,
        table: &DeTable<'_>,
        at: &Range<usize>,
        path: &KeyPath,
    ) -> Option<Shape<'s>> {
        let shape = Shape::new(schema);
        let Some(variants) = shape.variants() else {
            return Some(shape);
        };
        let names: Vec<&str> = variants.by_value.iter().map(|(name, _)| *name).collect();
        let tag = path.key(variants.tag);
        let expected = format!("It may be {}.", list(&names));
        let Some(value) = table.get(variants.tag) else {
            self.wrong(at.clone(), &tag, "is missing".to_owned(), expected);
            return None;
        };
        let written = value.get_ref().as_str().unwrap_or_default();
        if let Some((_, variant)) = variants.by_value.iter().find(|(name, _)| *name == written) {
            return Some(shape.with(variant));
        }
        let fault = Fault::at(
            self.origin,
            value.span(),
            &tag,
            format!("there is no {} {written:?}", variants.tag),
        );
        self.faults.push(
            fault
                .value(written)
                .near(written, names.iter().copied())
                .expected(expected),
        );
        None
    }

    fn unknown(&mut self, at: Range<usize>, path: &KeyPath, name: &str, known: &[(&str, &Value)]) {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        let table = path.to_string();
        let problem = match table.as_str() {
            "" => "there is no such section".to_owned(),
            table => format!("[{table}] has no key {name:?}"),
        };
        let mut expected = format!("The keys are {}.", names.join(", "));
        if table.is_empty() {
            expected = format!("The sections are {}.", names.join(", "));
        }
        if let Some(other) = section_with(name).filter(|other| *other != table) {
            expected = format!("[{other}] has it. {expected}");
        }
        let fault = Fault::at(self.origin, at, &path.key(name), problem);
        self.faults
            .push(fault.near(name, names.iter().copied()).expected(expected));
    }

    fn value<'i>(
        &mut self,
        schema: &Value,
        value: Spanned<DeValue<'i>>,
        path: &KeyPath,
    ) -> Option<Spanned<DeValue<'i>>> {
        let (at, meaning) = (value.span(), description(schema));
        let object = schema.as_object()?;
        let found = value.into_inner();
        if let Some(words) = words(schema) {
            let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let written = found.as_str().unwrap_or_default();
            if names.contains(&written) {
                return Some(Spanned::new(at, found));
            }
            let told: Vec<String> = words.iter().map(|(word, meaning)| told(word, meaning)).collect();
            let fault = Fault::at(self.origin, at, path, "it is not one of the allowed values");
            let fault = fault.value(shown(&found)).near(written, names.iter().copied());
            self.faults
                .push(fault.expected(format!("It may be {}.", told.join("; "))));
            return None;
        }
        let wanted = kinds(schema);
        match found {
            DeValue::Table(table) if wanted.contains(&"object") => {
                let table = self.table(object, table, at.clone(), path)?;
                Some(Spanned::new(at, DeValue::Table(table)))
            }
            DeValue::Array(array) if wanted.contains(&"array") => {
                let items = object.get("items")?;
                let mut left = DeArray::new();
                let length = array.len();
                for (index, item) in array.into_iter().enumerate() {
                    if let Some(item) = self.value(items, item, &path.index(index)) {
                        left.push(item);
                    }
                }
                // If an entry is wrong, the list is dropped: the others must not change their places.
                (left.len() == length).then(|| Spanned::new(at, DeValue::Array(left)))
            }
            found => {
                let fits = wanted.contains(&kind(&found)) || kind(&found) == "integer" && wanted.contains(&"number");
                let problem = match (fits, schema.get("format").and_then(Value::as_str)) {
                    (false, _) => Some((format!("it is {}", named(&found)), wanted_words(&wanted))),
                    (true, Some("date")) if found.as_str().is_some_and(|text| Day::parse(text).is_none()) => {
                        Some(("it is not a day".to_owned(), Day::FORM.to_owned()))
                    }
                    (true, Some("address-and-port")) if found.as_str().is_some_and(|text| !is_address(text)) => Some((
                        "it is not an address with a port".to_owned(),
                        "an IP address and a port, as \"127.0.0.1:8443\"".to_owned(),
                    )),
                    _ => too_small(schema, &found),
                };
                let Some((problem, expected)) = problem else {
                    return Some(Spanned::new(at, found));
                };
                let fault = Fault::at(self.origin, at, path, problem).value(shown(&found));
                self.faults
                    .push(fault.expected(format!("Write {expected}. {meaning}").trim_end().to_owned()));
                None
            }
        }
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<SocketAddr>().is_ok()
}

/// The section that has this key, if exactly one does.
fn section_with(key: &str) -> Option<&'static str> {
    let root = Shape::new(schema::schema().as_object()?);
    let mut with = root.properties().into_iter().filter(|(_, schema)| {
        let items = schema.get("items").unwrap_or(schema);
        let listed = items.get("properties").and_then(Value::as_object);
        listed.is_some_and(|keys| keys.contains_key(key))
    });
    match (with.next(), with.next()) {
        (Some((section, _)), None) => Some(section),
        _ => None,
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn named(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn wanted_words(kinds: &[&str]) -> String {
    let word = |kind: &&str| match *kind {
        "string" => "text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list in [ ]",
        _ => "a table",
    };
    kinds.iter().map(word).collect::<Vec<_>>().join(", or ")
}

/// The problem with a number below the schema's minimum, and the allowed values.
fn too_small(schema: &Value, value: &DeValue<'_>) -> Option<(String, String)> {
    let least = schema.get("minimum").and_then(Value::as_i64)?;
    let written = value.as_integer()?;
    let number = i128::from_str_radix(written.as_str(), written.radix()).ok()?;
    (number < i128::from(least)).then(|| {
        (
            "it is too small".to_owned(),
            format!("a whole number, at least {least}"),
        )
    })
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(truth) => truth.to_string(),
        DeValue::Datetime(day) => day.to_string(),
        DeValue::Array(_) | DeValue::Table(_) => named(value).to_owned(),
    }
}

fn told(word: &str, meaning: &str) -> String {
    match meaning.trim_end_matches('.') {
        "" => format!("{word:?}"),
        meaning => format!(
            "{word:?} ({})",
            meaning.split_whitespace().collect::<Vec<_>>().join(" ")
        ),
    }
}

fn list(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    quoted.join(", ")
}
