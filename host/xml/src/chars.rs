//! The character classes of XML 1.0 (fifth edition).

use crate::error::{ErrorKind, Fault};

/// Returns `true` if XML allows this code point (production `Char`).
#[must_use]
pub fn is_char(code: u32) -> bool {
    matches!(code, 0x9 | 0xA | 0xD | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x1_0000..=0x10_FFFF)
}

/// Returns `true` for XML white space.
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Returns `true` if this is a name without a colon (production `NCName`).
#[must_use]
pub fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

fn is_name_start(c: char) -> bool {
    matches!(c,
        'a'..='z' | 'A'..='Z' | '_'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

fn is_name_char(c: char) -> bool {
    is_name_start(c) || matches!(c, '0'..='9' | '-' | '.' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Refuses text with a character that XML does not allow anywhere.
///
/// Done once for the whole text, so that no later step needs to check characters again.
pub(crate) fn check(text: &str) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    // Folding instead of searching lets the compiler use vector instructions; offenders are rare.
    let controls = |bytes: &[u8]| bytes.iter().fold(false, |bad, &byte| bad | is_control(byte));
    const CHUNK: usize = 4096;
    let control = bytes.chunks(CHUNK).position(controls).and_then(|chunk| {
        let start = chunk * CHUNK;
        let within = bytes.get(start..)?.iter().position(|&byte| is_control(byte))?;
        Some(start + within)
    });
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    let noncharacter =
        memchr::memmem::find_iter(bytes, b"\xEF\xBF").find(|&at| bytes.get(at + 2).is_some_and(|&byte| byte >= 0xBE));
    let Some(at) = [control, noncharacter].into_iter().flatten().min() else {
        return Ok(());
    };
    let code = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, u32::from);
    Err(Fault::new(at, ErrorKind::IllegalCharacter { code }))
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
}
