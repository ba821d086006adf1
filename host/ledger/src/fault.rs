//! Errors inside a transaction, and their translation into errors that say what to do.

use std::path::Path;

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::error::LedgerError;

/// A database error that still lacks the file's name, or a finished ledger error.
#[derive(Debug)]
pub(crate) enum Fault {
    Sql(rusqlite::Error),
    Ledger(LedgerError),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        Fault::Sql(error)
    }
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Fault {
        Fault::Ledger(error)
    }
}

/// A stored JSON text that cannot be read means a damaged file, as only the ledger writes there.
impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Fault {
        Fault::Sql(rusqlite::Error::FromSqlConversionFailure(
            0,
            rusqlite::types::Type::Text,
            Box::new(error),
        ))
    }
}

/// `true` if a stored value is not what the ledger writes: the file is damaged.
fn is_unreadable(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

impl Fault {
    /// The damage that was met, if the file is damaged.
    pub(crate) fn damage(&self) -> Option<String> {
        let Fault::Sql(error) = self else { return None };
        let corrupt = error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt);
        (corrupt || is_unreadable(error)).then(|| error.to_string())
    }

    /// Adds the file's name and sorts the error by what the user can do about it.
    pub(crate) fn at(self, path: &Path) -> LedgerError {
        let error = match self {
            Fault::Ledger(error) => return error,
            Fault::Sql(error) => error,
        };
        let path = path.to_owned();
        if is_unreadable(&error) {
            return LedgerError::Corrupt {
                path,
                detail: error.to_string(),
            };
        }
        let rusqlite::Error::SqliteFailure(failure, _) = &error else {
            return LedgerError::Database(error);
        };
        let detail = error.to_string();
        match (failure.code, failure.extended_code) {
            // The shared-memory file beside a write-ahead log cannot grow: in practice a full disk.
            (ErrorCode::DiskFull, _) | (_, ffi::SQLITE_IOERR_SHMSIZE) => LedgerError::DiskFull { path },
            (_, ffi::SQLITE_READONLY_DBMOVED) => LedgerError::Moved { path },
            (ErrorCode::ReadOnly, _) => LedgerError::ReadOnly { path },
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => LedgerError::Locked { path },
            (ErrorCode::DatabaseCorrupt, _) => LedgerError::Corrupt { path, detail },
            (ErrorCode::NotADatabase, _) => LedgerError::NotALedger { path },
            // An existing file that cannot be opened: its side files cannot be made in that folder.
            (ErrorCode::CannotOpen | ErrorCode::PermissionDenied, _) if path.is_file() => {
                LedgerError::ReadOnly { path }
            }
            (ErrorCode::CannotOpen | ErrorCode::PermissionDenied, _) => LedgerError::CannotOpen { path, detail },
            (ErrorCode::SystemIoFailure, code) => LedgerError::Io {
                path,
                detail: format!("{detail}, code {code}"),
            },
            _ => LedgerError::Database(error),
        }
    }
}
