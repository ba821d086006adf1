//! Comments and processing instructions.

use crate::chars::{is_name, is_space};
use crate::error::{ErrorKind, Fault};
use crate::item::{Item, Text};

/// A comment that begins at `start`, from what stands between its delimiters.
pub(crate) fn comment(body: Text<'_>, start: usize) -> Result<Item<'_>, Fault> {
    if body.raw.contains("--") || body.raw.ends_with('-') {
        return Err(Fault::new(start, ErrorKind::BadComment));
    }
    Ok(Item::Comment(body))
}

/// A processing instruction that begins at `start`, from what stands between its delimiters.
pub(crate) fn instruction(body: Text<'_>, start: usize) -> Result<Item<'_>, Fault> {
    let length = body.raw.bytes().position(is_space).unwrap_or(body.raw.len());
    let (target, rest) = body.raw.split_at(length);
    if !is_name(target) || target.eq_ignore_ascii_case("xml") {
        return Err(Fault::new(start, ErrorKind::BadInstruction));
    }
    let raw = rest.trim_start_matches([' ', '\t', '\n', '\r']);
    let at = body.at + body.raw.len() - raw.len();
    let data = Text { raw, at, ..body };
    Ok(Item::Instruction { target, data })
}
