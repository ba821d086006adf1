//! Errors of transports, and whether a retry may help.

use std::io;
use std::path::{Path, PathBuf};

/// Failure of a transport.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// A file operation failed.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// The action, such as `write`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// An id cannot be turned into a file name.
    #[error("{what} `{value}` cannot be used in a file name: {why}")]
    BadName {
        /// The kind of id.
        what: &'static str,
        /// Its value.
        value: String,
        /// The problem.
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
    /// An envelope to be handed over is neither ready nor in its place.
    #[error(
        "{path} is not there to be handed over for CopMsgId {cop_msg_id}; what became of it must be found out first"
    )]
    NotPrepared {
        /// Path of the missing ready file.
        path: PathBuf,
        /// The message.
        cop_msg_id: String,
    },
    /// The item did not come from this transport.
    #[error("`{0}` was not received by this transport")]
    Foreign(String),
    /// Text that is not a file stamp.
    #[error("`{0}` is no stamp of a file; it should be `length-nanoseconds-device-inode`")]
    BadStamp(String),
    /// A file set aside cannot go back to the place named in its reason file.
    #[error("{name} was set aside from {from}, which is not in {folder}; move it by hand to where it belongs")]
    Elsewhere {
        /// The file's name in the folder of files set aside.
        name: String,
        /// The place it came from.
        from: PathBuf,
        /// The folder that it must be in or below.
        folder: PathBuf,
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

    /// Returns `true` if a retry may help without a change to the message.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            TransportError::Io { source, .. } => !matches!(
                source.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename | io::ErrorKind::Unsupported
            ),
            TransportError::NotPrepared { .. } => true,
            TransportError::BadName { .. }
            | TransportError::Occupied { .. }
            | TransportError::Foreign(_)
            | TransportError::BadStamp(_)
            | TransportError::Elsewhere { .. } => false,
        }
    }
}
