//! Entity and character references.

use super::chars::{is_xml_char, name_is_valid};
use crate::error::{ReadErrorKind, shown};

/// Resolves `&body;` to its character.
pub(super) fn resolve(body: &str) -> Result<char, ReadErrorKind> {
    match body {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    let Some(number) = body.strip_prefix('#') else {
        return Err(if name_is_valid(body) {
            ReadErrorKind::UnknownEntity { name: shown(body) }
        } else {
            ReadErrorKind::BadReference
        });
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() {
        return Err(ReadErrorKind::BadReference);
    }
    let mut code = 0u32;
    for c in digits.chars() {
        let digit = c.to_digit(radix).ok_or(ReadErrorKind::BadReference)?;
        code = code.saturating_mul(radix).saturating_add(digit);
    }
    char::from_u32(code)
        .filter(|_| is_xml_char(code))
        .ok_or_else(|| ReadErrorKind::IllegalReference { reference: shown(body) })
}
