//! Types that the ledger returns.

use std::collections::BTreeMap;

use cebridge_clock::utc;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::status::Status;
use cebridge_rule_core::pack::Meaning;

/// Beginning of the reason why a message is held.
pub(crate) const HELD: &str = "held: ";

/// Reason a document is refused, returned or undeliverable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Error code of customs or of the platform, `returnStatus`, or empty.
    pub code: String,
    /// Rule id, or empty.
    pub rule: String,
    /// Place in the document, or empty.
    pub path: String,
    /// The text.
    pub text: String,
}

/// The current state of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DocumentView {
    /// Id in the ledger.
    pub id: i64,
    /// Message type.
    pub message: String,
    /// Business key.
    pub key: String,
    /// Customs code of the enterprise that declares it; empty when none was found.
    pub enterprise: String,
    /// The document's `guid`.
    pub guid: String,
    /// `appType`.
    pub app_type: String,
    /// ERP record.
    pub source: String,
    /// Status.
    pub status: Status,
    /// `true` if the status is final.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// The reasons, for refused, returned and dead-letter.
    pub reasons: Vec<Reason>,
    /// Edition that judged it.
    pub edition: String,
    /// SHA-256 of the rule pack.
    pub pack_digest: String,
    /// SHA-256 of the business values.
    pub content_hash: String,
    /// The business values as JSON.
    #[serde(skip)]
    pub values_json: String,
    /// The findings of validation as JSON.
    #[serde(skip)]
    pub findings_json: String,
    /// `CopMsgId` of the envelope; `None` if it was never meant to be sent.
    pub cop_msg_id: Option<String>,
    /// When it was recorded.
    #[serde(serialize_with = "utc::serialize")]
    pub accepted_at: Timestamp,
    /// When it was last sent.
    #[serde(serialize_with = "utc::serialize")]
    pub sent_at: Option<Timestamp>,
    /// When its state last changed.
    #[serde(serialize_with = "utc::serialize")]
    pub updated_at: Timestamp,
    /// `returnStatus` of the newest receipt, known code or not.
    pub return_status: Option<String>,
    /// `returnTime` of the newest receipt.
    pub return_time: Option<String>,
    /// `returnInfo` of the newest receipt.
    pub return_info: Option<String>,
    /// Numbers customs assigned, by field name.
    pub assigned: BTreeMap<String, String>,
    /// `appStatus`.
    pub app_status: String,
    /// Kept at customs without being declared.
    pub held: bool,
    /// When customs last reported on it.
    #[serde(serialize_with = "utc::serialize")]
    pub heard_at: Option<Timestamp>,
    /// State of its message; `None` if it was never meant to be sent.
    pub outbox: Option<OutboxState>,
    /// When its message is tried next, while it is pending.
    #[serde(serialize_with = "utc::serialize")]
    pub due_at: Option<Timestamp>,
    /// Why its message could not be sent yet.
    pub send_error: Option<String>,
    /// While a process is sending its message: the end of that process's lease.
    #[serde(serialize_with = "utc::serialize")]
    pub in_hand_until: Option<Timestamp>,
}

/// A stored receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceiptView {
    /// Id in the ledger.
    pub id: i64,
    /// SHA-256 of the record.
    pub digest: String,
    /// Message type; `format-error` for errors about a whole message.
    pub message: String,
    /// The document it answers, if one was found.
    pub document: Option<i64>,
    /// Business key of that document.
    pub key: Option<String>,
    /// `CopMsgId` of the message that a format error is about.
    pub cop_msg_id: Option<String>,
    /// The match string that found the document.
    pub matched_by: Option<String>,
    /// `returnStatus`, or the error code.
    pub return_status: String,
    /// `returnTime`.
    pub return_time: String,
    /// `returnInfo`.
    pub return_info: String,
    /// Its meaning for the document.
    #[serde(rename = "becomes")]
    pub means: Option<Meaning>,
    /// `true` if that is final.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// All values as JSON.
    #[serde(skip)]
    pub values_json: String,
    /// When it was recorded.
    #[serde(serialize_with = "utc::serialize")]
    pub received_at: Timestamp,
}

/// State of a message in the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutboxState {
    /// To be sent.
    Pending,
    /// Sent at least once.
    Sent,
    /// Given up until an operator asks again.
    Dead,
}

/// Some messages: their number and the first of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Lot {
    /// Number of messages.
    pub messages: u64,
    /// The one that was accepted first.
    pub first: Option<OutboxItem>,
}

/// A message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxItem {
    /// Id in the ledger.
    pub id: i64,
    /// `CopMsgId`.
    pub cop_msg_id: String,
    /// The message's `guid`.
    pub guid: String,
    /// Message type.
    pub message: String,
    /// Customs code of the enterprise that sends it.
    pub enterprise: String,
    /// The bytes to send. Filled by `claim_outbox` only; lists leave it empty, see `Ledger::envelope`.
    #[serde(skip)]
    pub envelope: Vec<u8>,
    /// SHA-256 of the signed message.
    pub body_sha256: String,
    /// Serial of the signing certificate.
    pub key_serial: String,
    /// Signature profile.
    pub profile: String,
    /// Rule pack.
    pub pack_digest: String,
    /// Edition.
    pub edition: String,
    /// Its state.
    pub state: OutboxState,
    /// Number of sending attempts begun, including this one.
    pub attempts: i64,
    /// The last error.
    pub last_error: Option<String>,
    /// When it was recorded.
    #[serde(serialize_with = "utc::serialize")]
    pub accepted_at: Timestamp,
    /// When it is due (again).
    #[serde(serialize_with = "utc::serialize")]
    pub due_at: Timestamp,
    /// When it was last sent.
    #[serde(serialize_with = "utc::serialize")]
    pub sent_at: Option<Timestamp>,
    /// A hand-over was begun whose end is not on record: the transport has to be asked for its outcome.
    pub handing_over: bool,
    /// Business keys of the documents inside.
    pub keys: Vec<String>,
}

impl OutboxItem {
    /// Returns `true` if it is held since the ledger was restored from a backup.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let error = self.last_error.as_deref();
        self.state == OutboxState::Dead && error.is_some_and(|error| error.starts_with(HELD))
    }
}

/// One row of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Id, growing with time.
    pub id: i64,
    /// When it was recorded.
    #[serde(serialize_with = "utc::serialize")]
    pub at: Timestamp,
    /// The actor.
    pub actor: String,
    /// Document concerned.
    pub document: Option<i64>,
    /// Message concerned (id in the outbox).
    pub message: Option<i64>,
    /// The kind of event, one word such as `accepted`, `sent`, `status`.
    pub kind: String,
    /// Particulars as JSON.
    pub detail_json: String,
    /// Rule pack.
    pub pack_digest: Option<String>,
    /// Serial of the signing certificate.
    pub key_serial: Option<String>,
    /// SHA-256 of the bytes concerned.
    pub bytes_sha256: Option<String>,
    /// SHA-256 over this row and the chain value of the row before it.
    pub chain: String,
}
