//! What is wrong with payment data.

use std::fmt;

/// Kind of a member's problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// It is missing, unknown, or the wrong kind of JSON: the data can't be read.
    Shape,
    /// Its value violates the announcement.
    Value,
}

/// Something in payment data that customs would refuse. Values are not repeated: they are payment data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path of the member, for example `payExchangeInfoLists[0].orderNo`.
    pub field: String,
    /// Official label; empty for unknown members.
    pub label: &'static str,
    /// The rule and the remedy.
    pub rule: String,
    /// Its kind.
    pub kind: ProblemKind,
    /// `true` if it prevents signing. If the announcement is silent, or its own example breaks its rule, it is a
    /// warning.
    pub is_error: bool,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.label {
            "" => write!(f, "{}: {}", self.field, self.rule),
            label => write!(f, "{} ({label}): {}", self.field, self.rule),
        }
    }
}
