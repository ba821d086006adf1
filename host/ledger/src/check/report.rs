//! Findings of a check, in words for people.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::head::Head;

/// At most this many problems of one kind are listed; a damaged file would list millions. Arbitrary.
const MOST: u64 = 100;

/// The kind of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemKind {
    /// The database file is damaged, or rows point to rows that are gone.
    File,
    /// A trigger that protects the events is missing or was changed, or a foreign one was added.
    Trigger,
    /// An event was changed, removed or inserted.
    Chain,
    /// The chain differs from the one whose head was exported.
    Head,
    /// A message, its envelope or its recorded details were changed.
    Message,
    /// A document was changed, removed or inserted.
    Document,
    /// A document's state does not follow from its receipts and events.
    State,
    /// A receipt, or the file that brought it, was changed or removed.
    Receipt,
    /// An input of the ERP was changed or inserted.
    Input,
    /// A rule pack was changed or is missing, or the record of packs in force was changed.
    Pack,
}

impl ProblemKind {
    /// The word used in JSON and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ProblemKind::File => "file",
            ProblemKind::Trigger => "trigger",
            ProblemKind::Chain => "chain",
            ProblemKind::Head => "head",
            ProblemKind::Message => "message",
            ProblemKind::Document => "document",
            ProblemKind::State => "state",
            ProblemKind::Receipt => "receipt",
            ProblemKind::Input => "input",
            ProblemKind::Pack => "pack",
        }
    }
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The kind.
    pub kind: ProblemKind,
    /// The subject, such as `event 17` or `document 3, CEB311 SO-1`.
    pub what: String,
    /// The problem, in one sentence.
    pub text: String,
}

/// Result of a check of the whole ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Rows of the audit trail that were verified.
    pub events: u64,
    /// Documents checked.
    pub documents: u64,
    /// Messages checked.
    pub messages: u64,
    /// Receipts checked.
    pub receipts: u64,
    /// Archived rule packs checked.
    pub packs: u64,
    /// The last event.
    pub head: Option<Head>,
    /// The problems; empty if all is well.
    pub problems: Vec<Problem>,
}

impl CheckReport {
    /// Returns `true` if nothing is wrong.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Problems being collected for a report.
#[derive(Default)]
pub(super) struct Problems {
    found: Vec<Problem>,
    counts: BTreeMap<ProblemKind, u64>,
}

impl Problems {
    pub(super) fn add(&mut self, kind: ProblemKind, what: impl Into<String>, text: impl Into<String>) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= MOST {
            self.found.push(Problem {
                kind,
                what: what.into(),
                text: text.into(),
            });
        }
    }

    /// The problems to list, and for each kind how many more were found.
    pub(super) fn list(mut self) -> Vec<Problem> {
        for (kind, count) in self.counts {
            if count > MOST {
                let kind_of = kind.as_str();
                self.found.push(Problem {
                    kind,
                    what: format!("{} more", count - MOST),
                    text: format!("{} more problems of the kind `{kind_of}` are not listed", count - MOST),
                });
            }
        }
        self.found
    }
}
