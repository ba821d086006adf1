//! Errors of the store, each with what to do about it.

use std::path::PathBuf;

/// Failure of the store. Nothing was changed by the call that returned it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The business key is taken by a document that still counts.
    #[error("{message} {key} is already accepted as document {existing} (guid {guid}); nothing was recorded")]
    Duplicate {
        /// Message type.
        message: String,
        /// Business key.
        key: String,
        /// The document that holds the key; 0 if the key appears twice in one call.
        existing: i64,
        /// Its guid.
        guid: String,
        /// `true` if its content is the same.
        same_content: bool,
    },
    /// The `CopMsgId` was used before.
    #[error("CopMsgId {0} is already used by another message; nothing was recorded")]
    CopMsgIdTaken(String),
    /// Customs has reported that it has a document of the message.
    #[error(
        "message {cop_msg_id} is not sent again: customs answered {code} about {document}, so it has a document of this \
         number; query it, or declare a change (appType 2)"
    )]
    AtCustoms {
        /// The message.
        cop_msg_id: String,
        /// The document.
        document: String,
        /// The code that customs answered with.
        code: String,
    },
    /// The retry would declare something a second time.
    #[error(
        "message {cop_msg_id} is not sent again: document {document} was replaced by a newer one with the same key"
    )]
    Replaced {
        /// The message.
        cop_msg_id: String,
        /// The replaced document.
        document: i64,
    },
    /// Another process or thread is taking this input or has just taken it.
    #[error("the input is being taken by {owner}; nothing was recorded")]
    InputTaken {
        /// The process that takes it.
        owner: String,
    },
    /// The caller broke the rules of the interface.
    #[error("the ledger was given something it cannot record: {0}")]
    Invalid(String),
    /// No such row.
    #[error("the ledger has no {what} {id}")]
    Unknown {
        /// Kind of row.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// No space left.
    #[error("no space left for the ledger {path}; nothing was recorded. Free some space on that disk and repeat")]
    DiskFull {
        /// The database file.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error(
        "the ledger {path} cannot be written; nothing was recorded. Give this user write permission on the file and on its folder (SQLite keeps two side files there), or choose another place in the configuration"
    )]
    ReadOnly {
        /// The database file.
        path: PathBuf,
    },
    /// Another process held the write lock for too long.
    #[error(
        "the ledger {path} is locked by another process; nothing was recorded. Try again; if the lock persists, find the process that has the file open"
    )]
    Locked {
        /// The database file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "the ledger {path} is damaged ({detail}). Stop all hosts, keep a copy of the file and its side files, and restore the last backup"
    )]
    Corrupt {
        /// The database file.
        path: PathBuf,
        /// The database's message.
        detail: String,
    },
    /// The file is not a ledger.
    #[error("{path} is not a cebridge ledger. Choose another file in the configuration; this one was left untouched")]
    NotALedger {
        /// The file.
        path: PathBuf,
    },
    /// The file does not exist.
    #[error(
        "there is no ledger {path}: nothing was declared here; run the command in the folder of cebridge.toml, or name another configuration with --config"
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file exists and holds nothing.
    #[error(
        "the ledger {path} is empty: it was cut off, or a first start was interrupted. Restore it from a backup (`cebridge ledger backup` makes them); if nothing was ever declared here, remove the file"
    )]
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file was made by an older program and may only be read here.
    #[error(
        "the ledger {path} has the older schema version {found}, and is not brought to version {known} by a command that only reads. Copy it and run `cebridge status` on the copy, or let the daemon bring it up to date"
    )]
    OlderSchema {
        /// The file.
        path: PathBuf,
        /// Version of the file.
        found: i64,
        /// Version that this program reads.
        known: i64,
    },
    /// The file was made by a newer program.
    #[error(
        "the ledger {path} has schema version {found}, this program knows up to {known}. Use the newer cebridge; the file was not touched"
    )]
    NewerSchema {
        /// The database file.
        path: PathBuf,
        /// Version of the file.
        found: i64,
        /// Newest version this program knows.
        known: i64,
    },
    /// The file cannot be opened or created.
    #[error(
        "the ledger {path} cannot be opened ({detail}). Check that the folder exists and that this user may write there"
    )]
    CannotOpen {
        /// The database file.
        path: PathBuf,
        /// The system's message.
        detail: String,
    },
    /// The file was moved or deleted while it was open.
    #[error(
        "the ledger {path} was moved or deleted while it was in use; nothing was recorded. Put it back and restart"
    )]
    Moved {
        /// The database file.
        path: PathBuf,
    },
    /// The file system cannot hold a write-ahead log.
    #[error(
        "the file system of {path} does not support the write-ahead log (the database offered `{offered}`). Put the ledger on a local disk"
    )]
    NoWriteAheadLog {
        /// The database file.
        path: PathBuf,
        /// Journal mode the database fell back to.
        offered: String,
    },
    /// Reading or writing failed.
    #[error("reading or writing the ledger {path} failed ({detail}); nothing was recorded")]
    Io {
        /// The database file.
        path: PathBuf,
        /// The system's message.
        detail: String,
    },
    /// Any other database error.
    #[error("the ledger's database reports: {0}")]
    Database(#[source] rusqlite::Error),
}

impl LedgerError {
    /// Returns `true` if the same call may succeed later without any change to the input.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            LedgerError::DiskFull { .. }
                | LedgerError::Locked { .. }
                | LedgerError::Io { .. }
                | LedgerError::ReadOnly { .. }
        )
    }
}
