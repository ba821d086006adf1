//! What a tokenizer finds, without its content.

use quick_xml::events::Event;

/// Kind of a token. Its content is read from the text, where the token stands.
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
    /// The kind of what quick-xml found.
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
