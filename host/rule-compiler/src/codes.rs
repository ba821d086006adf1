//! Reads code tables: `codes/<table>.toml`.

use crate::expr::Refusal;
use crate::keys::CODES;
use crate::near::{did_you_mean, nearest};
use crate::read::parse;
use crate::table::Table;
use crate::text::{Sources, Text};
use cebridge_rule_core::pack::TableText;
use std::collections::{BTreeMap, BTreeSet};

/// All code tables of the rules folder, and the names of those used.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    tables: BTreeMap<String, CodeTable>,
    used: BTreeSet<String>,
}

#[derive(Debug)]
struct CodeTable {
    file: usize,
    codes: Vec<String>,
    text: TableText,
}

impl Codes {
    /// Reads the files with these numbers.
    pub(crate) fn read(files: &[usize], sources: &Sources<'_>) -> Self {
        let mut codes = Self::default();
        for file in files {
            let Some(table) = parse(*file, sources) else {
                continue;
            };
            let top = Table::top(*file, &table, sources);
            top.only("a code table", &CODES);
            let Some(name) = top.needed("a code table", "table", "\"currency\"") else {
                continue;
            };
            let source = top.needed("a code table", "source", "\"where the codes come from\"");
            let date = if top.has("date") {
                top.date("date")
            } else {
                top.needed("a code table", "date", "\"2019-10\"")
            };
            if !top.has("complete") {
                sources.error(
                    top.at,
                    "a code table needs `complete`",
                    "add complete = true, or false when codes may be missing",
                );
            }
            let text = TableText {
                name: identifier(&name.value),
                source: source.map(|text| text.value).unwrap_or_default(),
                date: date.map(|text| text.value).unwrap_or_default(),
                complete: top.flag("complete").unwrap_or(false),
            };
            let stem = sources
                .path(*file)
                .trim_start_matches("codes/")
                .trim_end_matches(".toml");
            if stem != name.value {
                sources.error(
                    name.at,
                    format!("the file is named {stem}, the table \"{}\"", name.value),
                    "give both the same name",
                );
            }
            if !name
                .value
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            {
                sources.error(
                    name.at,
                    format!("\"{}\" is no name of a code table", name.value),
                    "use small letters, digits and -",
                );
            }
            codes.tables.insert(
                text.name.clone(),
                CodeTable {
                    file: *file,
                    codes: rows(top, sources),
                    text,
                },
            );
        }
        codes
    }

    /// Returns the codes of a table and marks it as used.
    pub(crate) fn find(&mut self, name: &str) -> Result<&[String], Refusal> {
        if let Some(table) = self.tables.get(name) {
            self.used.insert(name.to_owned());
            return Ok(&table.codes);
        }
        let names = || self.tables.keys().map(String::as_str);
        let hint = if self.tables.contains_key(&identifier(name)) {
            Some(format!("did you mean `{}`?", identifier(name)))
        } else {
            did_you_mean(&nearest(name, names()))
        };
        let hint = hint.unwrap_or_else(|| {
            format!(
                "the tables are {}; a list is written [\"1\", \"2\"]",
                names().collect::<Vec<_>>().join(", ")
            )
        });
        Err(Refusal {
            message: format!("there is no code table `{name}`"),
            hint: Some(hint),
        })
    }

    /// Returns the provenance of the tables used.
    pub(crate) fn texts(&self) -> Vec<TableText> {
        self.used
            .iter()
            .filter_map(|name| self.tables.get(name))
            .map(|table| table.text.clone())
            .collect()
    }

    /// Returns the files of the tables used.
    pub(crate) fn files(&self) -> impl Iterator<Item = usize> {
        self.used
            .iter()
            .filter_map(|name| self.tables.get(name))
            .map(|table| table.file)
    }
}

/// Replaces the hyphens in table names, which would be minus signs in an expression.
fn identifier(name: &str) -> String {
    name.replace('-', "_")
}

fn rows(top: Table<'_>, sources: &Sources<'_>) -> Vec<String> {
    if !top.has("codes") {
        sources.error(
            top.at,
            "a code table needs `codes`",
            "add codes = [ [\"142\", \"人民币\", \"Renminbi\"] ]",
        );
    }
    let mut seen: BTreeMap<String, Text> = BTreeMap::new();
    for (at, row) in top.rows("codes").unwrap_or_default() {
        let Some(code) = row.first().filter(|_| row.len() == 3) else {
            sources.error(
                at,
                "a row has a code, its Chinese and its English name",
                "write [\"142\", \"人民币\", \"Renminbi\"]",
            );
            continue;
        };
        if code.value.is_empty() || code.value.trim() != code.value {
            sources.error(
                code.at,
                "a code has no white space around it and is not empty",
                "remove the white space",
            );
        }
        if let Some(first) = seen.get(&code.value) {
            sources.error(
                code.at,
                format!(
                    "the code {} already stands in {}",
                    code.value,
                    sources.line_of(first.at)
                ),
                "remove one of the two",
            );
            continue;
        }
        seen.insert(code.value.clone(), code.clone());
    }
    seen.into_keys().collect()
}
