//! Speed of a key: a sliding one-minute window in one-second buckets.

use std::time::Duration;

/// Seconds in the window.
const WINDOW: u64 = 60;

/// Signatures in the last minute.
#[derive(Debug, Default)]
pub(super) struct Rate {
    /// At most 60, oldest first.
    buckets: std::collections::VecDeque<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    second: u64,
    count: u32,
    took: Duration,
}

impl Rate {
    /// Records a signature that ended now and its duration.
    pub(super) fn record(&mut self, now: Duration, took: Duration) {
        let second = now.as_secs();
        self.forget(second);
        match self.buckets.back_mut() {
            Some(last) if last.second == second => {
                last.count = last.count.saturating_add(1);
                last.took = last.took.saturating_add(took);
            }
            _ => self.buckets.push_back(Bucket { second, count: 1, took }),
        }
    }

    /// Signatures in the last minute.
    pub(super) fn per_minute(&self, now: Duration) -> u32 {
        self.recent(now).map(|bucket| bucket.count).fold(0, u32::saturating_add)
    }

    /// Average duration of a signature; `None` if there was none in the last minute.
    pub(super) fn mean(&self, now: Duration) -> Option<Duration> {
        let total: Duration = self.recent(now).map(|bucket| bucket.took).sum();
        total.checked_div(self.per_minute(now))
    }

    fn recent(&self, now: Duration) -> impl Iterator<Item = &Bucket> {
        let second = now.as_secs();
        self.buckets
            .iter()
            .filter(move |bucket| bucket.second + WINDOW > second)
    }

    fn forget(&mut self, second: u64) {
        while self
            .buckets
            .front()
            .is_some_and(|oldest| oldest.second + WINDOW <= second)
        {
            self.buckets.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut rate = Rate::default();
        let (second, ms) = (Duration::from_secs, Duration::from_millis);
        assert_eq!((rate.per_minute(second(0)), rate.mean(second(0))), (0, None));
        rate.record(second(1), ms(10));
        rate.record(ms(1_500), ms(30));
        rate.record(second(40), ms(80));
        assert_eq!((rate.per_minute(second(40)), rate.mean(second(40))), (3, Some(ms(40))));
        assert_eq!(rate.per_minute(second(60)), 3);
        assert_eq!((rate.per_minute(second(61)), rate.mean(second(61))), (1, Some(ms(80))));
        assert_eq!((rate.per_minute(second(100)), rate.mean(second(100))), (0, None));
        rate.record(second(200), ms(5));
        assert_eq!(rate.buckets.len(), 1, "old buckets are dropped");
    }
}
