//! Typographic quotation marks, which word processors and chat programs substitute for straight ones.

use std::ops::Range;

use crate::error::{ErrorKind, Fault};

/// The typographic mark at the start of `text[span]`, where an attribute value should open.
pub(crate) fn opening(text: &str, span: Range<usize>) -> Option<Fault> {
    let found = at_start(text.get(span.clone())?)?;
    Some(Fault::new(span.start, ErrorKind::TypographicQuote { found }))
}

/// The first typographic mark in `text[span]` where an attribute value could close: followed by white space or the end
/// of the tag.
pub(crate) fn closing(text: &str, span: Range<usize>) -> Option<Fault> {
    let within = text.get(span.clone())?;
    within.char_indices().find_map(|(at, found)| {
        let next = text.get(span.start + at + found.len_utf8()..)?.chars().next();
        let closes = next.is_none_or(|next| matches!(next, ' ' | '\t' | '\n' | '\r' | '/' | '>' | '?'));
        (is_typographic(found) && closes).then(|| Fault::new(span.start + at, ErrorKind::TypographicQuote { found }))
    })
}

/// The typographic mark at the start of a text.
pub(crate) fn at_start(text: &str) -> Option<char> {
    text.chars().next().filter(|c| is_typographic(*c))
}

fn is_typographic(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201F}' | '\u{2033}' | '\u{301D}'..='\u{301F}' | '\u{FF02}' | '\u{FF07}')
}
