//! What people read while the host runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What people read while the host runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Log {
    /// The zone of times in the log and in tables, `+08:00` or `UTC`; JSON always has UTC. A change needs a restart.
    pub time_zone: String,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            time_zone: "+08:00".to_owned(),
        }
    }
}
