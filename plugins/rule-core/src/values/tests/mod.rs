//! Tests of the lexical checks.

use super::*;
use crate::schema_rules::SchemaRule;
use proptest::prelude::*;

mod forms;
mod numbers;
mod texts;

fn simple(base: Base) -> Simple {
    Simple {
        base,
        collapse: false,
        min_length: 0,
        max_length: None,
        total_digits: None,
        fraction_digits: None,
    }
}

fn assert_all(simple: &Simple, expected: Option<SchemaRule>, texts: &[&str]) {
    for text in texts {
        assert_eq!(check(simple, text.as_bytes()), expected, "{:?} {text:?}", simple.base);
    }
}

fn assert_type(base: Base, valid: &[&str], invalid: &[&str]) {
    assert_all(&simple(base), None, valid);
    assert_all(&simple(base), Some(SchemaRule::Type), invalid);
}
