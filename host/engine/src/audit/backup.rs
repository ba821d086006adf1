//! `ledger backup`: a copy of the ledger while the daemon runs, checked before it gets its name.

use super::check::reader;
use super::contents::Progress;
use super::{AuditError, file, ledger_path};
use crate::config::Config;
use crate::error::EngineError;
use cebridge_ledger::{Head, Ledger};
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;

/// A copy that was made.
#[derive(Debug, Clone, Serialize)]
pub struct Backup {
    /// The file.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// The last event in it.
    pub head: Option<Head>,
    /// Documents in it; `None` for a ledger of an earlier version, where only the file and the chain are checked.
    pub documents: Option<u64>,
    /// Messages not yet sent when it was made.
    pub unsent: u64,
}

/// Copies the ledger into a new file. The copy is checked as by `ledger check`, and gets its name only if it is sound.
///
/// # Errors
/// The file exists, can't be written, or the copy is not sound.
pub fn back_up(
    config: &Config,
    named: Option<&Path>,
    target: &Path,
    at: Timestamp,
    progress: Progress<'_>,
) -> Result<Backup, EngineError> {
    let (ledger, _) = Ledger::open_to_copy(&ledger_path(config, named))?;
    let new = file::beside(target)?;
    progress("copy", 0, 2);
    ledger.copy_to(new.path(), at)?;
    progress("copy", 2, 2);
    let (copy, version) = Ledger::open_to_copy(new.path())?;
    let whole = version == Ledger::NEWEST;
    // Ledgers of earlier versions are not read further than their chain.
    let reader = reader(config, Some(&copy).filter(|_| whole), progress)?;
    let report = if whole {
        copy.check(&reader, &[])?
    } else {
        copy.check_chain(&reader)?
    };
    if let Some(problem) = report.problems.first() {
        let problem = format!("{}: {}", problem.what, problem.text);
        return Err(AuditError::Copy { problem }.into());
    }
    let unsent = if whole { copy.unsent()?.messages } else { 0 };
    drop(copy);
    let bytes = new
        .as_file()
        .metadata()
        .map_err(|source| file::io("cannot read", target, source))?;
    file::keep(new, target)?;
    Ok(Backup {
        file: target.display().to_string(),
        bytes: bytes.len(),
        head: report.head,
        documents: whole.then_some(report.documents),
        unsent,
    })
}
