//! Moments of the wall clock, in microseconds, as harness, log and ledger state them.

use std::fmt;
use std::time::Duration;

/// A moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(i64);

impl Moment {
    pub(crate) fn now() -> Self {
        Self(jiff::Timestamp::now().as_microsecond())
    }

    /// Reads RFC 3339.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let read: jiff::Timestamp = text.parse().map_err(|error| format!("`{text}` is no time: {error}"))?;
        Ok(Self(read.as_microsecond()))
    }

    pub(crate) fn after(self, by: Duration) -> Self {
        Self(self.0 + by.as_micros() as i64)
    }

    pub(crate) fn before(self, by: Duration) -> Self {
        Self(self.0 - by.as_micros() as i64)
    }

    /// The time between two moments, whichever comes first.
    pub(crate) fn distance(self, other: Self) -> Duration {
        Duration::from_micros(self.0.abs_diff(other.0))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(at) => write!(f, "{at}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}
