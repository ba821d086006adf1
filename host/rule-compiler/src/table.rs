//! Reads TOML tables: only known keys and the right kinds of values, with a place for every mistake.

use crate::near::{did_you_mean, nearest};
use crate::text::{Sources, Span, Text};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A table of a source file.
#[derive(Clone, Copy)]
pub(crate) struct Table<'t> {
    pub(crate) at: Span,
    entries: &'t DeTable<'t>,
    sources: &'t Sources<'t>,
}

impl<'t> Table<'t> {
    /// The top level of a file.
    pub(crate) fn top(file: usize, entries: &'t DeTable<'t>, sources: &'t Sources<'t>) -> Self {
        Self {
            at: sources.whole(file),
            entries,
            sources,
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span {
            file: self.at.file,
            start: range.start,
            end: range.end,
        }
    }

    /// Reports every key that is not in `known`; `what` names the table.
    pub(crate) fn only(&self, what: &str, known: &[&str]) {
        for key in self.entries.keys() {
            let name: &str = key.get_ref();
            if !known.contains(&name) {
                let hint = did_you_mean(&nearest(name, known.iter().copied()))
                    .unwrap_or_else(|| format!("the keys are {}", known.join(", ")));
                self.sources
                    .error(self.span(key.span()), format!("{what} has no key `{name}`"), hint);
            }
        }
    }

    /// Returns the keys in the order they are written, with their places.
    pub(crate) fn keys(&self) -> Vec<Text> {
        let mut keys: Vec<Text> = self
            .entries
            .keys()
            .map(|key| Text {
                value: key.get_ref().to_string(),
                at: self.span(key.span()),
            })
            .collect();
        keys.sort_by_key(|key| key.at.start);
        keys
    }

    fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.entries
            .iter()
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    /// Returns `true` if the key is present.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Returns the place of a key's value, or of the table if it is absent.
    pub(crate) fn place(&self, key: &str) -> Span {
        self.get(key).map_or(self.at, |value| self.span(value.span()))
    }

    fn wrong(&self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) {
        let hint = match value.get_ref() {
            DeValue::Integer(number) if wanted.starts_with("a text") => {
                format!("write {key} = \"{number}\"")
            }
            DeValue::Float(number) if wanted.starts_with("a text") => {
                format!("write {key} = \"{number}\"")
            }
            DeValue::String(_) if wanted.starts_with("a list") => format!("write {key} = [\"…\"]"),
            DeValue::String(text) if wanted == "true or false" && (text == "true" || text == "false") => {
                format!("write {key} = {text}, without quotes")
            }
            _ => format!("write {wanted}"),
        };
        let kind = value.get_ref().type_str();
        self.sources.error(
            self.span(value.span()),
            format!("`{key}` must be {wanted}, not a TOML {kind}"),
            hint,
        );
    }

    /// Reads a text; `None` if the key is absent or invalid.
    pub(crate) fn text(&self, key: &str) -> Option<Text> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Text {
                value: text.to_string(),
                at: self.span(value.span()),
            }),
            _ => {
                self.wrong(value, key, "a text in quotes");
                None
            }
        }
    }

    /// Reads a required text.
    pub(crate) fn needed(&self, what: &str, key: &str, example: &str) -> Option<Text> {
        match self.text(key) {
            Some(text) if text.value.trim().is_empty() => {
                self.sources
                    .error(text.at, format!("`{key}` is empty"), format!("write {key} = {example}"));
                None
            }
            None if !self.has(key) => {
                self.sources.error(
                    self.at,
                    format!("{what} needs `{key}`"),
                    format!("add {key} = {example}"),
                );
                None
            }
            text => text,
        }
    }

    /// Reads a date, with or without quotes.
    pub(crate) fn date(&self, key: &str) -> Option<Text> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Datetime(date) => Some(Text {
                value: date.to_string(),
                at: self.span(value.span()),
            }),
            _ => self.text(key),
        }
    }

    /// Reads a boolean.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(*flag),
            _ => {
                self.wrong(value, key, "true or false");
                None
            }
        }
    }

    /// Reads a whole number above 0.
    pub(crate) fn whole(&self, key: &str) -> Option<u16> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => number.to_string().parse().ok().filter(|number| *number > 0),
            _ => None,
        };
        if number.is_none() {
            self.wrong(value, key, "a whole number from 1 to 65535");
        }
        number
    }

    /// Reads `true`/`false` or a text, for keys that accept both.
    pub(crate) fn flag_or_text(&self, key: &str) -> Option<Result<bool, Text>> {
        match self.get(key)?.get_ref() {
            DeValue::Boolean(flag) => Some(Ok(*flag)),
            _ => self.text(key).map(Err),
        }
    }

    /// Reads a list of texts.
    pub(crate) fn texts(&self, key: &str) -> Option<Vec<Text>> {
        let value = self.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, key, "a list of texts");
            return None;
        };
        Some(self.texts_of(key, items.iter()))
    }

    fn texts_of<'v>(&self, key: &str, items: impl Iterator<Item = &'v Spanned<DeValue<'v>>>) -> Vec<Text> {
        items
            .filter_map(|item| match item.get_ref() {
                DeValue::String(text) => Some(Text {
                    value: text.to_string(),
                    at: self.span(item.span()),
                }),
                _ => {
                    self.wrong(item, key, "a text in quotes");
                    None
                }
            })
            .collect()
    }

    /// Reads a list of lists of texts, each with the place of the inner list.
    pub(crate) fn rows(&self, key: &str) -> Option<Vec<(Span, Vec<Text>)>> {
        let value = self.get(key)?;
        let DeValue::Array(rows) = value.get_ref() else {
            self.wrong(value, key, "a list of lists");
            return None;
        };
        let mut out = Vec::with_capacity(rows.len());
        for row in rows.iter() {
            match row.get_ref() {
                DeValue::Array(items) => {
                    let texts = self.texts_of(key, items.iter());
                    // A row with a wrong item has been reported; its length is meaningless.
                    if texts.len() == items.len() {
                        out.push((self.span(row.span()), texts));
                    }
                }
                _ => self.wrong(row, key, "a list of lists"),
            }
        }
        Some(out)
    }

    /// Returns a table inside this one.
    pub(crate) fn table(&self, key: &str) -> Option<Self> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some(Self {
                at: self.span(value.span()),
                entries,
                sources: self.sources,
            }),
            _ => {
                self.wrong(value, key, "a table { … }");
                None
            }
        }
    }

    /// Reads a list of tables: `[[key]]` or `key = [ { … }, … ]`; empty if absent.
    pub(crate) fn tables(&self, key: &str) -> Vec<Self> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(value, key, "a list of tables");
            return Vec::new();
        };
        let mut out = Vec::with_capacity(items.len());
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(entries) => {
                    out.push(Self {
                        at: self.span(item.span()),
                        entries,
                        sources: self.sources,
                    });
                }
                _ => self.wrong(item, key, "a list of tables"),
            }
        }
        out
    }
}
