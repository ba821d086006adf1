//! Pull reader: quick-xml finds the tokens, the [`Machine`] judges them.

use std::ops::Deref;

use quick_xml::Reader as Tokens;

use super::error::{XmlError, XmlErrorKind};
use super::machine::{Item, Machine};
use super::token::Token;

/// Reads a document from its text.
pub(crate) struct Reader<'a> {
    text: &'a str,
    tokens: Tokens<&'a [u8]>,
    machine: Machine<'a>,
}

impl<'a> Reader<'a> {
    /// Begins to read; a byte order mark is passed over and counted in all offsets.
    pub(crate) fn new(text: &'a str) -> Result<Reader<'a>, XmlError> {
        let machine = Machine::new(text)?;
        let mut tokens = Tokens::from_str(text.get(machine.base()..).unwrap_or_default());
        // The machine compares the names itself.
        tokens.config_mut().check_end_names = false;
        tokens.config_mut().allow_unmatched_ends = true;
        Ok(Reader { text, tokens, machine })
    }

    /// Reads on. After [`Item::Eof`] comes `Eof` again.
    pub(crate) fn next(&mut self) -> Result<Item<'a>, XmlError> {
        if let Some(end) = self.machine.closing() {
            return Ok(end);
        }
        loop {
            let start = self.position();
            let token = match self.tokens.read_event() {
                Ok(event) => Token::of(&event),
                Err(error) => return Err(token_error(self.text, start, &error)),
            };
            if let Some(item) = self.machine.token(token, start..self.position())? {
                return Ok(item);
            }
        }
    }

    fn position(&self) -> usize {
        let offset = usize::try_from(self.tokens.buffer_position()).unwrap_or(usize::MAX);
        (self.machine.base() + offset).min(self.text.len())
    }
}

impl<'a> Deref for Reader<'a> {
    type Target = Machine<'a>;

    fn deref(&self) -> &Machine<'a> {
        &self.machine
    }
}

/// What the tokenizer refused at `start`, in our terms.
pub(crate) fn token_error(text: &str, start: usize, error: &quick_xml::Error) -> XmlError {
    let tail = text.get(start..).unwrap_or_default();
    let head: String = tail.chars().take("<!DOCTYPE".len()).collect();
    let kind = match head.eq_ignore_ascii_case("<!DOCTYPE") {
        true => XmlErrorKind::Doctype,
        false => XmlErrorKind::Malformed(error.to_string()),
    };
    kind.at(text, start)
}
