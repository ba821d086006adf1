//! A pack as the host sees it: the program together with the texts that explain it.

use crate::program::{DeclId, Message, Program};
use crate::roles::{FieldRoles, Transfer};
use crate::signature::{CertificateRule, SignatureProfile, SignatureRule, SignerRole};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

pub use crate::bytes::PackError;
pub use crate::outcome::{Concern, Effect, Meaning, Outcome, Said, States};

/// Kind of the artificial messages that hold two documents. They are not part of the catalogue.
pub const PAIR: &str = "pair";

/// Program and texts of one edition: embedded in the component by `pack build`, and run by the native twin.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pack {
    /// Identity and first day in force.
    pub manifest: Manifest,
    /// The program that the evaluator runs.
    pub program: Program,
    /// Texts of the declarations, same positions as [`Program::decls`].
    pub decls: Vec<DeclText>,
    /// Texts of the messages, same positions as [`Program::messages`].
    pub messages: Vec<MessageText>,
    /// Texts of the rules, same positions as [`Program::rules`].
    pub rules: Vec<RuleText>,
    /// Provenance of the code tables.
    pub tables: Vec<TableText>,
    /// Signing duties by message.
    pub signature: Vec<SignatureRule>,
    /// Profiles that a certificate may sign with.
    pub certificates: Option<CertificateRule>,
    /// Algorithm profiles.
    pub profiles: Vec<SignatureProfile>,
    /// Roles of signers, with the field of each message that names the signer.
    pub roles: Vec<SignerRole>,
    /// Customs' answers when the wrong enterprise declares, in order of the messages.
    pub access: Vec<AccessCodes>,
    /// Documents compared with each other, in order of their codes.
    pub pairs: Vec<Pair>,
    /// Values that may occur in one document only.
    pub uniques: Vec<Unique>,
    /// The pack's own cases, run by `pack test` and before activation.
    pub cases: Vec<Case>,
    /// Roles of fields.
    #[serde(skip)]
    pub fields: FieldRoles,
    /// What the host writes around the documents of a message.
    #[serde(skip)]
    pub transfer: Transfer,
}

/// The part of a pack that enters the sandbox: no texts for people and no cases.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct GuestPack {
    /// Identity.
    pub manifest: Manifest,
    /// The program that the evaluator runs.
    pub program: Program,
    /// Signing duties by message.
    pub signature: Vec<SignatureRule>,
    /// Profiles that a certificate may sign with.
    pub certificates: Option<CertificateRule>,
    /// Algorithm profiles.
    pub profiles: Vec<SignatureProfile>,
}

impl Pack {
    /// Returns the part that enters the sandbox.
    #[must_use]
    pub fn guest(&self) -> GuestPack {
        GuestPack {
            manifest: self.manifest.clone(),
            program: self.program.clone(),
            signature: self.signature.clone(),
            certificates: self.certificates.clone(),
            profiles: self.profiles.clone(),
        }
    }

    /// Iterates over the catalogue's messages with positions and texts, without the artificial ones behind pairs.
    pub fn catalogue(&self) -> impl Iterator<Item = (usize, &Message, &MessageText)> {
        let both = self.program.messages.iter().zip(&self.messages).enumerate();
        both.map(|(index, (message, text))| (index, message, text))
            .filter(|(_, _, text)| text.kind != PAIR)
    }

    /// Returns the name of the element that is one document of a message, for example `Order`.
    #[must_use]
    pub fn document_name(&self, message: usize) -> Option<&str> {
        let document = self.messages.get(message)?.document;
        self.program.local_name(document).filter(|_| document != 0)
    }

    /// Returns the position of the message with this code, for example `CEB311`.
    #[must_use]
    pub fn message(&self, code: &str) -> Option<usize> {
        self.program.message(code)
    }

    /// Returns position and code of the message with this root element.
    #[must_use]
    pub fn message_of_root(&self, root: &str) -> Option<(usize, &str)> {
        let mut catalogue = self.catalogue();
        let found = catalogue.find(|(_, message, _)| self.program.local_name(message.root) == Some(root))?;
        Some((found.0, &found.1.code))
    }

    /// Returns the declaration at a path below the root of a message, like [`Program::decl_by_path`].
    #[must_use]
    pub fn decl_by_path(&self, message: usize, path: &str) -> Option<DeclId> {
        self.program.decl_by_path(message, path)
    }
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
    /// The notice that introduced it.
    pub notice: String,
    /// How the edition was put together if its official text was not available; empty for an official one.
    pub derived: String,
    /// SHA-256 (hex) of the rule source files, in order of their names.
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
    /// The value is personal data (name, identity number, telephone, address) and masked in output.
    pub personal: bool,
}

