//! The callback for log lines.

use std::sync::Arc;

/// Callback for log lines.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;
