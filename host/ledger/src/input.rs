//! Input from callers: documents, messages, receipts and selections.

use crate::status::Status;
use crate::view::Reason;
use cebridge_rule_core::pack::Meaning;
use jiff::Timestamp;

/// A business document to be recorded.
#[derive(Debug, Clone, Default)]
pub struct NewDocument {
    /// Message type, such as `CEB311`.
    pub message: String,
    /// Business key, readable and unique within the message type, such as the `orderNo` or `copNo`.
    pub key: String,
    /// Canonical strings under which receipts find the document, such as `CEB312|ebp|ebc|order`.
    pub match_keys: Vec<String>,
    /// Customs code of the enterprise that declares it (`copCode`); empty when none was found.
    pub enterprise: String,
    /// The document's own `guid`.
    pub guid: String,
    /// What it does, whatever values its message has for that: `1` new, `2` change, `3` deletion; empty where the message
    /// does not say.
    pub app_type: String,
    /// The ERP record the document came from.
    pub source: String,
    /// Edition that judged the document.
    pub edition: String,
    /// SHA-256 of the rule pack that judged the document, in hex.
    pub pack_digest: String,
    /// SHA-256 of the business values without `guid` and `appTime`, in hex.
    pub content_hash: String,
    /// The business values as JSON under their official names.
    pub values_json: String,
    /// Numbers that people search documents by, as name and value, each once.
    pub numbers: Vec<(String, String)>,
    /// When the document was made; `None` if it is made as it is recorded.
    pub at: Option<Timestamp>,
    /// The findings of validation as a JSON array; may be empty.
    pub findings_json: String,
    /// A final document with the same key and other content no longer holds the key if it was accepted before this
    /// moment; `None` if keys are held forever.
    pub key_free_before: Option<Timestamp>,
    /// Its state, likewise: `1` to be held at customs (暂存), `2` to be declared; empty where the message has none.
    pub app_status: String,
    /// The documents that this one withdraws or annotates once it is granted.
    pub concerns: Vec<Concern>,
    /// The input it came from.
    pub input: Option<i64>,
    /// The draft that becomes this document, instead of a new row.
    pub draft: Option<i64>,
}

/// Effect of one document on another once customs has granted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The other one is withdrawn.
    Withdraws,
    /// The other one keeps its state and gets a note.
    Notes,
}

impl Effect {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Effect::Withdraws => "withdraws",
            Effect::Notes => "notes",
        }
    }
}

/// Reference to the document that another one is about, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// Message type of the other document, such as `CEB621`.
    pub message: String,
    /// Field that holds the number in the other document or in its receipts, such as `invtNo`.
    pub name: String,
    /// The number.
    pub value: String,
    /// The effect on it.
    pub effect: Effect,
}

/// Selects the messages that a process claims for sending.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Name of the process.
    pub worker: &'a str,
    /// Length of the exclusive lease.
    pub lease_seconds: i64,
    /// The longest wait between two attempts.
    pub longest_wait: i64,
    /// At most this many.
    pub limit: usize,
    /// Include messages that were tried before.
    pub repeats: bool,
}

/// The records of one step of a declaration, all or nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Batch<'a> {
    /// Documents that are accepted.
    pub documents: &'a [NewDocument],
    /// The messages that carry them.
    pub messages: &'a [NewMessage],
    /// Documents that our own rules refused, with the reasons.
    pub refusals: &'a [(NewDocument, Vec<Reason>)],
    /// Documents that are kept here and not sent.
    pub drafts: &'a [NewDocument],
    /// Progress of the inputs recorded with it.
    pub progress: &'a [Progress],
}

/// Progress of recording an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The input.
    pub input: i64,
    /// The first record that is not recorded yet.
    pub next_record: usize,
    /// Set once nothing is left to record.
    pub done: bool,
}

/// An error about a whole message.
#[derive(Debug, Clone, Copy)]
pub struct FormatError<'a> {
    /// `CopMsgId` of the message.
    pub cop_msg_id: &'a str,
    /// Code of customs or of the platform.
    pub code: &'a str,
    /// The text of the error.
    pub info: &'a str,
    /// SHA-256 of the error, in hex; a repeated error is one receipt.
    pub digest: &'a str,
}

/// A file of receipts as received.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Name for people, such as the file name.
    pub name: &'a str,
    /// The bytes, untouched.
    pub bytes: &'a [u8],
}

