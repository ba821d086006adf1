//! Business keys: which document holds one, and which gives it up.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::clock::canonical;
use crate::error::LedgerError;
use crate::input::{Intake, NewDocument};

pub(super) fn duplicate(document: &NewDocument, taken: Intake) -> LedgerError {
    let (existing, guid, same_content) = match taken {
        Intake::Accepted(id) => (id, document.guid.clone(), false),
        Intake::AlreadyAccepted(id) => (id, String::new(), true),
        Intake::Conflict { existing, guid } => (existing, guid, false),
    };
    LedgerError::Duplicate {
        message: document.message.clone(),
        key: document.key.clone(),
        existing,
        guid,
        same_content,
    }
}

/// The document that blocks the key, if any.
pub(super) fn holder(tx: &Transaction<'_>, document: &NewDocument) -> rusqlite::Result<Option<Intake>> {
    struct Found {
        existing: i64,
        guid: String,
        hash: String,
        is_final: bool,
        long_ago: bool,
        app_status: String,
        ended: bool,
    }
    // Nothing was accepted before the empty text.
    let free_before = document.key_free_before.map(canonical).unwrap_or_default();
    let found: Option<Found> = tx
        .prepare_cached(
            "SELECT id, guid, content_hash, is_final, accepted_at < ?4, app_status, EXISTS ( \
                 SELECT 1 FROM documents n WHERE n.message = d.message AND n.key = d.key AND n.id > d.id \
                 AND n.live = 1 AND n.is_final = 1 AND n.app_type = CASE d.app_type WHEN '1' THEN '3' ELSE '1' END) \
             FROM documents d WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND live = 1",
        )?
        .query_row(
            params![document.message, document.key, document.app_type, free_before],
            |row| {
                Ok(Found {
                    existing: row.get(0)?,
                    guid: row.get(1)?,
                    hash: row.get(2)?,
                    is_final: row.get(3)?,
                    long_ago: row.get(4)?,
                    app_status: row.get(5)?,
                    ended: row.get(6)?,
                })
            },
        )
        .optional()?;
    Ok(found.and_then(|found| {
        let same = found.hash == document.content_hash;
        let repeatable = found.long_ago || matches!(document.app_type.as_str(), "2" | "3");
        let only_held = found.app_status == HELD && (document.app_status != HELD || !same);
        if only_held || found.ended && found.is_final || repeatable && found.is_final && !same {
            None
        } else if same {
            Some(Intake::AlreadyAccepted(found.existing))
        } else {
            Some(Intake::Conflict {
                existing: found.existing,
                guid: found.guid,
            })
        }
    }))
}

/// `appStatus` of a document that customs keeps without treating it as a declaration (暂存).
pub(super) const HELD: &str = "1";

/// Takes the key from documents that give way, see `lookup`. Returns those that were only held at customs.
pub(super) fn release(tx: &Transaction<'_>, document: &NewDocument) -> rusqlite::Result<Vec<i64>> {
    tx.prepare_cached(
        "UPDATE documents SET live = 0 WHERE message = ?1 AND key = ?2 AND app_type = ?3 AND live = 1 \
         RETURNING id, app_status",
    )?
    .query_map(params![document.message, document.key, document.app_type], |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?))
    })?
    .filter_map(|row| match row {
        Ok((id, app_status)) => (app_status == HELD).then_some(Ok(id)),
        Err(error) => Some(Err(error)),
    })
    .collect()
}
