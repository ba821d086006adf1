//! Where the signature stands in a message.

/// Position of the `Signature` element among the root's children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// After everything else (import messages).
    Last,
    /// Before the first child with this local name, or last without such a child (export messages, where
    /// the signature precedes `ExtendMessage`).
    Before(&'a str),
}
