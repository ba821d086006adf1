//! The open database: settings, and one transaction for each call.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags, Transaction, TransactionBehavior};

use crate::error::LedgerError;
use crate::fault::Fault;
use crate::schema::{self, Shape};
use crate::trail::Trail;

/// Longest wait of a call for another process's transaction. Those take milliseconds; the rest is for slow disks.
/// Arbitrary.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

/// The store. Share it between threads behind a reference or an `Arc`.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
    /// Writers of this process take turns here: SQLite would have them poll until the other one is done, with longer
    /// sleeps each time.
    turn: Arc<Mutex<()>>,
    path: PathBuf,
    actor: String,
}

impl Ledger {
    /// Opens the ledger in this file, creating file and folder if they do not exist.
    ///
    /// # Errors
    /// When the file cannot be opened for writing, is damaged, is not a ledger or was made by a newer program.
    pub fn open(path: &Path) -> Result<Ledger, LedgerError> {
        Ledger::open_patiently(path, PATIENCE)
    }

    /// Like `open`, waiting at most `patience` whenever another process holds the write lock.
    ///
    /// # Errors
    /// As for `open`.
    pub fn open_patiently(path: &Path, patience: Duration) -> Result<Ledger, LedgerError> {
        create(path)?;
        // No URI flag: a path is a path, whatever it begins with.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(path, flags).map_err(|e| Fault::from(e).at(path))?;
        Ledger::prepare(opened, path.to_owned(), patience, true)
    }

    /// A ledger that lives in memory and dies with this value: for dry runs and tests.
    ///
    /// # Errors
    /// When the database cannot be created.
    pub fn in_memory() -> Result<Ledger, LedgerError> {
        let path = PathBuf::from(":memory:");
        let opened = Connection::open_in_memory().map_err(|e| Fault::from(e).at(&path))?;
        Ledger::prepare(opened, path, PATIENCE, false)
    }

    /// Sets the actor for this handle in the audit trail; `cebridge` by default.
    #[must_use]
    pub fn acting_as(mut self, actor: &str) -> Ledger {
        actor.clone_into(&mut self.actor);
        self
    }

    /// The database file (`:memory:` for a ledger in memory).
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn prepare(
        mut connection: Connection,
        path: PathBuf,
        patience: Duration,
        on_disk: bool,
    ) -> Result<Ledger, LedgerError> {
        let shape = configure(&mut connection, patience, on_disk).map_err(|fault| match fault {
            Fault::Ledger(LedgerError::NoWriteAheadLog { offered, .. }) => LedgerError::NoWriteAheadLog {
                path: path.clone(),
                offered,
            },
            Fault::Ledger(LedgerError::ReadOnly { .. }) => LedgerError::ReadOnly { path: path.clone() },
            fault => fault.at(&path),
        })?;
        match shape {
            Shape::Foreign => return Err(LedgerError::NotALedger { path }),
            Shape::Newer(found) => {
                return Err(LedgerError::NewerSchema {
                    path,
                    found,
                    known: schema::NEWEST,
                });
            }
            Shape::Ready(_) => {}
        }
        schema::migrate(&mut connection).map_err(|fault| fault.at(&path))?;
        Ok(Ledger::around(connection, path))
    }

    pub(crate) fn around(connection: Connection, path: PathBuf) -> Ledger {
        Ledger {
            turn: turn(&path),
            connection: Mutex::new(connection),
            path,
            actor: "cebridge".to_owned(),
        }
    }

    /// Writes a compact copy into a file that is empty or does not exist. No transaction may be open.
    pub(crate) fn vacuum_into(&self, target: &str) -> Result<(), LedgerError> {
        let copied = self.lock().execute("VACUUM INTO ?1", [target]);
        copied.map(drop).map_err(|error| Fault::from(error).at(&self.path))
    }

    /// Runs one writing transaction: all of it is on disk afterwards, or nothing.
    pub(crate) fn write<T>(&self, work: impl FnOnce(&Trail<'_>) -> Result<T, Fault>) -> Result<T, LedgerError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let mut connection = self.lock();
        let run = || -> Result<T, Fault> {
            // Taking the write lock first avoids a snapshot that can no longer be written to.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&Trail::new(&transaction, &self.actor))?;
            transaction.commit()?;
            Ok(result)
        };
        run().map_err(|fault| fault.at(&self.path))
    }

    /// Runs one reading transaction: a consistent snapshot that never waits for writers.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, Fault>) -> Result<T, LedgerError> {
        let mut connection = self.lock();
        let run = || -> Result<T, Fault> {
            let transaction = connection.transaction()?;
            work(&transaction)
        };
        run().map_err(|fault| fault.at(&self.path))
    }

    /// A panic while holding the lock rolled its transaction back, so the connection is still good.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn raw(&self) -> MutexGuard<'_, Connection> {
        self.lock()
    }
}

