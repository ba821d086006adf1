//! Errors of the configuration: each names the file, the setting and what it may be.

use super::Choices;
use std::path::PathBuf;

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no valid configuration; the text names line and column.
    #[error("the configuration {path} is not valid: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, column, and what was expected.
        message: String,
    },
    /// A value is out of its range.
    #[error("the configuration {path}: {field} is {value}; {expected}")]
    Value {
        /// The file.
        path: PathBuf,
        /// The setting.
        field: String,
        /// What it is.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// A command named an enterprise that is not configured.
    #[error("no enterprise is called `{name}`; there are {choices}")]
    EnterpriseUnknown {
        /// The name given.
        name: String,
        /// Ids of those configured.
        choices: Choices,
    },
    /// Several enterprises are configured and a command must know which one is meant.
    #[error("several enterprises are configured: say --enterprise ID, one of {choices}")]
    EnterpriseOpen {
        /// Ids of those configured.
        choices: Choices,
    },
}
