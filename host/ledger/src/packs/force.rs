//! The record of the set in force: which pack judged an edition, from when until when, and why.

use std::fmt;

use cebridge_clock::utc;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use serde_json::json;

use super::archive::archived;
use super::offers::put_offer;
use super::{Offer, OfferState, note, short, unreadable};
use crate::clock::{canonical, time, time_if_any};
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::store::Ledger;
use crate::trail::Trail;

/// Origin of a pack in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForceOrigin {
    /// Built into the program.
    Shipped,
    /// A file of the packs folder.
    File,
}

impl ForceOrigin {
    /// Every origin.
    pub const ALL: [ForceOrigin; 2] = [ForceOrigin::Shipped, ForceOrigin::File];

    /// The word used on the command line, in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ForceOrigin::Shipped => "shipped",
            ForceOrigin::File => "file",
        }
    }

    /// Reads the word back; `None` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Option<ForceOrigin> {
        ForceOrigin::ALL.into_iter().find(|origin| origin.as_str() == word)
    }
}

impl fmt::Display for ForceOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A pack that is to judge its edition from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewForce {
    /// Edition that it judges.
    pub edition: String,
    /// SHA-256 of the pack, in lower-case hex.
    pub digest: String,
    /// Version of the pack within the edition.
    pub version: String,
    /// Its origin.
    pub origin: ForceOrigin,
    /// The file that brought it; empty if none.
    pub place: String,
    /// The reason it is put in force.
    pub why: String,
    /// The person or host that decided it.
    pub by: String,
}

/// A pack that judges or judged its edition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Force {
    /// Id in the ledger, growing with time.
    pub id: i64,
    /// Edition that it judges.
    pub edition: String,
    /// SHA-256 of the pack, in lower-case hex.
    pub digest: String,
    /// Version of the pack within the edition.
    pub version: String,
    /// Its origin.
    pub origin: ForceOrigin,
    /// The file that brought it; empty if none.
    pub place: String,
    /// The first moment it was in force.
    #[serde(serialize_with = "utc::serialize")]
    pub since: Timestamp,
    /// The first moment it was no longer in force; `None` while it is.
    #[serde(serialize_with = "utc::serialize")]
    pub until: Option<Timestamp>,
    /// Why it was put in force.
    pub why: String,
    /// The person or host that decided that.
    pub by: String,
    /// Why it was ended.
    pub ended_why: Option<String>,
    /// The person or host that decided that.
    pub ended_by: Option<String>,
}

const FORCE: &str = "id, edition, digest, version, origin, place, since, until, why, put_by, ended_why, ended_by";

impl Ledger {
    /// Version of the set in force, which grows with each change; 0 in a new ledger. Cheap enough for constant polling.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn force_version(&self) -> Result<i64, LedgerError> {
        self.read(|tx| Ok(version(tx)?))
    }

    /// The packs in force now, by edition; there is at most one for each.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn in_force(&self) -> Result<Vec<Force>, LedgerError> {
        self.read(|tx| forces(tx, "WHERE until IS NULL ORDER BY edition", &[]))
    }

    /// The packs that were in force at this moment, by edition; there is at most one for each.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn in_force_at(&self, at: Timestamp) -> Result<Vec<Force>, LedgerError> {
        let at = canonical(at);
        let tail = "WHERE since <= ?1 AND (until IS NULL OR until > ?1) ORDER BY edition";
        self.read(|tx| forces(tx, tail, &[&at]))
    }

    /// Every pack that judges or judged this edition, newest first. Their times never overlap.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn force_history(&self, edition: &str) -> Result<Vec<Force>, LedgerError> {
        self.read(|tx| forces(tx, "WHERE edition = ?1 ORDER BY id DESC", &[edition]))
    }

    /// Puts a pack in force for its edition, in one transaction with all that goes with it: the previous pack ends, so
    /// do those of the editions in `ends`, and the offer, if any, is noted. Editions in `ends` without a pack in force
    /// are skipped.
    ///
    /// If this very pack is already in force, its row stays as it is; `ends` and the offer are still carried out.
    ///
    /// `expected` is the `force_version` that the decision was based on. If the set was changed since then, nothing is
    /// done and `None` is returned: there was another decision meanwhile, and this one has to be made anew.
    ///
    /// Everything happens at one moment: `at`, or the start of one of the ended packs if that is later, as it is when
    /// the clock went back.
    ///
    /// # Errors
    /// `Invalid` if `ends` names the edition itself, `Unknown` if a pack from a file is not in the archive, or when
    /// the ledger cannot be written.
    pub fn put_in_force(
        &self,
        new: &NewForce,
        offer: Option<&Offer>,
        ends: &[&str],
        expected: i64,
        at: Timestamp,
    ) -> Result<Option<Force>, LedgerError> {
        if ends.contains(&new.edition.as_str()) {
            return Err(LedgerError::Invalid(format!(
                "edition {} cannot both get a pack and end",
                new.edition
            )));
        }
        self.write(|trail| {
            let tx = trail.tx;
            if version(tx)? != expected {
                return Ok(None);
            }
            if new.origin == ForceOrigin::File && !archived(tx, &new.digest)? {
                return Err(LedgerError::Unknown {
                    what: "archived rule pack",
                    id: new.digest.clone(),
                }
                .into());
            }
            let before = now_in_force(tx, &new.edition)?;
            let stays = before.as_ref().is_some_and(|before| before.digest == new.digest);
            let mut others = Vec::with_capacity(ends.len());
            for edition in ends {
                others.extend(now_in_force(tx, edition)?);
            }
            others.sort_by_key(|force| force.id);
            others.dedup_by_key(|force| force.id);

            let mut moment = others.iter().fold(at, |moment, force| moment.max(force.since));
            if !stays {
                moment = free_from(tx, &new.edition)?.map_or(moment, |free| moment.max(free));
            }
            let (moment, at) = (canonical(moment), canonical(at));
            for other in &others {
                let why = format!("gave way to {} of edition {}", short(&new.digest), new.edition);
                end(trail, other, &moment, &why, &new.by)?;
                note_removed(trail, other, (&why, &new.by), &moment, &at)?;
            }
            if !stays {
                if let Some(before) = &before {
                    let why = format!("replaced by {}", short(&new.digest));
                    end(trail, before, &moment, &why, &new.by)?;
                }
                begin(trail, new, &moment)?;
                let detail = json!({
                    "file": new.place,
                    "edition": new.edition,
                    "digest": new.digest,
                    "version": new.version,
                    "origin": new.origin.as_str(),
                    "replaces": before.map(|before| before.digest),
                    "since": moment,
                    "why": new.why,
                    "by": new.by,
                });
                let bytes = offer.map(|offer| offer.sha256.as_str());
                note(trail, "pack-activated", detail, Some(&new.digest), bytes, &at)?;
            }
            if !stays || !others.is_empty() {
                tx.prepare_cached("UPDATE force_version SET version = version + 1")?
                    .execute([])?;
            }
            if let Some(offer) = offer {
                // The activation already says that the file was taken.
                let said = !stays && offer.state == OfferState::Taken;
                put_offer(trail, offer, !said, &at)?;
            }
            now_in_force(tx, &new.edition)
        })
    }

    /// Ends the pack in force of an edition without a replacement; `None` if none is in force.
    ///
    /// It ends at `at`, or at its start if that is later, as it is when the clock went back.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn end_force(&self, edition: &str, why: &str, by: &str, at: Timestamp) -> Result<Option<Force>, LedgerError> {
        self.write(|trail| {
            let Some(force) = now_in_force(trail.tx, edition)? else {
                return Ok(None);
            };
            let (moment, at) = (canonical(at.max(force.since)), canonical(at));
            end(trail, &force, &moment, why, by)?;
            note_removed(trail, &force, (why, by), &moment, &at)?;
            trail
                .tx
                .prepare_cached("UPDATE force_version SET version = version + 1")?
                .execute([])?;
            Ok(forces(trail.tx, "WHERE edition = ?1 ORDER BY id DESC LIMIT 1", &[edition])?.pop())
        })
    }
}

