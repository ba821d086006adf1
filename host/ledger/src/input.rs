//! What callers hand in: documents, messages, receipts and selections.

use crate::status::Status;

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
    /// `appType`: `1` new, `2` change, `3` deletion; empty where the message has none.
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
    /// When the document was made, RFC 3339.
    pub at: String,
    /// The findings of validation as a JSON array; may be empty.
    pub findings_json: String,
    /// A final document of the same key with other content no longer holds it when it was accepted before this
    /// moment, RFC 3339; empty where a key is held for ever.
    pub key_free_before: String,
}

/// A signed message with its envelope, ready to be sent.
#[derive(Debug, Clone, Default)]
pub struct NewMessage {
    /// The message's `guid`.
    pub guid: String,
    /// `CopMsgId` of the envelope: unique, fixed for ever.
    pub cop_msg_id: String,
    /// Message type, such as `CEB311`.
    pub message: String,
    /// Customs code of the enterprise that sends it (`copCode`).
    pub enterprise: String,
    /// The very bytes to send.
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

/// What the ledger says to a document before it is signed.
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
    /// SHA-256 of the record, in hex: the same record twice is one receipt.
    pub digest: String,
    /// Message type, such as `CEB622`.
    pub message: String,
    /// Match strings, tried in order.
    pub match_keys: Vec<String>,
    /// Document guids the receipt mentions: they choose between documents of one business key.
    pub guid_hints: Vec<String>,
    /// `returnStatus` as received; empty for news about a document that is no answer to it, such as a tax bill.
    pub return_status: String,
    /// `returnTime`, 17 digits of Beijing time.
    pub return_time: String,
    /// `returnInfo` as received.
    pub return_info: String,
    /// All values of the record as JSON.
    pub values_json: String,
    /// The record's bytes.
    pub raw: Vec<u8>,
    /// Order of states, for receipts of the same time: the higher one wins.
    pub rank: i64,
    /// Status the receipt gives the document and whether it is final; `None` for information only.
    pub becomes: Option<(Status, bool)>,
    /// Numbers customs assigned, such as (`invtNo`, …).
    pub assigns: Vec<(String, String)>,
}

/// What came of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// The receipt is the one that now speaks for the document.
    Applied {
        /// The document.
        document: i64,
        /// Its status now.
        status: Status,
    },
    /// Kept, but a newer or a final one goes on speaking for the document.
    Older {
        /// The document.
        document: i64,
    },
    /// The same record was received before.
    Duplicate,
    /// Kept; no document has any of its keys.
    Unmatched,
}

/// What came of a format error about a whole message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormatErrorOutcome {
    /// These documents are returned now; those customs had already decided are left alone.
    Applied {
        /// The documents.
        documents: Vec<i64>,
    },
    /// The same error was received before.
    Duplicate,
    /// Kept; no message has this `CopMsgId`.
    Unmatched,
}

/// What to send again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetrySelector {
    /// Every dead letter.
    All,
    /// The message of this `CopMsgId`.
    Message(String),
    /// The messages of the newest documents with this business key.
    Document(String),
}

/// Which documents to list; the default lists all, newest first.
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
    /// Updated at this time or later, RFC 3339.
    pub since: Option<String>,
    /// Only documents with a smaller id: the last id of a page gives the next page.
    pub before_id: Option<i64>,
    /// At most this many.
    pub limit: Option<usize>,
}

/// Which receipts to list; the default lists all, newest first.
#[derive(Debug, Clone, Default)]
pub struct ReceiptFilter {
    /// Only those no document was found for.
    pub unmatched: bool,
    /// Only those for documents and messages of the enterprise with this customs code.
    pub enterprise: Option<String>,
    /// Only those of this document, the errors about its whole message included.
    pub document: Option<i64>,
    /// Receipt message type, such as `CEB622`.
    pub message: Option<String>,
    /// At most this many.
    pub limit: Option<usize>,
}
