//! A pack as the host knows it: the program together with the texts that explain it.

use crate::program::{DeclId, Program};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Program and texts of one edition: what `pack build` embeds in the component, and what the native twin runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pack {
    /// Who it is and since when it holds.
    pub manifest: Manifest,
    /// What the evaluator runs.
    pub program: Program,
    /// Texts of the declarations, same positions as [`Program::decls`].
    pub decls: Vec<DeclText>,
    /// Texts of the messages, same positions as [`Program::messages`].
    pub messages: Vec<MessageText>,
    /// Texts of the rules, same positions as [`Program::rules`].
    pub rules: Vec<RuleText>,
    /// Provenance of the code tables.
    pub tables: Vec<TableText>,
    /// Who must sign what.
    pub signature: Vec<SignatureRule>,
    /// The pack's own cases, run by `pack test` and before activation.
    pub cases: Vec<Case>,
}

/// The part of a pack that enters the sandbox: no texts for people, no cases.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GuestPack {
    /// Who it is.
    pub manifest: Manifest,
    /// What the evaluator runs.
    pub program: Program,
    /// Who must sign what.
    pub signature: Vec<SignatureRule>,
}

/// Identity of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Manifest {
    /// Name, for example `ceb`.
    pub name: String,
    /// Edition, for example `2022-05`.
    pub edition: String,
    /// Version of the pack itself, for example `1`.
    pub version: String,
    /// First day on which the edition is in force, `YYYY-MM-DD`, China Standard Time.
    pub effective_from: String,
    /// The notice that brought it.
    pub notice: String,
    /// SHA-256 (hex) over the rule source files, in order of their names.
    pub source_digest: String,
}

/// Texts of a declaration.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeclText {
    /// Official Chinese label.
    pub zh: String,
    /// English label.
    pub en: String,
    /// Format as the specification prints it, for example `C..60`.
    pub format: String,
    /// Printed requirement: `required`, `optional` or `conditional`.
    pub required: String,
    /// The value is personal data (name, identity number, telephone, address) and is masked when shown.
    pub personal: bool,
}

/// Texts and roles of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MessageText {
    /// Official Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// `request`, `receipt` or `envelope`.
    pub kind: String,
    /// `import`, `export` or `both`.
    pub direction: String,
    /// Chapter of the specification.
    pub clause: String,
    /// Code of the receipt that answers it; empty when none.
    pub receipt: String,
    /// The element that is one business document, below the root; 0 when the message has none.
    pub document: DeclId,
    /// Fields that identify a document (declarations), in order; for a receipt, those that match it to its request.
    pub keys: Vec<DeclId>,
    /// Rule source file.
    pub source: String,
}

/// Layer of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Layer {
    /// What the official XSD enforces.
    Schema,
    /// What the text states or implies beyond the XSD.
    #[default]
    Business,
    /// Who must sign what.
    Signature,
}

/// How bad a broken rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Severity {
    /// The document is not sent.
    #[default]
    Error,
    /// The document is sent, the finding is shown.
    Warning,
}

/// Texts of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleText {
    /// Stable id, for example `CEB311-R03`.
    pub id: String,
    /// Layer.
    pub layer: Layer,
    /// Severity before configuration.
    pub severity: Severity,
    /// `stated`, `inferred`, `xsd` or `error text`.
    pub basis: String,
    /// Customs error code; empty when none exists.
    pub code: String,
    /// Chinese message; `{field}` stands for the value of that field.
    pub zh: String,
    /// English message; `{field}` stands for the value of that field.
    pub en: String,
    /// Clause of the specification.
    pub clause: String,
    /// Rule source as `file:line`.
    pub source: String,
    /// The check as written.
    pub check: String,
}

/// Provenance of a code table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableText {
    /// Name as in [`crate::program::Table::name`].
    pub name: String,
    /// Where the codes come from.
    pub source: String,
    /// State of the table, for example `2019-10`.
    pub date: String,
    /// The table is known to be complete: an unknown code may be refused.
    pub complete: bool,
}

/// Whether a message must be signed, and how, from a date on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignatureRule {
    /// Message code.
    pub message: String,
    /// `required`, `optional` or `forbidden`.
    pub need: String,
    /// Allowed algorithm profiles, preferred first.
    pub profiles: Vec<String>,
    /// Who may sign.
    pub signers: Vec<String>,
    /// Clause or notice.
    pub clause: String,
}

/// A case of the pack's own: a message and the findings it must give.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Case {
    /// Name, the file it came from.
    pub name: String,
    /// The message as XML.
    pub xml: String,
    /// Expected findings as `rule path`, sorted; empty for a clean message.
    pub expect: Vec<String>,
}
