//! The archive: every rule pack that was ever taken, by the SHA-256 of its bytes.

use cebridge_clock::utc;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use serde_json::json;

use super::note;
use crate::clock::{canonical, time};
use crate::error::LedgerError;
use crate::hash::sha256;
use crate::store::Ledger;

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

/// An archived rule pack.
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
    /// When it was first archived.
    #[serde(serialize_with = "utc::serialize")]
    pub archived_at: Timestamp,
    /// `true` if its bytes are in the ledger; otherwise they are in a folder.
    pub held: bool,
}

const PACK: &str = "digest, edition, version, size, archived_at, bytes IS NOT NULL";

impl Ledger {
    /// Archives a rule pack. Without `with_bytes` only the fact is noted, because the bytes are in a folder.
    ///
    /// Bytes that are missing or damaged in the archive are repaired by the next call that brings them.
    ///
    /// Returns `false` if the pack was there already and nothing had to be done.
    ///
    /// # Errors
    /// `Invalid` if the digest is not that of the bytes, When the ledger cannot be
    /// written.
    pub fn archive_pack(&self, pack: &NewPack<'_>, with_bytes: bool, at: Timestamp) -> Result<bool, LedgerError> {
        let at = canonical(at);
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

    /// The bytes of an archived pack; `None` if the pack is not known or its bytes are in a folder.
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

    /// Archived packs whose digest has this prefix, by edition and then in order of arrival; all of them for an empty
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
}

/// Returns `true` if the archive knows this pack, with its bytes or without.
pub(super) fn archived(tx: &Transaction<'_>, digest: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached("SELECT 1 FROM rule_packs WHERE digest = ?1")?
        .exists([digest])
}

fn read_pack(row: &Row<'_>) -> rusqlite::Result<PackRow> {
    Ok(PackRow {
        digest: row.get(0)?,
        edition: row.get(1)?,
        version: row.get(2)?,
        size: row.get::<_, i64>(3)?.unsigned_abs(),
        archived_at: time(row, 4)?,
        held: row.get(5)?,
    })
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}
