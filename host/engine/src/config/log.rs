//! Log and table output.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Log and table output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Log {
    /// Time zone of the log and of tables, an offset such as `+08:00`, or `UTC`; JSON always uses UTC. A change needs a
    /// restart.
    pub time_zone: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            time_zone: "+08:00".to_owned(),
        }
    }
}
