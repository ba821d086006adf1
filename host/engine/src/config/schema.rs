//! The JSON Schema of the configuration, made from its types: for editors, for checking, and for the reference.

use super::Config;
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Map, Value, json};
use std::sync::OnceLock;

/// Returns the schema, without references, so that each key is described in place.
pub fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<Config>();
        RecursiveTransform(without_null).transform(&mut schema);
        schema.insert("title".to_owned(), json!("cebridge.toml"));
        schema.to_value()
    })
}

/// Removes null from the schema, because TOML has no null.
fn without_null(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|one| one != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    let Some(Value::Array(choices)) = object.get_mut("anyOf") else {
        return;
    };
    choices.retain(|one| one.get("type").is_none_or(|kind| kind != "null"));
    if let [Value::Object(only)] = &choices[..] {
        let only = only.clone();
        object.remove("anyOf");
        for (key, value) in only {
            // The field's own description takes precedence over its type's.
            object.entry(key).or_insert(value);
        }
    }
}

/// A table in the schema, with the variant that a tag chooses, if there are several.
pub(super) struct Shape<'s> {
    base: &'s Map<String, Value>,
    variant: Option<&'s Map<String, Value>>,
}

/// The tag of a table with variants, and the variants by its values.
pub(super) struct Variants<'s> {
    pub(super) tag: &'s str,
    pub(super) by_value: Vec<(&'s str, &'s Map<String, Value>)>,
}

impl<'s> Shape<'s> {
    pub(super) fn new(base: &'s Map<String, Value>) -> Self {
        Self { base, variant: None }
    }

    pub(super) fn with(self, variant: &'s Map<String, Value>) -> Self {
        Self {
            variant: Some(variant),
            ..self
        }
    }

    fn parts(&self) -> impl Iterator<Item = &'s Map<String, Value>> + use<'s> {
        std::iter::once(self.base).chain(self.variant)
    }

    /// The keys with their schemas, in alphabetical order.
    pub(super) fn properties(&self) -> Vec<(&'s str, &'s Value)> {
        let parts = self.parts().filter_map(|part| part.get("properties")?.as_object());
        parts.flatten().map(|(key, schema)| (key.as_str(), schema)).collect()
    }

    /// The schema of unlisted keys, if they are allowed.
    pub(super) fn others(&self) -> Option<&'s Value> {
        self.base
            .get("additionalProperties")
            .filter(|schema| schema.is_object())
    }

    /// Required keys.
    pub(super) fn required(&self) -> Vec<&'s str> {
        let parts = self.parts().filter_map(|part| part.get("required")?.as_array());
        parts.flatten().filter_map(Value::as_str).collect()
    }

    /// The variants, if the table has any.
    pub(super) fn variants(&self) -> Option<Variants<'s>> {
        let variants: Vec<&Map<String, Value>> = self
            .base
            .get("oneOf")?
            .as_array()?
            .iter()
            .filter_map(Value::as_object)
            .collect();
        let first = variants.first()?.get("properties")?.as_object()?;
        let (tag, _) = first.iter().find(|(_, schema)| schema.get("const").is_some())?;
        let value = |variant: &&'s Map<String, Value>| variant.get("properties")?.get(tag)?.get("const")?.as_str();
        Some(Variants {
            tag,
            by_value: variants
                .iter()
                .filter_map(|variant| Some((value(variant)?, *variant)))
                .collect(),
        })
    }
}

/// The words that a value may be, if it is one of a few, each with its meaning.
pub(super) fn words(schema: &Value) -> Option<Vec<(&str, &str)>> {
    if let Some(list) = schema.get("enum").and_then(Value::as_array) {
        return list.iter().map(|word| Some((word.as_str()?, ""))).collect();
    }
    let choices = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
    let mut words = Vec::new();
    for choice in choices {
        match choice.get("const").and_then(Value::as_str) {
            Some(word) => words.push((
                word,
                choice.get("description").and_then(Value::as_str).unwrap_or_default(),
            )),
            None => words.extend(self::words(choice)?),
        }
    }
    Some(words)
}

/// The meaning of a key.
pub(super) fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
