//! Views of JSON input that read fields by name and note missing or unusable ones with the full field path.

use serde_json::Value;

use crate::decimal::{Decimal, DecimalError};
use crate::problems::{Record, unfit_character};
use crate::time::{customs_date, customs_time};

/// Reads JSON text (UTF-8, with an optional byte order mark). Numbers keep their digits.
///
/// # Errors
/// The text is not JSON; the error gives the line, the column in characters and the reason.
pub fn parse_json(content: &[u8]) -> Result<Value, String> {
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let text = match std::str::from_utf8(content) {
        Ok(text) => text,
        Err(error) => {
            let before = content.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.iter().filter(|&&b| b == b'\n').count() + 1;
            let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            let column = characters(before.get(start..).unwrap_or_default()) + 1;
            return Err(format!(
                "line {line}, column {column}: the text is not UTF-8; export the file as UTF-8"
            ));
        }
    };
    serde_json::from_str(text).map_err(|error| {
        let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
        let before = line.as_bytes().get(..error.column()).unwrap_or(line.as_bytes());
        let column = characters(before).max(1);
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or_default();
        format!("line {}, column {column}: {message}", error.line().max(1))
    })
}

/// Counts the characters in the bytes of UTF-8 text, including one cut off at the end.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&b| b & 0xc0 != 0x80).count()
}

/// Result of reading a text; for `Unusable`, a problem has been noted.
enum Reading {
    Text(String),
    Missing,
    Unusable,
}

/// A position in the JSON of a source record.
///
/// A failed read notes a problem and returns an empty value, so that one pass finds all problems; documents of a record
/// that is not clean must not be sent.
#[derive(Clone, Debug)]
pub struct View<'a> {
    value: Option<&'a Value>,
    path: String,
    record: &'a Record<'a>,
}

impl<'a> View<'a> {
    /// Creates a view of the whole source record.
    #[must_use]
    pub fn new(value: &'a Value, record: &'a Record<'a>) -> Self {
        Self {
            value: Some(value),
            path: String::new(),
            record,
        }
    }

    /// Returns the member object with that name. If it is missing, so are its fields.
    #[must_use]
    pub fn at(&self, name: &str) -> Self {
        let view = self.member(name);
        match view.value {
            Some(Value::Object(_)) | None => view,
            Some(_) => {
                view.note("must be an object in braces");
                Self { value: None, ..view }
            }
        }
    }

