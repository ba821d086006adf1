//! Rule packs: an archive by digest, the record of the set in force, and what became of files of the packs folder.

use std::fmt;

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::clock::canonical;
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::store::Ledger;
use crate::trail::{Entry, Trail};

/// Who acts in the audit trail whenever packs change.
const ACTOR: &str = "packs";

/// A rule pack to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewPack<'a> {
    /// SHA-256 of the bytes, in lower-case hex.
    pub digest: &'a str,
    /// Edition it holds the rules of, such as `2022-05`.
    pub edition: &'a str,
    /// Version of the pack within the edition.
    pub version: &'a str,
    /// The pack file.
    pub bytes: &'a [u8],
}

/// A rule pack that is or was known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PackRow {
    /// SHA-256 of the bytes, in lower-case hex.
    pub digest: String,
    /// Edition it holds the rules of.
    pub edition: String,
    /// Version of the pack within the edition.
    pub version: String,
    /// Length in bytes.
    pub size: u64,
    /// When it was first archived, RFC 3339 UTC.
    pub archived_at: String,
    /// Whether its bytes are in the ledger; otherwise they lie in a folder.
    pub held: bool,
}

/// Where a pack that is in force came from.
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
    /// Where it came from.
    pub origin: ForceOrigin,
    /// The file that brought it; empty when there was none.
    pub place: String,
    /// Why it is put in force.
    pub why: String,
    /// Who decided it: a person, or the host.
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
    /// Where it came from.
    pub origin: ForceOrigin,
    /// The file that brought it; empty when there was none.
    pub place: String,
    /// The first moment of its time, RFC 3339 UTC.
    pub since: String,
    /// The first moment after its time, RFC 3339 UTC; `None` while it is in force.
    pub until: Option<String>,
    /// Why it was put in force.
    pub why: String,
    /// Who decided that.
    pub by: String,
    /// Why its time ended.
    pub ended_why: Option<String>,
    /// Who decided that.
    pub ended_by: Option<String>,
}

/// What became of a file of the packs folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferState {
    /// It brought what is or was in force.
    Taken,
    /// It is no pack, or one that may not be used.
    Refused,
    /// Its pack was known before, so it changes nothing.
    Known,
    /// Another file offers a different pack for the same edition, and nothing says which one is meant.
    Conflict,
    /// It no longer lies in the folder.
    Gone,
}

impl OfferState {
    /// Every state.
    pub const ALL: [OfferState; 5] = [
        OfferState::Taken,
        OfferState::Refused,
        OfferState::Known,
        OfferState::Conflict,
        OfferState::Gone,
    ];

    /// The word used on the command line, in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            OfferState::Taken => "taken",
            OfferState::Refused => "refused",
            OfferState::Known => "known",
            OfferState::Conflict => "conflict",
            OfferState::Gone => "gone",
        }
    }

    /// Reads the word back; `None` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Option<OfferState> {
        OfferState::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

impl fmt::Display for OfferState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A file of the packs folder and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The file; there is one offer for each.
    pub place: String,
    /// SHA-256 of its bytes, in lower-case hex; empty when they could not be read.
    pub sha256: String,
    /// Edition it holds the rules of, when that could be read.
    pub edition: Option<String>,
    /// What became of it.
    pub state: OfferState,
    /// Why; empty when there is nothing to say.
    pub reason: String,
    /// When it became so, RFC 3339 UTC. Not read when an offer is noted: the time of the call counts.
    pub at: String,
}

const PACK: &str = "digest, edition, version, size, archived_at, bytes IS NOT NULL";

const FORCE: &str = "id, edition, digest, version, origin, place, since, until, why, put_by, ended_why, ended_by";

const OFFER: &str = "place, sha256, edition, state, reason, at";

