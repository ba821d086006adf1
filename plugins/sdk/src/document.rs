//! Builder for business documents.

use crate::bindings::cebridge::plugin::mapping::{Document, Value};

/// A business document under construction: fields are set group by group, in any order.
///
/// ```
/// use cebridge_plugin_sdk::{Doc, Document};
///
/// let document: Document = Doc::new("CEB311", "SO-1", 1)
///     .head("OrderHead")
///     .set("orderNo", "SO-1")
///     .line("OrderList")
///     .set("gnum", 1)
///     .line("OrderList")
///     .set("gnum", 2)
///     .set("note", "")
///     .into();
/// let fields: Vec<_> = document.values.iter().map(|v| (v.group.as_str(), v.row, v.name.as_str())).collect();
/// assert_eq!(fields, [("OrderHead", 0, "orderNo"), ("OrderList", 0, "gnum"), ("OrderList", 1, "gnum")]);
/// ```
#[derive(Clone, Debug)]
pub struct Doc {
    document: Document,
    group: String,
    row: u32,
    /// Groups started with `line`, with the number of their occurrences.
    lines: Vec<(String, u32)>,
}

impl Doc {
    /// Starts a document without fields. `message` is its code (`CEB311`), `source` names the source record, `row` is
    /// the record's line or row in the input, from 1 (0 if unknown).
    #[must_use]
    pub fn new(message: &str, source: &str, row: usize) -> Self {
        Self {
            document: Document {
                message: message.to_owned(),
                source: source.to_owned(),
                row: u32::try_from(row).unwrap_or(0),
                values: Vec::new(),
            },
            group: String::new(),
            row: 0,
            lines: Vec::new(),
        }
    }

    /// Puts the following fields into this group, which occurs once per document.
    #[must_use]
    pub fn head(mut self, group: &str) -> Self {
        group.clone_into(&mut self.group);
        self.row = 0;
        self
    }

    /// Puts the following fields into a new occurrence of this group.
    #[must_use]
    pub fn line(mut self, group: &str) -> Self {
        group.clone_into(&mut self.group);
        if let Some((_, count)) = self.lines.iter_mut().find(|(name, _)| name == group) {
            self.row = *count;
            *count += 1;
        } else {
            self.row = 0;
            self.lines.push((group.to_owned(), 1));
        }
        self
    }

    /// Sets a field of the current group. An empty text leaves the field out, because to customs an empty element is
    /// not the same as an absent one; a second text for the same field replaces the first.
    #[must_use]
    pub fn set(mut self, name: &str, text: impl ToString) -> Self {
        let text = text.to_string();
        let (group, row) = (&self.group, self.row);
        self.document
            .values
            .retain(|value| !(value.row == row && value.name == name && value.group.as_str() == group.as_str()));
        if !text.is_empty() {
            self.document.values.push(Value {
                group: group.clone(),
                row,
                name: name.to_owned(),
                text,
            });
        }
        self
    }

    /// Sets a field if there is a value.
    #[must_use]
    pub fn set_some(self, name: &str, text: Option<impl ToString>) -> Self {
        match text {
            Some(text) => self.set(name, text),
            None => self,
        }
    }
}

impl From<Doc> for Document {
    fn from(doc: Doc) -> Self {
        doc.document
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_text_replaces_an_earlier_one_of_the_same_group_and_row_only() {
        let doc = Doc::new("CEB513", "SO-1", 3)
            .set("note", "first")
            .set("note", "second")
            .line("List")
            .set("note", "line")
            .set_some("empty", None::<&str>);
        let document = Document::from(doc);
        let texts: Vec<_> = document.values.iter().map(|v| v.text.as_str()).collect();
        assert_eq!(texts, ["second", "line"]);
        assert_eq!(
            (document.row, document.values[0].group.as_str()),
            (3, ""),
            "fields before any group belong to the document itself"
        );
    }
}
