//! Token kinds, without their content.

use std::ops::Range;

use quick_xml::events::Event;

use super::error::{XmlError, XmlErrorKind};

/// Kind of a token. Its content is read from the text at the token's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// A start tag.
    Start,
    /// A self-closing tag.
    Empty,
    /// An end tag.
    End,
    /// Character data, up to the next markup or reference.
    Text,
    /// A CDATA section.
    CData,
    /// A reference to a character or entity.
    Reference,
    /// A comment.
    Comment,
    /// A processing instruction.
    Instruction,
    /// The XML declaration.
    Declaration,
    /// A document type declaration.
    Doctype,
    /// The end of the text.
    Eof,
}

impl Token {
    /// The kind of a quick-xml event.
    #[must_use]
    pub fn of(event: &Event<'_>) -> Token {
        match event {
            Event::Start(_) => Token::Start,
            Event::Empty(_) => Token::Empty,
            Event::End(_) => Token::End,
            Event::Text(_) => Token::Text,
            Event::CData(_) => Token::CData,
            Event::GeneralRef(_) => Token::Reference,
            Event::Comment(_) => Token::Comment,
            Event::PI(_) => Token::Instruction,
            Event::Decl(_) => Token::Declaration,
            Event::DocType(_) => Token::Doctype,
            Event::Eof => Token::Eof,
        }
    }
}

/// The tokens of a text, as quick-xml finds them.
pub(crate) struct Tokens<'a> {
    text: &'a str,
    reader: quick_xml::Reader<&'a [u8]>,
    /// Length of the skipped byte order mark.
    base: usize,
}

impl<'a> Tokens<'a> {
    /// Starts after the first `base` bytes of a text.
    pub(crate) fn new(text: &'a str, base: usize) -> Tokens<'a> {
        let mut reader = quick_xml::Reader::from_str(text.get(base..).unwrap_or_default());
        // The machine compares the names itself.
        reader.config_mut().check_end_names = false;
        reader.config_mut().allow_unmatched_ends = true;
        Tokens { text, reader, base }
    }

    /// The next token and its span in the text.
    pub(crate) fn next(&mut self) -> Result<(Token, Range<usize>), XmlError> {
        let start = self.position();
        match self.reader.read_event() {
            Ok(event) => Ok((Token::of(&event), start..self.position())),
            Err(error) => Err(refused(self.text, start, &error)),
        }
    }

    fn position(&self) -> usize {
        let offset = usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX);
        self.base.saturating_add(offset).min(self.text.len())
    }
}

/// Maps a tokenizer error at `start` to our own error.
fn refused(text: &str, start: usize, error: &quick_xml::Error) -> XmlError {
    let tail = text.get(start..).unwrap_or_default();
    let head: String = tail.chars().take("<!DOCTYPE".len()).collect();
    let kind = match head.eq_ignore_ascii_case("<!DOCTYPE") {
        true => XmlErrorKind::Doctype,
        false => XmlErrorKind::Malformed(error.to_string()),
    };
    kind.at(text, start)
}
