//! The daemon: packs, receipts, intake and sending at the same time, until it is asked to stop.
//!
//! ```text
//! packs      looks at the packs folder, admits, follows the record, answers commands
//! receipts   reads the inbox
//! sending    hands over what is due; what was tried before goes only after the inbox was read
//! intake     one thread for each folder
//! this       listens for the end, for changes of the configuration and of keys, and says that it lives
//! ```
//!
//! Every step is a transaction of its own, so stopping between two steps leaves nothing half-done. With `--once` the same
//! steps are done one after the other until nothing is left that can be done now.

mod bell;
mod keys;
mod once;
mod reload;
mod threads;
mod work;

pub use reload::{Reload, Source};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::intake::{Intake, Slot};
use crate::running::Running;
use std::path::Path;

/// How the daemon reports what it does: one line for each event, for people.
pub type Tell<'a> = &'a (dyn Fn(&str) + Sync);

/// What was left when the daemon ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// Messages that could not be sent yet.
    pub unsent: u64,
    /// Files that could not be taken yet, or not be moved away, with the reason.
    pub files: Vec<(String, String)>,
}

impl Left {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a round found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Busy {
    /// Nothing.
    Idle,
    /// A file is there that will be still long enough in a moment.
    Soon,
    /// Something was done, and another round is worth it at once.
    Now,
}

/// Works until nothing is left that can be done now.
///
/// `defaults` says which mapper and which enterprise files have that lie in no folder of one.
///
/// # Errors
/// Only what makes all further work impossible, such as a folder that can't be created. Anything else is reported,
/// recorded and tried again.
pub fn run_once(engine: &Engine, defaults: &Slot, tell: Tell<'_>) -> Result<Left, EngineError> {
    let intake = Intake::open(engine, defaults, tell)?;
    once::run(engine, &intake, tell)
}

/// Works until the engine's `stop` is set.
///
/// # Errors
/// As [`run_once`].
pub fn run(running: &Running, defaults: &Slot, reload: &Reload, tell: Tell<'_>) -> Result<(), EngineError> {
    let intake = Intake::open(&running.engine(), defaults, tell)?;
    threads::run(running, &intake, reload, tell)
}

/// Name of a path for people.
#[must_use]
pub fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
