//! Errors of the configuration: each names the file, the setting and what it may be.

use super::{Choices, Faults};
use std::path::PathBuf;

/// Reason a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The file has faults; each names line, column and what would be right.
    #[error("{0}")]
    Invalid(Faults),
    /// A command named an enterprise that is not configured.
    #[error("unknown enterprise `{name}`; choose one of {choices}")]
    EnterpriseUnknown {
        /// The name given.
        name: String,
        /// Ids of those configured.
        choices: Choices,
    },
    /// Several enterprises are configured, and a command must name one.
    #[error("several enterprises are configured: say --enterprise ID, one of {choices}")]
    EnterpriseOpen {
        /// Ids of those configured.
        choices: Choices,
    },
}

impl From<Faults> for ConfigError {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}
