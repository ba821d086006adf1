//! Proving that the ledger is whole, and that nothing in it was changed behind its back.
//!
//! Everything is held against the chain of events, and the chain against heads that were exported earlier: who changes a
//! document, its hash and the bytes that were sent together still has the chain against him, and who writes the chain anew
//! has the exported heads against him. Rows are read one after the other, so memory does not grow with the ledger.

mod chain;
mod documents;
mod file;
mod messages;
mod packs;
mod receipts;
mod report;
mod said;

use rusqlite::Transaction;

use crate::error::LedgerError;
use crate::fault::Fault;
use crate::head::Head;
use crate::store::Ledger;

use report::Problems;
pub use report::{CheckReport, Problem, ProblemKind};

/// What the layers above the ledger can read: messages, receipts, and packs that lie in a folder.
///
/// What a method does not know how to read it answers with `None`; nothing is checked there then.
pub trait Reader {
    /// Opens an envelope.
    ///
    /// # Errors
    /// Why it can't be opened.
    fn open(&self, _envelope: &[u8]) -> Result<Option<Opened>, String> {
        Ok(None)
    }

    /// The records of a file of receipts.
    ///
    /// # Errors
    /// Why it can't be read.
    fn records(&self, _file: &[u8]) -> Result<Option<Vec<Record>>, String> {
        Ok(None)
    }

    /// What is wrong with a rule pack whose bytes lie in a folder.
    fn wrong_with_pack(&self, _digest: &str) -> Option<String> {
        None
    }

    /// How far a part of the check is.
    fn progress(&self, _stage: &'static str, _done: u64, _total: u64) {}
}

/// A message taken out of its envelope.
#[derive(Debug, Clone, Default)]
pub struct Opened {
    /// SHA-256 of the signed message, in hex.
    pub body_sha256: String,
    /// The documents in it, as guid and business values in the form of [`crate::NewDocument::values_json`].
    pub documents: Vec<(String, String)>,
}

/// A record in a file of receipts.
#[derive(Debug, Clone, Default)]
pub struct Record {
    /// SHA-256 under which the ledger keeps it, in hex.
    pub digest: String,
    /// Its values, as the ledger keeps them; `None` for errors about whole messages, of which no values are kept.
    pub values_json: Option<String>,
    /// `returnStatus` or code.
    pub status: String,
    /// `returnInfo`; `None` where the ledger puts the text together itself.
    pub info: Option<String>,
}

/// Rows between two reports of progress.
const STEP: u64 = 256;

impl Ledger {
    /// Proves the ledger: the file itself and its triggers, the chain of events, the bytes of every message, receipt and
    /// rule pack, that documents say what was sent, that states are those that the receipts give, and that the packs in
    /// force are archived. `heads` are held against the chain.
    ///
    /// All of it is read in one transaction, beside which others may write.
    ///
    /// # Errors
    /// When the ledger cannot be read at all; what is wrong inside is in the report.
    pub fn check(&self, reader: &dyn Reader, heads: &[Head]) -> Result<CheckReport, LedgerError> {
        self.read(|tx| {
            let mut check = Check::new(tx, reader);
            check.file()?;
            check.chain(heads)?;
            check.messages()?;
            check.documents()?;
            check.receipts()?;
            check.packs()?;
            Ok(check.end())
        })
    }

    /// The parts of [`Ledger::check`] that every form of the ledger has: the file, and the chain of events. For copies
    /// that are not to be brought up to date.
    ///
    /// # Errors
    /// As [`Ledger::check`].
    pub fn check_chain(&self, reader: &dyn Reader) -> Result<CheckReport, LedgerError> {
        self.read(|tx| {
            let mut check = Check::new(tx, reader);
            check.file()?;
            check.chain(&[])?;
            Ok(check.end())
        })
    }
}

/// A check at work.
struct Check<'a> {
    tx: &'a Transaction<'a>,
    reader: &'a dyn Reader,
    report: CheckReport,
    problems: Problems,
}

impl<'a> Check<'a> {
    fn new(tx: &'a Transaction<'a>, reader: &'a dyn Reader) -> Self {
        Self {
            tx,
            reader,
            report: CheckReport::default(),
            problems: Problems::default(),
        }
    }

    /// What was read and what was found.
    fn end(mut self) -> CheckReport {
        self.report.problems = self.problems.list();
        self.report
    }

    fn count(&self, table: &'static str) -> Result<u64, Fault> {
        let count: i64 = self
            .tx
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    fn progress(&self, stage: &'static str, done: u64, total: u64) {
        if done.is_multiple_of(STEP) || done == total {
            self.reader.progress(stage, done, total);
        }
    }
}
