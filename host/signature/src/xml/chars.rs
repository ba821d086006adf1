//! Character classes of XML 1.0 (fifth edition), references, and line ends.

use std::borrow::Cow;

use super::XmlErrorKind;

/// Returns `true` if a character is allowed in an XML document.
pub(crate) fn is_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// Byte offset of the first character that is not allowed in XML.
pub(super) fn first_illegal(text: &str) -> Option<usize> {
    // Only control characters and U+FFFE/U+FFFF (first byte 0xEF) can be illegal, so whole blocks
    // are skipped by a loop the compiler can vectorise.
    const BLOCK: usize = 64;
    let control = |byte: u8| byte < b' ' && !is_space(byte);
    let suspicious = |byte: u8| control(byte) | (byte == 0xef);
    let bytes = text.as_bytes();
    let blocks = bytes.chunks(BLOCK).enumerate();
    blocks
        .filter(|(_, block)| block.iter().fold(false, |found, byte| found | suspicious(*byte)))
        .flat_map(|(index, block)| (index * BLOCK..).take(block.len()))
        .find(|at| match bytes.get(*at..).unwrap_or_default() {
            [0xef, 0xbf, last, ..] => *last >= 0xbe,
            [byte, ..] => control(*byte),
            [] => false,
        })
}

/// Returns `true` if `name` is an NCName: a name without a colon.
pub(super) fn is_ncname(name: &str) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.as_bytes().iter().all(plain) {
        return name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    }
    let mut chars = name.chars();
    chars.next().is_some_and(is_name_start) && chars.all(is_name_char)
}

/// Splits a qualified name into prefix (may be empty) and local name; `None` if it is not valid.
pub(super) fn split_name(name: &str) -> Option<(&str, &str)> {
    match name.split_once(':') {
        None => is_ncname(name).then_some(("", name)),
        Some((prefix, local)) => (is_ncname(prefix) && is_ncname(local)).then_some((prefix, local)),
    }
}

fn is_name_start(c: char) -> bool {
    matches!(c,
        'A'..='Z' | 'a'..='z' | '_'
        | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}'
        | '\u{2070}'..='\u{218f}' | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}'
        | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}')
}

fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c,
            '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}

/// XML white space.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Resolves a reference to its character; `body` is the text between `&` and `;`.
pub(super) fn resolve(body: &str) -> Result<char, XmlErrorKind> {
    let number = match body.strip_prefix('#') {
        None => {
            return match body {
                "lt" => Ok('<'),
                "gt" => Ok('>'),
                "amp" => Ok('&'),
                "quot" => Ok('"'),
                "apos" => Ok('\''),
                _ => Err(XmlErrorKind::Entity(body.chars().take(40).collect())),
            };
        }
        Some(number) => number,
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would accept a sign.
    let plain = digits.chars().all(|c| c.is_digit(radix));
    u32::from_str_radix(digits, radix)
        .ok()
        .filter(|_| plain)
        .and_then(char::from_u32)
        .filter(|c| is_char(*c))
        .ok_or_else(|| {
            let shown: String = body.chars().take(40).collect();
            XmlErrorKind::Malformed(format!("&{shown}; is not a valid XML character"))
        })
}

/// `text` with CR LF and lone CR turned into LF.
pub(super) fn line_ends(text: &str) -> Cow<'_, str> {
    if !text.as_bytes().contains(&b'\r') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
}
