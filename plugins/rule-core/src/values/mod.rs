//! Lexical checks of the simple types of XSD 1.0, and exact decimals; all on bytes, without allocation.
//!
//! The text of XSD 1.0 is decisive, even where common validators differ from it: libxml2 ignores characters outside the
//! base64 alphabet, and rejects white space around dates and whole numbers.

mod base64;
mod calendar;
mod decimal;
mod identity;
mod text;
mod uri;

pub use base64::octets as base64_octets;
pub use calendar::{is_compact_date, is_compact_date_time, is_compact_timestamp, is_date, is_date_time};
pub use decimal::{Decimal, MAX_DIGITS, is_short_number};
pub use identity::is_identity;
pub use text::{collapsed_eq, count_characters, exceeds_in_utf16, is_blank, is_nc_name, is_space, length_fits, trim};
pub use uri::is_uri;

use crate::program::{Base, Simple};
use crate::schema_rules::SchemaRule;
use decimal::Shape;

/// Checks a text against a simple type: returns the first broken rule, `None` if it is a valid value of the type.
#[must_use]
#[inline]
pub fn check(simple: &Simple, text: &[u8]) -> Option<SchemaRule> {
    match simple.base {
        Base::String => {
            let max = simple.max_length.unwrap_or(u32::MAX);
            let fits = if simple.collapse {
                text::collapsed_length_fits(text, simple.min_length, max)
            } else {
                length_fits(text, simple.min_length, max)
            };
            broken(fits, SchemaRule::Length)
        }
        Base::Decimal | Base::Int | Base::Integer => number(simple, trim(text)),
        base => other(simple, base, text),
    }
}

/// Returns `true` if a valid value of the type has more UTF-16 units than its maximum length in characters.
#[must_use]
#[inline]
pub fn is_long_in_utf16(simple: &Simple, text: &[u8]) -> bool {
    let Some(max) = simple.max_length.filter(|_| simple.base == Base::String) else {
        return false;
    };
    if simple.collapse {
        text::collapsed_exceeds_in_utf16(text, max)
    } else {
        exceeds_in_utf16(text, max)
    }
}

/// Returns `true` if a text equals the fixed value of its declaration, after white space handling for the type.
#[must_use]
pub fn equals_fixed(simple: &Simple, text: &[u8], fixed: &str) -> bool {
    if simple.base == Base::String && !simple.collapse {
        text == fixed.as_bytes()
    } else {
        collapsed_eq(text, fixed.as_bytes())
    }
}

fn broken(holds: bool, rule: SchemaRule) -> Option<SchemaRule> {
    if holds { None } else { Some(rule) }
}

fn number(simple: &Simple, text: &[u8]) -> Option<SchemaRule> {
    let Some(shape) = Shape::of(text) else {
        return Some(SchemaRule::Type);
    };
    let is_type = match simple.base {
        Base::Int => !shape.point && decimal::fits_int(text),
        Base::Integer => !shape.point,
        _ => true,
    };
    if !is_type {
        return Some(SchemaRule::Type);
    }
    let fits = simple.total_digits.is_none_or(|max| shape.total() <= usize::from(max))
        && simple
            .fraction_digits
            .is_none_or(|max| shape.fraction <= usize::from(max));
    broken(fits, SchemaRule::Digits)
}

#[cold]
fn other(simple: &Simple, base: Base, text: &[u8]) -> Option<SchemaRule> {
    let length = match base {
        Base::Date if is_date(trim(text)) => return None,
        Base::DateTime if is_date_time(trim(text)) => return None,
        Base::Base64 => base64_octets(text),
        Base::AnyUri if is_uri(trim(text)) => Some(count_characters(trim(text))),
        Base::Id if is_nc_name(trim(text)) => Some(count_characters(trim(text))),
        _ => None,
    };
    let Some(length) = length else {
        return Some(SchemaRule::Type);
    };
    let fits = length >= simple.min_length as usize && simple.max_length.is_none_or(|max| length <= max as usize);
    broken(fits, SchemaRule::Length)
}

#[cfg(test)]
mod tests;
