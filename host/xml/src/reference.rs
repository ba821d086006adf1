//! Entity and character references.

use crate::chars::{is_char, is_name};
use crate::error::{ErrorKind, shown};

/// Resolves `&body;` to its character.
pub(crate) fn resolve(body: &str) -> Result<char, ErrorKind> {
    match body {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    let Some(number) = body.strip_prefix('#') else {
        return Err(if is_name(body) {
            ErrorKind::UnknownEntity { name: shown(body) }
        } else {
            ErrorKind::BadReference
        });
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.is_empty() {
        return Err(ErrorKind::BadReference);
    }
    let mut code = 0u32;
    for c in digits.chars() {
        let digit = c.to_digit(radix).ok_or(ErrorKind::BadReference)?;
        code = code.saturating_mul(radix).saturating_add(digit);
    }
    char::from_u32(code)
        .filter(|_| is_char(code))
        .ok_or_else(|| ErrorKind::IllegalReference { reference: shown(body) })
}
