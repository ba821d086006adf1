//! What is asked of a declaration, and what it answers.

use crate::fate::Fate;
use crate::map::{Ahead, Input};
use cebridge_ledger::NewMessage;
use cebridge_runtime::{Finding, MapperPlugin};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// A message that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Message code.
    pub message: String,
    /// The message as it will be sent: signed, or unsigned where the policy lets it.
    pub xml: Vec<u8>,
    /// What the ledger will get.
    pub record: NewMessage,
}

/// A finding about a document that is sent all the same.
#[derive(Debug, Clone)]
pub struct Warning {
    /// Guid of the document.
    pub guid: String,
    /// Its business key for people.
    pub key: String,
    /// The finding.
    pub finding: Finding,
}

/// What `declare` did, or would do.
#[derive(Debug, Default)]
pub struct DeclareReport {
    /// One entry for each document, in the order of the input.
    pub fates: Vec<Fate>,
    /// Messages, in the order of sending.
    pub messages: Vec<Prepared>,
    /// Warnings about documents that are sent all the same.
    pub warnings: Vec<Warning>,
    /// Documents that were accepted before and are left alone.
    pub already_accepted: usize,
    /// What the user should know about the inputs, one sentence each.
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

    /// The warnings about a document.
    pub fn warnings_of<'a>(&'a self, guid: &'a str) -> impl Iterator<Item = &'a Warning> {
        self.warnings.iter().filter(move |warning| warning.guid == guid)
    }
}

/// What stands in place of a message code for an ERP record that became no document.
pub const UNMAPPED: &str = "ERP";

/// How far a long piece of work is: stage, done, of how many.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

/// What is to be declared.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The mapper that reads the inputs.
    pub mapper: &'a MapperPlugin,
    /// Name under which the configuration has its settings.
    pub mapper_name: &'a str,
    /// ERP data.
    pub inputs: &'a [Input],
    /// Time of declaration: the edition in force then judges.
    pub at: Timestamp,
    /// The enterprise that declares, by id or code. Without it the only one, or the one that the document names.
    pub enterprise: Option<&'a str>,
    /// What becomes of the documents.
    pub mode: Mode,
    /// What was made of the inputs before their turn, if anything.
    pub ahead: Option<&'a Ahead>,
}

/// What becomes of the documents of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are accepted, to be sent.
    Declare,
    /// They are kept in the ledger as drafts, unjudged, and not sent.
    Draft,
    /// Nothing is recorded.
    DryRun,
}
