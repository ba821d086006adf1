//! Where xmllint is wrong by the letter of XSD 1.0 or XML, as data: what it says, and why that is its mistake.

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
pub(crate) const DEFECTS: &[Defect] = &[];
