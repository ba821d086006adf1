//! The record of packs in force, and which pack it names for a moment.

use crate::bakery::{Known, short};
use crate::moment::Moment;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

/// Clocks are read at slightly different moments.
pub(crate) const MOMENT: Duration = Duration::from_millis(100);

/// A time in which an edition had a pack.
#[derive(Debug, Clone)]
pub(crate) struct Period {
    pub(crate) edition: String,
    pub(crate) digest: String,
    /// Built into the program, not brought by a file.
    pub(crate) shipped: bool,
    pub(crate) since: Moment,
    /// The first moment after it; `None` while it lasts.
    pub(crate) until: Option<Moment>,
    pub(crate) why: String,
    /// Why it ended.
    pub(crate) ended: String,
}

impl Period {
    pub(crate) fn holds(&self, at: Moment) -> bool {
        self.since <= at && self.until.is_none_or(|until| at < until)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            edition, since, why, ..
        } = self;
        write!(f, "{} of {edition} since {since} ({why})", short(&self.digest))?;
        match self.until {
            Some(until) => write!(f, " until {until} ({})", self.ended),
            None => Ok(()),
        }
    }
}

/// Edition and digest of the pack that judges what comes at a moment.
pub(crate) type Judge = (String, String);

/// The whole record, each edition in the order of its times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record(pub(crate) Vec<Period>);

impl Record {
    pub(crate) fn at(&self, edition: &str, at: Moment) -> Option<&Period> {
        self.0
            .iter()
            .find(|period| period.edition == edition && period.holds(at))
    }

    /// The times of an edition, in order.
    pub(crate) fn of(&self, edition: &str) -> Vec<&Period> {
        self.0.iter().filter(|period| period.edition == edition).collect()
    }

    pub(crate) fn editions(&self) -> BTreeSet<&str> {
        self.0.iter().map(|period| period.edition.as_str()).collect()
    }

    /// Who judges at this moment: of the editions that have begun by day, the latest that has a pack. One that is shipped
    /// always has one.
    pub(crate) fn judge(&self, known: &BTreeMap<String, Known>, at: Moment) -> Option<Judge> {
        let begins: BTreeMap<&str, &str> = known
            .values()
            .map(|pack| (pack.edition.as_str(), pack.begins.as_str()))
            .collect();
        let mut editions: Vec<(&str, &str)> = begins.into_iter().map(|(edition, day)| (day, edition)).collect();
        editions.sort_unstable();
        // All editions of this test begin in the past.
        editions.into_iter().rev().find_map(|(_, edition)| {
            let recorded = self.at(edition, at).map(|period| period.digest.clone());
            let shipped = || {
                let mut all = known.iter();
                let found = all.find(|(_, pack)| pack.edition == edition && pack.refuses.is_none());
                found.map(|(digest, _)| digest.clone())
            };
            Some((edition.to_owned(), recorded.or_else(shipped)?))
        })
    }

    /// How long before this moment the record named this judge: nothing when it does so at the moment itself. What has chosen
    /// a pack may begin a little later, but nobody can choose one that is not in force yet; clocks are read at slightly
    /// different moments. `None`: it did not within `tolerance`.
    pub(crate) fn distance(
        &self,
        known: &BTreeMap<String, Known>,
        judge: &Judge,
        at: Moment,
        tolerance: Duration,
    ) -> Option<Duration> {
        if self.judge(known, at).as_ref() == Some(judge) {
            return Some(Duration::ZERO);
        }
        let changes = self
            .0
            .iter()
            .flat_map(|period| [Some(period.since), period.until])
            .flatten();
        let near = changes.filter(|change| at.before(tolerance) <= *change && *change <= at.after(MOMENT));
        // Of each change, the moment before it and the moment of it.
        let moments = near.flat_map(|change| [change.before(Duration::from_micros(1)), change]);
        moments
            .filter(|moment| self.judge(known, *moment).as_ref() == Some(judge))
            .map(|moment| moment.distance(at))
            .min()
    }
}
