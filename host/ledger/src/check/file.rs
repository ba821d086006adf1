//! The database file, its references, and the triggers that protect the events.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Check;
use super::report::ProblemKind;
use crate::fault::Fault;
use crate::schema;

/// Steps of this part.
const PARTS: u64 = 3;

impl Check<'_> {
    pub(super) fn file(&mut self) -> Result<(), Fault> {
        self.reader.progress("file", 0, PARTS);
        let mut statement = self.tx.prepare("PRAGMA integrity_check")?;
        for line in statement.query_map([], |row| row.get::<_, String>(0))? {
            let line = line?;
            if line != "ok" {
                let text = format!("the file is damaged: {line}");
                self.problems.add(ProblemKind::File, "the database file", text);
            }
        }
        self.reader.progress("file", 1, PARTS);
        let mut statement = self.tx.prepare("PRAGMA foreign_key_check")?;
        let dangling = statement.query_map([], |row| {
            let (table, row_id, parent): (String, Option<i64>, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok((table, row_id, parent))
        })?;
        for found in dangling {
            let (table, row_id, parent) = found?;
            let row = row_id.map(|id| format!("row {id} of {table}")).unwrap_or(table);
            let text = format!("it points to a row of {parent} that does not exist: that was deleted");
            self.problems.add(ProblemKind::File, row, text);
        }
        self.reader.progress("file", 2, PARTS);
        self.triggers()?;
        self.structure()?;
        self.reader.progress("file", PARTS, PARTS);
        Ok(())
    }

    /// Checks that tables and indexes are those that this program made: some keep business keys unique.
    fn structure(&mut self) -> Result<(), Fault> {
        if !schema::is_newest(self.tx)? {
            // A copy of an earlier version, which is not to be migrated.
            return Ok(());
        }
        let fresh = schema::fresh()?;
        let (wanted, found) = (structure(&fresh)?, structure(self.tx)?);
        for ((kind, name), text) in &wanted {
            let wrong = match found.get(&(kind.clone(), name.clone())) {
                None => "it is missing: it was dropped",
                Some(other) if other != text => "it was replaced by another one",
                Some(_) => continue,
            };
            self.problems.add(ProblemKind::File, format!("{kind} {name}"), wrong);
        }
        for (kind, name) in found.keys().filter(|one| !wanted.contains_key(*one)) {
            let text = "it was not created by this program";
            self.problems.add(ProblemKind::File, format!("{kind} {name}"), text);
        }
        Ok(())
    }

    /// Checks that every trigger is one that this program made, and that none is missing.
    fn triggers(&mut self) -> Result<(), Fault> {
        let fresh = schema::fresh()?;
        let wanted = triggers(&fresh)?;
        let found = triggers(self.tx)?;
        for (name, text) in &wanted {
            let what = format!("trigger {name}");
            match found.get(name) {
                None => self.problems.add(
                    ProblemKind::Trigger,
                    what,
                    "it keeps events from being changed or deleted, and was dropped".to_owned(),
                ),
                Some(other) if other != text => self.problems.add(
                    ProblemKind::Trigger,
                    what,
                    "it keeps events from being changed or deleted, and was replaced by another one".to_owned(),
                ),
                Some(_) => {}
            }
        }
        for name in found.keys().filter(|name| !wanted.contains_key(*name)) {
            let text = "it was not created by this program and may alter what is recorded";
            self.problems.add(ProblemKind::Trigger, format!("trigger {name}"), text);
        }
        Ok(())
    }
}

/// Tables, indexes and views by kind and name, without those that the database makes itself.
fn structure(connection: &Connection) -> rusqlite::Result<BTreeMap<(String, String), String>> {
    connection
        .prepare("SELECT type, name, sql FROM sqlite_schema WHERE type <> 'trigger' AND name NOT LIKE 'sqlite_%'")?
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
        .collect()
}

fn triggers(connection: &Connection) -> rusqlite::Result<BTreeMap<String, String>> {
    connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}
