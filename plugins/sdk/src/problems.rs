//! Collector of problems, by source record.

use std::cell::{Cell, RefCell};

use crate::bindings::cebridge::plugin::mapping::Problem;

/// Problems of one input, in the order in which they were noted.
#[derive(Debug, Default)]
pub struct Problems {
    list: RefCell<Vec<Problem>>,
}

impl Problems {
    /// No problems yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A place to note problems of one source record; `row` is its line or row in the input, from 1 (0 when unknown).
    pub fn record(&self, source: &str, row: usize) -> Record<'_> {
        Record {
            problems: self,
            source: source.to_owned(),
            row: u32::try_from(row).unwrap_or(0),
            clean: Cell::new(true),
        }
    }

    /// The problems.
    #[must_use]
    pub fn into_list(self) -> Vec<Problem> {
        self.list.into_inner()
    }
}

/// One source record and whether it has problems.
#[derive(Debug)]
pub struct Record<'a> {
    problems: &'a Problems,
    source: String,
    row: u32,
    clean: Cell<bool>,
}

impl Record<'_> {
    /// Notes a problem. `field` is the path in the source record (`buyer.idNumber`); `message` says what is wrong and
    /// what to do, without personal data.
    pub fn note(&self, field: &str, message: &str) {
        self.clean.set(false);
        self.problems.list.borrow_mut().push(Problem {
            source: self.source.clone(),
            row: self.row,
            field: field.to_owned(),
            message: message.to_owned(),
        });
    }

    /// No problem has been noted: the documents of this record may go out.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.clean.get()
    }
}

/// The first character of the text that no XML message can carry.
#[must_use]
pub fn unfit_character(text: &str) -> Option<char> {
    text.chars()
        .find(|c| matches!(c, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}'))
}
