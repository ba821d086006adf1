//! Why verdicts may differ: where xmllint is wrong by the letter of XSD 1.0 or XML, as data: what it says, and why that is its mistake; and what
//! ours leaves out.

use crate::xmllint::Error;

/// A defect of the validator.
pub(crate) struct Defect {
    /// Why it is one.
    pub(crate) reason: &'static str,
    /// It complains like this about something that is right; the other argument is the message.
    pub(crate) complaint: fn(&Error, &str) -> bool,
    /// Or it overlooks what breaks this rule of ours, with this value.
    pub(crate) overlooks: fn(rule: &str, value: &str) -> bool,
}

/// The defects met so far, in libxml2 2.9.14.
pub(crate) const DEFECTS: &[Defect] = &[
    Defect {
        reason: "White space around a value of xs:int is collapsed (Part 2, 3.3.17 and 4.3.6); libxml2 reads it as it is",
        complaint: |error, _| refuses(error, |value| is_padded(value) && whole(value.trim_matches(SPACE))),
        overlooks: |_, _| false,
    },
    Defect {
        reason: "White space around a date or time is collapsed (Part 2, 3.2.7 and 4.3.6); libxml2 reads it as it is",
        complaint: |error, _| refuses(error, |value| is_padded(value) && value.contains('-')),
        overlooks: |_, _| false,
    },
    Defect {
        reason: "Numbers may have any number of digits (Part 2, 3.2.3); libxml2 reads 24 of them, zeros included",
        complaint: |error, _| {
            refuses(error, |value| {
                value.bytes().filter(u8::is_ascii_digit).count() > 24 && is_decimal(value)
            })
        },
        overlooks: |_, _| false,
    },
    Defect {
        reason: "Base64 has no characters outside of its alphabet (Part 2, 3.2.16); libxml2 skips them as RFC 2045 asks",
        complaint: |_, _| false,
        overlooks: |rule, value| {
            let outside = |c: char| !c.is_ascii_alphanumeric() && !SPACE.contains(&c) && !matches!(c, '+' | '/' | '=');
            rule == "XSD-type" && value.contains(outside)
        },
    },
    Defect {
        reason: "Which edition of XML says what a name is: libxml2 reads elements by the fifth edition of XML 1.0, as we do \
                 everywhere, but xs:ID by the second, which knows fewer characters",
        complaint: |error, _| {
            let is_new = |c: char| !c.is_ascii() && !('\u{4e00}'..='\u{9fa5}').contains(&c);
            error.what().contains("is not a valid value of the atomic type 'xs:ID'")
                && error.value().is_some_and(|value| value.contains(is_new))
        },
        overlooks: |_, _| false,
    },
    Defect {
        reason: "CDATA sections are no part of the information set: white space in one is white space, and an empty one is \
                 nothing (Part 1, 3.3.4 and 3.4.4); libxml2 takes the one for text between elements and what follows \
                 for missing, and gives an element with the other no default value",
        complaint: |error, message| {
            let complaints = [
                "Character content other than whitespace is not allowed",
                "Missing child element(s)",
                "The value has a length of '0'",
            ];
            let mut sections = message.split("<![CDATA[").skip(1);
            complaints.iter().any(|text| error.what().contains(text))
                && sections.any(|rest| rest.trim_start_matches(SPACE).starts_with("]]>"))
        },
        overlooks: |_, _| false,
    },
];

/// What we leave out on purpose: xmllint is right.
pub(crate) const LIMITS: &[Defect] = &[
    Defect {
        reason: "xsi:type may name the very type of the element (Part 1, 3.3.4); ours refuses every xsi:type, as no message \
             has a use for it",
        complaint: |_, _| false,
        overlooks: |rule, _| rule == "XSD-xsi",
    },
    Defect {
        reason: "Inside the lax wildcards of XML-DSig a foreign element may name a type of XML Schema itself (xsi:type) and \
             is judged by it, as are elements there that the schemas declare globally (none are made here); ours does \
             not judge what wildcards take",
        complaint: |error, message| {
            let by_type = [
                "is not a valid value of the atomic type 'xs:",
                "the type definition is simple",
                "is not allowed.",
            ];
            let official = error.text.contains("Element '{http://www.");
            !official && message.contains("type") && by_type.iter().any(|text| error.what().contains(text))
        },
        overlooks: |_, _| false,
    },
];

/// Why xmllint complains where nothing is wrong, or where we do not look.
pub(crate) fn explain_complaint(error: &Error, message: &str) -> Option<&'static str> {
    let mut all = DEFECTS.iter().chain(LIMITS);
    all.find(|defect| (defect.complaint)(error, message))
        .map(|defect| defect.reason)
}

/// Why xmllint does not share a finding of ours.
pub(crate) fn explain_silence(rule: &str, value: &str) -> Option<&'static str> {
    let mut all = DEFECTS.iter().chain(LIMITS);
    all.find(|defect| (defect.overlooks)(rule, value))
        .map(|defect| defect.reason)
}

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
