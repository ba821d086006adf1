//! Escapes character data as in Canonical XML.

use cebridge_xml::is_char;

/// Context of a text; the two are escaped differently.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Text,
    Attribute,
}

/// Appends `text`, escaped.
///
/// # Errors
/// The first code point that XML does not allow.
pub(super) fn escape(text: &str, place: Place, out: &mut Vec<u8>) -> Result<(), u32> {
    let mut rest = text;
    while let Some(at) = rest.bytes().position(may_need_care) {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain.as_bytes());
        let mut chars = special.chars();
        let Some(c) = chars.next() else {
            return Ok(());
        };
        let mut unescaped = [0; 4];
        let replacement: &[u8] = match (c, place) {
            ('&', _) => b"&amp;",
            ('<', _) => b"&lt;",
            ('>', Place::Text) => b"&gt;",
            ('"', Place::Attribute) => b"&quot;",
            ('\r', _) => b"&#xD;",
            ('\t', Place::Attribute) => b"&#x9;",
            ('\n', Place::Attribute) => b"&#xA;",
            _ if is_char(c.into()) => c.encode_utf8(&mut unescaped).as_bytes(),
            _ => return Err(c.into()),
        };
        out.extend_from_slice(replacement);
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(())
}

/// Control characters, markup characters, and the first byte of U+FFFE and U+FFFF.
fn may_need_care(byte: u8) -> bool {
    byte < 0x20 || matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xEF)
}
