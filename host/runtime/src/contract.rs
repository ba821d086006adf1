//! What this host offers to plugins.

/// Version of the plugin contract that this host supports.
pub const CONTRACT: &str = "cebridge:plugin@0.1.0";

/// Size limit of a plugin file in bytes.
pub const MAX_PLUGIN_BYTES: usize = 16 << 20;
