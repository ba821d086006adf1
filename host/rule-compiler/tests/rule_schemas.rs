//! The schemas under `rules/schema`, which editors use to assist with rules, are correct: they have the same keys as
//! the rule source readers, accept every shipped file, and reject what the readers reject.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    rules().join("schema")
}

fn rules() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules")
}

/// The shipped files covered by a schema, with their paths below the rules folder.
fn files_of(schema: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![rules()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(rules()).unwrap().to_str().unwrap().replace('\\', "/");
            if schema_of(&name) == Some(schema) {
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn schema(file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(file)).unwrap()).unwrap()
}

fn validator(file: &str) -> Validator {
    jsonschema::draft4::new(&schema(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The TOML as editors see it: dates are texts.
fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, json(value))).collect(),
        toml::Value::Array(items) => items.into_iter().map(json).collect(),
        toml::Value::Datetime(date) => date.to_string().into(),
        toml::Value::String(text) => text.into(),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
    }
}

fn parse(text: &str) -> Value {
    json(toml::Value::Table(text.parse().unwrap()))
}

/// The schema for a file, by the same patterns as in `.taplo.toml`.
fn schema_of(path: &str) -> Option<&'static str> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts[..] {
        ["editions", _, "edition.toml"] => Some("edition.schema.json"),
        ["editions", _, file] if file.ends_with(".toml") => Some("message.schema.json"),
        ["codes", _] => Some("codes.schema.json"),
        ["signature", _] => Some("signature.schema.json"),
        _ => None,
    }
}

#[test]
fn the_schemas_have_the_keys_of_the_readers() {
    for (place, keys) in cebridge_rule_compiler::keys() {
        let (file, name) = place.split_once('#').unwrap();
        let schema = schema(file);
        let table = if name.is_empty() {
            &schema
        } else {
            &schema["definitions"][name]
        };
        let properties = table["properties"]
            .as_object()
            .unwrap_or_else(|| panic!("{place} is not described"));
        let described: BTreeSet<&str> = properties.keys().map(String::as_str).collect();
        let read: BTreeSet<&str> = keys.into_iter().collect();
        assert_eq!(described, read, "{place}");
        assert_eq!(table["additionalProperties"], false, "{place}");
        for (key, value) in properties {
            let referred = value["$ref"].as_str().and_then(|path| path.rsplit('/').next());
            let help = referred.map_or(
                &value["description"],
                |name| &schema["definitions"][name]["description"],
            );
            assert!(help.is_string(), "{place}: {key} has no description");
        }
    }
}

#[test]
fn every_shipped_rule_file_is_valid() {
    let mut judged = 0;
    for file in ["message", "edition", "codes", "signature"].map(|name| format!("{name}.schema.json")) {
        let validator = validator(&file);
        for (path, text) in files_of(&file) {
            let value = parse(&text);
            let errors: Vec<String> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(errors.is_empty(), "{path}:\n{}", errors.join("\n"));
            judged += 1;
        }
    }
    assert!(judged > 80, "only {judged} files were judged");
}

#[test]
fn mistakes_are_seen() {
    let head = "message = \"M1\"\nroot = \"M\"\n";
    let field = |field: &str| format!("{head}[[group]]\npath = \"(root)\"\nfields = [{{ {field} }}]\n");
    let change = |keys: &str| format!("{head}[[change]]\npath = \"a\"\n{keys}\n");
    let rule = "[[rule]]\nid = \"M1-R01\"\ncheck = \"true\"\nzh = \"z\"\nen = \"e\"\n";
    let outcome = |entry: &str| format!("{head}outcomes = [{{ {entry} }}]\n");
    let concerns = |keys: &str| format!("{head}concerns = {{ message = \"M2\", {keys} }}\n");
    let messages = validator("message.schema.json");
    for (text, right) in [
        (
            field("name = \"a\", format = \"C..60\", required = \"conditional\""),
            true,
        ),
        (field("name = \"a\", format = \"C..\""), false),
        (field("name = \"a\", format = \"X5\""), false),
        (field("name = \"a\", schema = \"string 1..60 collapse\""), true),
        (field("name = \"a\", schema = \"text\""), false),
        (field("name = \"a\", format = \"C1\", required = \"maybe\""), false),
        (field("name = \"a\", format = \"C1\", occurs = \"1..*\""), true),
        (field("name = \"a\", format = \"C1\", occurs = \"many\""), false),
        (field("nmae = \"a\", format = \"C1\""), false),
        (field("name = \"a\", group = \"b\""), false),
        (field("format = \"C1\""), false),
        (field("use = \"BaseTransfer\", as = \"Transfer\""), true),
        (format!("{head}{rule}"), true),
        (format!("{head}{rule}severity = \"off\"\n"), false),
        (format!("{head}{}", rule.replace("check", "chek")), false),
        (change("set = { default = \"\" }\ncite = \"n\""), true),
        (change("set = { default = \"\" }"), false),
        (change("set = { zh = \"z\" }\nremove = true\ncite = \"n\""), false),
        (format!("{head}kind = \"letter\"\n"), false),
        (
            outcome("status = \"negative\", text = [\"旧报文\"], means = \"outdated\""),
            true,
        ),
        (outcome("status = \"1\", means = \"archived\""), false),
        (outcome("status = \"1\", text = [], means = \"held\""), false),
        (outcome("use = \"complaints\""), true),
        (outcome("use = \"complaints\", means = \"held\""), false),
        (concerns("by = [\"no\"], effect = \"notes\""), true),
        (concerns("by = [], effect = \"notes\""), false),
        (concerns("by = [\"no\"], effect = \"ends\""), false),
    ] {
        assert_eq!(messages.is_valid(&parse(&text)), right, "{text}");
    }
    let editions = validator("edition.schema.json");
    let edition =
        |day: &str| json!({ "edition": { "name": "ceb", "edition": "e", "version": "1", "effective-from": day } });
    assert!(editions.is_valid(&edition("2022-05-17")));
    assert!(!editions.is_valid(&edition("17.5.2022")));
    let codes = validator("codes.schema.json");
    let table = |row: Value| json!({ "table": "t", "source": "s", "date": "d", "complete": true, "codes": [row] });
    assert!(codes.is_valid(&table(json!(["1", "一", "one"]))));
    assert!(!codes.is_valid(&table(json!(["1", "一"]))));
    let signatures = validator("signature.schema.json");
    let duty = |need: &str| json!({ "rule": [{ "message": "M1", "need": need, "profiles": ["rsa-sha256"] }] });
    assert!(signatures.is_valid(&duty("required")));
    assert!(!signatures.is_valid(&duty("perhaps")));
}

#[test]
fn editors_are_told_which_schema_belongs_to_which_file() {
    let hints: toml::Table = std::fs::read_to_string(folder().join("../../.taplo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let named: BTreeSet<String> = hints["rule"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["schema"]["path"].as_str().unwrap().to_owned())
        .collect();
    let there: BTreeSet<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| format!("rules/schema/{}", entry.unwrap().file_name().to_string_lossy()))
        .collect();
    assert_eq!(named, there);
}
