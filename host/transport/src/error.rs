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
    /// An envelope was to be handed over that lies neither ready nor in its place.
    #[error(
        "{path} is not there to be handed over for CopMsgId {cop_msg_id}; what became of it must be found out first"
    )]
    NotPrepared {
        /// Where it should lie ready.
        path: PathBuf,
        /// The message.
        cop_msg_id: String,
    },
    /// The item did not come from this transport.
    #[error("`{0}` was not received by this transport")]
    Foreign(String),
    /// Text that is no stamp of a file.
    #[error("`{0}` is no stamp of a file; it should be `length-nanoseconds-device-inode`")]
    BadStamp(String),
    /// A file set aside cannot go back to where its reason file says that it came from.
    #[error("{name} was set aside from {from}, which is not in {folder}; move it by hand to where it belongs")]
    Elsewhere {
        /// The file's name in the folder of files set aside.
        name: String,
        /// Where it came from.
        from: PathBuf,
        /// The folder that it has to lie in or below.
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

    /// Whether trying again later may help without anybody changing the message.
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
