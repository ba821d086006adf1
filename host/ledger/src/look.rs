//! Looks at a ledger from outside: nothing is created, migrated or written.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::OptionalExtension;

use crate::clock::time;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::reading::connect;
use crate::schema::{self, Shape};

/// Findings about a ledger file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Version of its schema.
    pub schema: i64,
    /// The version that this program works with; an older file is migrated to it when opened.
    pub newest: i64,
    /// The last event, as time and kind; `None` in an empty ledger.
    pub last_event: Option<(Timestamp, String)>,
}

impl Look {
    /// Returns `true` if this program works with the file as it is.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.schema == self.newest
    }
}

/// Looks at a ledger.
///
/// # Errors
/// When the file cannot be read, is damaged, is not a ledger or was made by a newer program.
pub fn look(path: &Path) -> Result<Look, LedgerError> {
    let seen = || -> Result<Look, Fault> {
        let mut connection = connect(path)?;
        match schema::inspect(&mut connection)? {
            Shape::Foreign => Err(LedgerError::NotALedger { path: path.to_owned() }.into()),
            Shape::Newer(found) => Err(LedgerError::NewerSchema {
                path: path.to_owned(),
                found,
                known: schema::NEWEST,
            }
            .into()),
            Shape::Ready(_) => {
                let schema = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
                let last = "SELECT at, kind FROM events ORDER BY id DESC LIMIT 1";
                let last_event = match schema {
                    0 => None,
                    _ => connection
                        .query_row(last, [], |row| Ok((time(row, 0)?, row.get(1)?)))
                        .optional()?,
                };
                Ok(Look {
                    schema,
                    newest: schema::NEWEST,
                    last_event,
                })
            }
        }
    };
    seen().map_err(|fault| fault.at(path))
}
