//! Rule packs: the archive against its digests, and the record of packs in force.

use cebridge_clock::spoken_text;
use rusqlite::params;

use super::Check;
use super::report::ProblemKind;
use super::said::Said;
use crate::fault::Fault;
use crate::hash::sha256;

impl Check<'_> {
    pub(super) fn packs(&mut self) -> Result<(), Fault> {
        self.archive()?;
        self.in_force_is_archived()?;
        self.in_force_is_recorded()?;
        self.recorded_is_in_force()?;
        self.times_do_not_overlap()
    }

    fn archive(&mut self) -> Result<(), Fault> {
        let total = self.count("rule_packs")?;
        let mut statement = self
            .tx
            .prepare("SELECT digest, edition, bytes FROM rule_packs ORDER BY digest")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (digest, edition): (String, String) = (row.get(0)?, row.get(1)?);
            let wrong = match row.get::<_, Option<Vec<u8>>>(2)? {
                Some(bytes) if sha256(&bytes) != digest => {
                    Some(format!("the stored bytes of rule pack {digest} were changed"))
                }
                Some(_) => None,
                None => self.reader.wrong_with_pack(&digest),
            };
            if let Some(text) = wrong {
                self.problems.add(ProblemKind::Pack, what(&edition, &digest), text);
            }
            self.report.packs += 1;
            self.progress("packs", self.report.packs, total);
        }
        Ok(())
    }

    fn in_force_is_archived(&mut self) -> Result<(), Fault> {
        // A shipped pack is part of the program, so only one that came from a file has to be in the archive.
        let mut statement = self.tx.prepare(
            "SELECT DISTINCT edition, digest FROM packs_in_force WHERE origin = 'file' \
             AND digest NOT IN (SELECT digest FROM rule_packs) ORDER BY edition, digest",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (edition, digest): (String, String) = (row.get(0)?, row.get(1)?);
            let text =
                format!("rule pack {digest}, which is or was in force for edition {edition}, is not in the archive");
            self.problems.add(ProblemKind::Pack, what(&edition, &digest), text);
        }
        Ok(())
    }

    fn in_force_is_recorded(&mut self) -> Result<(), Fault> {
        let mut statement = self.tx.prepare(
            "SELECT edition, digest, since, version, origin, place, why, put_by, until FROM packs_in_force ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (edition, digest, since): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let said = Said::last(
                self.tx,
                "document IS NULL AND message IS NULL AND kind = 'pack-activated' AND pack_digest = ?1 \
                 AND CASE WHEN json_valid(detail_json) THEN json_extract(detail_json, '$.since') END = ?2",
                &[&digest, &since],
            )?;
            let columns: [String; 5] = [row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?];
            let [version, origin, place, why, by] = &columns;
            let (first, count) = self.activations(&digest, &since)?;
            // A pack may be put into force twice at one moment, by hosts that decide at once.
            let only = said.as_ref().filter(|_| count == 1);
            let changed = only.map(|said| {
                said.differences(&[
                    ("version", "version", version),
                    ("origin", "origin", origin),
                    ("place", "file", place),
                    ("why", "why", why),
                    ("put_by", "by", by),
                ])
            });
            let ended: Option<String> = row.get(8)?;
            if let Some(until) = ended.filter(|_| said.is_some())
                && !self.ends(first, &edition)?
            {
                let until = spoken_text(&until);
                let text = format!("its row says that it ended at {until}, and no event says so");
                self.problems.add(ProblemKind::Pack, what(&edition, &digest), text);
            }
            if let Some(changed) = changed.filter(|changed| !changed.is_empty()) {
                let text = format!("changed since it was put into force: {}", changed.join(", "));
                self.problems.add(ProblemKind::Pack, what(&edition, &digest), text);
            }
            if said.is_none_or(|said| said.text("edition").is_some_and(|told| told != edition)) {
                let text = format!(
                    "its row says that it is in force for edition {edition} since {}, and no event says so: the record of \
                     packs in force was changed",
                    spoken_text(&since)
                );
                self.problems.add(ProblemKind::Pack, what(&edition, &digest), text);
            }
        }
        Ok(())
    }

    /// The first event that put a pack into force at a moment, and how many there are.
    fn activations(&self, digest: &str, since: &str) -> Result<(i64, i64), Fault> {
        const SQL: &str = "SELECT coalesce(min(id), 0), count(*) FROM events WHERE document IS NULL AND message IS NULL \
             AND kind = 'pack-activated' AND pack_digest = ?1 \
             AND CASE WHEN json_valid(detail_json) THEN json_extract(detail_json, '$.since') END = ?2";
        let mut found = self.tx.prepare_cached(SQL)?;
        Ok(found.query_row([digest, since], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Returns `true` if an event after this one replaces or removes the pack of an edition.
    fn ends(&self, after: i64, edition: &str) -> Result<bool, Fault> {
        const SQL: &str = "SELECT 1 FROM events WHERE id > ?1 AND document IS NULL AND message IS NULL \
             AND kind IN ('pack-activated', 'pack-removed') \
             AND CASE WHEN json_valid(detail_json) THEN json_extract(detail_json, '$.edition') END = ?2 LIMIT 1";
        Ok(self.tx.prepare_cached(SQL)?.exists(params![after, edition])?)
    }

    /// Each activation has its row.
    fn recorded_is_in_force(&mut self) -> Result<(), Fault> {
        let mut statement = self.tx.prepare(
            "SELECT id, at, pack_digest FROM events WHERE document IS NULL AND message IS NULL \
             AND kind = 'pack-activated' AND json_valid(detail_json) AND json_extract(detail_json, '$.since') IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM packs_in_force WHERE digest = pack_digest \
             AND since = json_extract(detail_json, '$.since')) ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (id, at): (i64, String) = (row.get(0)?, row.get(1)?);
            let digest: Option<String> = row.get(2)?;
            let digest = digest.unwrap_or_default();
            let text = format!(
                "event {id} of {} put it into force, and the record of packs in force does not say so: its row was removed or \
                 changed",
                spoken_text(&at)
            );
            let subject = format!("pack {}", digest.get(..12).unwrap_or(&digest));
            self.problems.add(ProblemKind::Pack, subject, text);
        }
        Ok(())
    }

    fn times_do_not_overlap(&mut self) -> Result<(), Fault> {
        let mut statement = self.tx.prepare(
            "SELECT edition, digest, since FROM (SELECT id, edition, digest, since, \
             lag(until) OVER (PARTITION BY edition ORDER BY id) AS until, \
             lag(id) OVER (PARTITION BY edition ORDER BY id) AS before FROM packs_in_force) \
             WHERE before IS NOT NULL AND (until IS NULL OR until > since) ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (edition, digest, since): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let text = format!(
                "rule pack {digest} is in force for edition {edition} since {}, before the time of another one ended",
                spoken_text(&since)
            );
            self.problems.add(ProblemKind::Pack, what(&edition, &digest), text);
        }
        Ok(())
    }
}

fn what(edition: &str, digest: &str) -> String {
    format!("pack {} of edition {edition}", digest.get(..12).unwrap_or(digest))
}
