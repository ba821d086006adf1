//! Offers: files in the packs folder and their states.

use std::fmt;

use cebridge_clock::utc;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::Serialize;
use serde_json::json;

use super::{ACTOR, note, unreadable};
use crate::clock::{canonical, time};
use crate::error::LedgerError;
use crate::fault::Fault;
use crate::store::Ledger;
use crate::trail::Trail;

/// State of a file in the packs folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferState {
    /// It brought a pack that is or was in force.
    Taken,
    /// It is not a pack, or not one that may be used.
    Refused,
    /// Its pack was known before, so it changes nothing.
    Known,
    /// Another file offers a different pack for the same edition, and it is unclear which one is meant.
    Conflict,
    /// It is no longer in the folder.
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

/// A file in the packs folder and its state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The file; there is one offer for each.
    pub place: String,
    /// SHA-256 of its bytes, in lower-case hex; empty when they could not be read.
    pub sha256: String,
    /// Edition it holds the rules of, if that could be read.
    pub edition: Option<String>,
    /// Its state.
    pub state: OfferState,
    /// The reason; may be empty.
    pub reason: String,
    /// When it entered this state. Ignored when an offer is noted: the time of the call counts.
    #[serde(serialize_with = "utc::serialize")]
    pub at: Timestamp,
}

const OFFER: &str = "place, sha256, edition, state, reason, at";

impl Ledger {
    /// The files in the packs folder and their states, by place.
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

    /// Notes the state of a file in the packs folder. If it is already on record, nothing is written and its original
    /// time stays.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn note_offer(&self, offer: &Offer, at: Timestamp) -> Result<(), LedgerError> {
        let at = canonical(at);
        // Looking at an unchanged folder takes no write lock.
        if self.read(|tx| Ok(known_offer(tx, &offer.place)?.is_some_and(|known| same(&known, offer))))? {
            return Ok(());
        }
        self.write(|trail| put_offer(trail, offer, true, &at))
    }
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

/// Stores an offer, and an event unless another event already reports it.
pub(super) fn put_offer(trail: &Trail<'_>, offer: &Offer, with_event: bool, at: &str) -> Result<(), Fault> {
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

fn read_offer(row: &Row<'_>) -> rusqlite::Result<Offer> {
    let state: String = row.get(3)?;
    Ok(Offer {
        place: row.get(0)?,
        sha256: row.get(1)?,
        edition: row.get(2)?,
        state: OfferState::parse(&state).ok_or_else(|| unreadable(&state, "state of an offered file"))?,
        reason: row.get(4)?,
        at: time(row, 5)?,
    })
}
