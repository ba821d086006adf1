//! What can go wrong on the way, and whether trying again may help.

use std::io;
use std::path::{Path, PathBuf};

/// Failure of a transport.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// A file operation failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An id cannot be made into a name.
    #[error("{what} `{value}` cannot be used in a file name: {why}")]
    BadName {
        /// Which id.
        what: &'static str,
        /// Its value.
        value: String,
        /// What is wrong.
        why: &'static str,
    },
    /// The place of this message is taken by other content.
    #[error("{path} already holds other content for CopMsgId {cop_msg_id}; it was left as it is")]
    Occupied {
        /// The file.
        path: PathBuf,
        /// The message.
        cop_msg_id: String,
    },
    /// The item did not come from this transport.
    #[error("`{0}` was not received by this transport")]
    Foreign(String),
    /// Watching folders failed.
    #[error("cannot watch {path}: {detail}")]
    Watch {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        detail: String,
    },
}

impl TransportError {
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> TransportError {
        TransportError::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// Whether trying again later may help without anybody changing the message.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            TransportError::Io { source, .. } => !matches!(
                source.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename | io::ErrorKind::Unsupported
            ),
            TransportError::Watch { .. } => true,
            TransportError::BadName { .. } | TransportError::Occupied { .. } | TransportError::Foreign(_) => false,
        }
    }
}
