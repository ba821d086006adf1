//! Opens a ledger read-only: nothing is created, migrated or changed.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::error::LedgerError;
use crate::fault::Fault;
use crate::schema::{self, Shape};
use crate::store::{Ledger, PATIENCE, keep_plans};

impl Ledger {
    /// Version of the schema that this program writes.
    pub const NEWEST: i64 = schema::NEWEST;

    /// Opens the ledger in this file for reading. Others may write meanwhile.
    ///
    /// # Errors
    /// `Missing` if there is no file, `OlderSchema` if an earlier version made it: it is not migrated here. Otherwise
    /// as for [`Ledger::open`].
    pub fn open_to_read(path: &Path) -> Result<Ledger, LedgerError> {
        let (ledger, found) = Ledger::open_to_copy(path)?;
        if found < schema::NEWEST {
            return Err(LedgerError::OlderSchema {
                path: path.to_owned(),
                found,
                known: schema::NEWEST,
            });
        }
        Ok(ledger)
    }

    /// Opens the ledger in this file for a command that only looks something up: as [`Ledger::open`], and for reading
    /// where it can't be written, such as on a read-only disk.
    ///
    /// # Errors
    /// As [`Ledger::open`] and [`Ledger::open_to_read`].
    pub fn open_to_look_up(path: &Path) -> Result<Ledger, LedgerError> {
        match Ledger::open(path) {
            Err(LedgerError::ReadOnly { .. }) => Ledger::open_to_read(path),
            opened => opened,
        }
    }

    /// Like [`Ledger::open_to_read`], but also opens a ledger of an earlier version, for which only copies and
    /// [`Ledger::check_chain`] make sense. Also returns the schema version.
    ///
    /// # Errors
    /// As [`Ledger::open_to_read`].
    pub fn open_to_copy(path: &Path) -> Result<(Ledger, i64), LedgerError> {
        if !path.is_file() {
            return Err(LedgerError::Missing { path: path.to_owned() });
        }
        let mut connection = connect(path).map_err(|fault| fault.at(path))?;
        let shape = schema::inspect(&mut connection).map_err(|error| Fault::from(error).at(path))?;
        match shape {
            Shape::Foreign => Err(LedgerError::NotALedger { path: path.to_owned() }),
            Shape::Newer(found) => Err(LedgerError::NewerSchema {
                path: path.to_owned(),
                found,
                known: schema::NEWEST,
            }),
            // An empty file is an empty database.
            Shape::Ready(0) => Err(LedgerError::NotALedger { path: path.to_owned() }),
            Shape::Ready(found) => Ok((Ledger::around(connection, path.to_owned()), found)),
        }
    }
}

/// Connects to a file for reading, wherever it lies.
pub(crate) fn connect(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let opened = Connection::open_with_flags(path, flags).and_then(ready);
    let shut = |error: &rusqlite::Error| {
        matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
        )
    };
    match opened {
        // In a folder that can't be written, such as on a read-only disk, the side files can't be created. Without a
        // log beside the file nothing is writing to it, and it can be read as it is.
        Err(error) if shut(&error) && is_at_rest(path) => {
            let flags = flags | OpenFlags::SQLITE_OPEN_URI;
            Ok(Connection::open_with_flags(immutable(path), flags).and_then(ready)?)
        }
        opened => Ok(opened?),
    }
}

fn ready(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    keep_plans(&connection)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // Only the first read shows whether the file can be read.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    Ok(connection)
}

/// Returns `true` if there is no log with changes beside the file.
fn is_at_rest(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(PathBuf::from(log)).map_or(true, |found| found.len() == 0)
}

/// The file as a URI that marks it as immutable.
fn immutable(path: &Path) -> String {
    let mut address = "file:".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => address.push(char::from(*byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address + "?immutable=1"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_at_rest_is_read_whatever_its_name() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a b?c#d%é.db");
        Ledger::open(&path)
            .unwrap()
            .record_event("x", "y", "{}", "2026-03-01T00:00:00Z".parse().unwrap())
            .unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let opened = Connection::open_with_flags(immutable(&path), flags)
            .and_then(ready)
            .unwrap();
        let events: i64 = opened
            .query_row("SELECT count(*) FROM events", [], |row| row.get(0))
            .unwrap();
        assert_eq!(events, 1);
        assert!(is_at_rest(&path));
    }
}
