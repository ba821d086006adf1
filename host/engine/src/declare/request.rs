//! Request and report of a declaration.

use crate::fate::Fate;
use crate::map::{Ahead, Input};
use cebridge_findings::Finding;
use cebridge_ledger::NewMessage;
use cebridge_runtime::MapperPlugin;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A message that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Message code.
    pub message: String,
    /// The message as it will be sent: signed, or unsigned if the policy permits.
    pub xml: Vec<u8>,
    /// Its entry for the ledger.
    pub record: NewMessage,
}

/// A finding about a document that is sent anyway.
#[derive(Debug, Clone)]
pub struct Warning {
    /// Guid of the document.
    pub guid: String,
    /// Its business key, for people.
    pub key: String,
    /// The finding.
    pub finding: Finding,
}

/// The result of `declare`: the work done, or to be done.
#[derive(Debug, Default)]
pub struct DeclareReport {
    /// One entry for each document, in the order of the input.
    pub fates: Vec<Fate>,
    /// Messages, in the order of sending.
    pub messages: Vec<Prepared>,
    /// Warnings about documents that are sent anyway.
    pub warnings: Vec<Warning>,
    /// Count of documents that were accepted before and are left alone.
    pub already_accepted: usize,
    /// Notes on the inputs for the user, one sentence each.
    pub notes: Vec<String>,
    /// Rows of the inputs in the ledger.
    pub inputs: Vec<i64>,
    /// The packs that judged: edition, and SHA-256 (hex) of the file.
    pub packs: BTreeSet<(String, String)>,
}

impl DeclareReport {
    pub(super) fn add(&mut self, other: Self) {
        self.fates.extend(other.fates);
        self.messages.extend(other.messages);
        self.warnings.extend(other.warnings);
        self.already_accepted += other.already_accepted;
        self.notes.extend(other.notes);
        self.inputs.extend(other.inputs);
        self.packs.extend(other.packs);
    }
}

/// Replaces the message code for an ERP record that yielded no document.
pub const UNMAPPED: &str = "ERP";

/// Progress of a long piece of work: stage, done, total.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

/// A request to declare ERP data.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The mapper that reads the inputs.
    pub mapper: &'a MapperPlugin,
    /// Name of its settings in the configuration.
    pub mapper_name: &'a str,
    /// ERP data.
    pub inputs: &'a [Input],
    /// Time of declaration; the edition in force then applies.
    pub at: Timestamp,
    /// The enterprise that declares, by id or code. Without it the only one, or the one that the document names.
    pub enterprise: Option<&'a str>,
    /// Treatment of the documents.
    pub mode: Mode,
    /// Result of mapping the inputs before their turn, if any.
    pub ahead: Option<&'a Ahead>,
}

/// Treatment of the documents of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are accepted, to be sent.
    Declare,
    /// They are kept in the ledger as drafts, unjudged, and not sent.
    Draft,
    /// Nothing is recorded.
    DryRun,
}
