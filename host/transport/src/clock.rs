//! The two clocks needed to wait for files.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime};

/// A steady clock to measure waiting, and the wall clock to compare with time stamps of files.
///
/// The wall clock may be wrong or be set; nothing depends on it alone.
pub trait Clock: Debug + Send + Sync {
    /// Time since a fixed moment; never goes back.
    fn steady(&self) -> Duration;

    /// The system's idea of the time.
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