    /// Returns `true` if there is a value here.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.value.is_some()
    }

    /// Returns `true` if the field with that name is present, and neither null nor an empty text.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        let value = self.member(name).value;
        value.is_some_and(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))
    }

    /// Notes a problem about a field of this object.
    pub fn problem(&self, name: &str, message: &str) {
        self.member(name).note(message);
    }

    /// Reads a required text, trimmed. `what` names it in the problem: `the name of the buyer`.
    #[must_use]
    pub fn text(&self, name: &str, what: &str) -> String {
        let field = self.member(name);
        match field.read_text() {
            Reading::Text(text) => text,
            Reading::Unusable => String::new(),
            Reading::Missing => {
                field.missing(what);
                String::new()
            }
        }
    }

    /// Reads a text that may be missing, null or empty.
    #[must_use]
    pub fn optional_text(&self, name: &str) -> Option<String> {
        match self.member(name).read_text() {
            Reading::Text(text) => Some(text),
            Reading::Unusable | Reading::Missing => None,
        }
    }

    /// Reads a required number that is not negative, such as an amount of money.
    #[must_use]
    pub fn amount(&self, name: &str, what: &str) -> Decimal {
        let field = self.member(name);
        match field.read_number(what) {
            Some(number) if number.is_negative() => {
                field.note(&format!("{what} is negative; write it without a minus sign or as 0"));
                Decimal::ZERO
            }
            Some(number) => number,
            None => Decimal::ZERO,
        }
    }

    /// Reads a required number above zero, such as a quantity or a weight.
    #[must_use]
    pub fn quantity(&self, name: &str, what: &str) -> Decimal {
        let field = self.member(name);
        match field.read_number(what) {
            Some(number) if number.is_negative() || number.is_zero() => {
                field.note(&format!("{what} must be greater than 0"));
                Decimal::ZERO
            }
            Some(number) => number,
            None => Decimal::ZERO,
        }
    }

    /// Reads a required time, in the format of customs.
    #[must_use]
    pub fn time(&self, name: &str, what: &str) -> String {
        let text = self.text(name, what);
        self.as_time(name, what, &text).unwrap_or_default()
    }

    /// Reads a time that may be missing, in the format of customs.
    #[must_use]
    pub fn optional_time(&self, name: &str, what: &str) -> Option<String> {
        let text = self.optional_text(name)?;
        self.as_time(name, what, &text)
    }

    fn as_time(&self, name: &str, what: &str, text: &str) -> Option<String> {
        let time = customs_time(text);
        if time.is_none() && !text.is_empty() {
            self.problem(
                name,
                &format!("{what} is no time; write it like 2026-03-01T09:30:00+08:00"),
            );
        }
        time
    }

    /// Reads a date that may be missing, in the format of customs.
    #[must_use]
    pub fn optional_date(&self, name: &str, what: &str) -> Option<String> {
        let text = self.optional_text(name)?;
        let date = customs_date(&text);
        if date.is_none() {
            self.problem(name, &format!("{what} is no date; write it like 2026-03-01"));
        }
        date
    }

    /// Reads the objects of a required, non-empty list; their paths are `lines[1]`, `lines[2]`, …
    #[must_use]
    pub fn list(&self, name: &str, what: &str) -> Vec<Self> {
        let field = self.member(name);
        match field.value {
            Some(Value::Array(items)) if !items.is_empty() => {
                let view = |(index, value): (usize, &'a Value)| {
                    let item = Self {
                        value: Some(value),
                        path: format!("{}[{}]", field.path, index + 1),
                        record: self.record,
                    };
                    if !value.is_object() {
                        item.note("must be an object in braces");
                        return None;
                    }
                    Some(item)
                };
                items.iter().enumerate().filter_map(view).collect()
            }
            Some(Value::Array(_)) | None => {
                field.missing(what);
                Vec::new()
            }
            Some(_) => {
                field.note("must be a list in brackets");
                Vec::new()
            }
        }
    }

    /// Returns the field with that name; null counts as missing.
    fn member(&self, name: &str) -> Self {
        let value = self
            .value
            .and_then(|value| value.get(name))
            .filter(|value| !value.is_null());
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        Self {
            value,
            path,
            record: self.record,
        }
    }

    fn note(&self, message: &str) {
        self.record.note(&self.path, message);
    }

    fn missing(&self, what: &str) {
        self.note(&format!("{what} is missing; fill it in and export again"));
    }

    fn read_text(&self) -> Reading {
        match self.value {
            None => Reading::Missing,
            Some(Value::String(text)) => {
                if let Some(c) = unfit_character(text) {
                    self.note(&format!(
                        "holds the control character U+{:04X}, which no message can carry; remove it",
                        u32::from(c)
                    ));
                    return Reading::Unusable;
                }
                match text.trim() {
                    "" => Reading::Missing,
                    text => Reading::Text(text.to_owned()),
                }
            }
            Some(Value::Number(_)) => {
                self.note("is a number; write it as text in quotes, so that leading zeros survive");
                Reading::Unusable
            }
            Some(_) => {
                self.note("must be a text in quotes");
                Reading::Unusable
            }
        }
    }

    /// Reads a number, written as such or as text in quotes.
    fn read_number(&self, what: &str) -> Option<Decimal> {
        let text = match self.value {
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::String(text)) if !text.trim().is_empty() => text.trim().to_owned(),
            Some(Value::String(_)) | None => {
                self.missing(what);
                return None;
            }
            Some(_) => {
                self.note(&format!("{what} must be a number"));
                return None;
            }
        };
        match text.parse() {
            Ok(number) => Some(number),
            Err(DecimalError::NotANumber) => {
                // Only the beginning: a misplaced value may be anything.
                let shown: String = text.chars().take(12).collect();
                self.note(&format!(
                    "{what} is no number: \"{shown}\"; write digits and a point, like 12.50"
                ));
                None
            }
            Err(error) => {
                self.note(&format!("{what} {error}"));
                None
            }
        }
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
