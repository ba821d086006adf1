//! What speaks against a signature.

use std::fmt;

/// One reason against a signature, or its explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Stable code, for example `value-mismatch`.
    pub code: &'static str,
    /// For people: what was found and what the sender has to change.
    pub detail: String,
}

impl Reason {
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}
