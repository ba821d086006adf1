//! Circuit breaker: a mapper that keeps failing rests, so that it takes no time from the others, and is retried.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

/// Number of failures, and the time within which they lead to a rest. Arbitrary.
const FAILURES: usize = 3;
const WITHIN: Duration = Duration::from_secs(600);
/// First and longest rest. Arbitrary.
const FIRST_REST: Duration = Duration::from_secs(30);
const LONGEST_REST: Duration = Duration::from_secs(600);
/// Interval at which a mapper that still rests is reported.
const REMIND: Duration = Duration::from_secs(3600);

/// State of a mapper: working or resting.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: VecDeque<Instant>,
    rest: Option<Rest>,
}

#[derive(Debug)]
struct Rest {
    until: Instant,
    length: Duration,
    said: Instant,
    reason: String,
}

/// The report that is due about a mapper.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    Nothing,
    Rests { reason: String, seconds: u64 },
    StillRests { reason: String },
    WorksAgain,
}

impl Word {
    pub(super) fn text(&self, mapper: &str, folder: &Path) -> Option<String> {
        let folder = folder.display();
        match self {
            Self::Nothing => None,
            Self::Rests { reason, seconds } => Some(format!(
                "mapper {mapper} rests for {seconds} s, the files of {folder} wait and the others go on: {reason}"
            )),
            Self::StillRests { reason } => Some(format!(
                "mapper {mapper} still fails each time it is tried, the files of {folder} wait: {reason}"
            )),
            Self::WorksAgain => Some(format!("mapper {mapper} works again, the files of {folder} are taken")),
        }
    }
}

impl Breaker {
    /// Notes that the mapper failed: it took too long, or trapped.
    pub(super) fn failed(&mut self, reason: &str) -> Word {
        let now = Instant::now();
        self.failures.push_back(now);
        while self
            .failures
            .front()
            .is_some_and(|first| now.duration_since(*first) > WITHIN)
        {
            self.failures.pop_front();
        }
        if self.rest.is_none() && self.failures.len() < FAILURES {
            return Word::Nothing;
        }
        self.begin(now, reason)
    }

    /// Notes that the mapper can't be loaded: it rests at once.
    pub(super) fn failed_to_load(&mut self, reason: &str) -> Word {
        self.begin(Instant::now(), reason)
    }

    fn begin(&mut self, now: Instant, reason: &str) -> Word {
        let length = self
            .rest
            .as_ref()
            .map_or(FIRST_REST, |rest| (rest.length * 2).min(LONGEST_REST));
        let news = self.rest.as_ref().is_none_or(|rest| rest.reason != reason);
        let said = self.rest.as_ref().filter(|_| !news).map_or(now, |rest| rest.said);
        self.rest = Some(Rest {
            until: now + length,
            length,
            said,
            reason: reason.to_owned(),
        });
        if news {
            Word::Rests {
                reason: reason.to_owned(),
                seconds: length.as_secs(),
            }
        } else {
            Word::Nothing
        }
    }

    /// Notes that the mapper did its work, whatever came of the documents.
    pub(super) fn worked(&mut self) -> Word {
        self.failures.clear();
        match self.rest.take() {
            Some(_) => Word::WorksAgain,
            None => Word::Nothing,
        }
    }

    /// Ends the rest at once, as the mapper's file has changed.
    pub(super) fn try_now(&mut self) {
        if let Some(rest) = &mut self.rest {
            rest.until = Instant::now();
        }
    }

    /// Returns the reason why no file is taken at present, if any.
    pub(super) fn rests(&self) -> Option<String> {
        let rest = self.rest.as_ref()?;
        let left = rest.until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| format!("its mapper rests for {} s more: {}", left.as_secs() + 1, rest.reason))
    }

    /// Returns a reminder each hour while it rests.
    pub(super) fn hourly(&mut self) -> Option<Word> {
        let rest = self.rest.as_mut()?;
        if rest.said.elapsed() < REMIND {
            return None;
        }
        rest.said = Instant::now();
        Some(Word::StillRests {
            reason: rest.reason.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_end_in_a_rest_and_one_success_ends_it() {
        let mut breaker = Breaker::default();
        assert_eq!(breaker.failed("looped"), Word::Nothing);
        assert_eq!(breaker.failed("looped"), Word::Nothing);
        assert_eq!(breaker.rests(), None);
        assert!(matches!(breaker.failed("looped"), Word::Rests { seconds: 30, .. }));
        assert!(breaker.rests().unwrap().contains("looped"));
        breaker.try_now();
        assert_eq!(breaker.rests(), None);
        assert_eq!(breaker.failed("looped"), Word::Nothing, "said once, and each hour");
        assert!(breaker.rests().unwrap().contains("60 s more"));
        assert!(matches!(breaker.failed("trapped"), Word::Rests { seconds: 120, .. }));
        assert_eq!(breaker.worked(), Word::WorksAgain);
        assert_eq!((breaker.rests(), breaker.worked()), (None, Word::Nothing));
        assert_eq!(breaker.failed("looped"), Word::Nothing, "what was before is forgotten");
    }

    #[test]
    fn a_mapper_that_cannot_be_loaded_rests_at_once() {
        let mut breaker = Breaker::default();
        assert!(matches!(breaker.failed_to_load("no such file"), Word::Rests { .. }));
        assert!(breaker.rests().is_some());
        assert!(breaker.hourly().is_none());
    }
}
