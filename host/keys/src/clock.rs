//! Time as the pool sees it: injected, and counting upwards whatever the wall clock does.

use std::fmt;
use std::time::{Duration, Instant};

/// A clock that never runs backwards.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Time since some moment that stays the same as long as the clock exists.
    fn now(&self) -> Duration;
}

/// The operating system's monotonic clock, from the moment of its making.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that starts at zero now.
    #[must_use]
    pub fn new() -> SystemClock {
        SystemClock { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start.elapsed()
    }
}