/// A signed message with its envelope, ready to be sent.
#[derive(Debug, Clone, Default)]
pub struct NewMessage {
    /// The message's `guid`.
    pub guid: String,
    /// `CopMsgId` of the envelope: unique, never changed.
    pub cop_msg_id: String,
    /// Message type, such as `CEB311`.
    pub message: String,
    /// Customs code of the enterprise that sends it (`copCode`).
    pub enterprise: String,
    /// The exact bytes to send.
    pub envelope: Vec<u8>,
    /// SHA-256 of the signed message inside the envelope, in hex.
    pub body_sha256: String,
    /// Serial of the signing certificate.
    pub key_serial: String,
    /// Name of the signature profile.
    pub profile: String,
    /// SHA-256 of the rule pack, in hex.
    pub pack_digest: String,
    /// Edition of the message.
    pub edition: String,
    /// The documents inside, as indices into the slice of documents accepted together.
    pub documents: Vec<usize>,
}

/// The ledger's answer for a document before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intake {
    /// Newly accepted under this id.
    Accepted(i64),
    /// The same content is already accepted and still counts.
    AlreadyAccepted(i64),
    /// Other content is already accepted under the same key.
    Conflict {
        /// The document that holds the key.
        existing: i64,
        /// Its `guid`.
        guid: String,
    },
}

/// One record of a receipt message.
#[derive(Debug, Clone, Default)]
pub struct NewReceipt {
    /// SHA-256 of the record, in hex; a repeated record is one receipt.
    pub digest: String,
    /// Message type, such as `CEB622`.
    pub message: String,
    /// Match strings, tried in order.
    pub match_keys: Vec<String>,
    /// Document guids in the receipt, to choose between documents of one business key.
    pub guid_hints: Vec<String>,
    /// `returnStatus` as received; empty for news about a document that does not answer it, such as a tax bill.
    pub return_status: String,
    /// `returnTime`, 17 digits of Beijing time.
    pub return_time: String,
    /// `returnInfo` as received.
    pub return_info: String,
    /// All values of the record as JSON.
    pub values_json: String,
    /// Order of states, for receipts of the same time: the higher one wins.
    pub rank: i64,
    /// Its meaning for the document, and whether that is final; `None` for information only.
    pub means: Option<(Meaning, bool)>,
    /// Numbers customs assigned, such as (`invtNo`, …).
    pub assigns: Vec<(String, String)>,
}

/// Outcome of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// The receipt now counts for the document.
    Applied {
        /// The document.
        document: i64,
        /// Its status now.
        status: Status,
    },
    /// Kept, but a later answer of customs still decides.
    Older {
        /// The document.
        document: i64,
    },
    /// Kept with the document without changing its state: a complaint about a repeat, or news after the end.
    Noted {
        /// The document.
        document: i64,
    },
    /// The same record was received before.
    Duplicate,
    /// Kept; no document has any of its keys.
    Unmatched,
}

/// Outcome of a format error about a whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatErrorOutcome {
    /// These documents are returned now; those that customs had already decided on are left alone.
    Applied {
        /// The documents.
        documents: Vec<i64>,
    },
    /// The same error was received before.
    Duplicate,
    /// Kept; no message has this `CopMsgId`.
    Unmatched,
}

/// Selects what to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetrySelector {
    /// Everything unsent: dead letters and messages waiting for their next attempt, but not what is held after a restore.
    All,
    /// The message with this `CopMsgId`.
    Message(String),
    /// The messages of the newest documents with this business key.
    Document(String),
}

/// Selects the documents to list; the default lists all, newest first.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Customs code of the enterprise.
    pub enterprise: Option<String>,
    /// Message type.
    pub message: Option<String>,
    /// Status.
    pub status: Option<Status>,
    /// Final or not.
    pub is_final: Option<bool>,
    /// ERP record.
    pub source: Option<String>,
    /// Updated at this time or later.
    pub since: Option<Timestamp>,
    /// Only documents with a smaller id: the last id of a page gives the next page.
    pub before_id: Option<i64>,
    /// At most this many.
    pub limit: Option<usize>,
}

/// Selects the receipts to list; the default lists all, newest first.
#[derive(Debug, Clone, Default)]
pub struct ReceiptFilter {
    /// Only those no document was found for.
    pub unmatched: bool,
    /// Only those for documents and messages of the enterprise with this customs code.
    pub enterprise: Option<String>,
    /// Only those of this document, including errors about its whole message.
    pub document: Option<i64>,
    /// Receipt message type, such as `CEB622`.
    pub message: Option<String>,
    /// Only receipts with a smaller id: the last id of a page gives the next page.
    pub before_id: Option<i64>,
    /// At most this many.
    pub limit: Option<usize>,
}
