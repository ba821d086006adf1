//! One moment by both clocks that waiting for files needs.

use std::time::{Duration, SystemTime};

use cebridge_clock::{Clock, system_time};

/// One moment: by the steady clock, which measures waiting, and by the wall clock, which is compared with time stamps of
/// files. The wall clock may be wrong or be set; nothing depends on it alone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    pub(crate) steady: Duration,
    pub(crate) wall: SystemTime,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Moment {
        Moment {
            steady: clock.steady(),
            wall: system_time(clock.now()),
        }
    }
}
