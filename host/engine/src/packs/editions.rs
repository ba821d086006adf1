//! The editions that can be chosen, by name or by day.

use super::Packs;
use crate::error::EngineError;
use cebridge_runtime::LoadedPack;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A command's choice of an edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// This edition.
    Edition(String),
    /// The edition in force on this day, `YYYY-MM-DD`, China Standard Time.
    Day(String),
}

impl Packs {
    /// Returns the pack that a command asked for.
    ///
    /// # Errors
    /// An edition that is not installed, or a day before the first edition.
    pub fn choose(&self, choice: &Choice) -> Result<Arc<LoadedPack>, EngineError> {
        let editions = self.editions();
        let edition = match choice {
            Choice::Edition(edition) => {
                if !editions.iter().any(|(known, _)| known == edition) {
                    let known: Vec<&str> = editions.iter().map(|(known, _)| known.as_str()).collect();
                    return Err(EngineError::UnknownEdition {
                        asked: edition.clone(),
                        known: known.join(", "),
                    });
                }
                edition
            }
            Choice::Day(day) => &edition_on(&editions, day)?,
        };
        let pack = self.loaded(edition)?;
        self.note_use(&pack)?;
        Ok(Arc::new(self.set(&pack)))
    }

    /// Returns the pack that will judge on a day, for queries: its use is not recorded.
    ///
    /// # Errors
    /// No edition is in force on that day, or its pack can't be used.
    pub(crate) fn on_day(&self, day: &str) -> Result<Arc<LoadedPack>, EngineError> {
        let pack = self.loaded(&edition_on(&self.editions(), day)?)?;
        Ok(Arc::new(self.set(&pack)))
    }

    /// Returns the editions that can be chosen, with the first day of each in force, in the order of those days.
    #[must_use]
    pub fn editions(&self) -> Vec<(String, String)> {
        let settings = self.settings.load();
        let mut all = self.own_first_days();
        for (edition, from) in &mut all {
            if let Some(day) = settings.effective_from.get(edition) {
                from.clone_from(day);
            }
        }
        in_order_of_days(all)
    }

    /// Returns two editions that change places by the days in the configuration: the one that would be in force last,
    /// and its own successor.
    pub(crate) fn out_of_order(&self) -> Option<(String, String)> {
        let own = in_order_of_days(self.own_first_days());
        let place = |edition: &str| own.iter().position(|(known, _)| known == edition);
        let configured = self.editions();
        configured.windows(2).find_map(|two| match two {
            [(one, _), (next, _)] if place(one) > place(next) => Some((next.clone(), one.clone())),
            _ => None,
        })
    }

    /// First days as the editions themselves give them.
    fn own_first_days(&self) -> BTreeMap<String, String> {
        let shipped = self.shipped.iter();
        let mut all: BTreeMap<String, String> = shipped
            .map(|(edition, shipped)| (edition.clone(), shipped.effective_from.clone()))
            .collect();
        all.extend(self.registry.snapshot().iter().map(|pack| {
            (
                pack.rules().edition().to_owned(),
                pack.rules().effective_from().to_owned(),
            )
        }));
        all
    }

    /// Returns the editions that know a message, with the first day of each in force, in the order of those days.
    /// Builds no pack.
    #[must_use]
    pub fn editions_with(&self, code: &str) -> Vec<(String, String)> {
        let snapshot = self.registry.snapshot();
        let knows = |edition: &str| match snapshot.iter().find(|pack| pack.rules().edition() == edition) {
            Some(pack) => pack.rules().pack().message(code).is_some(),
            None => self.ships(edition, code),
        };
        self.editions()
            .into_iter()
            .filter(|(edition, _)| knows(edition))
            .collect()
    }

    /// Returns `true` if files of a shipped edition, or of one that it extends, describe a message.
    fn ships(&self, edition: &str, code: &str) -> bool {
        let chain = std::iter::successors(self.shipped.get(edition), |known| {
            self.shipped.get(known.extends.as_ref()?)
        });
        // The shipped rules compile, so the chain ends; the limit keeps a broken build from hanging.
        chain
            .take(self.shipped.len())
            .any(|shipped| shipped.messages.contains(code))
    }
}

/// Returns the edition in force on a day; `editions` are in the order of their first days.
fn edition_on(editions: &[(String, String)], day: &str) -> Result<String, EngineError> {
    let in_force = editions.iter().rev().find(|(_, from)| from.as_str() <= day);
    let edition = in_force.map(|(edition, _)| edition.clone());
    edition.ok_or_else(|| EngineError::NoEdition {
        day: day.to_owned(),
        earliest: editions.first().map(|(_, from)| from.clone()).unwrap_or_default(),
    })
}

fn in_order_of_days(editions: BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = editions.into_iter().collect();
    all.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
    all
}
