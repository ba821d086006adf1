//! Time: an injected clock, China Standard Time as the specification writes it, and times for people.

#![forbid(unsafe_code)]

mod china;
mod display;
pub mod utc;

pub use china::{china, date, date_time, day, midnight, parse_moment, time14, time17};
pub use display::{choose_zone, parse_zone, spoken, spoken_text};

use jiff::{SignedDuration, Timestamp};
use std::fmt::Debug;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Source of time. It tells the time of day, which may be wrong or be set, and measures waiting steadily.
pub trait Clock: Debug + Send + Sync {
    /// The current time.
    fn now(&self) -> Timestamp;

    /// Time since a fixed moment; never goes back.
    fn steady(&self) -> Duration;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn steady(&self) -> Duration {
        START.elapsed()
    }
}

/// A clock that starts at a given time and runs from there.
#[derive(Debug, Clone, Copy)]
pub struct StartedClock {
    at: Timestamp,
    start: Instant,
}

impl StartedClock {
    /// Starts it at this time.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self {
            at,
            start: Instant::now(),
        }
    }
}

impl Clock for StartedClock {
    fn now(&self) -> Timestamp {
        later(self.at, self.steady())
    }

    fn steady(&self) -> Duration {
        self.start.elapsed()
    }
}

/// A clock that moves only when told to, for tests.
#[derive(Debug)]
pub struct ManualClock {
    start: Timestamp,
    passed: Mutex<Duration>,
}

impl ManualClock {
    /// A clock that shows this time.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self {
            start,
            passed: Mutex::default(),
        }
    }

    /// Moves it forward.
    pub fn pass(&self, time: Duration) {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        later(self.start, self.steady())
    }

    fn steady(&self) -> Duration {
        *self.passed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn later(at: Timestamp, time: Duration) -> Timestamp {
    let time = SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX);
    at.saturating_add(time).unwrap_or(Timestamp::MAX)
}

/// The form in which file systems give times.
#[must_use]
pub fn system_time(at: Timestamp) -> SystemTime {
    let since = at.as_duration();
    match since.is_negative() {
        true => SystemTime::UNIX_EPOCH - since.unsigned_abs(),
        false => SystemTime::UNIX_EPOCH + since.unsigned_abs(),
    }
}
