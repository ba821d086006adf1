//! The database schema, and the migration of older files to it.

use rusqlite::{Connection, TransactionBehavior};

use crate::fault::Fault;

/// Marks the file as ours (`cebr` in ASCII).
const APPLICATION_ID: i64 = 0x6365_6272;

/// One script for each schema version; the first makes version 1. Published scripts are never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/001.sql"),
    include_str!("schema/002.sql"),
    include_str!("schema/003.sql"),
    include_str!("schema/004.sql"),
    include_str!("schema/005.sql"),
];

/// Newest schema version this program knows.
pub(crate) const NEWEST: i64 = MIGRATIONS.len() as i64;

/// Kind of file found.
pub(crate) enum Shape {
    /// One of ours, of this version or an older one.
    Ready(i64),
    /// Not one of ours.
    Foreign,
    /// Made by a newer program.
    Newer(i64),
}

/// Inspects the file without changing it, in one transaction: another process may be creating it right now.
pub(crate) fn inspect(connection: &mut Connection) -> rusqlite::Result<Shape> {
    let picture = connection.transaction()?;
    let application = pragma(&picture, "application_id")?;
    let version = pragma(&picture, "user_version")?;
    let tables: i64 = picture.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let fresh = application == 0 && version == 0 && tables == 0;
    Ok(if !fresh && application != APPLICATION_ID {
        Shape::Foreign
    } else if version > NEWEST {
        Shape::Newer(version)
    } else {
        Shape::Ready(version)
    })
}

/// Migrates the file to the newest version; several processes may do so at once.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), Fault> {
    if pragma(connection, "user_version")? == NEWEST {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Read again under the write lock: another process may just have done the work.
    let version = pragma(&transaction, "user_version")?;
    for (step, script) in (1..).zip(MIGRATIONS) {
        if step > version {
            transaction.execute_batch(script)?;
        }
    }
    if version < NEWEST {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", NEWEST)?;
    }
    transaction.commit()?;
    Ok(())
}

/// An empty in-memory ledger with the newest schema, to compare others with.
pub(crate) fn fresh() -> Result<Connection, Fault> {
    let mut connection = Connection::open_in_memory()?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Returns `true` if the file has the newest schema.
pub(crate) fn is_newest(connection: &Connection) -> rusqlite::Result<bool> {
    Ok(pragma(connection, "user_version")? == NEWEST)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
