//! Result of one round of collecting receipts.

use cebridge_ledger::{FormatErrorOutcome, ReceiptOutcome};

/// Result of one round of collecting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptReport {
    /// Receipts that changed or confirmed a document's state.
    pub applied: usize,
    /// Receipts that are kept with a document but change nothing, such as complaints about a repeat.
    pub noted: usize,
    /// Receipts seen before.
    pub duplicates: usize,
    /// Receipts older than what is already known.
    pub older: usize,
    /// Receipts for documents unknown here.
    pub unmatched: usize,
    /// Files that are not receipts and were set aside, with the reason.
    pub set_aside: Vec<(String, String)>,
    /// Files that may still be being written and will be looked at again.
    pub unfinished: usize,
    /// `true` if one of them will soon have been unchanged long enough.
    pub still_settling: bool,
    /// Notes for the user about files that were read, one sentence each.
    pub notes: Vec<String>,
}

impl ReceiptReport {
    /// Returns `true` if nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nothing = Self {
            unfinished: self.unfinished,
            still_settling: self.still_settling,
            ..Self::default()
        };
        *self == nothing
    }

    /// Adds the result of a later round, in which unfinished files were looked at again.
    pub(crate) fn add(&mut self, later: Self) {
        self.applied += later.applied;
        self.noted += later.noted;
        self.duplicates += later.duplicates;
        self.older += later.older;
        self.unmatched += later.unmatched;
        self.set_aside.extend(later.set_aside);
        self.notes.extend(later.notes);
        self.unfinished = later.unfinished;
        self.still_settling = later.still_settling;
    }

    pub(super) fn count(&mut self, outcome: &ReceiptOutcome) {
        match outcome {
            ReceiptOutcome::Applied { .. } => self.applied += 1,
            ReceiptOutcome::Noted { .. } => self.noted += 1,
            ReceiptOutcome::Older { .. } => self.older += 1,
            ReceiptOutcome::Duplicate => self.duplicates += 1,
            ReceiptOutcome::Unmatched => self.unmatched += 1,
        }
    }

    pub(super) fn count_error(&mut self, outcome: &FormatErrorOutcome) {
        match outcome {
            FormatErrorOutcome::Applied { .. } => self.applied += 1,
            FormatErrorOutcome::Duplicate => self.duplicates += 1,
            FormatErrorOutcome::Unmatched => self.unmatched += 1,
        }
    }
}
