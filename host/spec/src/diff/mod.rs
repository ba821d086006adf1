//! Changes from one pack to another, in the order of the messages, as in a revision note.

mod cite;
mod fields;
mod pack;
mod roles;
mod rules;
mod text;

pub use cite::{Citation, cite};
pub use text::text;

use crate::Catalogue;
use serde::Serialize;

/// The part of the standard that a change affects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// The edition itself.
    Edition,
    /// A message.
    Message,
    /// A field or group of a message.
    Field,
    /// A rule of a message.
    Rule,
    /// The signers of a message.
    Signature,
    /// A code table.
    Table,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The part affected.
    pub area: Area,
    /// Message code; empty for the edition and for code tables.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Chinese and English name of the message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Path of the field, id of the rule or name of the table; empty for a message as a whole.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subject: String,
    /// Chinese label of the field.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// Aspect changed: `new`, `removed`, `moved`, `position`, a facet of XSD (`maxLength`), `print`, `severity` and so
    /// on.
    pub aspect: &'static str,
    /// Old value; `None` if there was nothing.
    pub before: Option<String>,
    /// New value; `None` if there is nothing.
    pub after: Option<String>,
    /// For a rule: the field it points at.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// Set for a rule derived from the print and schema of its field, not written by hand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Source of the change, if the rule source states one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cite: Option<String>,
}

impl Change {
    fn new(area: Area, message: &str, subject: &str, aspect: &'static str) -> Self {
        Self {
            area,
            message: message.to_owned(),
            name: String::new(),
            subject: subject.to_owned(),
            label: String::new(),
            aspect,
            before: None,
            after: None,
            at: String::new(),
            automatic: false,
            cite: None,
        }
    }

    fn label(mut self, label: &str) -> Self {
        label.clone_into(&mut self.label);
        self
    }

    fn before(mut self, text: impl Into<String>) -> Self {
        self.before = Some(text.into());
        self
    }

    fn after(mut self, text: impl Into<String>) -> Self {
        self.after = Some(text.into());
        self
    }

    /// Sets both values; an empty text counts as none.
    fn values(mut self, before: &str, after: &str) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (self.before, self.after) = (some(before), some(after));
        self
    }
}

/// Returns every difference between two packs.
#[must_use]
pub fn changes(a: &Catalogue<'_>, b: &Catalogue<'_>) -> Vec<Change> {
    let mut out = Vec::new();
    pack::edition(a, b, &mut out);
    roles::compare(a, b, &mut out);
    pack::certificates(a, b, &mut out);
    let mut codes: Vec<&str> = a
        .listed()
        .chain(b.listed())
        .map(|(_, message, _)| message.code.as_str())
        .collect();
    codes.sort_unstable();
    codes.dedup();
    for code in codes {
        let from = out.len();
        pack::message(a, b, code, &mut out);
        let text = [b, a]
            .into_iter()
            .find_map(|side| side.message(side.pack.message(code)?));
        let name = text
            .map(|(_, text)| format!("{} {}", text.zh, text.en))
            .unwrap_or_default();
        for change in out.iter_mut().skip(from) {
            name.clone_into(&mut change.name);
        }
    }
    pack::tables(a, b, &mut out);
    out
}
