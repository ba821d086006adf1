//! Rule packs: an archive by digest, the record of the set in force, and the states of files in the packs folder.

mod archive;
mod force;
mod offers;

pub use archive::{NewPack, PackRow};
pub use force::{Force, ForceOrigin, NewForce};
pub use offers::{Offer, OfferState};

use serde_json::Value;

use crate::trail::{Entry, Trail};

/// The actor in the audit trail for changes of packs.
const ACTOR: &str = "packs";

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

fn unreadable(word: &str, what: &str) -> rusqlite::Error {
    let text = format!("`{word}` is no {what}");
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, text.into())
}

/// The part of a digest that people compare.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}
