//! Finds where markup begins and ends, without regard to what it means.

use crate::chars::is_space;
use crate::error::{ErrorKind, Fault};
use crate::quotes;

/// Kind of a token. Its content is read from the text at the token's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// A start tag.
    Start {
        /// End of the name.
        name: usize,
        /// End of what may be attributes.
        inside: usize,
        /// Set if the tag closes itself.
        empty: bool,
    },
    /// An end tag.
    End,
    /// Character data, up to the next markup or reference.
    Text,
    /// A CDATA section.
    Section,
    /// A reference to a character or entity.
    Reference,
    /// A comment.
    Comment,
    /// A processing instruction.
    Instruction,
    /// An XML declaration, or what looks like one.
    Declaration,
    /// The end of the text.
    Eof,
}

/// The tokens of a text, one behind the other.
pub(crate) struct Tokens<'t> {
    text: &'t str,
    /// The last token.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl<'t> Tokens<'t> {
    /// Starts at offset `base`.
    pub(crate) fn new(text: &'t str, base: usize) -> Self {
        Self {
            text,
            start: base,
            end: base,
        }
    }

    /// Moves on to the next token. `open` is the name of the open element, if there is one: its end tag is found faster.
    ///
    /// # Errors
    /// Markup that never ends, or that XML does not know; document types.
    #[inline(always)]
    pub(crate) fn next(&mut self, open: &str) -> Result<Token, Fault> {
        let at = self.end;
        self.start = at;
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        match rest {
            [b'<', b'/', tag @ ..] => {
                if let Some([b'>', ..]) = tag.strip_prefix(open.as_bytes()) {
                    self.end = at + open.len() + "</>".len();
                } else {
                    self.end = self.tag_end(at + "</".len())?;
                }
                Ok(Token::End)
            }
            [b'<', b'!' | b'?', ..] => self.other(rest),
            [b'<', tag @ ..] => self.start_tag(tag),
            [b'&', body @ ..] => match memchr::memchr3(b';', b'&', b'<', body) {
                Some(length) if body.get(length) == Some(&b';') => {
                    self.end = at + length + "&;".len();
                    Ok(Token::Reference)
                }
                _ => Err(Fault::new(at, ErrorKind::BadReference)),
            },
            [] => Ok(Token::Eof),
            text => {
                self.end = at + memchr::memchr2(b'<', b'&', text).unwrap_or(text.len());
                Ok(Token::Text)
            }
        }
    }

    /// A start tag; `tag` is everything behind its `<`.
    #[inline(always)]
    fn start_tag(&mut self, tag: &[u8]) -> Result<Token, Fault> {
        let first = self.start + 1;
        // Most tags have no attributes, and end with their name.
        let stops = |byte: &u8| is_space(*byte) || matches!(byte, b'>' | b'"' | b'\'');
        let length = tag.iter().position(stops).unwrap_or(tag.len());
        self.end = match tag.get(length) {
            Some(b'>') => first + length + 1,
            _ => self.tag_end(first + length)?,
        };
        let inside = tag.get(..self.end - 1 - first).unwrap_or_default();
        let empty = inside.last() == Some(&b'/');
        let inside = inside.strip_suffix(b"/").unwrap_or(inside);
        let name = match tag.get(length) {
            Some(b'"' | b'\'') => inside.iter().position(|byte| is_space(*byte)).unwrap_or(inside.len()),
            _ => length.min(inside.len()),
        };
        Ok(Token::Start {
            name: first + name,
            inside: first + inside.len(),
            empty,
        })
    }

    /// The end of a tag that goes on at `from`: behind the first `>` outside of quotation marks.
    fn tag_end(&self, from: usize) -> Result<usize, Fault> {
        let tag = self.text.as_bytes().get(from..).unwrap_or_default();
        let mut quote = None;
        for at in memchr::memchr3_iter(b'>', b'"', b'\'', tag) {
            match (quote, tag.get(at)) {
                (None, Some(b'>')) => return Ok(from + at + 1),
                (None, mark) => quote = mark,
                (Some(_), mark) if mark == quote => quote = None,
                _ => {}
            }
        }
        let what = if quote.is_some() { "attribute value" } else { "tag" };
        let rest = self.text.get(self.start..).unwrap_or_default();
        let tag = self.start..self.start + rest.find('>').unwrap_or(rest.len());
        let misquoted = quote.and_then(|_| quotes::closing(self.text, tag));
        Err(misquoted.unwrap_or_else(|| self.unclosed(what)))
    }

    /// Everything that begins with `<!` or `<?`.
    fn other(&mut self, rest: &[u8]) -> Result<Token, Fault> {
        let (token, opening, closing, what): (_, &[u8], &[u8], _) = match rest {
            [_, b'!', b'D' | b'd', ..] => return Err(Fault::new(self.start, ErrorKind::Doctype)),
            [_, b'!', b'-', ..] => (Token::Comment, b"<!--", b"-->", "comment"),
            [_, b'!', b'[', ..] => (Token::Section, b"<![CDATA[", b"]]>", "CDATA section"),
            [_, b'!', ..] => return Err(Fault::new(self.start, ErrorKind::BadMarkup)),
            [_, _, b'x', b'm', b'l', b' ' | b'\t' | b'\n' | b'\r' | b'?', ..] => {
                (Token::Declaration, b"<?", b"?>", "processing instruction")
            }
            _ => (Token::Instruction, b"<?", b"?>", "processing instruction"),
        };
        let body = rest.strip_prefix(opening);
        let Some(length) = body.and_then(|body| memchr::memmem::find(body, closing)) else {
            return Err(self.unclosed(what));
        };
        self.end = self.start + opening.len() + length + closing.len();
        Ok(token)
    }

    #[cold]
    fn unclosed(&self, what: &'static str) -> Fault {
        Fault::new(self.start, ErrorKind::UnclosedMarkup { what })
    }
}
