//! The auditor's view of the ledger.

use clap::{Args, Subcommand, ValueHint};
use jiff::civil::Date;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum LedgerCommand {
    /// Prove that nothing was changed: file, chain of events, documents, messages, receipts, states, rule packs
    Check(Check),
    /// The end of the chain of events in one line of JSON, to be kept elsewhere and given to `check --head`
    Head(Head),
    /// All about a document: history, warnings, message, receipts, rule pack, certificate
    Show(Show),
    /// Everything of a period in one signed zip, which sha256sum, openssl and xmlsec1 can check
    Export(Export),
    /// Make an Ed25519 key that signs exports; the public half gets `.pub` at the end of its name
    Keygen {
        /// Key file to write; only its owner may read it
        #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
        output: PathBuf,
    },
    /// Copy the ledger while the daemon runs; the copy is checked
    Backup(Backup),
}

/// The ledger to read.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Another ledger than the one of the configuration, such as a backup
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) ledger: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// File of heads, one per line, as written by `ledger head` or logged by the daemon: each is checked against the
    /// chain
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) head: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) which: Which,
}

#[derive(Debug, Args)]
pub(crate) struct Head {
    /// New file for it [default: stdout; `cebridge ledger head >> heads.jsonl` collects them]
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) which: Which,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Order number, waybill number, guid, inventory number, CopMsgId or ERP record
    pub(crate) key: String,
    /// New or empty folder for the evidence: envelopes, messages, receipts as received, packs, certificates,
    /// history.json
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) which: Which,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// First day, China Standard Time
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Date,
    /// Last day, inclusive
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Date,
    /// Only what concerns this enterprise: its id, customs code or credit code
    #[arg(long, value_name = "E")]
    pub(crate) enterprise: Option<String>,
    /// Zip file to write
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    /// PEM file with the Ed25519 key that signs the export [default: the enterprise's RSA key file, else export-key of [record]]
    #[arg(long, value_name = "KEY", value_hint = ValueHint::FilePath)]
    pub(crate) key: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) which: Which,
}

#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// New file for the copy
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) which: Which,
}
