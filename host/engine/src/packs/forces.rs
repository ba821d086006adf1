//! The record of the packs in force, read once for each edition.

use crate::error::EngineError;
use cebridge_ledger::{Force, Ledger};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Looks up why and since when a pack judged. Cached, as many documents have the same few editions.
pub struct Forces<'l> {
    ledger: &'l Ledger,
    known: BTreeMap<String, Vec<Force>>,
}

impl<'l> Forces<'l> {
    /// Creates an empty cache.
    #[must_use]
    pub fn new(ledger: &'l Ledger) -> Self {
        Self {
            ledger,
            known: BTreeMap::new(),
        }
    }

    /// Returns the row by which this pack was in force at a moment. The row may have ended before, as an input finishes
    /// under the pack it began with.
    ///
    /// # Errors
    /// The ledger can't be read.
    pub fn row(&mut self, edition: &str, digest: &str, at: Timestamp) -> Result<Option<&Force>, EngineError> {
        if !self.known.contains_key(edition) {
            let history = self.ledger.force_history(edition)?;
            self.known.insert(edition.to_owned(), history);
        }
        let rows = self.known.get(edition).into_iter().flatten();
        Ok(rows.filter(|row| row.digest == digest).find(|row| row.since <= at))
    }
}
