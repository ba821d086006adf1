//! Errors for text that is not XML this crate accepts: the problem, its position, and the remedy.

use crate::position::Position;

/// A text that cannot be read. The error text may contain names from the document, but never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct Error {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1; a byte order mark does not count.
    pub column: u32,
    /// The kind of error.
    pub kind: ErrorKind,
}

/// An error and its byte offset in the text. Small, because every step of the reader may return one.
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) kind: Box<ErrorKind>,
}

impl Fault {
    #[cold]
    pub(crate) fn new(at: usize, kind: ErrorKind) -> Self {
        let kind = Box::new(kind);
        Self { at, kind }
    }

    /// The error in a text that begins with the first character of the document.
    pub(crate) fn within(self, text: &str) -> Error {
        let Position { line, column } = Position::of(text, self.at);
        let kind = *self.kind;
        Error { line, column, kind }
    }
}

/// Kind of a [`Error`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// More bytes than allowed.
    #[error("the message has {got} bytes, more than the {limit} allowed; split it or raise the limit")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
        /// Bytes received.
        got: usize,
    },
    /// Elements nested deeper than allowed.
    #[error("elements are nested deeper than the {limit} levels allowed")]
    TooDeep {
        /// Levels allowed.
        limit: usize,
    },
    /// More pieces than allowed.
    #[error("the message has more than {limit} tags, texts and attributes; split it")]
    TooManyPieces {
        /// Pieces allowed.
        limit: usize,
    },
    /// More distinct names than allowed.
    #[error("the message uses more than {limit} different names; this is no CEB message")]
    TooManyNames {
        /// Names allowed.
        limit: usize,
    },
    /// More attributes on one element than allowed.
    #[error("element <{element}> has more than the {limit} attributes allowed")]
    TooManyAttributes {
        /// Name of the element as written.
        element: String,
        /// Attributes allowed.
        limit: usize,
    },
    /// More namespace declarations in force than allowed.
    #[error("more than the {limit} namespace declarations allowed are in force here")]
    TooManyNamespaces {
        /// Declarations allowed.
        limit: usize,
    },
    /// A name or namespace URI longer than allowed.
    #[error("a name or namespace URI is longer than the {limit} bytes allowed")]
    NameTooLong {
        /// Bytes allowed.
        limit: usize,
    },

    /// The XML declaration does not have the prescribed form.
    #[error("the XML declaration is wrong; write <?xml version=\"1.0\" encoding=\"UTF-8\"?>")]
    BadDeclaration,
    /// An XML version other than 1.0.
    #[error("XML version {version} is not supported; only 1.0 is")]
    UnsupportedVersion {
        /// The version.
        version: String,
    },
    /// An XML declaration that is not at the start.
    #[error(
        "an XML declaration is only allowed at the very beginning; remove what precedes it, or the second declaration"
    )]
    MisplacedDeclaration,

    /// A document type declaration.
    #[error("document type declarations (DOCTYPE, entity definitions) are not allowed; remove it")]
    Doctype,
    /// A character that XML does not allow.
    #[error("character U+{code:04X} is not allowed in XML; remove it")]
    IllegalCharacter {
        /// The code point.
        code: u32,
    },
    /// An entity other than the five predefined ones.
    #[error("entity &{name}; is not defined; only &lt; &gt; &amp; &apos; and &quot; are")]
    UnknownEntity {
        /// Its name.
        name: String,
    },
    /// An `&` that does not start a reference.
    #[error("this & starts no reference; write &amp; for the character itself")]
    BadReference,
    /// A reference to a character that XML does not allow.
    #[error("character reference &{reference}; names no character that XML allows")]
    IllegalReference {
        /// The reference, without `&` and `;`.
        reference: String,
    },

    /// An undeclared prefix.
    #[error("prefix {prefix} of <{name}> is not declared; add xmlns:{prefix}=\"...\" to the root element")]
    UndeclaredPrefix {
        /// The prefix.
        prefix: String,
        /// The name that uses it.
        name: String,
    },
    /// A namespace declaration that Namespaces in XML forbids.
    #[error("the declaration {name} is not allowed: {reason}")]
    BadNamespace {
        /// The declaring attribute.
        name: String,
        /// The reason.
        reason: &'static str,
    },
    /// Something that is not a name where one is needed.
    #[error("\"{name}\" is no XML name")]
    BadName {
        /// The text found instead.
        name: String,
    },
    /// An attribute is not written as `name="value"`.
    #[error("the attributes of <{element}> are wrong here: {reason}")]
    BadAttribute {
        /// Name of the element as written.
        element: String,
        /// The reason.
        reason: &'static str,
    },
    /// A typographic quotation mark instead of a straight one.
    #[error("{found} is a typographic quotation mark; put attribute values in straight ones, \" or '")]
    TypographicQuote {
        /// The character.
        found: char,
    },
    /// The same attribute twice.
    #[error("attribute {name} appears twice")]
    DuplicateAttribute {
        /// The attribute as written the second time.
        name: String,
    },

    /// An end tag that does not match the open element.
    #[error("</{found}> does not close <{expected}>, opened in line {line}")]
    MismatchedEnd {
        /// Name of the open element.
        expected: String,
        /// Name in the end tag.
        found: String,
        /// Line of the start tag.
        line: u32,
    },
    /// An end tag without a start tag.
    #[error("</{found}> closes nothing")]
    UnexpectedEnd {
        /// Name in the end tag.
        found: String,
    },
    /// The input ends inside an element.
    #[error("the message ends before </{name}>, opened in line {line}; it is probably cut off")]
    UnclosedElement {
        /// Name of the innermost open element.
        name: String,
        /// Line of its start tag.
        line: u32,
    },
    /// The input ends inside a tag, comment, processing instruction or CDATA section.
    #[error("this {what} never ends; the message is probably cut off")]
    UnclosedMarkup {
        /// The unclosed construct.
        what: &'static str,
    },
    /// A second root element.
    #[error("a second root element <{name}> follows the first; send one message per file")]
    SecondRoot {
        /// Name of the second root.
        name: String,
    },
    /// Text before or after the root element.
    #[error("text outside the root element; remove it")]
    TextOutsideRoot,
    /// No element at all.
    #[error("there is no XML element in this input")]
    NoRoot,
    /// A comment with `--` inside or `-` at its end.
    #[error("comments must not contain --")]
    BadComment,
    /// A processing instruction without a proper target.
    #[error("this processing instruction has no proper target name")]
    BadInstruction,
    /// A `]]>` in text.
    #[error("]]> may not stand in text; write ]]&gt;")]
    CdataEnd,
    /// Any other `<` that does not start XML markup.
    #[error("this < starts nothing that XML knows; write &lt; for the character itself")]
    BadMarkup,
}

/// A name for an error message: of bounded length, without control characters.
#[must_use]
pub fn shown(name: &str) -> String {
    const LONGEST: usize = 60;
    let mut out: String = name
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if name.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}
