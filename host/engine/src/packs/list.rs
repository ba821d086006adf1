//! `pack list`: every edition with its pack, since when and why.

use super::{NOT_ON_RECORD, Packs};
use crate::error::EngineError;
use cebridge_clock as clock;
use cebridge_ledger::{Force, ForceOrigin};
use cebridge_runtime::LoadedPack;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An edition and its pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The edition.
    pub edition: String,
    /// Version of the pack.
    pub version: String,
    /// First day in force, `YYYY-MM-DD`, China Standard Time.
    pub effective_from: String,
    /// `in force`, or `installed`: another edition is the one of the day.
    pub state: String,
    /// Origin of the pack's code.
    pub class: String,
    /// SHA-256 (hex) of the pack's file; empty if nothing is on record.
    pub digest: String,
    /// `shipped` or `file`.
    pub origin: String,
    /// Since when the edition has this pack, RFC 3339; empty if nothing is on record.
    pub since: String,
    /// Until when, RFC 3339; empty while it still has it.
    pub until: String,
    /// Reason why it has it.
    pub why: String,
    /// Author of the decision.
    pub by: String,
    /// The file that it came from.
    pub file: String,
}

impl Packs {
    /// Returns every edition, ordered by first day: as it is, or as it was at a moment. Records nothing.
    ///
    /// # Errors
    /// The ledger can't be read; shipped rules that don't compile.
    pub fn list(&self, at: Option<Timestamp>) -> Result<Vec<Listed>, EngineError> {
        let rows: Vec<Force> = match (&self.store, at) {
            (Some(store), Some(at)) => store.ledger.in_force_at(at)?,
            (store, _) => {
                let loaded: Vec<Force> = self.in_force.load().rows.values().cloned().collect();
                match store {
                    // An unusable pack is on record, but not loaded.
                    Some(store) if loaded.is_empty() => store.ledger.in_force()?,
                    _ => loaded,
                }
            }
        };
        let mut editions: BTreeSet<&str> = self.shipped.keys().map(String::as_str).collect();
        editions.extend(rows.iter().map(|row| row.edition.as_str()));
        let mut listed = Vec::new();
        for edition in editions {
            let row = rows.iter().find(|row| row.edition == edition);
            listed.push(match (row, at) {
                (Some(row), _) => self.on_record(row),
                (None, None) => listing(&self.set(self.loaded(edition)?.as_ref())),
                (None, Some(_)) => Listed {
                    edition: edition.to_owned(),
                    effective_from: self.first_day(edition),
                    why: "nothing is on record for that time".to_owned(),
                    ..told(None)
                },
            });
        }
        listed.sort_by(|one, other| (&one.effective_from, &one.edition).cmp(&(&other.effective_from, &other.edition)));
        let day = clock::day(at.unwrap_or_else(Timestamp::now));
        let begun = |one: &&mut Listed| !one.effective_from.is_empty() && one.effective_from <= day;
        if let Some(one) = listed.iter_mut().rev().find(begun) {
            "in force".clone_into(&mut one.state);
        }
        Ok(listed)
    }

    fn on_record(&self, row: &Force) -> Listed {
        let pack = self.pinned(&row.edition, &row.digest).map(|pack| listing(&pack));
        let told = told(Some(row));
        match pack {
            Some(pack) => Listed {
                origin: told.origin,
                since: told.since,
                until: told.until,
                why: told.why,
                by: told.by,
                file: told.file,
                ..pack
            },
            None => Listed {
                class: "not in the archive".to_owned(),
                ..told
            },
        }
    }

    /// Returns the first day of a shipped edition, from the configuration or its own.
    fn first_day(&self, edition: &str) -> String {
        let settings = self.settings.load();
        let set = settings.effective_from.get(edition).cloned();
        let shipped = || self.shipped.get(edition).map(|shipped| shipped.effective_from.clone());
        set.or_else(shipped).unwrap_or_default()
    }
}

fn listing(pack: &LoadedPack) -> Listed {
    Listed {
        edition: pack.rules().edition().to_owned(),
        version: pack.rules().manifest().version.clone(),
        effective_from: pack.rules().effective_from().to_owned(),
        class: pack.class().to_string(),
        digest: pack.rules().digest().to_owned(),
        ..told(None)
    }
}

fn told(row: Option<&Force>) -> Listed {
    let text = |of: fn(&Force) -> &str| row.map(|row| of(row).to_owned()).unwrap_or_default();
    Listed {
        edition: text(|row| &row.edition),
        version: text(|row| &row.version),
        effective_from: String::new(),
        state: "installed".to_owned(),
        class: String::new(),
        digest: text(|row| &row.digest),
        origin: row.map_or(ForceOrigin::Shipped, |row| row.origin).as_str().to_owned(),
        since: row
            .filter(|row| row.id != NOT_ON_RECORD)
            .map(|row| clock::utc::text(row.since))
            .unwrap_or_default(),
        until: row.and_then(|row| row.until).map(clock::utc::text).unwrap_or_default(),
        why: text(|row| &row.why),
        by: text(|row| &row.by),
        file: text(|row| &row.place),
    }
}
