//! Pull reader: the tokenizer finds the tokens, the [`Machine`] checks them.

use std::ops::Deref;

use super::error::XmlError;
use super::machine::{Item, Machine};
use super::token::Tokens;

/// Reads a document from its text.
pub(crate) struct Reader<'a> {
    tokens: Tokens<'a>,
    machine: Machine<'a>,
}

impl<'a> Reader<'a> {
    /// Starts reading; a byte order mark is skipped but counted in all offsets.
    pub(crate) fn new(text: &'a str) -> Result<Reader<'a>, XmlError> {
        let machine = Machine::new(text)?;
        let tokens = Tokens::new(text, machine.base());
        Ok(Reader { tokens, machine })
    }

    /// Reads the next item; always `Eof` after [`Item::Eof`].
    pub(crate) fn next(&mut self) -> Result<Item<'a>, XmlError> {
        if let Some(end) = self.machine.closing() {
            return Ok(end);
        }
        loop {
            let (token, span) = self.tokens.next()?;
            if let Some(item) = self.machine.token(token, span)? {
                return Ok(item);
            }
        }
    }
}

impl<'a> Deref for Reader<'a> {
    type Target = Machine<'a>;

    fn deref(&self) -> &Machine<'a> {
        &self.machine
    }
}
