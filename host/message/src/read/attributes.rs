//! The attributes of a start tag, split but not yet resolved.

use super::Fault;
use super::chars::is_space;
use super::quotes;
use crate::error::{ReadErrorKind, shown};
use crate::limits::Limits;

/// An attribute as written; all offsets are into the text.
#[derive(Clone, Copy)]
pub(super) struct Written<'t> {
    /// Its name, not yet checked.
    pub(super) name: &'t str,
    /// Offset of the name.
    pub(super) at: usize,
    /// Start of the value between the quotes.
    pub(super) start: usize,
    /// End of the value.
    pub(super) end: usize,
}

impl Written<'_> {
    /// Returns `true` if this declares a namespace.
    pub(super) fn is_declaration(&self) -> bool {
        self.name
            .strip_prefix("xmlns")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }
}

/// Splits `text[start..end]`, the part after the name in the start tag of `element`, into `out`.
pub(super) fn split<'t>(
    text: &'t str,
    element: &str,
    start: usize,
    end: usize,
    out: &mut Vec<Written<'t>>,
) -> Result<(), Fault> {
    let bytes = &text.as_bytes()[..end];
    let refuse = |at, reason| {
        Fault::new(
            at,
            ReadErrorKind::BadAttribute {
                element: shown(element),
                reason,
            },
        )
    };
    let skip = |mut at: usize| {
        while bytes.get(at).is_some_and(|&byte| is_space(byte)) {
            at += 1;
        }
        at
    };
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
        let name_end = bytes[name..].iter().position(ends_name).map_or(end, |len| name + len);
        let equals = skip(name_end);
        if bytes.get(equals) != Some(&b'=') {
            return Err(refuse(name, "an attribute needs = and a quoted value"));
        }
        let quote = skip(equals + 1);
        let Some(&mark @ (b'"' | b'\'')) = bytes.get(quote) else {
            return Err(quotes::opening(text, quote..end)
                .unwrap_or_else(|| refuse(quote.min(end), "the value must stand in quotes")));
        };
        let value = quote + 1;
        let Some(len) = memchr::memchr(mark, &bytes[value..]) else {
            return Err(refuse(quote, "the closing quote is missing"));
        };
        if let Some(bad) = memchr::memchr(b'<', &bytes[value..value + len]) {
            return Err(refuse(value + bad, "write &lt; for < in a value"));
        }
        if out.len() >= Limits::MOST_ATTRIBUTES {
            let limit = Limits::MOST_ATTRIBUTES;
            return Err(Fault::new(
                name,
                ReadErrorKind::TooManyAttributes {
                    element: shown(element),
                    limit,
                },
            ));
        }
        out.push(Written {
            name: &text[name..name_end],
            at: name,
            start: value,
            end: value + len,
        });
        at = value + len + 1;
    }
}