impl Ledger {
    /// Keeps a rule pack. Without `with_bytes` only the fact is noted, because the bytes lie in a folder.
    ///
    /// Bytes that are missing or damaged in the archive are put right by the next call that brings them.
    ///
    /// Returns `false` when the pack was there already and nothing had to be done.
    ///
    /// # Errors
    /// `Invalid` when the digest is not that of the bytes, `Time` when `at` is no time, or when the ledger cannot be
    /// written.
    pub fn archive_pack(&self, pack: &NewPack<'_>, with_bytes: bool, at: &str) -> Result<bool, LedgerError> {
        let at = canonical(at)?;
        let found = sha256(pack.bytes);
        if found != pack.digest {
            return Err(LedgerError::Invalid(format!(
                "the rule pack of edition {} is said to have the SHA-256 {}, its bytes have {found}",
                pack.edition, pack.digest
            )));
        }
        self.write(|trail| {
            let kept: Option<Option<Vec<u8>>> = trail
                .tx
                .prepare_cached("SELECT bytes FROM rule_packs WHERE digest = ?1")?
                .query_row([pack.digest], |row| row.get(0))
                .optional()?;
            let bytes = with_bytes.then_some(pack.bytes);
            match kept {
                Some(kept) if bytes.is_none() || kept.as_deref() == bytes => return Ok(false),
                Some(_) => {
                    trail
                        .tx
                        .prepare_cached("UPDATE rule_packs SET bytes = ?2, size = ?3 WHERE digest = ?1")?
                        .execute(params![pack.digest, bytes, length(pack.bytes)])?;
                }
                None => {
                    trail
                        .tx
                        .prepare_cached(
                            "INSERT INTO rule_packs (digest, edition, version, size, archived_at, bytes) \
                             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        )?
                        .execute(params![
                            pack.digest,
                            pack.edition,
                            pack.version,
                            length(pack.bytes),
                            at,
                            bytes
                        ])?;
                }
            }
            let detail = json!({
                "edition": pack.edition,
                "digest": pack.digest,
                "version": pack.version,
                "bytes": pack.bytes.len(),
                "held": with_bytes,
            });
            note(
                trail,
                "pack-archived",
                detail,
                Some(pack.digest),
                Some(pack.digest),
                &at,
            )?;
            Ok(true)
        })
    }

    /// The bytes of an archived pack; `None` when the pack is not known or its bytes lie in a folder.
    ///
    /// # Errors
    /// `Corrupt`, naming the pack, when the bytes no longer have their digest, or when the ledger cannot be read.
    pub fn archived_bytes(&self, digest: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        let bytes: Option<Vec<u8>> = self.read(|tx| {
            let found: Option<Option<Vec<u8>>> = tx
                .prepare_cached("SELECT bytes FROM rule_packs WHERE digest = ?1")?
                .query_row([digest], |row| row.get(0))
                .optional()?;
            Ok(found.flatten())
        })?;
        match bytes {
            Some(bytes) if sha256(&bytes) != digest => Err(LedgerError::Corrupt {
                path: self.path().to_owned(),
                detail: format!("the stored bytes of rule pack {digest} were changed"),
            }),
            bytes => Ok(bytes),
        }
    }

    /// Archived packs whose digest begins so, by edition and then in the order they came; all of them for an empty
    /// prefix.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn archived_packs(&self, digest_prefix: &str) -> Result<Vec<PackRow>, LedgerError> {
        self.read(|tx| {
            let sql = format!(
                "SELECT {PACK} FROM rule_packs WHERE substr(digest, 1, length(?1)) = lower(?1) ORDER BY edition, rowid"
            );
            Ok(tx
                .prepare_cached(&sql)?
                .query_map([digest_prefix], read_pack)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// A number that grows with each change of the set in force; 0 in a new ledger. Cheap enough to be asked for all the
    /// time.
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
    /// `Time` when `at` is no time, or when the ledger cannot be read.
    pub fn in_force_at(&self, at: &str) -> Result<Vec<Force>, LedgerError> {
        let at = canonical(at)?;
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

    /// Puts a pack in force for its edition, in one transaction with all that goes with it: the pack in force before
    /// ends, so do those of the editions in `ends`, and the offer is noted when there is one. Editions in `ends` that
    /// have no pack in force are passed over.
    ///
    /// When this very pack is in force already its row stays as it is; `ends` and the offer are carried out all the
    /// same.
    ///
    /// `expected` is the `force_version` that the decision was made on. When the set was changed since then nothing is
    /// done and `None` is returned: somebody else decided meanwhile, and the decision has to be made anew.
    ///
    /// Everything happens at one moment, which is `at` unless one of the times that end began later, as it does when the
    /// clock went back; then it is that beginning.
    ///
    /// # Errors
    /// `Invalid` when `ends` names the edition itself, `Unknown` when a pack that came from a file is not in the
    /// archive, `Time` when `at` is no time, or when the ledger cannot be written.
    pub fn put_in_force(
        &self,
        new: &NewForce,
        offer: Option<&Offer>,
        ends: &[&str],
        expected: i64,
        at: &str,
    ) -> Result<Option<Force>, LedgerError> {
        let at = canonical(at)?;
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

            let mut moment = others
                .iter()
                .fold(at.clone(), |moment, force| moment.max(force.since.clone()));
            if !stays {
                moment = moment.max(free_from(tx, &new.edition)?);
            }
            for other in &others {
                let why = format!("gave way to {} of edition {}", short(&new.digest), new.edition);
                end(trail, other, &moment, &why, &new.by)?;
                note_removed(trail, other, &why, &new.by, &at)?;
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
                // That the file was taken is what the activation says already.
                let said = !stays && offer.state == OfferState::Taken;
                put_offer(trail, offer, !said, &at)?;
            }
            now_in_force(tx, &new.edition)
        })
    }

    /// Ends the pack in force of an edition, with nothing in its place; `None` when none is in force.
    ///
    /// It ends at `at`, or when it began if that is later, as it is when the clock went back.
    ///
    /// # Errors
    /// `Time` when `at` is no time, or when the ledger cannot be written.
    pub fn end_force(&self, edition: &str, why: &str, by: &str, at: &str) -> Result<Option<Force>, LedgerError> {
        let at = canonical(at)?;
        self.write(|trail| {
            let Some(force) = now_in_force(trail.tx, edition)? else {
                return Ok(None);
            };
            let moment = at.clone().max(force.since.clone());
            end(trail, &force, &moment, why, by)?;
            note_removed(trail, &force, why, by, &at)?;
            trail
                .tx
                .prepare_cached("UPDATE force_version SET version = version + 1")?
                .execute([])?;
            Ok(forces(trail.tx, "WHERE edition = ?1 ORDER BY id DESC LIMIT 1", &[edition])?.pop())
        })
    }

    /// What became of the files of the packs folder, by place.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn offers(&self) -> Result<Vec<Offer>, LedgerError> {
        self.read(|tx| {
            Ok(tx
                .prepare_cached(&format!("SELECT {OFFER} FROM pack_offers ORDER BY place"))?
                .query_map([], read_offer)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Notes what became of a file of the packs folder. When that is on record already nothing is written, and the time
    /// stays that at which it became so.
    ///
    /// # Errors
    /// `Time` when `at` is no time, or when the ledger cannot be written.
    pub fn note_offer(&self, offer: &Offer, at: &str) -> Result<(), LedgerError> {
        let at = canonical(at)?;
        // Looking at a folder where nothing changed takes no write lock.
        if self.read(|tx| Ok(known_offer(tx, &offer.place)?.is_some_and(|known| same(&known, offer))))? {
            return Ok(());
        }
        self.write(|trail| put_offer(trail, offer, true, &at))
    }
}

/// Whether the archive knows this pack, with its bytes or without.
fn archived(tx: &Transaction<'_>, digest: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT 1 FROM rule_packs WHERE digest = ?1")?
        .exists([digest])
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

/// From when on an edition can get a pack without overlapping one that it had; empty when it never had one.
fn free_from(tx: &Transaction<'_>, edition: &str) -> rusqlite::Result<String> {
    tx.prepare_cached(
        "SELECT coalesce((SELECT coalesce(until, since) FROM packs_in_force WHERE edition = ?1 ORDER BY id DESC LIMIT 1), '')",
    )?
    .query_row([edition], |row| row.get(0))
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

fn note_removed(trail: &Trail<'_>, force: &Force, why: &str, by: &str, at: &str) -> rusqlite::Result<()> {
    let detail = json!({
        "file": force.place,
        "edition": force.edition,
        "digest": force.digest,
        "why": why,
        "by": by,
    });
    note(trail, "pack-removed", detail, Some(&force.digest), None, at)
}

fn known_offer(tx: &Transaction<'_>, place: &str) -> rusqlite::Result<Option<Offer>> {
    tx.prepare_cached(&format!("SELECT {OFFER} FROM pack_offers WHERE place = ?1"))?
        .query_row([place], read_offer)
        .optional()
}

fn same(known: &Offer, offer: &Offer) -> bool {
    (known.state, &known.sha256, &known.reason, &known.edition)
        == (offer.state, &offer.sha256, &offer.reason, &offer.edition)
}

/// Writes an offer down, and an event unless what happened is said by another one.
fn put_offer(trail: &Trail<'_>, offer: &Offer, with_event: bool, at: &str) -> Result<(), Fault> {
    let known = known_offer(trail.tx, &offer.place)?;
    if known.is_some_and(|known| same(&known, offer)) {
        return Ok(());
    }
    trail
        .tx
        .prepare_cached(
            "INSERT INTO pack_offers (place, sha256, edition, state, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (place) DO UPDATE SET sha256 = ?2, edition = ?3, state = ?4, reason = ?5, at = ?6",
        )?
        .execute(params![
            offer.place,
            offer.sha256,
            offer.edition,
            offer.state.as_str(),
            offer.reason,
            at
        ])?;
    if with_event {
        let detail = json!({
            "file": offer.place,
            "edition": offer.edition,
            "digest": offer.sha256,
            "why": offer.reason,
            "by": ACTOR,
        });
        let bytes = Some(offer.sha256.as_str()).filter(|digest| !digest.is_empty());
        note(trail, event(offer.state), detail, None, bytes, at)?;
    }
    Ok(())
}

fn event(state: OfferState) -> &'static str {
    match state {
        OfferState::Taken => "pack-taken",
        OfferState::Refused => "pack-refused",
        OfferState::Known => "pack-known",
        OfferState::Conflict => "pack-conflict",
        OfferState::Gone => "pack-gone",
    }
}

fn note(
    trail: &Trail<'_>,
    kind: &str,
    detail: Value,
    pack_digest: Option<&str>,
    bytes_sha256: Option<&str>,
    at: &str,
) -> rusqlite::Result<()> {
    trail.record(&Entry {
        at,
        actor: Some(ACTOR),
        kind,
        detail,
        pack_digest,
        bytes_sha256,
        ..Entry::default()
    })?;
    Ok(())
}

fn read_pack(row: &Row<'_>) -> rusqlite::Result<PackRow> {
    Ok(PackRow {
        digest: row.get(0)?,
        edition: row.get(1)?,
        version: row.get(2)?,
        size: row.get::<_, i64>(3)?.unsigned_abs(),
        archived_at: row.get(4)?,
        held: row.get(5)?,
    })
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
        since: row.get(6)?,
        until: row.get(7)?,
        why: row.get(8)?,
        by: row.get(9)?,
        ended_why: row.get(10)?,
        ended_by: row.get(11)?,
    })
}

fn read_offer(row: &Row<'_>) -> rusqlite::Result<Offer> {
    let state: String = row.get(3)?;
    Ok(Offer {
        place: row.get(0)?,
        sha256: row.get(1)?,
        edition: row.get(2)?,
        state: OfferState::parse(&state).ok_or_else(|| unreadable(&state, "state of an offered file"))?,
        reason: row.get(4)?,
        at: row.get(5)?,
    })
}

fn unreadable(word: &str, what: &str) -> rusqlite::Error {
    let text = format!("`{word}` is no {what}");
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, text.into())
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

/// As much of a digest as people compare.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
