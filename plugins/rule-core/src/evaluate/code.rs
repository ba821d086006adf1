//! Typed rule code: a tree for each condition, built from the reverse Polish notation of the program.
//!
//! The types of all values (text, number, truth value) are known in advance, so nothing needs to be distinguished while
//! judging a message. Invalid code becomes *unknown* here.

use crate::program::{DeclId, Op, Program, Table};
use crate::values::Decimal;
use alloc::vec::Vec;

/// Position of a node in the tree.
pub(super) type At = u32;

/// Conditions nested deeper than this are *unknown*: this bounds the stack used for judging (some 8 KiB of the 32 KiB
/// in a sandbox).
pub const MAX_NESTING: u8 = 64;

/// Codes up to this length are compared as a single number.
const SHORT_CODE: usize = 7;

/// Slot of a field in the memory of a message.
pub(super) type Field = u16;

/// Comparison of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Test applied to a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Test {
    Digits,
    Upper,
    Date,
    DateTime,
    Timestamp,
    Identity,
}

/// A node that yields a truth value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Truth {
    Constant(Option<bool>),
    Not(At),
    And(At, At),
    Or(At, At),
    /// Both truth values are equal.
    Same(At, At),
    /// Both texts are equal.
    SameText(Text, Text),
    Compare(Relation, At, At),
    In(Text, u16),
    Empty(Field),
    Present(Field),
    Test(Test, Text),
    Starts(Text, Text),
    Unique(Field),
    Sequence(Field),
    Any(Field, u16),
}

/// A node that yields a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Constant { mantissa: i64, scale: u8 },
    Of(Text),
    Neg(At),
    Abs(At),
    Add(At, At),
    Sub(At, At),
    Mul(At, At),
    Len(Text),
    Sum(Field),
    Count(Field),
}

/// A text, small enough to be stored inside the node that uses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Text {
    Field(Field),
    Literal(u16),
}

/// The trees of all rules of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Code {
    truths: Vec<Truth>,
    numbers: Vec<Number>,
    tables: Vec<Codes>,
}

/// A table whose codes are all short, as sorted numbers; empty if any are long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Codes(Vec<u64>);

/// A value on the stack of the compiler.
#[derive(Clone, Copy)]
enum Value {
    Unknown,
    Truth(At),
    Number(At),
    Text(Text),
}

struct Compiler<'a> {
    code: &'a mut Code,
    program: &'a Program,
    slot: &'a dyn Fn(DeclId) -> u16,
    stack: Vec<(Value, u8)>,
    /// Nesting of the operands popped since the last result.
    nesting: u8,
}

impl Code {
    pub(super) fn new(program: &Program) -> Self {
        let tables = program.tables.iter().map(Codes::new).collect();
        Self {
            truths: Vec::new(),
            numbers: Vec::new(),
            tables,
        }
    }

    /// Adds the code of a condition and returns its root.
    pub(super) fn add(&mut self, program: &Program, code: &[Op], slot: &dyn Fn(DeclId) -> u16) -> At {
        let mut compiler = Compiler {
            code: self,
            program,
            slot,
            stack: Vec::new(),
            nesting: 0,
        };
        for op in code {
            let value = compiler.value_of(op);
            let nesting = compiler.nesting.saturating_add(1);
            compiler.nesting = 0;
            compiler
                .stack
                .push((if nesting > MAX_NESTING { Value::Unknown } else { value }, nesting));
        }
        match compiler.pop() {
            Value::Truth(at) => at,
            _ => compiler.truth(Truth::Constant(None)),
        }
    }

    #[inline]
    pub(super) fn truth(&self, at: At) -> Truth {
        self.truths.get(at as usize).copied().unwrap_or(Truth::Constant(None))
    }

    #[inline]
    pub(super) fn number(&self, at: At) -> Option<Number> {
        self.numbers.get(at as usize).copied()
    }

