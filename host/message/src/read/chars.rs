//! The character classes of XML 1.0.

use super::Fault;
use crate::error::ReadErrorKind;

/// Returns `true` if XML allows this code point (production `Char`).
pub(crate) fn is_xml_char(code: u32) -> bool {
    matches!(code, 0x9 | 0xA | 0xD | 0x20..=0xD7FF | 0xE000..=0xFFFD | 0x1_0000..=0x10_FFFF)
}

/// XML white space.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Returns `true` if this is a name without a colon (production `NCName`).
pub(crate) fn name_is_valid(name: &str) -> bool {
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
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    // Folding instead of searching lets the compiler use vector instructions; offenders are rare.
    let controls = |bytes: &[u8]| bytes.iter().fold(false, |bad, &byte| bad | is_control(byte));
    let control = bytes
        .chunks(4096)
        .position(controls)
        .and_then(|chunk| (chunk * 4096..bytes.len()).find(|&at| is_control(bytes[at])));
    // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
    let noncharacter =
        memchr::memmem::find_iter(bytes, b"\xEF\xBF").find(|&at| bytes.get(at + 2).is_some_and(|&byte| byte >= 0xBE));
    let Some(at) = [control, noncharacter].into_iter().flatten().min() else {
        return Ok(());
    };
    let code = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, u32::from);
    Err(Fault::new(at, ReadErrorKind::IllegalCharacter { code }))
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20) & (byte != b'\t') & (byte != b'\n') & (byte != b'\r')
}
