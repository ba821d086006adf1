//! Simple types in words: the notation of rule source, and the facets of XSD one by one.

use cebridge_rule_core::program::{Base, Simple};

/// Name of the built-in type, as XSD and rule source write it.
pub(crate) const fn base(base: Base) -> &'static str {
    match base {
        Base::String => "string",
        Base::Decimal => "decimal",
        Base::Integer => "integer",
        Base::Int => "int",
        Base::Date => "date",
        Base::DateTime => "dateTime",
        Base::Base64 => "base64Binary",
        Base::AnyUri => "anyURI",
        Base::Id => "ID",
    }
}

/// Returns the facets of a type as XSD 1.0 names them, in a fixed order.
#[must_use]
pub fn facets(simple: &Simple) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    if simple.collapse && simple.base == Base::String {
        out.push(("whiteSpace", "collapse".to_owned()));
    }
    match simple.max_length {
        Some(max) if max == simple.min_length => out.push(("length", max.to_string())),
        max => {
            if simple.min_length > 0 {
                out.push(("minLength", simple.min_length.to_string()));
            }
            if let Some(max) = max {
                out.push(("maxLength", max.to_string()));
            }
        }
    }
    for (name, digits) in [
        ("totalDigits", simple.total_digits),
        ("fractionDigits", simple.fraction_digits),
    ] {
        if let Some(digits) = digits {
            out.push((name, digits.to_string()));
        }
    }
    out
}

/// Formats a type in the notation of rule source: `string 1..60`, `decimal 19,5`, `string 1 collapse`.
#[must_use]
pub fn notation(simple: &Simple) -> String {
    let mut out = base(simple.base).to_owned();
    match (simple.min_length, simple.max_length) {
        (0, None) => {}
        (min, Some(max)) if min == max => out.push_str(&format!(" {max}")),
        (0, Some(max)) => out.push_str(&format!(" ..{max}")),
        (min, Some(max)) => out.push_str(&format!(" {min}..{max}")),
        (min, None) => out.push_str(&format!(" {min}..")),
    }
    match (simple.total_digits, simple.fraction_digits) {
        (Some(total), Some(fraction)) => out.push_str(&format!(" {total},{fraction}")),
        (Some(total), None) => out.push_str(&format!(" {total}")),
        (None, Some(fraction)) => out.push_str(&format!(" ,{fraction}")),
        (None, None) => {}
    }
    if simple.collapse && simple.base == Base::String {
        out.push_str(" collapse");
    }
    out
}
