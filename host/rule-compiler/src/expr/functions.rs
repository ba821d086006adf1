//! The functions of the expression language.

use cebridge_rule_core::program::Op;

/// Parameters and result of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A field, empty or not.
    Empty,
    /// An element or attribute, present or not.
    Present,
    /// A text, giving a number.
    Len,
    /// A number, giving a number.
    Abs,
    /// A text, giving a truth value.
    Check,
    /// Two texts, giving a truth value.
    Starts,
    /// All occurrences of a field, giving a number.
    Sum,
    /// All occurrences of an element, giving a number.
    Count,
    /// All occurrences of a field, giving a truth value.
    Every,
    /// All occurrences of a field and a literal, giving a truth value.
    Any,
}

/// A function: its name, shape and usage.
#[derive(Debug, Clone, Copy)]
pub(super) struct Function {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) usage: &'static str,
}

/// All functions.
pub(super) const FUNCTIONS: [Function; 16] = [
    function("empty", Shape::Empty, "empty(field)"),
    function("present", Shape::Present, "present(element)"),
    function("len", Shape::Len, "len(field)"),
    function("abs", Shape::Abs, "abs(number)"),
    function("digits", Shape::Check, "digits(field)"),
    function("upper", Shape::Check, "upper(field)"),
    function("date", Shape::Check, "date(field)"),
    function("datetime", Shape::Check, "datetime(field)"),
    function("timestamp", Shape::Check, "timestamp(field)"),
    function("identity", Shape::Check, "identity(field)"),
    function("starts", Shape::Starts, "starts(field, 'beginning')"),
    function("sum", Shape::Sum, "sum(field)"),
    function("count", Shape::Count, "count(element)"),
    function("unique", Shape::Every, "unique(field)"),
    function("sequence", Shape::Every, "sequence(field)"),
    function("any", Shape::Any, "any(field, 'text')"),
];

const fn function(name: &'static str, shape: Shape, usage: &'static str) -> Function {
    Function { name, shape, usage }
}

impl Function {
    /// Returns the function with this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        FUNCTIONS.into_iter().find(|function| function.name == name)
    }

    /// Returns the number of arguments.
    pub(super) fn arity(self) -> usize {
        match self.shape {
            Shape::Starts | Shape::Any => 2,
            _ => 1,
        }
    }

    /// Returns the step of a [`Shape::Check`].
    pub(super) fn check(self) -> Op {
        match self.name {
            "digits" => Op::IsDigits,
            "upper" => Op::IsUpper,
            "date" => Op::IsDate,
            "datetime" => Op::IsDateTime,
            "timestamp" => Op::IsTimestamp,
            _ => Op::IsIdentity,
        }
    }
}
