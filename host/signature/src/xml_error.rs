//! The error for text that cannot be signed or verified, with its position.

use cebridge_xml::{Error, ErrorKind, Position, Reader};

/// Most elements inside one `Signature`; a typical one has 13. Arbitrary, keeps memory bounded.
pub(crate) const MAX_ELEMENTS: usize = 256;
/// Most characters and attributes inside one `Signature`, in bytes; a typical one has 3000. Arbitrary.
pub(crate) const MAX_SIGNATURE: usize = 256 << 10;

/// Reason a text is not XML this crate accepts.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("line {line}, column {column}: {kind}")]
pub struct XmlError {
    /// The problem.
    pub kind: XmlErrorKind,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1; a byte order mark does not count.
    pub column: u32,
}

impl From<Error> for XmlError {
    fn from(error: Error) -> XmlError {
        let Error { line, column, kind } = error;
        let kind = XmlErrorKind::Xml(kind);
        XmlError { kind, line, column }
    }
}

impl From<ErrorKind> for XmlError {
    fn from(kind: ErrorKind) -> XmlError {
        XmlErrorKind::Xml(kind).at_start()
    }
}

/// Kind of an [`XmlError`].
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum XmlErrorKind {
    /// Not well-formed, or beyond [`Limits::MESSAGE`](cebridge_xml::Limits::MESSAGE).
    #[error(transparent)]
    Xml(ErrorKind),
    /// Bytes that are not UTF-8.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// An encoding other than UTF-8, by byte order mark or declaration.
    #[error("encoding {0} is not supported here: signatures are made and checked over UTF-8")]
    Encoding(String),
    /// A namespace name without a scheme; Canonical XML does not define a form for it.
    #[error("namespace {0:?} is relative; canonical XML is not defined for it")]
    RelativeNamespace(String),
    /// No element begins at the requested offset.
    #[error("no element begins here")]
    NoElement,
    /// The signature element is malformed.
    #[error("a Signature of more than {MAX_ELEMENTS} elements or {MAX_SIGNATURE} bytes")]
    LargeSignature,
    /// Whoever read the message stopped before its end.
    #[error("the message was not read to its end")]
    Unfinished,
}

impl XmlErrorKind {
    /// The error at a byte offset in the text of a reader.
    pub(crate) fn at(self, reader: &Reader<'_>, offset: usize) -> XmlError {
        self.with(reader.position(offset))
    }

    /// The error of a text as a whole.
    pub(crate) fn at_start(self) -> XmlError {
        self.with(Position::START)
    }

    pub(crate) fn with(self, Position { line, column }: Position) -> XmlError {
        XmlError {
            kind: self,
            line,
            column,
        }
    }
}
