//! Simple types as JSON Schema: strings with lengths and patterns.

use crate::json::Object;
use cebridge_rule_core::program::{Base, Simple};

const ZONE: &str = "(?:Z|[+-][0-9]{2}:[0-9]{2})?";
const DAY: &str = "-?[0-9]{4,}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])";

/// Adds the constraints on a value. With `may_be_empty`, an empty text is accepted too: it means the fixed or default
/// value.
pub(super) fn describe(simple: &Simple, may_be_empty: bool, out: &mut Object) {
    out.set("type", "string");
    // Lengths of base64 count octets, not characters.
    if simple.base != Base::Base64 {
        if simple.min_length > 0 && !may_be_empty {
            out.set("minLength", simple.min_length);
        }
        if let Some(max) = simple.max_length {
            out.set("maxLength", max);
        }
    } else {
        out.set("contentEncoding", "base64");
    }
    if let Some(pattern) = pattern(simple) {
        let pattern = if may_be_empty {
            format!("^(?:{pattern})?$")
        } else {
            format!("^(?:{pattern})$")
        };
        out.set("pattern", pattern);
    }
}

/// Returns the pattern of a value, without anchors; `None` if any text will do.
fn pattern(simple: &Simple) -> Option<String> {
    match simple.base {
        Base::String | Base::AnyUri => None,
        Base::Decimal => Some(decimal(simple)),
        Base::Integer | Base::Int => Some(match simple.total_digits {
            Some(total) => format!("[+-]?0*[0-9]{{1,{total}}}"),
            None => "[+-]?[0-9]+".to_owned(),
        }),
        Base::Date => Some(format!("{DAY}{ZONE}")),
        Base::DateTime => Some(format!("{DAY}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(?:\\.[0-9]+)?{ZONE}")),
        Base::Base64 => Some("[A-Za-z0-9+/=\\s]*".to_owned()),
        Base::Id => Some("[^\\s:0-9.\\-][^\\s:]*".to_owned()),
    }
}

/// Leading zeros, and trailing zeros of the fraction, do not count as digits.
fn decimal(simple: &Simple) -> String {
    let total = simple.total_digits.map(|total| {
        let whole = format!("[0-9]{{0,{total}}}\\.?");
        let broken = format!("(?=[0-9]*\\.)(?:\\.?[0-9]){{0,{total}}}\\.?0*");
        format!("(?=[+-]?0*(?:{whole}|{broken})$)")
    });
    let fraction = match simple.fraction_digits {
        Some(0) => "(?:\\.0*)?".to_owned(),
        Some(digits) => format!("(?:\\.[0-9]{{0,{digits}}}0*)?"),
        None => "(?:\\.[0-9]*)?".to_owned(),
    };
    format!("{}[+-]?(?=\\.?[0-9])[0-9]*{fraction}", total.unwrap_or_default())
}
