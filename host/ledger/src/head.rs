//! The head of the chain of events: kept elsewhere, it proves that the chain was not rewritten.

use cebridge_clock::utc;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use crate::clock::time;
use crate::error::LedgerError;
use crate::store::Ledger;

/// The last event at some moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the event.
    pub event: i64,
    /// Its chain value, SHA-256 in hex.
    pub chain: String,
    /// When it was recorded.
    #[serde(with = "utc")]
    pub at: Timestamp,
}

impl Ledger {
    /// The last event; `None` if the ledger has none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn head(&self) -> Result<Option<Head>, LedgerError> {
        self.read(|tx| {
            let read = |row: &Row<'_>| {
                Ok(Head {
                    event: row.get(0)?,
                    chain: row.get(1)?,
                    at: time(row, 2)?,
                })
            };
            let sql = "SELECT id, chain, at FROM events ORDER BY id DESC LIMIT 1";
            Ok(tx.prepare_cached(sql)?.query_row([], read).optional()?)
        })
    }
}
