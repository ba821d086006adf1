//! Lines for the log about requests without the token of a client: the first at once, further ones counted, so that
//! guessing can't fill the log.

use std::time::{Duration, Instant};

/// Time between two lines. Arbitrary.
const PAUSE: Duration = Duration::from_secs(60);

/// Requests that were refused for want of a token.
#[derive(Debug, Default)]
pub(crate) struct Strangers {
    last: Option<Instant>,
    unsaid: u64,
}

impl Strangers {
    /// Counts a refused request; returns a line if one is due.
    pub(crate) fn refuse(&mut self, at: Instant) -> Option<String> {
        self.unsaid += 1;
        let early = |last: Instant| at.saturating_duration_since(last) < PAUSE;
        if self.last.is_some_and(early) {
            return None;
        }
        self.last = Some(at);
        let said = std::mem::take(&mut self.unsaid);
        Some(match said {
            1 => "the signing service refused a request without the token of a client".to_owned(),
            many => format!("the signing service refused {many} requests without the token of a client"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_is_said_at_once_and_the_others_in_one_line_a_minute() {
        let mut strangers = Strangers::default();
        let start = Instant::now();
        assert!(strangers.refuse(start).is_some());
        for second in 1..60 {
            assert_eq!(strangers.refuse(start + Duration::from_secs(second)), None);
        }
        let line = strangers.refuse(start + Duration::from_secs(61)).unwrap();
        assert!(line.contains("60 requests"), "{line}");
    }
}