/// Texts and roles of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MessageText {
    /// Official Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// `request`, `receipt` or `envelope`; [`PAIR`] for the artificial messages behind [`Pack::pairs`].
    pub kind: String,
    /// `import`, `export` or `both`.
    pub direction: String,
    /// Chapter of the specification.
    pub clause: String,
    /// Code of the receipt that answers it; empty if there is none.
    pub receipt: String,
    /// The element below the root that is one business document; 0 if the message has none.
    pub document: DeclId,
    /// Fields that identify a document (declarations), in order; for a receipt, those that match it to its request.
    pub keys: Vec<DeclId>,
    /// Meanings of a receipt's states for the document it answers, first match wins; empty for other messages.
    /// [`Pack::said`] looks them up.
    pub outcomes: Vec<Outcome>,
    /// Rule source file.
    pub source: String,
    /// The other document that the documents of a request refer to.
    #[serde(skip)]
    pub concern: Option<Concern>,
}

/// Two documents that are compared with each other. Their rules are those of the message [`Pair::code`] of the program:
/// an artificial one whose root holds both documents, for the evaluator only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pair {
    /// Its code in the program, for example `CEB621+CEB311`: not a valid element name, so that no real document can
    /// match it.
    pub code: String,
    /// The message whose documents are judged.
    pub message: String,
    /// The message they are compared with.
    pub other: String,
    /// Fields that match the two, as paths below the document: of the message, of the other one.
    pub matching: Vec<(String, String)>,
    /// Rule for pairing lines, if lines are compared.
    pub lines: Option<Lines>,
}

/// Rule for pairing the lines of two documents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lines {
    /// Name of the lines in the message.
    pub message: String,
    /// Name of the lines in the other one.
    pub other: String,
    /// The field that is equal in both.
    pub by: String,
}

/// Values that together may occur in only one document of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unique {
    /// Message code.
    pub message: String,
    /// The fields, as paths below the document.
    pub fields: Vec<String>,
    /// Days after which the values may be used again; `None` for never.
    pub days: Option<u16>,
    /// Position of the corresponding rule in [`Pack::rules`]. The evaluator never evaluates it.
    pub rule: u32,
}

/// Layer of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Layer {
    /// Rules that the official XSD enforces.
    Schema,
    /// Rules that the text states or implies beyond the XSD.
    #[default]
    Business,
    /// Rules about signing.
    Signature,
}

/// Severity of a broken rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Severity {
    /// The document is not sent.
    #[default]
    Error,
    /// The document is sent and the finding is shown.
    Warning,
}

impl Severity {
    /// Every severity.
    pub const ALL: [Self; 2] = [Self::Error, Self::Warning];

    /// Returns the word for it: `error` or `warning`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }

    /// Reads a word returned by [`Severity::name`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == word)
    }
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
    /// Customs error code; empty if there is none.
    pub code: String,
    /// Chinese message; `{field}` is replaced by the value of that field.
    pub zh: String,
    /// English message; `{field}` is replaced by the value of that field.
    pub en: String,
    /// Clause of the specification.
    pub clause: String,
    /// Rule source as `file:line`.
    pub source: String,
    /// The check as written.
    pub check: String,
    /// The precondition as written; empty if the rule always applies.
    pub when: String,
    /// Reason for the rule; empty if its message says it all.
    pub why: String,
}

/// Provenance of a code table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableText {
    /// Name as in [`crate::program::Table::name`].
    pub name: String,
    /// Origin of the codes.
    pub source: String,
    /// Date of the table's content, for example `2019-10`.
    pub date: String,
    /// The table is known to be complete: an unknown code may be rejected.
    pub complete: bool,
}

/// Customs' error codes for an enterprise that declares without being entitled to; empty where customs has none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AccessCodes {
    /// Message code.
    pub message: String,
    /// The codes in the document do not match those of the signer's card.
    pub code_mismatch: String,
    /// The signer may not declare this message.
    pub no_right: String,
    /// The declaring enterprise is not the one in the certificate.
    pub certificate: String,
    /// Clause of the specification.
    pub clause: String,
}

/// One of the pack's own test cases: a message and the findings it must give.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Case {
    /// Name, taken from the file.
    pub name: String,
    /// The message as XML.
    pub xml: String,
    /// Expected findings as `rule path`, sorted; empty for a clean message.
    pub expect: Vec<String>,
    /// Severities of the findings, in the same order; `None` where any severity is accepted. Empty in packs made before
    /// cases had severities.
    #[serde(skip)]
    pub severities: Vec<Option<Severity>>,
}
