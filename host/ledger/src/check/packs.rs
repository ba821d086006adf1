//! Rule packs: the archive against its digests, and the record of packs in force.

use cebridge_clock::spoken_text;

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
        let mut statement = self
            .tx
            .prepare("SELECT edition, digest, since FROM packs_in_force ORDER BY id")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (edition, digest, since): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let said = Said::last(
                self.tx,
                "document IS NULL AND message IS NULL AND kind = 'pack-activated' AND pack_digest = ?1 \
                 AND CASE WHEN json_valid(detail_json) THEN json_extract(detail_json, '$.since') END = ?2",
                &[&digest, &since],
            )?;
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
