//! Collects problems by source record.

use std::cell::{Cell, RefCell};

use crate::bindings::cebridge::plugin::mapping::Problem;

/// Problems of one input, in the order they were noted.
#[derive(Debug, Default)]
pub struct Problems {
    list: RefCell<Vec<Problem>>,
}

impl Problems {
    /// Creates an empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts a source record to note problems for; `row` is its line or row in the input, from 1 (0 if unknown).
    pub fn record(&self, source: &str, row: usize) -> Record<'_> {
        Record {
            problems: self,
            source: source.to_owned(),
            row: u32::try_from(row).unwrap_or(0),
            clean: Cell::new(true),
        }
    }

    /// Returns the problems.
    #[must_use]
    pub fn into_list(self) -> Vec<Problem> {
        self.list.into_inner()
    }
}

/// One source record, which is clean until a problem is noted.
#[derive(Debug)]
pub struct Record<'a> {
    problems: &'a Problems,
    source: String,
    row: u32,
    clean: Cell<bool>,
}

impl Record<'_> {
    /// Notes a problem. `field` is the path in the source record (`buyer.idNumber`); `message` says what is wrong and
    /// how to fix it, without personal data.
    pub fn note(&self, field: &str, message: &str) {
        self.clean.set(false);
        self.problems.list.borrow_mut().push(Problem {
            source: self.source.clone(),
            row: self.row,
            field: field.to_owned(),
            message: message.to_owned(),
        });
    }

    /// Returns `true` if no problem has been noted, so that the documents of this record may be sent.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.clean.get()
    }
}

/// Returns the first character of the text that XML messages can't carry.
#[must_use]
pub fn unfit_character(text: &str) -> Option<char> {
    text.chars()
        .find(|c| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
}
