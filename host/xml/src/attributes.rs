//! The attributes of a start tag, split but not yet resolved.

use std::borrow::Cow;

use crate::chars::is_space;
use crate::error::{ErrorKind, Fault, shown};
use crate::{quotes, reference};

/// An attribute as written; all offsets are into the text.
#[derive(Clone, Copy)]
pub(crate) struct Written<'t> {
    /// Its name, not yet checked.
    pub(crate) name: &'t str,
    /// Offset of the name.
    pub(crate) at: usize,
    /// What stands between the quotation marks.
    pub(crate) raw: &'t str,
    /// Offset of that.
    pub(crate) raw_at: usize,
}

impl<'t> Written<'t> {
    /// Returns `true` if this declares a namespace.
    pub(crate) fn is_declaration(&self) -> bool {
        self.name
            .strip_prefix("xmlns")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }

    /// The value: references are resolved and literal white space becomes spaces (CR LF becomes one), as for attributes
    /// without a declared type (XML 1.0, 3.3.3).
    pub(crate) fn value(&self) -> Result<Cow<'t, str>, Fault> {
        let special = |byte: u8| matches!(byte, b'&' | b'\t' | b'\n' | b'\r');
        let mut rest = self.raw;
        let Some(mut next) = rest.bytes().position(special) else {
            return Ok(Cow::Borrowed(rest));
        };
        let mut value = String::with_capacity(rest.len());
        loop {
            let (plain, tail) = rest.split_at(next);
            value.push_str(plain);
            let length = if let Some(body) = tail.strip_prefix('&') {
                let fault = |kind| Fault::new(self.raw_at + self.raw.len() - tail.len(), kind);
                let Some((body, _)) = body.split_once(';') else {
                    return Err(fault(ErrorKind::BadReference));
                };
                value.push(reference::resolve(body).map_err(fault)?);
                body.len() + "&;".len()
            } else {
                value.push(' ');
                if tail.starts_with("\r\n") { 2 } else { 1 }
            };
            rest = tail.get(length..).unwrap_or_default();
            match rest.bytes().position(special) {
                Some(at) => next = at,
                None => break,
            }
        }
        value.push_str(rest);
        Ok(Cow::Owned(value))
    }
}

/// Splits `text[start..end]`, the part behind the name in the start tag of `element`, into at most `most` attributes.
pub(crate) fn split<'t>(
    text: &'t str,
    element: &str,
    start: usize,
    end: usize,
    most: usize,
    out: &mut Vec<Written<'t>>,
) -> Result<(), Fault> {
    let bytes = text.as_bytes().get(..end).unwrap_or_default();
    let from = |at: usize| bytes.get(at..).unwrap_or_default();
    let slice = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let refuse = |at, reason| {
        let element = shown(element);
        Fault::new(at, ErrorKind::BadAttribute { element, reason })
    };
    let skip = |at: usize| at + from(at).iter().take_while(|&&byte| is_space(byte)).count();
    let mut at = start;
    loop {
        let name = skip(at);
        if name >= end {
            return Ok(());
        }
        if name == at {
            return Err(refuse(at, "white space is missing before this"));
        }
        let ends_name = |byte: &u8| is_space(*byte) || matches!(byte, b'=' | b'"' | b'\'' | b'<' | b'/');
        let name_end = from(name).iter().position(ends_name).map_or(end, |len| name + len);
        let equals = skip(name_end);
        if bytes.get(equals) != Some(&b'=') {
            return Err(refuse(name, "an attribute needs = and a quoted value"));
        }
        let quote = skip(equals + 1);
        let Some(&mark @ (b'"' | b'\'')) = bytes.get(quote) else {
            return Err(quotes::opening(text, quote..end)
                .unwrap_or_else(|| refuse(quote.min(end), "the value must stand in quotes")));
        };
        let raw_at = quote + 1;
        let Some(len) = memchr::memchr(mark, from(raw_at)) else {
            return Err(refuse(quote, "the closing quote is missing"));
        };
        let raw = slice(raw_at, raw_at + len);
        if let Some(bad) = memchr::memchr(b'<', raw.as_bytes()) {
            return Err(refuse(raw_at + bad, "write &lt; for < in a value"));
        }
        if out.len() >= most {
            let (element, limit) = (shown(element), most);
            return Err(Fault::new(name, ErrorKind::TooManyAttributes { element, limit }));
        }
        out.push(Written {
            name: slice(name, name_end),
            at: name,
            raw,
            raw_at,
        });
        at = raw_at + len + 1;
    }
}
