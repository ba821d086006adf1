//! White space, lengths in characters, and XML names.

/// Checks for XML white space: space, tab, line feed, carriage return.
#[must_use]
#[inline]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Returns `true` if there is only white space.
#[must_use]
#[inline]
pub fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| is_space(*byte))
}

/// Returns the text without surrounding white space.
#[must_use]
#[inline]
pub fn trim(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

/// Counts the characters (code points) of a UTF-8 text.
#[must_use]
#[inline]
pub fn count_characters(text: &[u8]) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    // Continuation bytes are 10xxxxxx: the top bit is set, the next one is not.
    let continuations_in = |word: u64| (word >> 7) & !(word >> 6) & LOW;
    let (words, rest) = text.as_chunks::<8>();
    let mut continuations = 0;
    for word in words {
        continuations += continuations_in(u64::from_le_bytes(*word)).count_ones();
    }
    match text.last_chunk::<8>() {
        // The last eight bytes overlap the words before: only the new ones, in the high bits, count.
        Some(last) if !rest.is_empty() => {
            let counted = 8 * (8 - rest.len());
            continuations += (continuations_in(u64::from_le_bytes(*last)) >> counted).count_ones();
        }
        _ => continuations += rest.iter().map(|byte| u32::from(byte & 0xC0 == 0x80)).sum::<u32>(),
    }
    text.len() - continuations as usize
}

/// Returns `true` if the number of characters is within the bounds.
#[must_use]
#[inline]
pub fn length_fits(text: &[u8], min: u32, max: u32) -> bool {
    let bytes = text.len();
    let (min, max) = (min as usize, max as usize);
    // A character has one to four bytes, which settles most texts without counting.
    if bytes <= max && bytes.div_ceil(4) >= min {
        return true;
    }
    if bytes < min || bytes.div_ceil(4) > max {
        return false;
    }
    let characters = count_characters(text);
    characters >= min && characters <= max
}

/// Returns `true` if the text has more UTF-16 units than the bound. A text with no more bytes than the bound can't
/// exceed it, which settles nearly all texts.
#[must_use]
#[inline]
pub fn exceeds_in_utf16(text: &[u8], max: u32) -> bool {
    text.len() > max as usize && count_utf16(text.iter().copied()) > max as usize
}

/// Like [`exceeds_in_utf16`], after collapsing white space.
pub(super) fn collapsed_exceeds_in_utf16(text: &[u8], max: u32) -> bool {
    text.len() > max as usize && count_utf16(collapsed(trim(text))) > max as usize
}

/// Characters outside the basic plane, with four bytes in UTF-8, are two units; all others are one.
#[cold]
fn count_utf16(text: impl Iterator<Item = u8>) -> usize {
    text.map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0))
        .sum()
}

/// Returns `true` if the number of characters after collapsing white space is within the bounds.
pub(super) fn collapsed_length_fits(text: &[u8], min: u32, max: u32) -> bool {
    let text = trim(text);
    let needs_collapsing = |pair: &[u8]| is_space(pair[0]) && is_space(pair[1]);
    if !text.windows(2).any(needs_collapsing) {
        return length_fits(text, min, max);
    }
    let characters = collapsed(text).filter(|byte| byte & 0xC0 != 0x80).count();
    characters >= min as usize && characters <= max as usize
}

/// Returns `true` if both texts are equal after collapsing white space.
#[must_use]
pub fn collapsed_eq(left: &[u8], right: &[u8]) -> bool {
    collapsed(trim(left)).eq(collapsed(trim(right)))
}

/// Iterates over the bytes of a trimmed text, with each run of white space as one space.
fn collapsed(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut after_space = false;
    text.iter().filter_map(move |byte| {
        let space = is_space(*byte);
        let skipped = space && after_space;
        after_space = space;
        match (skipped, space) {
            (true, _) => None,
            (false, true) => Some(b' '),
            (false, false) => Some(*byte),
        }
    })
}

/// Returns `true` for an XML name without a colon (`NCName`).
#[must_use]
pub fn is_nc_name(text: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(text) else {
        return false;
    };
    let mut characters = text.chars();
    characters.next().is_some_and(starts_name) && characters.all(|c| starts_name(c) || continues_name(c))
}

fn starts_name(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn continues_name(c: char) -> bool {
    matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
