//! Why verdicts may differ: where xmllint is wrong by the letter of XSD 1.0 or XML, as data: what it says, and why that is its mistake; and what
//! ours leaves out.

use crate::xmllint::Error;

/// A defect of the validator.
pub(crate) struct Defect {
    /// Why it is one.
    pub(crate) reason: &'static str,
    /// It complains like this about something that is right.
    pub(crate) complaint: fn(&Error) -> bool,
    /// Or it overlooks what breaks this rule of ours, with this value.
    pub(crate) overlooks: fn(rule: &str, value: &str) -> bool,
}

/// The defects met so far, in libxml2 2.9.14.
pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        reason: "White space around a value of xs:int is collapsed (Part 2, 3.3.17 and 4.3.6); libxml2 reads it as it is",
        complaint: |error| refuses(error, |value| is_padded(value) && whole(value.trim_matches(SPACE))),
        overlooks: |_, _| false,
    },
    Defect {
        reason: "White space around a date or time is collapsed (Part 2, 3.2.7 and 4.3.6); libxml2 reads it as it is",
        complaint: |error| refuses(error, |value| is_padded(value) && value.contains('-')),
        overlooks: |_, _| false,
    },
    Defect {
        reason: "Numbers may have any number of digits (Part 2, 3.2.3); libxml2 reads 24 of them, zeros included",
        complaint: |error| {
            refuses(error, |value| {
                value.bytes().filter(u8::is_ascii_digit).count() > 24 && is_decimal(value)
            })
        },
        overlooks: |_, _| false,
    },
    Defect {
        reason: "Base64 has no characters outside of its alphabet (Part 2, 3.2.16); libxml2 skips them as RFC 2045 asks",
        complaint: |_| false,
        overlooks: |rule, value| {
            let outside = |c: char| !c.is_ascii_alphanumeric() && !SPACE.contains(&c) && !matches!(c, '+' | '/' | '=');
            rule == "XSD-type" && value.contains(outside)
        },
    },
    Defect {
        reason: "Which edition of XML says what a name is: libxml2 reads elements by the fifth edition of XML 1.0, as we do \
                 everywhere, but xs:ID by the second, which knows no characters beyond the first plane",
        complaint: |error| {
            error.what().contains("is not a valid value of the atomic type 'xs:ID'")
                && error
                    .value()
                    .is_some_and(|value| value.chars().any(|c| u32::from(c) > 0xFFFF))
        },
        overlooks: |_, _| false,
    },
];

/// What we leave out on purpose: xmllint is right.
pub(crate) const LIMITS: &[Defect] = &[Defect {
    reason: "Inside the lax wildcards of XML-DSig a foreign element may name a type of XML Schema itself (xsi:type) and \
             is judged by it; ours does not judge what wildcards take",
    complaint: |error| {
        error.text.contains("Schemas validity error : Element '{urn:x-test:")
            || error.text.contains("{http://test.example/b}")
    },
    overlooks: |_, _| false,
}];

/// White space as XML has it.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// The error says that a value does not have its type, and the value is such a one.
fn refuses(error: &Error, value: impl Fn(&str) -> bool) -> bool {
    error.what().contains("is not a valid value of the") && error.value().is_some_and(value)
}

fn is_padded(value: &str) -> bool {
    value.trim_matches(SPACE) != value
}

fn is_decimal(value: &str) -> bool {
    let value = value.trim_matches(SPACE);
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.matches('.').count() < 2
}

fn whole(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