/// The turn of all writers to this file in this process.
fn turn(path: &Path) -> Arc<Mutex<()>> {
    static TURNS: Mutex<BTreeMap<PathBuf, Weak<Mutex<()>>>> = Mutex::new(BTreeMap::new());
    if path == Path::new(":memory:") {
        return Arc::default();
    }
    // A path that can't be resolved only means that this writer waits as for another process.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    turns.retain(|_, turn| turn.strong_count() > 0);
    if let Some(turn) = turns.get(&path).and_then(Weak::upgrade) {
        return turn;
    }
    let turn = Arc::default();
    turns.insert(path, Arc::downgrade(&turn));
    turn
}

/// Creates the folder and an empty file that only its owner can read: documents hold personal data.
fn create(path: &Path) -> Result<(), LedgerError> {
    let fail = |error: std::io::Error| LedgerError::CannotOpen {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(fail)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop).map_err(fail)
}

fn configure(connection: &mut Connection, patience: Duration, on_disk: bool) -> Result<Shape, Fault> {
    connection.busy_timeout(patience)?;
    connection.set_prepared_statement_cache_capacity(64);
    keep_plans(connection)?;
    let shape = patiently(patience, || schema::inspect(connection))?;
    if !matches!(shape, Shape::Ready(_)) {
        return Ok(shape);
    }
    if on_disk {
        // SQLite silently opens a file that it may not write.
        if connection.is_readonly(MAIN_DB)? {
            return Err(LedgerError::ReadOnly { path: PathBuf::new() }.into());
        }
        let offered: String = patiently(patience, || {
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        })?;
        if offered != "wal" {
            return Err(LedgerError::NoWriteAheadLog {
                path: PathBuf::new(),
                offered,
            }
            .into());
        }
    }
    // FULL: a commit is on disk when it returns, even after a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(shape)
}

/// Lets a prepared statement keep its plan. Otherwise SQLite prepares it anew whenever other values are bound, which cost a
/// third of all time spent in it.
pub(crate) fn keep_plans(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Repeats a step of opening while others hold locks. SQLite itself waits in most statements, but not
/// when a file is switched to the write-ahead log, which several processes may do at once.
fn patiently<T>(patience: Duration, mut step: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let end = Instant::now() + patience;
    loop {
        match step() {
            Err(error) if busy(&error) && Instant::now() < end => {
                thread::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

fn busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Filter, NewDocument, NewMessage, Reader};

    struct Unread;
    impl Reader for Unread {}

    fn offer(ledger: &Ledger, number: u32) -> Result<Vec<i64>, LedgerError> {
        let document = NewDocument {
            message: "CEB311".into(),
            key: number.to_string(),
            ..NewDocument::default()
        };
        let message = NewMessage {
            cop_msg_id: number.to_string(),
            envelope: vec![b'x'; 10_000],
            documents: vec![0],
            ..NewMessage::default()
        };
        let batch = Batch {
            documents: &[document],
            messages: &[message],
            ..Batch::default()
        };
        ledger.record(&batch, "2026-03-01T00:00:00Z".parse().unwrap())
    }

    fn count(ledger: &Ledger) -> usize {
        ledger.list(&Filter::default()).unwrap().len()
    }

    #[test]
    fn a_full_database_says_so_and_keeps_what_it_had() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("ledger.db");
        let ledger = Ledger::open(&path).unwrap();
        offer(&ledger, 0).unwrap();
        let pages: i64 = ledger
            .raw()
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        ledger
            .raw()
            .query_row(&format!("PRAGMA max_page_count = {}", pages + 20), [], |_| Ok(()))
            .unwrap();
        let accepted = (1..100).take_while(|&number| offer(&ledger, number).is_ok()).count();
        assert!(accepted > 0);
        let error = offer(&ledger, 1000).unwrap_err();
        assert!(
            matches!(&error, LedgerError::DiskFull { path: named } if *named == path),
            "{error:?}"
        );
        assert!(error.is_temporary() && error.to_string().contains("Free some space"));
        assert_eq!(count(&ledger), accepted + 1);
        assert!(ledger.check(&Unread, &[]).unwrap().is_ok());
        ledger
            .raw()
            .query_row("PRAGMA max_page_count = 100000", [], |_| Ok(()))
            .unwrap();
        offer(&ledger, 1000).unwrap();
        assert_eq!(count(&ledger), accepted + 2);
    }

    #[test]
    fn a_ledger_that_may_no_longer_be_written_says_so_and_can_be_read() {
        let ledger = Ledger::in_memory().unwrap();
        offer(&ledger, 0).unwrap();
        ledger.raw().pragma_update(None, "query_only", true).unwrap();
        assert!(matches!(offer(&ledger, 1), Err(LedgerError::ReadOnly { .. })));
        assert_eq!(count(&ledger), 1);
    }

    #[test]
    fn every_commit_is_on_disk_and_references_are_enforced() {
        let folder = tempfile::TempDir::new().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        let pragma = |name: &str| -> String {
            let value: rusqlite::types::Value = ledger.raw().pragma_query_value(None, name, |row| row.get(0)).unwrap();
            format!("{value:?}")
        };
        assert_eq!(pragma("journal_mode"), "Text(\"wal\")");
        assert_eq!(pragma("synchronous"), "Integer(2)");
        assert_eq!(pragma("foreign_keys"), "Integer(1)");
    }
}
