//! `ledger check`: verifies everything in the ledger against everything that proves it.

use super::contents::{Contents, Progress};
use super::known_roles::KnownRoles;
use super::ledger_path;
use crate::config::Config;
use crate::error::EngineError;
use cebridge_ledger::{CheckReport, Head, Ledger};
use serde::Serialize;
use std::path::Path;

/// Result of a check: the JSON object of `ledger check`.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// `true` if nothing is wrong.
    pub ok: bool,
    /// The ledger.
    pub file: String,
    /// Items checked and problems found.
    #[serde(flatten)]
    pub report: CheckReport,
}

/// Verifies a ledger, and compares heads exported earlier with its chain.
///
/// # Errors
/// The ledger does not exist or can't be read.
pub fn check(
    config: &Config,
    named: Option<&Path>,
    heads: &[Head],
    progress: Progress<'_>,
) -> Result<Checked, EngineError> {
    let path = ledger_path(config, named);
    let ledger = Ledger::open_to_read(&path)?;
    let report = ledger.check(&reader(config, Some(&ledger), progress)?, heads)?;
    Ok(Checked {
        ok: report.is_ok(),
        file: path.display().to_string(),
        report,
    })
}

/// Returns the reader of messages, receipts and the archive folder of this configuration. `ledger` has the packs by which
/// they were written; without it, they are read by the standard.
///
/// # Errors
/// The packs on the ledger's record can't be listed.
pub(super) fn reader<'p>(
    config: &Config,
    ledger: Option<&Ledger>,
    progress: Progress<'p>,
) -> Result<Contents<'p>, EngineError> {
    let archive = config.packs.archive.as_ref().map(|folder| config.path(folder));
    Ok(Contents {
        roles: KnownRoles::of(ledger, archive.as_deref())?,
        archive,
        progress,
    })
}