fn version(tx: &Transaction<'_>) -> rusqlite::Result<i64> {
    tx.prepare_cached("SELECT version FROM force_version")?
        .query_row([], |row| row.get(0))
}

fn forces(tx: &Transaction<'_>, tail: &str, values: &[&str]) -> Result<Vec<Force>, Fault> {
    Ok(tx
        .prepare_cached(&format!("SELECT {FORCE} FROM packs_in_force {tail}"))?
        .query_map(rusqlite::params_from_iter(values), read_force)?
        .collect::<Result<_, _>>()?)
}

fn now_in_force(tx: &Transaction<'_>, edition: &str) -> Result<Option<Force>, Fault> {
    Ok(forces(tx, "WHERE edition = ?1 AND until IS NULL", &[edition])?.pop())
}

/// Earliest moment at which an edition can get a pack without overlapping a previous one; `None` if it never had one.
fn free_from(tx: &Transaction<'_>, edition: &str) -> rusqlite::Result<Option<Timestamp>> {
    tx.prepare_cached("SELECT coalesce(until, since) FROM packs_in_force WHERE edition = ?1 ORDER BY id DESC LIMIT 1")?
        .query_row([edition], |row| time(row, 0))
        .optional()
}

fn begin(trail: &Trail<'_>, new: &NewForce, moment: &str) -> rusqlite::Result<()> {
    trail
        .tx
        .prepare_cached(
            "INSERT INTO packs_in_force (edition, digest, version, origin, place, since, why, put_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            new.edition,
            new.digest,
            new.version,
            new.origin.as_str(),
            new.place,
            moment,
            new.why,
            new.by,
        ])?;
    Ok(())
}

fn end(trail: &Trail<'_>, force: &Force, moment: &str, why: &str, by: &str) -> rusqlite::Result<()> {
    trail
        .tx
        .prepare_cached("UPDATE packs_in_force SET until = ?2, ended_why = ?3, ended_by = ?4 WHERE id = ?1")?
        .execute(params![force.id, moment, why, by])?;
    Ok(())
}

fn note_removed(
    trail: &Trail<'_>,
    force: &Force,
    (why, by): (&str, &str),
    moment: &str,
    at: &str,
) -> rusqlite::Result<()> {
    let detail = json!({
        "file": force.place,
        "edition": force.edition,
        "digest": force.digest,
        "why": why,
        "by": by,
        "until": moment,
    });
    note(trail, "pack-removed", detail, Some(&force.digest), None, at)
}

fn read_force(row: &Row<'_>) -> rusqlite::Result<Force> {
    let origin: String = row.get(4)?;
    Ok(Force {
        id: row.get(0)?,
        edition: row.get(1)?,
        digest: row.get(2)?,
        version: row.get(3)?,
        origin: ForceOrigin::parse(&origin).ok_or_else(|| unreadable(&origin, "origin of a rule pack"))?,
        place: row.get(5)?,
        since: time(row, 6)?,
        until: time_if_any(row, 7)?,
        why: row.get(8)?,
        by: row.get(9)?,
        ended_why: row.get(10)?,
        ended_by: row.get(11)?,
    })
}
