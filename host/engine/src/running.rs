//! The running host: its configuration and its keys may change while it works.

use crate::engine::Engine;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// The host as shared by the whole process. A task takes the engine once and keeps it until the task ends.
#[derive(Clone)]
pub struct Running(Arc<ArcSwap<Engine>>);

impl Running {
    /// Starts with this engine.
    #[must_use]
    pub fn new(engine: Engine) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(engine)))
    }

    /// The current engine.
    #[must_use]
    pub fn engine(&self) -> Arc<Engine> {
        self.0.load_full()
    }

    pub(crate) fn exchange(&self, engine: Engine) {
        self.0.store(Arc::new(engine));
    }
}
