//! Expression text to rule code: `acturalPaid == goodsValue + freight + taxTotal - discount`.
//!
//! | form | meaning |
//! |---|---|
//! | `12`, `0.05` | exact decimals |
//! | `'text'`, `"text"` | texts; the other quote may stand inside |
//! | `orderNo`, `OrderList/qty`, `@guid` | fields, found by the [`Resolver`] |
//! | `+ - *`, leading `-` | exact arithmetic |
//! | `== != < <= > >=` | comparisons, which do not chain |
//! | `x in ["1", "2"]`, `x in currency`, `x not in …` | lists and code tables |
//! | `and or not`, `true`, `false`, parentheses | three-valued logic |
//! | `empty(f) present(f)` | is it filled in, does it stand there at all |
//! | `len(x) abs(x) digits(x) upper(x) date(x) datetime(x) timestamp(x) identity(x) starts(x, 'a')` | checks of one value |
//! | `sum(f) count(f) unique(f) sequence(f) any(f, '2')` | over all occurrences |
//!
//! `not` binds weaker than comparisons and stronger than `and`; `and` binds stronger than `or`.

mod call;
mod emit;
mod functions;
mod lex;
mod list;
pub mod near;
mod parse;

pub(crate) use lex::is_name_start;

use crate::program::{DeclId, Op};

/// Longest expression, in characters.
pub const MAX_CHARACTERS: usize = 2_000;
/// Deepest nesting of an expression.
pub const MAX_DEPTH: usize = 32;
/// Longest rule code, in steps.
pub const MAX_OPS: usize = 256;

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// First byte of the place inside the expression.
    pub start: usize,
    /// Byte after the place.
    pub end: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl ExprError {
    pub(crate) fn new(start: usize, end: usize, message: String) -> Self {
        Self {
            start,
            end,
            message,
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Column of the place in `text`, in characters, from 1.
    #[must_use]
    pub fn column(&self, text: &str) -> usize {
        text.char_indices().take_while(|(at, _)| *at < self.start).count() + 1
    }
}

/// How an expression reads a field; decides what the field may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// Its text: one field, with text content.
    Value,
    /// Whether it stands there: any element or attribute.
    Presence,
    /// All its occurrences, each with text content.
    Values,
    /// All its occurrences, whatever they hold.
    Occurrences,
}

/// A field found by a [`Resolver`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its declaration.
    pub decl: DeclId,
    /// It may stand more than once where the rule looks.
    pub repeated: bool,
}

/// Why a name or literal cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Gives meaning to the names of an expression and keeps its literals.
pub trait Resolver {
    /// The field with this path, to be read in this way.
    ///
    /// # Errors
    /// The name is unknown, or the field cannot be read like that.
    fn field(&mut self, path: &str, read: Read) -> Result<Found, Refusal>;
    /// Position of the code table with this name.
    ///
    /// # Errors
    /// There is no such table.
    fn table(&mut self, name: &str) -> Result<u16, Refusal>;
    /// Position of the list with these codes, which is made when new.
    ///
    /// # Errors
    /// The program holds too many lists.
    fn list(&mut self, codes: &[String]) -> Result<u16, Refusal>;
    /// Position of this text literal, which is kept when new.
    ///
    /// # Errors
    /// The program holds too many texts.
    fn text(&mut self, text: &str) -> Result<u16, Refusal>;
}

/// Compiles a condition.
///
/// # Errors
/// The first mistake in the syntax, or every mistake in names and types.
pub fn compile(text: &str, resolver: &mut dyn Resolver) -> Result<Vec<Op>, Vec<ExprError>> {
    let expr = parse::parse(text).map_err(|error| vec![error])?;
    emit::condition(&expr, resolver)
}
