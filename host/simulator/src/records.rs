//! What the simulated customs knows: the documents that it has stored.

use cebridge_message::Element;
use std::collections::BTreeMap;

/// A stored document.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    /// Document element as it came.
    pub(crate) element: Element,
    /// Its guid.
    pub(crate) guid: String,
    /// `DXP` id of the sender, for the way back.
    pub(crate) sender: String,
    /// Who gets a copy of the receipts.
    pub(crate) subscribers: Vec<String>,
    /// Number that the e-port gives the document (`preNo`; customs takes it over as `invtNo`, `sumNo` or `rkdNo`);
    /// empty for messages whose receipts carry none.
    pub(crate) number: String,
}

impl Record {
    /// The text of the first field of that name; empty when absent.
    pub(crate) fn text(&self, name: &str) -> &str {
        find(&self.element, name).unwrap_or_default()
    }

    /// The occurrences of a group, for example the lines `InventoryList`.
    pub(crate) fn groups<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.element.children.iter().filter(move |child| child.name == name)
    }
}

/// The first descendant of that name.
pub(crate) fn find<'a>(element: &'a Element, name: &str) -> Option<&'a str> {
    element.children.iter().find_map(|child| {
        if child.name == name {
            Some(child.text.as_str())
        } else {
            find(child, name)
        }
    })
}

/// All stored documents, by message and business key.
#[derive(Debug, Default)]
pub(crate) struct Records {
    by_key: BTreeMap<(String, String), Record>,
    /// Numbers given, by what they begin with.
    given: BTreeMap<String, u64>,
}

impl Records {
    /// The stored document of that key.
    pub(crate) fn get(&self, message: &str, key: &str) -> Option<&Record> {
        self.by_key.get(&(message.to_owned(), key.to_owned()))
    }

    /// Stores a document, in place of an older one of the same key.
    pub(crate) fn put(&mut self, message: &str, key: &str, record: Record) {
        self.by_key.insert((message.to_owned(), key.to_owned()), record);
    }

    /// Takes a document out again.
    pub(crate) fn remove(&mut self, message: &str, key: &str) {
        self.by_key.remove(&(message.to_owned(), key.to_owned()));
    }

    /// The stored documents of a message.
    pub(crate) fn of<'a>(&'a self, message: &str) -> impl Iterator<Item = &'a Record> {
        let first = (message.to_owned(), String::new());
        let message = message.to_owned();
        self.by_key
            .range(first..)
            .take_while(move |((other, _), _)| *other == message)
            .map(|(_, record)| record)
    }

    /// The next pre-entry number, 18 characters: customs, year, `I` or `E`, a running number.
    pub(crate) fn next_number(&mut self, customs_code: &str, year: &str, direction: &str) -> String {
        let code: String = customs_code.chars().filter(char::is_ascii_digit).take(4).collect();
        let letter = if direction == "export" { 'E' } else { 'I' };
        let start = format!("{code:0>4}{year:0>4}{letter}");
        let last = self.given.entry(start.clone()).or_default();
        *last += 1;
        format!("{start}{last:09}")
    }
}
