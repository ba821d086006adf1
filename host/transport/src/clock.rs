//! The two clocks that waiting for files needs.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime};

/// Tells the time twice: steadily, to measure waiting, and by the wall clock, to compare with time stamps of files.
///
/// The wall clock may be wrong or be set; nothing is decided by it alone.
pub trait Clock: Debug + Send + Sync {
    /// Time since a fixed moment; never goes back.
    fn steady(&self) -> Duration;

    /// What the system takes the time to be.
    fn wall(&self) -> SystemTime;
}

/// The clocks of the system.
#[derive(Debug)]
pub(crate) struct SystemClock(Instant);

impl SystemClock {
    pub(crate) fn new() -> SystemClock {
        SystemClock(Instant::now())
    }
}

impl Clock for SystemClock {
    fn steady(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// One moment, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) steady: Duration,
    pub(crate) wall: SystemTime,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Moment {
        Moment {
            steady: clock.steady(),
            wall: clock.wall(),
        }
    }
}
