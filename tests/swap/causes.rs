//! The record of packs in force against what was done: its times follow each other, and each change has a cause.

use crate::bakery::short;
use crate::balance::{Books, TOLERANCE};
use crate::change::Decision;
use crate::moment::Moment;
use crate::record::{MOMENT, Period};
use crate::report::{Category, Findings};
use std::time::Duration;

/// Longest time from a look at a file to the moment when it is in force: it is compiled and tried in between.
const ADMISSION: Duration = Duration::from_secs(20);

impl Books {
    /// The times of an edition follow each other without overlaps, and without gaps but after a removal.
    pub(crate) fn times(&self, findings: &mut Findings) {
        for edition in self.record.editions() {
            let periods = self.record.of(edition);
            for pair in periods.windows(2) {
                let (one, next) = (pair[0], pair[1]);
                let name = format!(
                    "edition {edition}, {} and then {}",
                    short(&one.digest),
                    short(&next.digest)
                );
                let Some(until) = one.until else {
                    findings.add(Category::Record, format!("{name}: the first has no end"));
                    continue;
                };
                if next.since < until {
                    findings.add(
                        Category::Record,
                        format!("{name} overlap: until {until}, since {}", next.since),
                    );
                }
                if next.since > until {
                    self.gap(edition, until, next.since, findings);
                }
            }
            for period in periods {
                if period.until.is_some_and(|until| until < period.since) {
                    findings.add(
                        Category::Record,
                        format!("{} ends before it begins", short(&period.digest)),
                    );
                }
            }
        }
    }

    /// A gap is right where a person took the pack out, and nothing that needed one came.
    fn gap(&self, edition: &str, from: Moment, to: Moment, findings: &mut Findings) {
        if self.removal(edition, from).is_none() && !self.gave_way(edition, from) {
            let text = format!("edition {edition} has a gap from {from} to {to}, and nobody took its pack out");
            findings.add(Category::Record, text);
        }
        let used = self.inputs.iter().filter(|input| input.edition == edition);
        for input in used.filter(|input| from.after(TOLERANCE) < input.begun && input.begun < to.before(TOLERANCE)) {
            let text = format!(
                "edition {edition} has a gap from {from} to {to}, in which {} was begun",
                input.name
            );
            findings.add(Category::Record, text);
        }
    }

    /// Each begin and each end has a file or a person behind it.
    pub(crate) fn causes(&self, findings: &mut Findings) {
        for period in &self.record.0 {
            if !period.shipped && !self.lay(period) && self.rollback(&period.edition, period.since).is_none() {
                let text = format!("nobody put a file into the folder or asked for {period}");
                findings.add(Category::Unexplained, text);
            }
            let Some(until) = period.until else { continue };
            let followed = self
                .record
                .of(&period.edition)
                .iter()
                .any(|next| next.since == until && !next.shipped);
            let removed = self.removal(&period.edition, until).is_some();
            if !followed && !removed && !self.gave_way(&period.edition, until) && !period.shipped {
                let text = format!("nobody ended {period}");
                findings.add(Category::Unexplained, text);
            }
        }
    }

    /// Whether the file of a pack lay in the folder when it came into force, or shortly before.
    fn lay(&self, period: &Period) -> bool {
        self.lays.iter().any(|lay| {
            lay.digest == period.digest
                && lay.from <= period.since.after(MOMENT)
                && lay.to.is_none_or(|to| period.since <= to.after(ADMISSION))
        })
    }

    /// Whether an edition ended because the file that brought it was overwritten by a pack of another one.
    fn gave_way(&self, edition: &str, at: Moment) -> bool {
        let mut others = self.record.0.iter().filter(|period| period.edition != edition);
        others.any(|period| period.since == at && !period.shipped)
    }

    fn rollback(&self, edition: &str, at: Moment) -> Option<&Decision> {
        self.decision(edition, at, &["pack rollback"])
    }

    fn removal(&self, edition: &str, at: Moment) -> Option<&Decision> {
        // A rollback to the shipped pack is a removal.
        self.decision(edition, at, &["pack remove", "pack rollback"])
    }

    fn decision(&self, edition: &str, at: Moment, commands: &[&str]) -> Option<&Decision> {
        self.decisions.iter().find(|decision| {
            decision.edition == edition
                && decision.code != Some(1)
                && commands.iter().any(|command| decision.command.starts_with(command))
                && decision.from.before(MOMENT) <= at
                && at <= decision.to.after(MOMENT)
        })
    }

    /// What a person was told to be done stands in the record.
    pub(crate) fn decided(&self, findings: &mut Findings) {
        for decision in &self.decisions {
            let within = |at: Moment| decision.from.before(MOMENT) <= at && at <= decision.to.after(MOMENT);
            let of_it = self.record.of(&decision.edition);
            let changed = of_it
                .iter()
                .any(|period| within(period.since) || period.until.is_some_and(within));
            match decision.code {
                Some(0) if !changed => {
                    let text = format!(
                        "`{}` at {} said: {}; the record did not change",
                        decision.command, decision.from, decision.said
                    );
                    findings.add(Category::Command, text);
                }
                Some(0 | 1) => {}
                Some(2) if self.disturbed(decision) => {}
                _ => {
                    let text = format!(
                        "`{}` at {} ended with {:?}: {}",
                        decision.command, decision.from, decision.code, decision.said
                    );
                    findings.add(Category::Command, text);
                }
            }
        }
    }

    /// Whether a daemon began or ended while a command ran.
    fn disturbed(&self, decision: &Decision) -> bool {
        let within = |at: Moment| decision.from.before(TOLERANCE) <= at && at <= decision.to.after(TOLERANCE);
        self.told.iter().any(|told| within(told.from) || within(told.to))
    }
}
