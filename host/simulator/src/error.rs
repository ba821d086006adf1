//! The reasons for which the simulator could not work.

use crate::journal::StateError;
use cebridge_runtime::{PairError, PluginFault};
use cebridge_transport::TransportError;
use std::path::PathBuf;

/// Reason the simulator could not work.
#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    /// The folders failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The rules failed.
    #[error(transparent)]
    Plugin(#[from] PluginFault),
    /// Two documents that can't be compared.
    #[error(transparent)]
    Pair(#[from] PairError),
    /// The memory failed.
    #[error(transparent)]
    State(#[from] StateError),
    /// A receipt file that can't be written in place.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A receipt that can't be composed.
    #[error("{message} can't be written: {reason}")]
    Unwritable {
        /// Message code of the receipt.
        message: String,
        /// The reason.
        reason: String,
    },
    /// No pack is in force.
    #[error("no edition is in force on {0}; nothing can be judged")]
    NoEdition(String),
}
