//! Receipts for the enterprise's software: one JSON object each, fields under their official names.

use cebridge_plugin_sdk::{Receipt, Value};
use serde::Serialize;
use serde_json::Map;

#[derive(Serialize)]
struct Answer<'a> {
    /// Code of the receipt, for example `CEB626`.
    receipt: &'a str,
    /// Code of the answered document; null when it is not known.
    answers: Option<&'a str>,
    /// The document by its business keys, as the mapper named it; null when it is not known.
    source: Option<&'a str>,
    values: Map<String, serde_json::Value>,
}

/// Renders the receipt as JSON text with a final line break: fields as texts, groups as objects, a repeated group as a
/// list of objects.
pub(crate) fn render(receipt: &Receipt) -> Result<Vec<u8>, String> {
    if receipt.values.is_empty() {
        return Err(format!("the receipt {} is empty", receipt.message));
    }
    let answer = Answer {
        receipt: &receipt.message,
        answers: Some(receipt.answers.as_str()).filter(|text| !text.is_empty()),
        source: Some(receipt.source.as_str()).filter(|text| !text.is_empty()),
        values: values(&receipt.values),
    };
    let mut json = serde_json::to_vec_pretty(&answer).map_err(|error| error.to_string())?;
    json.push(b'\n');
    Ok(json)
}

fn values(values: &[Value]) -> Map<String, serde_json::Value> {
    let mut out = Map::new();
    for value in values.iter().filter(|value| value.group.is_empty()) {
        out.insert(value.name.clone(), value.text.clone().into());
    }
    let mut places: Vec<(&str, u32)> = Vec::new();
    for value in values.iter().filter(|value| !value.group.is_empty()) {
        if !places.contains(&(&value.group, value.row)) {
            places.push((&value.group, value.row));
        }
    }
    for (group, row) in places {
        let fields: Map<String, serde_json::Value> = values
            .iter()
            .filter(|value| value.group == group && value.row == row)
            .map(|value| (value.name.clone(), value.text.clone().into()))
            .collect();
        match out.get_mut(group) {
            None => {
                out.insert(group.to_owned(), fields.into());
            }
            Some(serde_json::Value::Array(list)) => list.push(fields.into()),
            Some(first) => *first = serde_json::Value::Array(vec![first.take(), fields.into()]),
        }
    }
    out
}
