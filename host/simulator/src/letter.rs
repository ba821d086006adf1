//! A file ready to leave, as the journal keeps it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A file ready to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Letter {
    /// `CopMsgId`.
    pub(crate) id: String,
    /// Message type, such as `CEB622Message`.
    pub(crate) msg_type: String,
    pub(crate) sender: String,
    /// First receiver.
    pub(crate) receiver: String,
    /// Receipt records in it.
    pub(crate) records: usize,
    #[serde(with = "base64_text")]
    pub(crate) bytes: Vec<u8>,
    /// Time from which it may leave. Not in the journal: after a restart the letter waits again.
    #[serde(skip)]
    pub(crate) due: Option<Timestamp>,
}

/// Bytes as base64 in the journal.
mod base64_text {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        STANDARD.encode(bytes).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
