//! What a reader gives: the items of a document, borrowed from its text.

use std::borrow::Cow;
use std::ops::Range;

use crate::names::NameId;

/// One item of a document. Namespace declarations are none: the reader keeps those in force.
#[derive(Debug, Clone)]
pub enum Item<'t> {
    /// A start tag; the reader has its attributes and namespaces.
    Start(Start<'t>),
    /// An end tag, also given after a self-closing tag (with an empty span behind it).
    End {
        /// The element's name as written.
        name: &'t str,
        /// Byte range of the tag in the reader's text.
        span: Range<usize>,
    },
    /// Character data inside the root, or the content of a CDATA section. Adjacent pieces are not joined.
    Text(Text<'t>),
    /// The character that a reference inside the root stands for.
    Reference(char),
    /// The text of a comment.
    Comment(Text<'t>),
    /// A processing instruction.
    Instruction {
        /// Its target.
        target: &'t str,
        /// Everything else, without leading white space.
        data: Text<'t>,
    },
    /// The end of a well-formed document.
    Eof,
}

impl<'t> Item<'t> {
    /// The characters that this item adds to the value of its element, if it is of that kind.
    #[must_use]
    pub fn characters(&self) -> Option<Cow<'t, str>> {
        match self {
            Self::Text(text) => Some(text.value()),
            Self::Reference(c) => Some(Cow::Owned(c.to_string())),
            _ => None,
        }
    }
}

/// A start tag.
#[derive(Debug, Clone)]
pub struct Start<'t> {
    /// Name as written, with its prefix.
    pub name: &'t str,
    /// The expanded name, known to the reader.
    pub id: NameId,
    /// Byte range of the tag in the reader's text.
    pub span: Range<usize>,
}

/// Text as it stands in the document.
#[derive(Debug, Clone, Copy)]
pub struct Text<'t> {
    /// The source: references are items of their own, line ends are as written.
    pub raw: &'t str,
    /// Its offset in the reader's text.
    pub at: usize,
    /// Set if there are carriage returns in the document at all.
    pub(crate) returns: bool,
}

impl<'t> Text<'t> {
    /// The text with line ends normalised: CR LF and a lone CR are LF (XML 1.0, 2.11).
    #[must_use]
    pub fn value(&self) -> Cow<'t, str> {
        if !self.returns || !self.raw.as_bytes().contains(&b'\r') {
            return Cow::Borrowed(self.raw);
        }
        Cow::Owned(self.raw.replace("\r\n", "\n").replace('\r', "\n"))
    }
}

/// An attribute of the current element, other than a namespace declaration.
#[derive(Debug, Clone)]
pub struct Attribute<'t> {
    /// Name as written, with its prefix.
    pub name: &'t str,
    /// Offset of the name in the reader's text.
    pub at: usize,
    /// The expanded name, known to the reader.
    pub id: NameId,
    /// The normalised value: references are resolved, white space is spaces. Borrowed from the text unless that made a
    /// difference.
    pub value: Cow<'t, str>,
    /// Offset of the value, behind its quotation mark.
    pub value_at: usize,
}

impl<'t> Attribute<'t> {
    /// The prefix of the name; empty if it has none.
    #[must_use]
    pub fn prefix(&self) -> &'t str {
        self.name.split_once(':').map_or("", |(prefix, _)| prefix)
    }
}
