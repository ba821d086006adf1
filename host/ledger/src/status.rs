//! The states of a document, in the words every command prints.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Status of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Kept here and never sent (草稿).
    Draft,
    /// Accepted, with no final answer yet.
    Waiting,
    /// Stored by customs: the end for orders, payments and waybills, a step for the others.
    Stored,
    /// Released by customs.
    Released,
    /// Returned by customs or by the exchange platform; to be corrected and declared again.
    Returned,
    /// Refused by our own rules, never sent.
    Refused,
    /// Withdrawn at customs by another document.
    Withdrawn,
    /// Could not be sent; waits for an operator.
    DeadLetter,
}

impl Status {
    /// Every status, in the order of a document's life.
    pub const ALL: [Status; 8] = [
        Status::Draft,
        Status::Waiting,
        Status::Stored,
        Status::Released,
        Status::Returned,
        Status::Refused,
        Status::Withdrawn,
        Status::DeadLetter,
    ];

    /// The word used on the command line, in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Draft => "draft",
            Status::Waiting => "waiting",
            Status::Stored => "stored",
            Status::Released => "released",
            Status::Returned => "returned",
            Status::Refused => "refused",
            Status::Withdrawn => "withdrawn",
            Status::DeadLetter => "dead-letter",
        }
    }

    /// Reads the word back; `None` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|s| s.as_str() == word)
    }

    /// Returns `true` if the status is final for every kind of document.
    ///
    /// `Stored` is final for some kinds only, so this returns `false`; see the flag kept with the document
    /// (`DocumentView::is_final`).
    #[must_use]
    pub fn is_final(self) -> bool {
        !matches!(self, Status::Draft | Status::Waiting | Status::Stored)
    }

    /// Returns `true` if the document has no effect at customs, so that it does not hold its business key.
    #[must_use]
    pub fn frees_key(self) -> bool {
        match self {
            Status::Draft | Status::Returned | Status::Refused | Status::Withdrawn | Status::DeadLetter => true,
            Status::Waiting | Status::Stored | Status::Released => false,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
