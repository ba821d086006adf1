//! Pull reader: the tokenizer finds the tokens, the [`Machine`] judges them.

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
    /// Begins to read; a byte order mark is passed over and counted in all offsets.
    pub(crate) fn new(text: &'a str) -> Result<Reader<'a>, XmlError> {
        let machine = Machine::new(text)?;
        let tokens = Tokens::new(text, machine.base());
        Ok(Reader { tokens, machine })
    }

    /// Reads on. After [`Item::Eof`] comes `Eof` again.
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
