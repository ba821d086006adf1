//! The journal of customs: every envelope and document received, and every receipt written.

use crate::deposit::Way;
use crate::envelope::Document;
use crate::receipt::{Form, Word};
use std::collections::BTreeMap;
use std::time::Instant;

/// What customs decided about a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Accepted,
    Returned,
    /// Refused as a repeat: customs has accepted another document of this number.
    Held,
}

/// A document, when its guid arrived for the first time.
#[derive(Debug, Clone)]
pub(crate) struct Declared {
    pub(crate) at: Instant,
    pub(crate) round: u64,
    pub(crate) cop_msg_id: String,
    pub(crate) document: Document,
    pub(crate) verdict: Verdict,
}

impl Declared {
    /// Whether both are documents of one business key.
    pub(crate) fn is_of(&self, document: &Document) -> bool {
        self.document.message == document.message && self.document.key == document.key
    }

    /// The state that the enterprise's ledger must show once the final answer was delivered.
    pub(crate) fn truth(&self) -> &'static str {
        match (self.verdict, self.document.message.as_str()) {
            (Verdict::Accepted, "CEB621") => "released",
            (Verdict::Accepted, _) => "stored",
            _ => "returned",
        }
    }
}

/// An envelope that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) round: u64,
    pub(crate) cop_msg_id: String,
    /// Set when its CopMsgId had arrived before: what had become of the first one by then.
    pub(crate) again: Option<&'static str>,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Due(Instant),
    Delivered,
    Lost,
}

/// A receipt.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) name: String,
    /// Positions in `Journal::declared`, and the answer about each document.
    pub(crate) records: Vec<(usize, Word)>,
    /// Whether it carries the final answer.
    pub(crate) last: bool,
    pub(crate) form: Form,
    pub(crate) way: Way,
    pub(crate) fate: Fate,
    pub(crate) bytes: Vec<u8>,
}

/// Everything that customs received and wrote.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) envelopes: Vec<Received>,
    pub(crate) declared: Vec<Declared>,
    pub(crate) receipts: Vec<Receipt>,
    /// Files of the outbox that were not whole envelopes.
    pub(crate) torn: Vec<String>,
    /// How often the operator sent an envelope again on purpose, by CopMsgId.
    pub(crate) asked: BTreeMap<String, usize>,
}

impl Journal {
    /// Whether a receipt with the final answer about this document was delivered.
    pub(crate) fn last_word_delivered(&self, declared: usize) -> bool {
        self.receipts.iter().any(|receipt| {
            receipt.last && receipt.fate == Fate::Delivered && receipt.records.iter().any(|(at, _)| *at == declared)
        })
    }
}
