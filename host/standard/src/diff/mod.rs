//! What changes from one pack to another, in the order of the messages: what a revision note would say.

mod cite;
mod fields;
mod pack;
mod rules;
mod text;

pub use cite::{Citation, cite};
pub use text::text;

use crate::Catalogue;
use serde::Serialize;

/// What a change is about.
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
    /// Who signs a message.
    Signature,
    /// A code table.
    Table,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// What it is about.
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
    /// What of it: `new`, `removed`, `moved`, `position`, a facet of XSD (`maxLength`), `print`, `severity` and so on.
    pub aspect: &'static str,
    /// As it was; none where there was nothing.
    pub before: Option<String>,
    /// As it is; none where there is nothing.
    pub after: Option<String>,
    /// For a rule: the field that it points at.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub at: String,
    /// A rule that follows from print and schema of its field; nobody wrote it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Where the change comes from, as far as rule source says so.
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

    /// From one text to another; an empty text is nothing.
    fn values(mut self, before: &str, after: &str) -> Self {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (self.before, self.after) = (some(before), some(after));
        self
    }
}

/// Every difference between two packs.
#[must_use]
pub fn changes(a: &Catalogue<'_>, b: &Catalogue<'_>) -> Vec<Change> {
    let mut out = Vec::new();
    pack::edition(a, b, &mut out);
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
