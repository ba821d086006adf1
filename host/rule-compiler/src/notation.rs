//! Parses the notations of rule source: printed formats (`C..60`), schema types (`string 1..60`), occurrences (`0..5`).

use cebridge_rule_core::program::{Base, Simple};

/// A format as printed in the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `C36`, `an..60`, `C18..20`: characters.
    Characters { min: u32, max: u32 },
    /// `n8`: digits in a text.
    Digits { min: u32, max: u32 },
    /// `N19,5`, `N9`: a number with a maximum number of digits, some of them decimal places.
    Number { total: u8, fraction: Option<u8> },
}

/// Parses a printed format; the error explains the notation.
pub(crate) fn format(text: &str) -> Result<Format, &'static str> {
    const HOW: &str =
        "formats are written C36 (exactly), C..60 (up to), C18..20, an36, N19,5 (decimal), N9 (integer), n8 (digits)";
    let letters = text.len() - text.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
    let (letters, size) = text.split_at(letters);
    if letters == "N" {
        let (total, fraction) = match size.split_once(',') {
            Some((total, fraction)) => (total, Some(fraction)),
            None => (size, None),
        };
        let total = digits(total.strip_prefix("..").unwrap_or(total)).ok_or(HOW)?;
        let fraction = fraction.map(|fraction| digits(fraction).ok_or(HOW)).transpose()?;
        if total == 0 || fraction.is_some_and(|fraction| fraction > total) {
            return Err("N19,5 means at most 19 digits, of these at most 5 after the point");
        }
        return Ok(Format::Number { total, fraction });
    }
    let (min, max) = match size.split_once("..") {
        Some(("", max)) => (0, number(max).ok_or(HOW)?),
        Some((min, max)) => (number(min).ok_or(HOW)?, number(max).ok_or(HOW)?),
        None => {
            let exact = number(size).ok_or(HOW)?;
            (exact, exact)
        }
    };
    if max == 0 || min > max {
        return Err("the first length must not be greater than the second one, and the second one not 0");
    }
    match letters {
        "C" | "c" | "an" | "AN" | "a" => Ok(Format::Characters { min, max }),
        "n" => Ok(Format::Digits { min, max }),
        _ => Err(HOW),
    }
}

/// Returns the default schema type for a printed format.
pub(crate) fn derived(format: Format, required: bool) -> Simple {
    match format {
        Format::Characters { min, max } | Format::Digits { min, max } => {
            let min_length = if min == 0 && required { 1 } else { min };
            Simple {
                min_length,
                max_length: Some(max),
                ..plain(Base::String)
            }
        }
        Format::Number {
            total,
            fraction: Some(fraction),
        } => Simple {
            total_digits: Some(total),
            fraction_digits: Some(fraction),
            ..plain(Base::Decimal)
        },
        Format::Number { total, fraction: None } => Simple {
            total_digits: Some(total),
            ..plain(Base::Int)
        },
    }
}

/// Returns a type without facets.
pub(crate) fn plain(base: Base) -> Simple {
    Simple {
        base,
        collapse: false,
        min_length: 0,
        max_length: None,
        total_digits: None,
        fraction_digits: None,
    }
}

const SCHEMA: &str = "types are written string, string ..60, string 1..60, string 36, string 1.. (with or without \
    collapse), int, int 9, integer, decimal 19,5, date, dateTime, base64, anyURI, ID, anyType";

/// Parses a schema type; `None` is `anyType`.
pub(crate) fn schema(text: &str) -> Result<Option<Simple>, &'static str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let collapse = words.last() == Some(&"collapse");
    if collapse {
        words.pop();
    }
    let (name, facet) = match words[..] {
        [name] => (name, None),
        [name, facet] => (name, Some(facet)),
        _ => return Err(SCHEMA),
    };
    let base = match name {
        "anyType" if facet.is_none() && !collapse => return Ok(None),
        "string" => Base::String,
        "int" => Base::Int,
        "integer" => Base::Integer,
        "decimal" => Base::Decimal,
        "date" => Base::Date,
        "dateTime" => Base::DateTime,
        "base64" => Base::Base64,
        "anyURI" => Base::AnyUri,
        "ID" => Base::Id,
        _ => return Err(SCHEMA),
    };
    let mut simple = Simple {
        collapse,
        ..plain(base)
    };
    match (base, facet) {
        (_, None) => {}
        (Base::String | Base::Base64 | Base::AnyUri, Some(facet)) => {
            (simple.min_length, simple.max_length) = lengths(facet).ok_or(SCHEMA)?;
        }
        (Base::Int | Base::Integer, Some(facet)) => simple.total_digits = Some(digits(facet).ok_or(SCHEMA)?),
        (Base::Decimal, Some(facet)) => {
            let (total, fraction) = facet.split_once(',').ok_or(SCHEMA)?;
            simple.total_digits = Some(digits(total).ok_or(SCHEMA)?);
            simple.fraction_digits = Some(digits(fraction).ok_or(SCHEMA)?);
        }
        _ => return Err(SCHEMA),
    }
    if collapse && base != Base::String {
        return Err("only string takes collapse; the other types always collapse");
    }
    if simple.max_length.is_some_and(|max| max < simple.min_length) {
        return Err("the first length must not be greater than the second one");
    }
    Ok(Some(simple))
}

