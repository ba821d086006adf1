//! The sample export and helpers to inspect the mapped result.

#![allow(dead_code, clippy::unwrap_used)]

use cebridge_mapper_shop::ShopMapper;
use cebridge_plugin_sdk::{Document, Input, Mapped, Mapper};
use serde_json::Value;

pub(crate) fn sample() -> Value {
    // Written as text, because the `json!` macro turns decimals into floats.
    serde_json::from_str(include_str!("../order.json")).unwrap()
}

/// The sample with its first order changed.
pub(crate) fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut export = sample();
    change(&mut export["orders"][0]);
    export
}

pub(crate) fn run(export: &Value, settings: &[(&str, &str)]) -> Result<Mapped, String> {
    ShopMapper::map(&Input {
        name: "orders.json".into(),
        content: export.to_string().into_bytes(),
        settings: settings
            .iter()
            .map(|(name, text)| ((*name).into(), (*text).into()))
            .collect(),
        at: "20260302080000".into(),
    })
}

pub(crate) fn map(export: &Value) -> Mapped {
    run(export, &[]).unwrap()
}

pub(crate) fn document<'a>(mapped: &'a Mapped, code: &str) -> &'a Document {
    mapped
        .documents
        .iter()
        .find(|document| document.message == code)
        .unwrap()
}

pub(crate) fn value<'a>(document: &'a Document, row: u32, name: &str) -> Option<&'a str> {
    let found = document
        .values
        .iter()
        .find(|value| value.row == row && value.name == name);
    found.map(|value| value.text.as_str())
}
