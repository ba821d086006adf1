//! Errors for messages that could not be read: the problem, its position, and the remedy.

use cebridge_xml::{Error, ErrorKind, Position};

/// A message that cannot be read. The error text may contain names from the message, but never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct ReadError {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// The kind of error.
    pub kind: ReadErrorKind,
}

impl ReadError {
    /// The error behind a text that could be read.
    pub(crate) fn behind(text: &str, kind: ReadErrorKind) -> Self {
        let Position { line, column } = Position::of(text, text.len());
        Self { line, column, kind }
    }

    /// An error about the message as a whole.
    pub(crate) fn at_start(kind: ReadErrorKind) -> Self {
        Self::behind("", kind)
    }

    /// The same error in a file where the text begins at `origin`.
    pub(crate) fn moved_to(mut self, origin: Position) -> Self {
        let lines = origin.line - 1;
        if self.line == 1 {
            self.column += origin.column - 1;
        }
        self.line += lines;
        if let ReadErrorKind::Xml(ErrorKind::MismatchedEnd { line, .. } | ErrorKind::UnclosedElement { line, .. }) =
            &mut self.kind
        {
            *line += lines;
        }
        self
    }
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        let Error { line, column, kind } = error;
        let kind = ReadErrorKind::Xml(kind);
        Self { line, column, kind }
    }
}

impl From<ErrorKind> for ReadError {
    fn from(kind: ErrorKind) -> Self {
        Self::at_start(ReadErrorKind::Xml(kind))
    }
}

/// Kind of a [`ReadError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// Not well-formed, or beyond a limit.
    #[error(transparent)]
    Xml(ErrorKind),
    /// An unsupported encoding.
    #[error("encoding {name} is not supported; send UTF-8, GB2312, GBK, GB18030, or UTF-16 with a byte order mark")]
    UnsupportedEncoding {
        /// The encoding's name.
        name: String,
    },
    /// Declaration and bytes disagree about the encoding.
    #[error("the XML declaration says {declared}, but the bytes are {actual}; declare the encoding really used")]
    EncodingContradiction {
        /// Encoding of the XML declaration.
        declared: String,
        /// Encoding shown by the bytes.
        actual: &'static str,
    },
    /// Bytes that are not valid in the encoding.
    #[error("byte {offset} of the file is not valid {encoding}; declare the encoding really used or repair the file")]
    Undecodable {
        /// The encoding.
        encoding: &'static str,
        /// Offset of the first such byte in the file, counted from 0, byte order mark included.
        offset: usize,
    },
}
