//! The fate of a document, in the terms of the command line, the API and the ledger.

use cebridge_clock::utc;
use cebridge_findings::Finding;
use cebridge_ledger::{Reason, Status};
use jiff::Timestamp;
use serde::Serialize;

/// Progress of a waiting document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Its message has not been sent yet.
    Unsent,
    /// Its message was sent, and no answer has arrived.
    Sent,
    /// Customs or the e-port has answered, but not finally.
    AtCustoms,
}

/// A broken rule that does not keep the document from being sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FateWarning {
    /// Rule id.
    pub rule: String,
    /// Place in the document.
    pub path: String,
    /// The problem.
    pub text: String,
}

impl FateWarning {
    /// Turns a finding into a warning.
    #[must_use]
    pub fn of(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.clone(),
            path: finding.path.clone(),
            text: finding.message.clone(),
        }
    }
}

/// One document's fate, as every command prints it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Fate {
    /// Message code, for example `CEB621`.
    pub message: String,
    /// Human-readable business key, for example the order number.
    pub key: String,
    /// `draft`, `waiting`, `stored`, `released`, `returned`, `refused`, `withdrawn` or `dead-letter`; in a dry run
    /// `would be sent` instead of `waiting`.
    pub status: String,
    /// Its progress while it is waiting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<Stage>,
    /// `true` once nothing more will happen to it.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Reasons for a refusal or return; otherwise the latest word from customs, or the reason it is not sent yet.
    pub reasons: Vec<Reason>,
    /// Time of the next sending attempt, while it is in the future.
    #[serde(serialize_with = "utc::serialize", skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Timestamp>,
    /// Broken rules that do not keep it from being sent.
    pub warnings: Vec<FateWarning>,
    /// ERP record it came from.
    pub source: String,
    /// Document guid; empty if it never got one.
    pub guid: String,
    /// Edition it was judged by.
    pub edition: String,
    /// Customs code of the enterprise that declares it; empty when none was found.
    pub enterprise: String,
}

impl Fate {
    /// A document that our rules refused before sending.
    #[must_use]
    pub fn refused(message: &str, key: &str, source: &str, enterprise: &str, reasons: Vec<Reason>) -> Self {
        Self {
            message: message.to_owned(),
            key: short_key(key).to_owned(),
            status: Status::Refused.as_str().to_owned(),
            is_final: true,
            reasons,
            source: source.to_owned(),
            enterprise: enterprise.to_owned(),
            ..Self::default()
        }
    }

    /// Turns this into the fate of a dry run: what passed would be sent.
    pub(crate) fn only_tried(&mut self) {
        if self.stage == Some(Stage::Unsent) && self.next_attempt.is_none() && self.reasons.is_empty() {
            self.status = WOULD_BE_SENT.to_owned();
            self.stage = None;
        }
    }
}

/// Status of a document that passed in a dry run.
pub(crate) const WOULD_BE_SENT: &str = "would be sent";

/// The part of a business key that people look for: the numbers, for example `orderNo` without `ebpCode`.
#[must_use]
pub fn short_key(key: &str) -> &str {
    key.rsplit('|').next().unwrap_or(key)
}