    /// Returns `true` if the table contains the text.
    #[inline]
    pub(super) fn holds(&self, program: &Program, table: u16, text: &[u8]) -> Option<bool> {
        let codes = self.tables.get(usize::from(table))?;
        if codes.0.is_empty() {
            let table = program.tables.get(usize::from(table))?;
            return Some(table.codes.binary_search_by(|code| code.as_bytes().cmp(text)).is_ok());
        }
        Some(short_code(text).is_some_and(|code| codes.0.binary_search(&code).is_ok()))
    }
}

impl Codes {
    fn new(table: &Table) -> Self {
        let codes: Option<Vec<u64>> = table.codes.iter().map(|code| short_code(code.as_bytes())).collect();
        let mut codes = codes.unwrap_or_default();
        codes.sort_unstable();
        Self(codes)
    }
}

/// Encodes a short text as a number: its bytes, then its length. Different texts give different numbers.
#[inline]
fn short_code(text: &[u8]) -> Option<u64> {
    if text.len() > SHORT_CODE {
        return None;
    }
    let bytes = text.iter().fold(0, |code, byte| code << 8 | u64::from(*byte));
    Some(bytes << 8 | text.len() as u64)
}

impl Compiler<'_> {
    fn pop(&mut self) -> Value {
        let (value, nesting) = self.stack.pop().unwrap_or((Value::Unknown, 0));
        self.nesting = self.nesting.max(nesting);
        value
    }

    fn truth(&mut self, truth: Truth) -> At {
        self.code.truths.push(truth);
        (self.code.truths.len() - 1) as At
    }

    fn number(&mut self, number: Number) -> Value {
        self.code.numbers.push(number);
        Value::Number((self.code.numbers.len() - 1) as At)
    }

    fn field(&self, decl: DeclId) -> Field {
        (self.slot)(decl)
    }

    fn pop_text(&mut self) -> Option<Text> {
        if let Value::Text(text) = self.pop() {
            Some(text)
        } else {
            None
        }
    }

    /// Pops an operand that must be a truth value; anything else becomes unknown.
    fn pop_truth(&mut self) -> At {
        match self.pop() {
            Value::Truth(at) => at,
            _ => self.truth(Truth::Constant(None)),
        }
    }

    fn pop_number(&mut self) -> Option<At> {
        let value = self.pop();
        self.as_number(value)
    }

    fn as_number(&mut self, value: Value) -> Option<At> {
        match value {
            Value::Number(at) => Some(at),
            Value::Text(text) => match self.number(Number::Of(text)) {
                Value::Number(at) => Some(at),
                _ => None,
            },
            Value::Truth(_) | Value::Unknown => None,
        }
    }

    fn truth_or_unknown(&mut self, truth: Option<Truth>) -> Value {
        truth.map_or(Value::Unknown, |truth| Value::Truth(self.truth(truth)))
    }

    fn number_or_unknown(&mut self, number: Option<Number>) -> Value {
        number.map_or(Value::Unknown, |number| self.number(number))
    }

    fn one(&mut self, node: impl FnOnce(At) -> Number) -> Value {
        let operand = self.pop_number();
        self.number_or_unknown(operand.map(node))
    }

    fn two(&mut self, node: impl FnOnce(At, At) -> Number) -> Value {
        let (right, left) = (self.pop_number(), self.pop_number());
        self.number_or_unknown(left.zip(right).map(|(left, right)| node(left, right)))
    }

    fn compare(&mut self, relation: Relation) -> Value {
        let (right, left) = (self.pop_number(), self.pop_number());
        let node = left
            .zip(right)
            .map(|(left, right)| Truth::Compare(relation, left, right));
        self.truth_or_unknown(node)
    }

    fn test(&mut self, test: Test) -> Value {
        let text = self.pop_text();
        self.truth_or_unknown(text.map(|text| Truth::Test(test, text)))
    }

    fn equal(&mut self) -> Value {
        let (right, left) = (self.pop(), self.pop());
        let node = match (left, right) {
            (Value::Text(left), Value::Text(right)) => Some(Truth::SameText(left, right)),
            (Value::Truth(left), Value::Truth(right)) => Some(Truth::Same(left, right)),
            _ => {
                let (left, right) = (self.as_number(left), self.as_number(right));
                left.zip(right)
                    .map(|(left, right)| Truth::Compare(Relation::Eq, left, right))
            }
        };
        self.truth_or_unknown(node)
    }

    fn not_equal(&mut self) -> Value {
        match self.equal() {
            Value::Truth(at) => match self.code.truth(at) {
                Truth::Compare(_, left, right) => Value::Truth(self.truth(Truth::Compare(Relation::Ne, left, right))),
                _ => Value::Truth(self.truth(Truth::Not(at))),
            },
            other => other,
        }
    }

    fn value_of(&mut self, op: &Op) -> Value {
        match op {
            Op::Number { mantissa, scale } => self.number(Number::Constant {
                mantissa: *mantissa,
                scale: *scale,
            }),
            Op::Text(string) if usize::from(*string) < self.program.strings.len() => {
                Value::Text(Text::Literal(*string))
            }
            Op::Text(_) => Value::Unknown,
            Op::Truth(truth) => Value::Truth(self.truth(Truth::Constant(Some(*truth)))),
            Op::Field(decl) => Value::Text(Text::Field(self.field(*decl))),
            Op::Neg => self.one(Number::Neg),
            Op::Abs => self.one(Number::Abs),
            Op::Add => self.two(Number::Add),
            Op::Sub => self.two(Number::Sub),
            Op::Mul => self.two(Number::Mul),
            Op::Eq => self.equal(),
            Op::Ne => self.not_equal(),
            Op::Lt => self.compare(Relation::Lt),
            Op::Le => self.compare(Relation::Le),
            Op::Gt => self.compare(Relation::Gt),
            Op::Ge => self.compare(Relation::Ge),
            Op::And => {
                let (right, left) = (self.pop_truth(), self.pop_truth());
                Value::Truth(self.truth(Truth::And(left, right)))
            }
            Op::Or => {
                let (right, left) = (self.pop_truth(), self.pop_truth());
                Value::Truth(self.truth(Truth::Or(left, right)))
            }
            Op::Not => {
                let operand = self.pop_truth();
                Value::Truth(self.truth(Truth::Not(operand)))
            }
            Op::In(table) => {
                let text = self.pop_text();
                self.truth_or_unknown(text.map(|text| Truth::In(text, *table)))
            }
            Op::Empty(decl) => Value::Truth(self.truth(Truth::Empty(self.field(*decl)))),
            Op::Present(decl) => Value::Truth(self.truth(Truth::Present(self.field(*decl)))),
            Op::Len => {
                let text = self.pop_text();
                self.number_or_unknown(text.map(Number::Len))
            }
            Op::IsDigits => self.test(Test::Digits),
            Op::IsUpper => self.test(Test::Upper),
            Op::IsDate => self.test(Test::Date),
            Op::IsDateTime => self.test(Test::DateTime),
            Op::IsTimestamp => self.test(Test::Timestamp),
            Op::IsIdentity => self.test(Test::Identity),
            Op::Starts => {
                let (prefix, text) = (self.pop_text(), self.pop_text());
                self.truth_or_unknown(text.zip(prefix).map(|(text, prefix)| Truth::Starts(text, prefix)))
            }
            Op::Sum(decl) => self.number(Number::Sum(self.field(*decl))),
            Op::Count(decl) => self.number(Number::Count(self.field(*decl))),
            Op::Unique(decl) => Value::Truth(self.truth(Truth::Unique(self.field(*decl)))),
            Op::Sequence(decl) => Value::Truth(self.truth(Truth::Sequence(self.field(*decl)))),
            Op::AnyEq(decl, string) => Value::Truth(self.truth(Truth::Any(self.field(*decl), *string))),
        }
    }
}

impl Relation {
    /// Returns `true` if the relation holds between two numbers; `None` if they can't be compared.
    #[inline]
    pub(super) fn holds(self, left: Decimal, right: Decimal) -> Option<bool> {
        let order = left.checked_cmp(right)?;
        Some(match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
        })
    }
}
