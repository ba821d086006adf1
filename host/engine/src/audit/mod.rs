//! The auditor's view: verifying the ledger, showing a document with its evidence, exporting a period, copying.
//!
//! Everything here only reads the ledger, next to a daemon if one is running, and never writes to it.

mod backup;
mod check;
mod contents;
mod dossier;
mod error;
mod evidence;
mod export;
mod export_key;
mod file;
mod heads;
mod known_roles;
mod rules_of;
mod story;

pub use backup::{Backup, back_up};
pub use check::{Checked, check};
pub use contents::Progress;
pub use dossier::{Dossier, Origin, Whereabouts, dossiers};
pub use error::AuditError;
pub use evidence::write_evidence;
pub use export::{Exported, Request, Seal, export, keygen};
pub(crate) use export_key::export_key;
pub use heads::{head, head_line, read_heads, write_head};
pub use rules_of::{OwnMessage, RulesOf, rules_of};
pub use story::{Told, story};

use crate::config::Config;
use crate::error::EngineError;
use cebridge_ledger::Ledger;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The ledger file that a command reads: the named one, else the configured one.
#[must_use]
pub fn ledger_path(config: &Config, named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| config.path(&config.paths.ledger), Path::to_owned)
}

/// Opens a ledger for reading.
///
/// # Errors
/// The file does not exist, is not a ledger, or has the schema of another version.
pub fn open_to_read(config: &Config, named: Option<&Path>) -> Result<Arc<Ledger>, EngineError> {
    Ok(Arc::new(Ledger::open_to_read(&ledger_path(config, named))?))
}
