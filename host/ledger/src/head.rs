//! The head of the chain of events: kept elsewhere, it proves that the chain was not rewritten.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};

use crate::error::LedgerError;
use crate::store::Ledger;
use crate::trail;
use crate::view::Event;

/// The last event at some moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Number of the event.
    pub event: i64,
    /// Its chain value, SHA-256 in hex.
    pub chain: String,
    /// When it was recorded, RFC 3339 UTC.
    pub at: String,
}

impl Head {
    pub(crate) fn of(event: &Event) -> Head {
        Head {
            event: event.id,
            chain: event.chain.clone(),
            at: event.at.clone(),
        }
    }
}

impl Ledger {
    /// The last event; `None` if the ledger has none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn head(&self) -> Result<Option<Head>, LedgerError> {
        self.read(|tx| {
            let sql = format!("SELECT {} FROM events ORDER BY id DESC LIMIT 1", trail::COLUMNS);
            let last = tx.prepare_cached(&sql)?.query_row([], trail::read).optional()?;
            Ok(last.as_ref().map(Head::of))
        })
    }
}
