//! Splits the inside of a start tag into attributes and normalises their values.

use std::borrow::Cow;

use super::XmlErrorKind;
use super::chars::{is_space, resolve};

/// An attribute as written in the tag: name, raw value, and the offset of the name.
pub(super) struct RawAttribute<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) at: usize,
}

/// Splits the text between an element's name and the end of its tag into attributes.
pub(super) struct RawAttributes<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> RawAttributes<'a> {
    pub(super) fn new(text: &'a str) -> RawAttributes<'a> {
        RawAttributes { text, at: 0 }
    }

    /// Current read offset, for errors.
    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// The next attribute; `None` at the end of the tag.
    pub(super) fn next(&mut self) -> Result<Option<RawAttribute<'a>>, XmlErrorKind> {
        let spaced = self.skip_space();
        if self.rest().is_empty() {
            return Ok(None);
        }
        if !spaced {
            return Err(XmlErrorKind::malformed("white space missing between attributes"));
        }
        let at = self.at;
        let name = self.take_until(|byte| is_space(byte) || matches!(byte, b'=' | b'"' | b'\'' | b'<'));
        self.skip_space();
        if !self.take(b'=') || name.is_empty() {
            return Err(XmlErrorKind::malformed("attribute without name or value"));
        }
        self.skip_space();
        let quote = match self.rest().as_bytes().first() {
            Some(quote @ (b'"' | b'\'')) => *quote,
            _ => return Err(XmlErrorKind::malformed("attribute value without quotes")),
        };
        self.at += 1;
        let value = self.take_until(|byte| byte == quote);
        if !self.take(quote) {
            return Err(XmlErrorKind::malformed("attribute value without closing quote"));
        }
        Ok(Some(RawAttribute { name, value, at }))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) -> bool {
        !self.take_until(|byte| !is_space(byte)).is_empty()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.rest().as_bytes().first() == Some(&byte);
        self.at += usize::from(found);
        found
    }

    /// Takes everything before the first (ASCII) byte that `stop` accepts.
    fn take_until(&mut self, stop: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().position(stop).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }
}

/// Normalises an attribute value: references are resolved and literal white space becomes spaces
/// (CR LF becomes one), as for attributes without a declared type.
pub(super) fn normalise(raw: &str) -> Result<Cow<'_, str>, XmlErrorKind> {
    let special = |byte: u8| matches!(byte, b'&' | b'<' | b'\t' | b'\n' | b'\r');
    if !raw.bytes().any(special) {
        return Ok(Cow::Borrowed(raw));
    }
    let mut value = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.bytes().position(special) {
        let (plain, tail) = rest.split_at(at);
        value.push_str(plain);
        let mut skip = 1;
        match tail.as_bytes() {
            [b'<', ..] => return Err(XmlErrorKind::malformed("< in an attribute value")),
            [b'&', ..] => {
                let Some(end) = tail.find(';') else {
                    return Err(XmlErrorKind::malformed("& without ; in an attribute value"));
                };
                value.push(resolve(tail.get(1..end).unwrap_or_default())?);
                skip = end + 1;
            }
            [b'\r', b'\n', ..] => {
                value.push(' ');
                skip = 2;
            }
            _ => value.push(' '),
        }
        rest = tail.get(skip..).unwrap_or_default();
    }
    value.push_str(rest);
    Ok(Cow::Owned(value))
}
