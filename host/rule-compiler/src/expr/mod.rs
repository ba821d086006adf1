//! Compiles expressions to rule code: `acturalPaid == goodsValue + freight + taxTotal - discount`.
//!
//! | form | meaning |
//! |---|---|
//! | `12`, `0.05` | exact decimals |
//! | `'text'`, `"text"` | texts; the other quote may appear inside |
//! | `orderNo`, `OrderList/qty`, `@guid` | fields, found by the [`Resolver`] |
//! | `+ - *`, leading `-` | exact arithmetic |
//! | `== != < <= > >=` | comparisons, which do not chain |
//! | `x in ["1", "2"]`, `x in currency`, `x not in …` | lists and code tables |
//! | `and or not`, `true`, `false`, parentheses | three-valued logic |
//! | `empty(f) present(f)` | is empty, is present |
//! | `len(x) abs(x) digits(x) upper(x) date(x) datetime(x) timestamp(x) identity(x) starts(x, 'a')` | value checks |
//! | `sum(f) count(f) unique(f) sequence(f) any(f, '2')` | over all occurrences |
//!
//! `not` binds looser than comparisons and tighter than `and`; `and` binds tighter than `or`.

mod call;
mod emit;
mod functions;
mod lex;
mod list;
mod parse;

pub(crate) use lex::is_name_start;

use cebridge_rule_core::program::{DeclId, Op};

/// Longest expression, in characters.
pub const MAX_CHARACTERS: usize = 2_000;
/// Deepest nesting of an expression.
pub const MAX_DEPTH: usize = 32;
/// Longest rule code, in steps.
pub const MAX_OPS: usize = 256;

/// An error in an expression, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// First byte of the error within the expression.
    pub start: usize,
    /// Byte after the error.
    pub end: usize,
    /// Description of the error.
    pub message: String,
    /// Suggested remedy.
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

    /// Returns the column of the error in `text`, in characters, from 1.
    #[must_use]
    pub fn column(&self, text: &str) -> usize {
        text.char_indices().take_while(|(at, _)| *at < self.start).count() + 1
    }
}

/// The way an expression reads a field; decides which fields are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Read {
    /// Its text: one field, with text content.
    Value,
    /// Its presence: any element or attribute.
    Presence,
    /// All its occurrences, each with text content.
    Values,
    /// All its occurrences, with any content.
    Occurrences,
}

/// A field found by a [`Resolver`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its declaration.
    pub decl: DeclId,
    /// `true` if it may occur more than once in the scope of the rule.
    pub repeated: bool,
}

/// Reason why a name or literal can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Description of the error.
    pub message: String,
    /// Suggested remedy.
    pub hint: Option<String>,
}

/// Resolves the names in an expression and keeps its literals.
pub trait Resolver {
    /// Returns the field with this path, for this kind of reading.
    ///
    /// # Errors
    /// The name is unknown, or the field can't be read this way.
    fn field(&mut self, path: &str, read: Read) -> Result<Found, Refusal>;
    /// Returns the position of the code table with this name.
    ///
    /// # Errors
    /// There is no such table.
    fn table(&mut self, name: &str) -> Result<u16, Refusal>;
    /// Returns the position of the list with these codes, adding it if new.
    ///
    /// # Errors
    /// The program holds too many lists.
    fn list(&mut self, codes: &[String]) -> Result<u16, Refusal>;
    /// Returns the position of this text literal, adding it if new.
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
