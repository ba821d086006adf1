//! Inputs: their rows against the events that recorded them.

use rusqlite::Row;

use super::Check;
use super::report::ProblemKind;
use super::said::Said;
use crate::fault::Fault;

impl Check<'_> {
    pub(super) fn inputs(&mut self) -> Result<(), Fault> {
        const COLUMNS: &str = "id, place, sha256, mapper, mapper_digest, enterprise, edition, pack_digest, declared_at, \
             stamp, size, shorter";
        let mut statement = self.tx.prepare(&format!("SELECT {COLUMNS} FROM inputs ORDER BY id"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.input(row)?;
        }
        Ok(())
    }

    fn input(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let id: i64 = row.get(0)?;
        let text = |at: usize| row.get::<_, String>(at);
        let (place, sha256, pack_digest) = (text(1)?, text(2)?, text(7)?);
        let first = "document IS NULL AND message IS NULL AND kind = 'input' \
             AND CASE WHEN json_valid(detail_json) THEN json_extract(detail_json, '$.input') END = ?1";
        let what = format!("input {id}, {place}");
        let Some(said) = Said::last(self.tx, first, &[&id])? else {
            let sql = "SELECT min(json_extract(detail_json, '$.input')) FROM events WHERE document IS NULL \
                 AND message IS NULL AND kind = 'input' AND json_valid(detail_json)";
            let since: Option<i64> = self.tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?;
            if since.is_none_or(|since| id < since) {
                // Earlier versions noted no inputs.
                return Ok(());
            }
            let text =
                "no event says that it was taken: it was inserted into the ledger later, or its events were removed";
            self.problems.add(ProblemKind::Input, what, text);
            return Ok(());
        };
        let resumed = "document IS NULL AND message IS NULL AND kind = 'input-resumed' \
             AND CASE WHEN json_valid(detail_json) THEN json_extract(detail_json, '$.input') END = ?1";
        let resumed = Said::last(self.tx, resumed, &[&id])?;
        // What a process that resumes an input may set anew.
        let last = resumed.as_ref().unwrap_or(&said);
        let mut changed = last.differences(&[
            ("place", "file", &place),
            ("stamp", "stamp", &text(9)?),
            ("mapper_digest", "mapperDigest", &text(4)?),
            ("edition", "edition", &text(6)?),
        ]);
        changed.extend(said.differences(&[
            ("mapper", "mapper", &text(3)?),
            ("enterprise", "enterprise", &text(5)?),
            ("declared_at", "declaredAt", &text(8)?),
        ]));
        if last.pack_digest.as_ref().is_some_and(|pack| *pack != pack_digest) {
            changed.push("pack_digest");
        }
        if said.bytes_sha256.as_ref().is_some_and(|said| *said != sha256) {
            changed.push("sha256");
        }
        for (column, at, name) in [("size", 10, "bytes"), ("shorter", 11, "shorter")] {
            let said = said.detail.get(name).and_then(serde_json::Value::as_i64);
            if said != row.get::<_, Option<i64>>(at)? {
                changed.push(column);
            }
        }
        if !changed.is_empty() {
            let text = format!("changed since it was taken: {}", changed.join(", "));
            self.problems.add(ProblemKind::Input, what, text);
        }
        Ok(())
    }
}
