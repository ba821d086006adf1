//! Limits beyond which reading a message is refused.

/// Upper bounds for reading one message, to limit memory and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the message as received. Capped at [`Limits::MOST_BYTES`].
    pub max_bytes: usize,
    /// Nesting depth of elements. Capped at [`Limits::MOST_DEPTH`].
    pub max_depth: usize,
    /// Elements and attributes together.
    pub max_nodes: usize,
}

impl Limits {
    /// The most bytes any limit allows: offsets into the decoded text and its unescaped values fit in 32 bits.
    pub const MOST_BYTES: usize = 512 << 20;
    /// The deepest nesting any limit allows, so that walking the tree cannot exhaust the stack.
    pub const MOST_DEPTH: usize = 512;
    /// Attributes and namespace declarations of one element. CEB messages have two.
    pub const MOST_ATTRIBUTES: usize = 256;
    /// Namespace declarations in force at one place. CEB messages have three.
    pub const MOST_NAMESPACES: usize = 256;
    /// Bytes of one name. The longest name of the specification has 23.
    pub const LONGEST_NAME: usize = 512;
    /// Bytes of one namespace URI.
    pub const LONGEST_NAMESPACE: usize = 2048;
    /// Distinct names in one document. A whole edition has fewer than 1000.
    pub const MOST_NAMES: usize = 16_384;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 64 << 20,
            max_depth: 64,
            max_nodes: 2_000_000,
        }
    }
}
