//! Errors for envelopes that cannot be read or written.

use super::DXP_NAMESPACE;
use crate::error::ReadError;
use crate::write::WriteError;

/// An envelope that cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// The envelope is not readable XML.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A value cannot be written as XML.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The root element is not the expected one.
    #[error("this is <{root}> in namespace \"{namespace}\", not {expected} of {DXP_NAMESPACE}")]
    WrongRoot {
        /// The expected element, for example `DxpMsg`.
        expected: &'static str,
        /// Local name of the root element.
        root: String,
        /// Its namespace.
        namespace: String,
    },
    /// A required element is missing.
    #[error("line {line}, column {column}: {path} is missing in namespace {DXP_NAMESPACE}")]
    Missing {
        /// Path of the missing element.
        path: String,
        /// Line of the element that lacks it.
        line: u32,
        /// Column of that element.
        column: u32,
    },
    /// An element that may occur only once is repeated.
    #[error("line {line}, column {column}: {path} appears more than once")]
    Repeated {
        /// Path of the repeated element.
        path: String,
        /// Line of the second one.
        line: u32,
        /// Column of the second one.
        column: u32,
    },
    /// The content is not base64.
    #[error("line {line}, column {column}: Data is no valid base64: {problem}")]
    Base64 {
        /// Line of the problem.
        line: u32,
        /// Column of the problem.
        column: u32,
        /// The kind of problem.
        problem: Base64Problem,
    },
    /// An envelope without a receiver cannot be written.
    #[error("the envelope names no receiver")]
    NoReceiver,
}

/// A problem in base64 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Base64Problem {
    /// A character outside the alphabet, or padding in the middle.
    #[error("a character that is not allowed here")]
    Character,
    /// The text ends too early.
    #[error("it ends inside a group of four characters, so it is probably cut off")]
    Truncated,
    /// The last character carries bits that no encoder writes.
    #[error("its last character is damaged")]
    LastCharacter,
}
