//! The error for text that is not XML this crate accepts, with its position.

use super::{MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_NAMESPACES, MAX_PIECES};

/// Reason a text is not XML this crate accepts.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("line {line}, column {column}: {kind}")]
pub struct XmlError {
    /// The problem.
    pub kind: XmlErrorKind,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// Kind of an [`XmlError`].
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum XmlErrorKind {
    /// Larger than [`MAX_BYTES`].
    #[error("document of {bytes} bytes refused: the limit is {MAX_BYTES}")]
    TooLarge {
        /// Size of the document.
        bytes: usize,
    },
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("elements nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// Too many attributes on one element.
    #[error("more than {MAX_ATTRIBUTES} attributes on one element")]
    TooManyAttributes,
    /// Too many namespace declarations in force at one place.
    #[error("more than {MAX_NAMESPACES} namespace declarations in force")]
    TooManyNamespaces,
    /// Too many tags, texts and attributes.
    #[error("more than {MAX_PIECES} tags, texts and attributes")]
    TooManyPieces,
    /// Bytes that are not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// An encoding other than UTF-8, by byte order mark or declaration.
    #[error("encoding {0} is not supported here: signatures are made and checked over UTF-8")]
    Encoding(String),
    /// A document type declaration.
    #[error("a DOCTYPE is refused")]
    Doctype,
    /// A reference to an entity that is not one of the five predefined ones.
    #[error("undefined entity &{0};")]
    Entity(String),
    /// A prefix without a namespace.
    #[error("namespace prefix {0} is not declared")]
    UndeclaredPrefix(String),
    /// Two attributes with the same name, literally or after resolving prefixes.
    #[error("attribute {0} appears twice")]
    DuplicateAttribute(String),
    /// A namespace name without a scheme; Canonical XML does not define a form for it.
    #[error("namespace {0:?} is relative; canonical XML is not defined for it")]
    RelativeNamespace(String),
    /// No element begins at the requested offset.
    #[error("no element begins here")]
    NoElement,
    /// Not well-formed.
    #[error("{0}")]
    Malformed(String),
}

impl XmlErrorKind {
    /// The error at a byte offset in a text.
    pub(crate) fn at(self, text: &str, offset: usize) -> XmlError {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        XmlError {
            kind: self,
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }

    pub(crate) fn malformed(text: impl Into<String>) -> XmlErrorKind {
        XmlErrorKind::Malformed(text.into())
    }
}
