//! The daemon: handles packs, receipts, intake and sending in parallel until asked to stop.
//!
//! ```text
//! packs      watches the packs folder, admits packs, follows the record, answers commands
//! receipts   reads the inbox
//! sending    hands over due messages; retries only after the inbox was read
//! intake     one thread per folder
//! this       waits for the stop signal, takes up changed configuration and keys, sends heartbeats
//! ```
//!
//! Every step is its own transaction, so stopping between two steps leaves nothing half-done. With `--once` the same
//! steps run one after the other until nothing more can be done now.

mod bell;
mod keys;
mod once;
mod reload;
mod threads;
mod work;

pub use crate::round::Tell;
pub use reload::{Reload, Source};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::intake::{Intake, Slot};
use crate::running::Running;

/// Work left over when the daemon ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// Messages that could not be sent yet.
    pub unsent: u64,
    /// Files that could not be taken or moved away yet, with the reason.
    pub files: Vec<(String, String)>,
}

impl Left {
    /// Returns `true` if nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Runs until nothing more can be done now.
///
/// `defaults` gives mapper and enterprise for files outside a mapper's or enterprise's own folder.
///
/// # Errors
/// Only what makes all further work impossible, such as a folder that can't be created. Anything else is reported,
/// recorded and retried.
pub fn run_once(engine: &Engine, defaults: &Slot, tell: Tell<'_>) -> Result<Left, EngineError> {
    let intake = Intake::open(engine, defaults, tell)?;
    once::run(engine, &intake, tell)
}

/// Runs until the engine's `stop` is set.
///
/// # Errors
/// As [`run_once`].
pub fn run(running: &Running, defaults: &Slot, reload: &Reload, tell: Tell<'_>) -> Result<(), EngineError> {
    let intake = Intake::open(&running.engine(), defaults, tell)?;
    threads::run(running, &intake, reload, tell)
}
