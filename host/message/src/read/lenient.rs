//! From bytes to text for input from customs: as strict as [`super::decode`] about the bytes of a character, lenient
//! about content around the message and about its declared encoding.

use cebridge_xml::{Position, position_behind};

use super::around::{Around, is_utf16};
use super::decode::{self, Decoded, Encoding};
use super::weigh::is_utf8_after_all;
use crate::arrived::Forgiven;
use crate::error::ReadError;

/// A text, and the faults forgiven to get it.
pub(super) struct Lenient {
    pub(super) decoded: Decoded,
    /// Start of the text in the file.
    pub(super) origin: Position,
    pub(super) forgiven: Vec<Forgiven>,
}

/// Decodes a message. Byte order marks override the declaration. A declared GB encoding is read as UTF-8 if the bytes
/// are valid UTF-8 and make more sense that way; a declared UTF-16 whenever the bytes are valid UTF-8.
pub(super) fn decode(bytes: &[u8]) -> Result<Lenient, ReadError> {
    let mut around = Around::of(bytes);
    let origin = around.origin(bytes);
    let mut forgiven = std::mem::take(&mut around.forgiven);
    if is_utf16(around.body) {
        return utf16(&around, origin, forgiven);
    }
    decode::refuse_unmarked(around.body)?;
    let declared = decode::declaration_of(around.body).map_err(|error| error.moved_to(origin))?;
    let encoding = match &declared {
        None => Encoding::Utf8,
        Some(declared) if declared.encoding == Encoding::Utf8 => Encoding::Utf8,
        Some(declared) if around.bom || is_utf8(declared.encoding, around.body) => {
            forgiven.push(Forgiven::Encoding {
                declared: declared.name.clone(),
                actual: Encoding::Utf8,
            });
            Encoding::Utf8
        }
        Some(declared) => {
            decode::agreed(declared, None)?;
            declared.encoding
        }
    };
    let text = decode::to_text(around.body, encoding, around.skipped).map_err(|error| error.moved_to(origin))?;
    Ok(Lenient {
        decoded: Decoded {
            text,
            encoding,
            bom: around.bom,
        },
        origin,
        forgiven,
    })
}

/// Returns `true` if a message that claims another encoding is in UTF-8.
fn is_utf8(claimed: Encoding, body: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(body) else {
        return false;
    };
    match claimed {
        // Programs that store text as UTF-16 declare that, whatever they write.
        Encoding::Utf16Le | Encoding::Utf16Be => true,
        Encoding::Gb2312 | Encoding::Gbk | Encoding::Gb18030 => is_utf8_after_all(body, text),
        Encoding::Utf8 => true,
    }
}

/// Decodes a message with a UTF-16 byte order mark. Content around it is visible only after decoding.
fn utf16(around: &Around<'_>, origin: Position, mut forgiven: Vec<Forgiven>) -> Result<Lenient, ReadError> {
    let (mark, body) = around.body.split_at(2);
    decode::refuse_unmarked(around.body)?;
    let encoding = if mark == [0xFF, 0xFE] {
        Encoding::Utf16Le
    } else {
        Encoding::Utf16Be
    };
    let mut nul = false;
    let body = match body {
        // Half a character can only be an added NUL.
        [whole @ .., 0] if body.len() % 2 == 1 => {
            nul = true;
            whole
        }
        _ => body,
    };
    let text = decode::to_text(body, encoding, around.skipped + mark.len()).map_err(|error| error.moved_to(origin))?;
    let is_around = |c: char| matches!(c, '\0' | ' ' | '\t' | '\n' | '\r' | '\u{FEFF}');
    let (before, rest) = text.split_at(text.len() - text.trim_start_matches(is_around).len());
    let (kept, behind) = rest.split_at(rest.trim_end_matches(is_around).len());
    nul |= before.contains('\0') || behind.contains('\0');
    if nul && !forgiven.contains(&Forgiven::Nul) {
        forgiven.push(Forgiven::Nul);
    }
    let declared_late = kept.starts_with("<?xml") && before.chars().any(|c| c != '\0');
    if (declared_late || before.contains('\u{FEFF}')) && !forgiven.contains(&Forgiven::BeforeDeclaration) {
        forgiven.push(Forgiven::BeforeDeclaration);
    }
    let origin = position_behind(origin, before.as_bytes());
    let declared = decode::declaration_of(kept.as_bytes()).map_err(|error| error.moved_to(origin))?;
    if let Some(declared) = declared.filter(|declared| decode::agreed(declared, Some(encoding)).is_err()) {
        forgiven.push(Forgiven::Encoding {
            declared: declared.name,
            actual: encoding,
        });
    }
    Ok(Lenient {
        decoded: Decoded {
            text: kept.to_owned(),
            encoding,
            bom: true,
        },
        origin,
        forgiven,
    })
}
