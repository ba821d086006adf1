//! The pool's clock: injected and monotonic, independent of the wall clock.

use std::fmt;
use std::time::{Duration, Instant};

/// A clock that never runs backwards.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Time since a moment that is fixed for the life of the clock.
    fn now(&self) -> Duration;
}

/// The operating system's monotonic clock, counted from its creation.
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
