//! Precedence-climbing parser from tokens to a tree.

use super::lex::{Kind, Token, tokens};
use super::{ExprError, MAX_CHARACTERS, MAX_DEPTH};

/// An expression and the bytes it covers.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expr {
    pub(super) node: Node,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Forms of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number {
        mantissa: i64,
        scale: u8,
    },
    Text(String),
    Truth(bool),
    Name(String),
    Neg(Box<Expr>),
    Not(Box<Expr>),
    Binary {
        sign: &'static str,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    In {
        item: Box<Expr>,
        list: List,
        negated: bool,
    },
    Call {
        function: String,
        name_end: usize,
        arguments: Vec<Expr>,
    },
}

/// The right side of `in`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum List {
    Literal(Vec<String>),
    Table { name: String, start: usize, end: usize },
}

/// Binding strength of `not`: weaker than comparisons, stronger than `and`.
const NOT: u8 = 3;
/// Binding strength of comparisons and `in`; they do not chain.
const COMPARISON: u8 = 4;
/// Binding strength of a leading minus.
const MINUS: u8 = 7;

/// Parses a whole expression.
pub(super) fn parse(text: &str) -> Result<Expr, ExprError> {
    let characters = text.chars().count();
    if characters > MAX_CHARACTERS {
        return Err(ExprError::new(
            0,
            text.len(),
            format!("the expression has {characters} characters; {MAX_CHARACTERS} are allowed"),
        )
        .hint("split it into several rules"));
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    if parser.peek().kind == Kind::End {
        return Err(ExprError::new(0, text.len(), "the expression is empty".to_owned()));
    }
    let expr = parser.expression(0)?;
    let rest = parser.peek();
    if rest.kind == Kind::End {
        return Ok(expr);
    }
    Err(leftover(rest))
}

pub(super) struct Parser {
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    depth: usize,
}

impl Parser {
    pub(super) fn peek(&self) -> &Token {
        // The last token is always `End` and is never consumed.
        &self.tokens[self.at.min(self.tokens.len() - 1)]
    }

    pub(super) fn take(&mut self) -> Token {
        let token = self.peek().clone();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek().kind, Kind::Sign(found) if found == sign)
    }

    pub(super) fn expect(&mut self, sign: &str, why: &str) -> Result<Token, ExprError> {
        if self.is_sign(sign) {
            return Ok(self.take());
        }
        let found = self.peek();
        Err(ExprError::new(
            found.start,
            found.end,
            format!("expected `{sign}`, found {}", found.named()),
        )
        .hint(why))
    }

    /// Parses an expression whose operators bind at least as strongly as `least`.
    fn expression(&mut self, least: u8) -> Result<Expr, ExprError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let here = self.peek();
            return Err(ExprError::new(
                here.start,
                here.end,
                format!("the expression is nested deeper than {MAX_DEPTH} levels"),
            )
            .hint("split it into several rules"));
        }
        let mut left = self.operand()?;
        while let Some((strength, sign)) = self.operator() {
            if strength < least {
                break;
            }
            left = self.operation(left, strength, sign)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    /// Returns the next operator with its binding strength.
    fn operator(&self) -> Option<(u8, &'static str)> {
        let strength = match self.peek().kind {
            Kind::Word("or") => (1, "or"),
            Kind::Word("and") => (2, "and"),
            Kind::Word("in") => (COMPARISON, "in"),
            Kind::Word("not") if self.followed_by_in() => (COMPARISON, "not in"),
            Kind::Sign(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">=")) => (COMPARISON, sign),
            Kind::Sign(sign @ ("+" | "-")) => (5, sign),
            Kind::Sign("*") => (6, "*"),
            _ => return None,
        };
        Some(strength)
    }

    fn followed_by_in(&self) -> bool {
        matches!(
            self.tokens.get(self.at + 1),
            Some(Token {
                kind: Kind::Word("in"),
                ..
            })
        )
    }

    fn operation(&mut self, left: Expr, strength: u8, sign: &'static str) -> Result<Expr, ExprError> {
        self.take();
        let expr = if sign == "in" || sign == "not in" {
            if sign == "not in" {
                self.take();
            }
            let (list, end) = self.list()?;
            let start = left.start;
            Expr {
                node: Node::In {
                    item: Box::new(left),
                    list,
                    negated: sign == "not in",
                },
                start,
                end,
            }
        } else {
            let right = self.expression(strength + 1)?;
            let (start, end) = (left.start, right.end);
            Expr {
                node: Node::Binary {
                    sign,
                    left: Box::new(left),
                    right: Box::new(right),
                },
                start,
                end,
            }
        };
        if strength == COMPARISON
            && let Some((COMPARISON, _)) = self.operator()
        {
            let next = self.peek();
            return Err(
                ExprError::new(next.start, next.end, "comparisons cannot be chained".to_owned())
                    .hint("write `a < b and b < c`"),
            );
        }
        Ok(expr)
    }

    fn operand(&mut self) -> Result<Expr, ExprError> {
        let token = self.take();
        let (start, end) = (token.start, token.end);
        let node = match token.kind {
            Kind::Number { mantissa, scale } => Node::Number { mantissa, scale },
            Kind::Text(text) => Node::Text(text),
            Kind::Word("true") => Node::Truth(true),
            Kind::Word("false") => Node::Truth(false),
            Kind::Word("not") => {
                let inner = self.expression(NOT)?;
                let end = inner.end;
                return Ok(Expr {
                    node: Node::Not(Box::new(inner)),
                    start,
                    end,
                });
            }
            Kind::Sign("-") => {
                let inner = self.expression(MINUS)?;
                let end = inner.end;
                return Ok(Expr {
                    node: Node::Neg(Box::new(inner)),
                    start,
                    end,
                });
            }
            Kind::Sign("(") => {
                let inner = self.expression(0)?;
                let close = self.expect(")", "every `(` needs its `)`")?;
                return Ok(Expr {
                    node: inner.node,
                    start,
                    end: close.end,
                });
            }
            Kind::Name(name) if self.is_sign("(") => return self.call(name, start, end),
            Kind::Name(name) => Node::Name(name),
            _ => {
                return Err(ExprError::new(
                    start,
                    end,
                    format!("expected a field, a number, a text or `(`, found {}", token.named()),
                ));
            }
        };
        Ok(Expr { node, start, end })
    }

    fn call(&mut self, function: String, start: usize, name_end: usize) -> Result<Expr, ExprError> {
        self.take();
        let mut arguments = Vec::new();
        if !self.is_sign(")") {
            arguments.push(self.expression(0)?);
            while self.is_sign(",") {
                self.take();
                arguments.push(self.expression(0)?);
            }
        }
        let close = self.expect(")", "arguments are separated by `,` and end with `)`")?;
        Ok(Expr {
            node: Node::Call {
                function,
                name_end,
                arguments,
            },
            start,
            end: close.end,
        })
    }
}

/// Returns the error for text after a complete expression.
fn leftover(token: &Token) -> ExprError {
    let error = ExprError::new(
        token.start,
        token.end,
        format!("expected an operator or the end, found {}", token.named()),
    );
    match &token.kind {
        Kind::Sign("/") => error.hint("there is no division: multiply the other side instead"),
        Kind::Name(word) => match word.to_lowercase().as_str() {
            lower @ ("and" | "or" | "in" | "not") => error.hint(format!("write `{lower}` in small letters")),
            _ => error.hint("join two conditions with `and` or `or`"),
        },
        Kind::Sign(")") => error.hint("there is no `(` for this `)`"),
        _ => error,
    }
}