/// Parses `36`, `..60`, `1..60`, `1..`.
fn lengths(text: &str) -> Option<(u32, Option<u32>)> {
    match text.split_once("..") {
        None => number(text).map(|exact| (exact, Some(exact))),
        Some(("", "")) => None,
        Some(("", max)) => Some((0, Some(number(max)?))),
        Some((min, "")) => Some((number(min)?, None)),
        Some((min, max)) => Some((number(min)?, Some(number(max)?))),
    }
}

/// Number of times an element may occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Occurs {
    pub(crate) min: u32,
    /// `None` is unlimited.
    pub(crate) max: Option<u32>,
}

impl Occurs {
    /// Exactly once.
    pub(crate) const ONCE: Self = Self { min: 1, max: Some(1) };
    /// At most once.
    pub(crate) const OPTIONAL: Self = Self { min: 0, max: Some(1) };

    /// Returns `true` if more than one is allowed.
    pub(crate) fn repeats(self) -> bool {
        self.max != Some(1)
    }
}

/// Parses an occurrence: `1`, `0..1`, `1..99`, `0..*`.
pub(crate) fn occurs(text: &str) -> Result<Occurs, &'static str> {
    const HOW: &str = "occurrences are written \"1\", \"0..1\", \"1..99\" or \"0..*\"";
    let (min, max) = text.split_once("..").unwrap_or((text, text));
    let min = number(min).ok_or(HOW)?;
    let max = if max == "*" {
        None
    } else {
        Some(number(max).ok_or(HOW)?)
    };
    if max.is_some_and(|max| max < min || max == 0) {
        return Err(HOW);
    }
    Ok(Occurs { min, max })
}

fn number(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn digits(text: &str) -> Option<u8> {
    number(text).and_then(|digits| u8::try_from(digits).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_formats() {
        assert_eq!(format("C36"), Ok(Format::Characters { min: 36, max: 36 }));
        assert_eq!(format("an..60"), Ok(Format::Characters { min: 0, max: 60 }));
        assert_eq!(format("C18..20"), Ok(Format::Characters { min: 18, max: 20 }));
        assert_eq!(
            format("N19,5"),
            Ok(Format::Number {
                total: 19,
                fraction: Some(5)
            })
        );
        assert_eq!(
            format("N9"),
            Ok(Format::Number {
                total: 9,
                fraction: None
            })
        );
        assert_eq!(format("n8"), Ok(Format::Digits { min: 8, max: 8 }));
        for wrong in ["", "C", "X5", "C..", "C20..18", "N5,19", "C0", "36", "C+5", "Ｃ36", "N"] {
            assert!(format(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_schema_follows_from_the_format() {
        let schema_of = |text: &str, required| derived(format(text).unwrap(), required);
        assert_eq!(Some(schema_of("C36", true)), schema("string 36").unwrap());
        assert_eq!(Some(schema_of("C..60", true)), schema("string 1..60").unwrap());
        assert_eq!(Some(schema_of("C..60", false)), schema("string ..60").unwrap());
        assert_eq!(Some(schema_of("C18..20", false)), schema("string 18..20").unwrap());
        assert_eq!(Some(schema_of("N19,5", true)), schema("decimal 19,5").unwrap());
        assert_eq!(Some(schema_of("N9", true)), schema("int 9").unwrap());
    }

    #[test]
    fn schema_types() {
        assert_eq!(schema("anyType"), Ok(None));
        assert!(schema("string ..60 collapse").unwrap().unwrap().collapse);
        assert_eq!(schema("string 1..").unwrap().unwrap().max_length, None);
        for wrong in [
            "",
            "text",
            "string a",
            "string 5..3",
            "decimal 19",
            "int 9 collapse",
            "date 8",
            "string 1 2 3",
        ] {
            assert!(schema(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn occurrences() {
        assert_eq!(occurs("1"), Ok(Occurs::ONCE));
        assert_eq!(occurs("0..1"), Ok(Occurs::OPTIONAL));
        assert_eq!(occurs("0..*"), Ok(Occurs { min: 0, max: None }));
        assert!(occurs("1..*").unwrap().repeats());
        for wrong in ["", "0", "*", "2..1", "1..", "-1", "1 .. 2"] {
            assert!(occurs(wrong).is_err(), "{wrong}");
        }
    }
}
