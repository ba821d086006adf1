//! What the daemon said in its log against the record.

use crate::balance::Books;
use crate::ledger::Input;
use crate::log::Activation;
use crate::moment::Moment;
use crate::record::{MOMENT, Period};
use crate::report::{Category, Findings};
use std::collections::BTreeMap;
use std::time::Duration;

/// Longest time from a change of the record to its line in the log: other files are looked at in between.
const SAYING: Duration = Duration::from_secs(10);

impl Books {
    /// The log names no pack that the record lacks, and leaves none out but one that a kill cut off.
    pub(crate) fn log(&self, findings: &mut Findings) {
        let mut spoken = Vec::new();
        for told in &self.told {
            let lines = told.lines.iter();
            spoken.extend(lines.filter_map(|line| Some((line.at, line.activation()?))));
        }
        let same = |period: &Period, at: Moment, said: &Activation| {
            period.edition == said.edition
                && period.digest.starts_with(&said.digest)
                && period.since <= at.after(MOMENT)
                && at <= period.since.after(SAYING)
        };
        for (at, said) in &spoken {
            if !self.record.0.iter().any(|period| same(period, *at, said)) {
                let Activation { file, edition, digest } = said;
                let text =
                    format!("{at}: {file} is said to be activated, edition {edition}, {digest}; the record lacks it");
                findings.add(Category::Log, text);
            }
        }
        for period in self.record.0.iter().filter(|period| !period.shipped) {
            let alive = self
                .told
                .iter()
                .any(|told| told.from <= period.since && period.since.after(SAYING) <= told.to);
            // A command that finds no daemon at work does everything itself.
            let by_command = self
                .decisions
                .iter()
                .any(|one| one.from.before(MOMENT) <= period.since && period.since <= one.to.after(MOMENT));
            if alive && !by_command && !spoken.iter().any(|(at, said)| same(period, *at, said)) {
                let text = format!("the log does not say that it activated {period}");
                findings.add(Category::Log, text);
            }
        }
    }

    /// What the log says of a file is what its input says.
    pub(crate) fn files_of_log(&self, findings: &mut Findings) {
        let inputs: BTreeMap<&str, &Input> = self.inputs.iter().map(|input| (input.name.as_str(), input)).collect();
        let lines = self.told.iter().flat_map(|told| &told.lines);
        for (line, said) in lines.filter_map(|line| Some((line, line.taken()?))) {
            let fits = |input: &&Input| input.edition == said.edition && input.digest.starts_with(&said.digest);
            if !said.digest.is_empty() && inputs.get(said.file.as_str()).is_some_and(fits) {
                continue;
            }
            findings.add(
                Category::Log,
                format!("{}: `{}`, and its input says otherwise", line.at, line.text),
            );
        }
    }
}
