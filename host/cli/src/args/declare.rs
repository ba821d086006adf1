//! Arguments for making, sending and looking up documents.

use clap::{Args, ValueHint};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Keep everything (ERP data, keys, ledger, envelopes, receipts, configuration) in this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) keep: Option<PathBuf>,
    /// Number of sample orders
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) orders: u32,
    /// Seed of the sample data: the same seed gives the same orders
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Declare {
    /// ERP files
    #[arg(required = true, value_hint = ValueHint::FilePath)]
    pub(crate) inputs: Vec<PathBuf>,
    /// Mapper that reads them: `shop`, `ceb` or a plugin file (.wasm)
    #[arg(long, value_name = "NAME")]
    pub(crate) mapper: String,
    /// Enterprise that declares, by id or code [default: the only one, or the one that a document names]
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Time of declaration, China Standard Time [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
    /// Stop before the ledger and say what would be sent
    #[arg(long, conflicts_with = "draft")]
    pub(crate) dry_run: bool,
    /// With --dry-run: also print the messages
    #[arg(long, requires = "dry_run")]
    pub(crate) show: bool,
    /// Keep the documents as drafts (草稿) in the ledger, unjudged and unsent, until `submit`
    #[arg(long)]
    pub(crate) draft: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// Order number, waybill number, guid or ERP record of drafts, or of documents that are held at customs (暂存)
    pub(crate) key: String,
    /// Enterprise that declares, by id or code [default: the only one, or the one that a document names]
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Time of declaration, China Standard Time [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct InboxArgs {
    /// Take this file again, by its name in the list
    #[arg(long, value_name = "NAME", conflicts_with = "all")]
    pub(crate) retake: Option<String>,
    /// Take every file again
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Mapper for files directly in the intake folder; files in a subfolder go to the mapper of that name
    #[arg(long, value_name = "NAME", default_value = "shop")]
    pub(crate) mapper: String,
    /// Enterprise for files outside any enterprise's folder [default: the only one, or the one they name]
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// End once nothing more can be done now; exit code 1 if work is left
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Map {
    /// ERP file
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) input: PathBuf,
    /// Mapper that reads it: `shop`, `ceb` or a plugin file (.wasm)
    #[arg(long, value_name = "NAME")]
    pub(crate) mapper: String,
    /// Folder for the messages [default: they go to stdout]
    #[arg(long, short, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) output: Option<PathBuf>,
    /// Enterprise in `BaseTransfer`, by id or code [default: the only one]
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Time of declaration, China Standard Time [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Status {
    /// Order number, waybill number, guid, inventory number or ERP record; without it all documents
    pub(crate) key: Option<String>,
    /// Only documents in this state: draft, waiting, stored, released, returned, refused, withdrawn, dead-letter
    #[arg(long)]
    pub(crate) state: Option<String>,
    /// Only documents of this message, for example CEB621
    #[arg(long, value_name = "CODE", conflicts_with = "key")]
    pub(crate) message: Option<String>,
    /// Only documents whose state changed since this day or time, for example 2026-05-01
    #[arg(long, value_name = "TIME", conflicts_with = "key")]
    pub(crate) since: Option<String>,
    /// Only documents of this enterprise, by id or code
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// At most this many documents, the newest; 0 for all. Without it 100 as a table, and all as JSON
    #[arg(long, value_name = "NUMBER", conflicts_with = "key")]
    pub(crate) limit: Option<usize>,
    /// Also print every step, as an auditor reads it
    #[arg(long)]
    pub(crate) history: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Receipts {
    /// Key of the document; without it all receipts
    pub(crate) key: Option<String>,
    /// Only receipts for documents and messages of this enterprise, by id or code
    #[arg(long, value_name = "ID")]
    pub(crate) enterprise: Option<String>,
    /// Only receipts for which no document is known
    #[arg(long, conflicts_with = "enterprise")]
    pub(crate) unmatched: bool,
    /// At most this many receipts, the newest; 0 for all. Without it 100 as a table, and all as JSON
    #[arg(long, value_name = "NUMBER", conflicts_with = "key")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// CopMsgId of a message or key of a document; without it everything that is not sent yet
    pub(crate) key: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Shorter and less exact
    #[arg(long)]
    pub(crate) brief: bool,
}
