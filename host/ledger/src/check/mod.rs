//! Proves that the ledger is whole and that nothing in it was changed behind its back.
//!
//! Everything is checked against the chain of events, and the chain against heads that were exported earlier: changing
//! a document, its hash and the sent bytes together still contradicts the chain, and rewriting the chain contradicts
//! the exported heads. Rows are read one by one, so memory does not grow with the ledger.

mod chain;
mod documents;
mod file;
mod inputs;
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

/// Reads what only the layers above the ledger can: messages, receipts, and packs in a folder.
///
/// A method that does not know how to read its input returns `None`; nothing is checked then.
pub trait Reader {
    /// Opens an envelope.
    ///
    /// # Errors
    /// The reason it can't be opened.
    fn open(&self, _envelope: &[u8]) -> Result<Option<Opened>, String> {
        Ok(None)
    }

    /// The records of a file of receipts.
    ///
    /// # Errors
    /// The reason it can't be read.
    fn records(&self, _file: &[u8]) -> Result<Option<Vec<Record>>, String> {
        Ok(None)
    }

    /// Returns what is wrong with a rule pack whose bytes are in a folder, if anything.
    fn wrong_with_pack(&self, _digest: &str) -> Option<String> {
        None
    }

    /// Reports the progress of one stage.
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
    /// Its values, as the ledger keeps them; `None` for errors about whole messages, whose values are not kept.
    pub values_json: Option<String>,
    /// `returnStatus` or code.
    pub status: String,
    /// `returnInfo`; `None` if the ledger composes the text itself.
    pub info: Option<String>,
}

/// Rows between two reports of progress.
const STEP: u64 = 256;

impl Ledger {
    /// Verifies the ledger: the file itself and its triggers, the chain of events, the bytes of every message, receipt
    /// and rule pack, that documents match what was sent, that states follow from the receipts, and that the packs in
    /// force are archived. `heads` are compared with the chain.
    ///
    /// All of it is read in one transaction; others may write meanwhile.
    ///
    /// # Errors
    /// When the ledger cannot be read at all; problems inside it are in the report.
    pub fn check(&self, reader: &dyn Reader, heads: &[Head]) -> Result<CheckReport, LedgerError> {
        self.read(|tx| {
            let mut check = Check::new(tx, reader);
            check.stage("the file", Check::file)?;
            check.stage("the events", |check| check.chain(heads))?;
            check.stage("the inputs", Check::inputs)?;
            check.stage("the messages", Check::messages)?;
            check.stage("the documents", Check::documents)?;
            check.stage("the receipts", Check::receipts)?;
            check.stage("the packs", Check::packs)?;
            Ok(check.end())
        })
    }

    /// Runs the parts of [`Ledger::check`] that every schema version supports: the file and the chain of events. For
    /// copies that are not to be migrated.
    ///
    /// # Errors
    /// As [`Ledger::check`].
    pub fn check_chain(&self, reader: &dyn Reader) -> Result<CheckReport, LedgerError> {
        self.read(|tx| {
            let mut check = Check::new(tx, reader);
            check.stage("the file", Check::file)?;
            check.stage("the events", |check| check.chain(&[]))?;
            Ok(check.end())
        })
    }
}

/// A check in progress.
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

    /// Runs a stage. Damage that ends it is a problem like others; the next stages read other tables.
    fn stage(&mut self, what: &str, run: impl FnOnce(&mut Self) -> Result<(), Fault>) -> Result<(), Fault> {
        let Err(fault) = run(self) else { return Ok(()) };
        let Some(damage) = fault.damage() else {
            return Err(fault);
        };
        let text = format!("{what} can't be read to the end: {damage}; restore the ledger from a backup");
        self.problems.add(ProblemKind::File, "the database file", text);
        Ok(())
    }

    /// Returns the counts and the problems found.
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
