//! Errors for messages that cannot be written.

/// A tree that does not fit its layout or cannot be written as XML.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// The root element's name is not the layout's.
    #[error("the root element is {found}, the layout is for {expected}")]
    WrongRoot {
        /// Name in the layout.
        expected: String,
        /// Name of the tree's root.
        found: String,
    },
    /// An element that the layout does not allow here.
    #[error("{path} is not an element of this message; check its spelling and position")]
    UnknownElement {
        /// Path below the root.
        path: String,
    },
    /// An attribute that the layout does not allow here.
    #[error("{path} is no attribute of the message; check its spelling and place")]
    UnknownAttribute {
        /// Path below the root.
        path: String,
    },
    /// The same attribute twice.
    #[error("attribute {path} is given twice")]
    DuplicateAttribute {
        /// Path below the root.
        path: String,
    },
    /// Text beside child elements.
    #[error("{path} has both text and child elements")]
    MixedContent {
        /// Path below the root.
        path: String,
    },
    /// A character that XML does not allow.
    #[error("{path} contains the character U+{code:04X}, which XML does not allow; remove it")]
    IllegalCharacter {
        /// Path below the root.
        path: String,
        /// The code point.
        code: u32,
    },
    /// Elements nested deeper than can be written.
    #[error("{path} is nested deeper than {limit} levels")]
    TooDeep {
        /// Path below the root.
        path: String,
        /// Levels allowed.
        limit: usize,
    },
    /// A layout that contradicts itself.
    #[error("the layout is wrong: {reason}")]
    BadLayout {
        /// The reason.
        reason: String,
    },
}
