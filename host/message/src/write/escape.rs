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
    let bytes = text.as_bytes();
    let mut done = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        // The rest: control characters, markup characters, and the first byte of U+FFFE and U+FFFF.
        if byte >= 0x20 && !matches!(byte, b'&' | b'<' | b'>' | b'"' | 0xEF) {
            continue;
        }
        let replacement: &[u8] = match (byte, place) {
            (b'&', _) => b"&amp;",
            (b'<', _) => b"&lt;",
            (b'>', Place::Text) => b"&gt;",
            (b'"', Place::Attribute) => b"&quot;",
            (b'\r', _) => b"&#xD;",
            (b'\t', Place::Attribute) => b"&#x9;",
            (b'\n', Place::Attribute) => b"&#xA;",
            _ => {
                let code = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, u32::from);
                if is_char(code) {
                    continue;
                }
                return Err(code);
            }
        };
        out.extend_from_slice(&bytes[done..at]);
        out.extend_from_slice(replacement);
        done = at + 1;
    }
    out.extend_from_slice(&bytes[done..]);
    Ok(())
}
