//! Rules, packs and the standard they state.

use super::{Format, formats};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

/// The rules a command judges by.
#[derive(Debug, Args)]
pub(crate) struct By {
    /// Rules of this edition, for example 2022-05 [default: the one in force]
    #[arg(long, value_name = "E", conflicts_with = "at")]
    pub(crate) edition: Option<String>,
    /// Rules of the edition in force at this time
    #[arg(long, value_name = "DATE")]
    pub(crate) at: Option<String>,
    /// Rules of this pack file instead of the installed ones
    #[arg(long, value_name = "FILE", conflicts_with_all = ["edition", "at"], value_hint = ValueHint::FilePath)]
    pub(crate) pack: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Messages; a folder means every .xml file below it
    #[arg(required_unless_present = "rules_of", value_hint = ValueHint::AnyPath)]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) by: By,
    /// Rules of the very pack that judged this document (order number, guid, …); without files, its own message is judged
    #[arg(long, value_name = "KEY", conflicts_with_all = ["edition", "at", "pack"])]
    pub(crate) rules_of: Option<String>,
    /// Only findings of this layer
    #[arg(long, value_enum)]
    pub(crate) layer: Option<LayerArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayerArg {
    /// What the official XSD enforces
    Schema,
    /// What the text states or implies beyond the XSD
    Business,
    /// Who must sign what
    Signature,
}

#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 explained; 1 nothing has that name, no table that code.")]
pub(crate) struct Explain {
    /// A rule as named in findings, a message to list its rules, a customs code such as -621004 or 800, or a field
    #[arg(value_name = "RULE|MESSAGE|CODE|FIELD", allow_negative_numbers = true)]
    pub(crate) rule: String,
    /// With a message: the field whose rules are listed, for example OrderHead/orderNo
    pub(crate) field: Option<String>,
    #[command(flatten)]
    pub(crate) by: By,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PackCommand {
    /// Bake rule source into one .wasm file; needs no toolchain
    Build {
        /// Folder of the edition (it holds edition.toml)
        #[arg(value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// Pack file to write
        #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: PathBuf,
        /// PEM file with the Ed25519 private key that signs the pack
        #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
        sign: Option<PathBuf>,
    },
    /// Show manifest, messages, rules, interface and sizes
    Inspect {
        /// Pack file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// Also list every rule
        #[arg(long)]
        rules: bool,
    },
    /// Prove that a pack is the shipped interpreter with other data
    Verify {
        /// Pack file
        #[arg(value_hint = ValueHint::FilePath)]
        file: PathBuf,
        /// PEM file with trusted Ed25519 public keys: the pack must carry a signature by one of them
        #[arg(long, value_name = "PEM", value_hint = ValueHint::FilePath)]
        trust: Option<PathBuf>,
        /// Folder of the edition the pack is said to be made from: it is baked again and must match byte for byte
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        source: Option<PathBuf>,
    },
    /// Run a pack's own cases
    Test {
        /// Pack file or folder of an edition
        #[arg(value_hint = ValueHint::AnyPath)]
        pack: PathBuf,
        /// Write what the rules find now into the .expect files of the folder; read the difference before you commit it
        #[arg(long)]
        bless: bool,
        /// Also list the rules that no case breaks
        #[arg(long)]
        coverage: bool,
    },
    /// Start an edition or a message: files that compile and pass their cases
    #[command(subcommand)]
    New(PackNew),
    /// Write the shipped rule source to a folder, to start from
    Rules {
        /// Folder to write; it must not hold rules yet
        #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
        output: PathBuf,
    },
    /// Every edition with the pack that the daemon judges by: since when, why and by whom
    List {
        /// As it was at this time (2026-11-30, 2026-11-30T08:00, China Standard Time, or RFC 3339)
        #[arg(long, value_name = "TIME")]
        at: Option<String>,
    },
    /// Take the pack of a file out of force; a shipped edition reverts to its shipped form
    Remove {
        /// The edition
        edition: String,
    },
    /// Put an earlier pack of an edition back into force
    Rollback {
        /// The edition
        edition: String,
        /// Start of the digest of the pack to go back to; without it, the previous one
        #[arg(long, value_name = "DIGEST")]
        to: Option<String>,
    },
    /// What changes from one edition to another: messages, fields, facets, rules, codes, signatures
    Diff {
        /// Edition (2018-113), folder of an edition or pack file
        #[arg(value_name = "A", value_hint = ValueHint::AnyPath)]
        from: String,
        /// The other one
        #[arg(value_name = "B", value_hint = ValueHint::AnyPath)]
        to: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PackNew {
    /// An edition that takes over everything from its parent
    Edition {
        /// Name of the edition, for example 2026-01
        name: String,
        /// Edition that it changes
        #[arg(long, value_name = "PARENT")]
        extends: String,
        /// Rules folder (it holds `editions`)
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        dir: PathBuf,
        /// First day in force, YYYY-MM-DD [default: 9999-12-31, never by date]
        #[arg(long, value_name = "DATE")]
        effective_from: Option<String>,
        /// The notice that brings it
        #[arg(long, value_name = "TEXT")]
        notice: Option<String>,
    },
    /// A message with a head, a sample rule, a good case and a bad one
    Message {
        /// Code of the message, for example CEB217
        code: String,
        /// Folder of the edition (it holds edition.toml)
        #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
        edition: PathBuf,
        /// Name of the root element [default: the code followed by Message]
        #[arg(long, value_name = "NAME")]
        root: Option<String>,
        /// Name of the element that is one document
        #[arg(long, value_name = "NAME", default_value = "Document")]
        document: String,
        /// Direction of the goods
        #[arg(long, value_enum, default_value_t = DirectionArg::Import)]
        direction: DirectionArg,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DirectionArg {
    Import,
    Export,
    Both,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SpecCommand {
    /// Write the standard as XSD, JSON Schema, a page to browse or Markdown
    Export(SpecExport),
}

#[derive(Debug, Args)]
pub(crate) struct SpecExport {
    /// xsd: a set of schema files; json-schema, html and markdown: one document
    #[arg(long, required = true, value_parser = formats(&["xsd", "json-schema", "html", "markdown"]))]
    pub(crate) format: Format,
    /// Edition, for example 2022-05 [default: the one in force; for html all of them]
    #[arg(long, value_name = "E")]
    pub(crate) edition: Option<String>,
    /// Only these messages
    #[arg(long, value_name = "CODE", num_args = 1..)]
    pub(crate) message: Vec<String>,
    /// File to write [default: stdout]; for xsd the folder, created if missing
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
}
