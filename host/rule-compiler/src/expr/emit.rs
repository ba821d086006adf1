//! Checks the types of a tree and turns it into rule code.

use super::parse::{Expr, List, Node};
use super::{ExprError, MAX_OPS, Read, Refusal, Resolver};
use cebridge_rule_core::program::Op;

/// Type of a part of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gives {
    /// Text of a field: compared as text or number, depending on the other side.
    Field,
    /// A text literal.
    Text,
    /// A number literal, arithmetic, or an aggregate.
    Number,
    /// A truth value.
    Truth,
}

/// Compiles a whole condition.
pub(super) fn condition(expr: &Expr, resolver: &mut dyn Resolver) -> Result<Vec<Op>, Vec<ExprError>> {
    let mut emitter = Emitter {
        resolver,
        ops: Vec::new(),
        errors: Vec::new(),
    };
    emitter.truth(expr, "a rule");
    if emitter.errors.is_empty() && emitter.ops.len() > MAX_OPS {
        emitter.errors.push(
            ExprError::new(
                expr.start,
                expr.end,
                format!("the expression has {} steps; {MAX_OPS} are allowed", emitter.ops.len()),
            )
            .hint("split it into several rules"),
        );
    }
    if emitter.errors.is_empty() {
        Ok(emitter.ops)
    } else {
        Err(emitter.errors)
    }
}

pub(super) struct Emitter<'r> {
    pub(super) resolver: &'r mut dyn Resolver,
    ops: Vec<Op>,
    pub(super) errors: Vec<ExprError>,
}

impl Emitter<'_> {
    pub(super) fn push(&mut self, op: Op) {
        // Drops steps far beyond the limit: duplicated truth values could grow without bound.
        if self.ops.len() <= MAX_OPS * 4 {
            self.ops.push(op);
        }
    }

    pub(super) fn error(&mut self, at: &Expr, message: String, hint: impl Into<String>) {
        self.errors.push(ExprError::new(at.start, at.end, message).hint(hint));
    }

    pub(super) fn refuse(&mut self, start: usize, end: usize, refusal: Refusal) {
        self.errors.push(ExprError {
            start,
            end,
            message: refusal.message,
            hint: refusal.hint,
        });
    }

    /// Emits `expr`, which `who` needs as a truth value.
    fn truth(&mut self, expr: &Expr, who: &str) {
        match self.value(expr) {
            Some(Gives::Truth) | None => {}
            Some(Gives::Field) => {
                let name = described(expr);
                self.error(
                    expr,
                    format!("{who} needs a condition, but {name} is a value"),
                    format!(
                        "write what must hold, for example {name} == '1' or not empty({})",
                        bare(expr)
                    ),
                );
            }
            Some(Gives::Text | Gives::Number) => self.error(
                expr,
                format!("{who} needs a condition, but {} is a value", described(expr)),
                "compare it with something: `== != < <= > >=` or `in`",
            ),
        }
    }

    /// Emits `expr`, which `who` needs as a number.
    pub(super) fn number(&mut self, expr: &Expr, who: &str) {
        match self.value(expr) {
            Some(Gives::Number | Gives::Field) | None => {}
            Some(Gives::Text) => self.error(
                expr,
                format!("{who} needs numbers, but {} is a text", described(expr)),
                "write numbers without quotes",
            ),
            Some(Gives::Truth) => self.error(
                expr,
                format!("{who} needs numbers, but {} is a truth value", described(expr)),
                "truth values are joined with `and`, `or` and `not`",
            ),
        }
    }

    /// Emits `expr`, which `who` needs as a text.
    pub(super) fn text(&mut self, expr: &Expr, who: &str) {
        match self.value(expr) {
            Some(Gives::Text | Gives::Field) | None => {}
            Some(Gives::Number) => self.error(
                expr,
                format!("{who} needs a text, but {} is a number", described(expr)),
                "texts stand in quotes: '12'",
            ),
            Some(Gives::Truth) => self.error(
                expr,
                format!("{who} needs a text, but {} is a truth value", described(expr)),
                "name a field here",
            ),
        }
    }

    /// Emits `expr`; `None` if it is itself invalid, so that one mistake gives one error.
    fn value(&mut self, expr: &Expr) -> Option<Gives> {
        match &expr.node {
            Node::Number { mantissa, scale } => {
                self.push(Op::Number {
                    mantissa: *mantissa,
                    scale: *scale,
                });
                Some(Gives::Number)
            }
            Node::Text(text) => {
                let position = self.literal(expr, text)?;
                self.push(Op::Text(position));
                Some(Gives::Text)
            }
            Node::Truth(truth) => {
                self.push(Op::Truth(*truth));
                Some(Gives::Truth)
            }
            Node::Name(path) => match self.resolver.field(path, Read::Value) {
                Ok(found) => {
                    self.push(Op::Field(found.decl));
                    Some(Gives::Field)
                }
                Err(refusal) => {
                    self.refuse(expr.start, expr.end, refusal);
                    None
                }
            },
            Node::Neg(inner) => {
                self.number(inner, "`-`");
                self.push(Op::Neg);
                Some(Gives::Number)
            }
            Node::Not(inner) => {
                self.truth(inner, "`not`");
                self.push(Op::Not);
                Some(Gives::Truth)
            }
            Node::Binary { sign, left, right } => self.binary(expr, sign, left, right),
            Node::In { item, list, negated } => self.membership(item, list, *negated),
            Node::Call {
                function,
                name_end,
                arguments,
            } => self.call(expr, function, *name_end, arguments),
        }
    }

    pub(super) fn literal(&mut self, at: &Expr, text: &str) -> Option<u16> {
        match self.resolver.text(text) {
            Ok(position) => Some(position),
            Err(refusal) => {
                self.refuse(at.start, at.end, refusal);
                None
            }
        }
    }

    fn binary(&mut self, expr: &Expr, sign: &str, left: &Expr, right: &Expr) -> Option<Gives> {
        let who = format!("`{sign}`");
        let op = match sign {
            "and" => Op::And,
            "or" => Op::Or,
            "+" => Op::Add,
            "-" => Op::Sub,
            "*" => Op::Mul,
            "<" => Op::Lt,
            "<=" => Op::Le,
            ">" => Op::Gt,
            ">=" => Op::Ge,
            _ => return self.equality(expr, sign, left, right),
        };
        let logic = matches!(op, Op::And | Op::Or);
        for side in [left, right] {
            if logic {
                self.truth(side, &who);
            } else {
                self.number(side, &who);
            }
        }
        let arithmetic = matches!(op, Op::Add | Op::Sub | Op::Mul);
        self.push(op);
        Some(if arithmetic { Gives::Number } else { Gives::Truth })
    }

    /// Compiles `==` and `!=`, of values or of two truth values.
    fn equality(&mut self, expr: &Expr, sign: &str, left: &Expr, right: &Expr) -> Option<Gives> {
        let begin = self.ops.len();
        let left_gives = self.value(left);
        let middle = self.ops.len();
        let right_gives = self.value(right);
        let (left_gives, right_gives) = (left_gives?, right_gives?);
        let op = if sign == "==" { Op::Eq } else { Op::Ne };
        match (left_gives, right_gives) {
            (Gives::Truth, Gives::Truth) => self.same_truth(begin, middle, sign == "=="),
            (Gives::Truth, _) | (_, Gives::Truth) => {
                let (truth, value) = if left_gives == Gives::Truth {
                    (left, right)
                } else {
                    (right, left)
                };
                self.error(
                    expr,
                    format!(
                        "`{sign}` compares {}, a truth value, with {}",
                        described(truth),
                        described(value)
                    ),
                    "a condition needs no comparison: write it alone, or with `not` before it",
                );
            }
            (Gives::Text, Gives::Number) | (Gives::Number, Gives::Text) => {
                self.error(
                    expr,
                    format!(
                        "`{sign}` compares the text {} with a number",
                        if left_gives == Gives::Text {
                            described(left)
                        } else {
                            described(right)
                        }
                    ),
                    "numbers are written without quotes, codes with quotes",
                );
            }
            _ => self.push(op),
        }
        Some(Gives::Truth)
    }

    /// Rewrites two truth values: `a == b` is `(a and b) or (not a and not b)`, which keeps *unknown* unknown.
    fn same_truth(&mut self, begin: usize, middle: usize, equal: bool) {
        let left: Vec<Op> = self.ops[begin.min(self.ops.len())..middle.min(self.ops.len())].to_vec();
        let right: Vec<Op> = self.ops[middle.min(self.ops.len())..].to_vec();
        self.push(Op::And);
        for side in [left, right] {
            for op in side {
                self.push(op);
            }
            self.push(Op::Not);
        }
        self.push(Op::And);
        self.push(Op::Or);
        if !equal {
            self.push(Op::Not);
        }
    }

    fn membership(&mut self, item: &Expr, list: &List, negated: bool) -> Option<Gives> {
        self.text(item, "`in`");
        let position = match list {
            List::Literal(codes) => self.resolver.list(codes),
            List::Table { name, .. } => self.resolver.table(name),
        };
        match (position, list) {
            (Ok(position), _) => {
                self.push(Op::In(position));
                if negated {
                    self.push(Op::Not);
                }
            }
            (Err(refusal), List::Table { start, end, .. }) => self.refuse(*start, *end, refusal),
            (Err(refusal), List::Literal(_)) => self.refuse(item.start, item.end, refusal),
        }
        Some(Gives::Truth)
    }
}

/// Describes a part of an expression for an error message.
pub(super) fn described(expr: &Expr) -> String {
    match &expr.node {
        Node::Number { .. } => "a number".to_owned(),
        Node::Text(text) => format!("'{text}'"),
        Node::Truth(truth) => format!("`{truth}`"),
        Node::Name(path) => format!("`{path}`"),
        Node::Neg(_) => "the result of `-`".to_owned(),
        Node::Not(_) => "the result of `not`".to_owned(),
        Node::Binary { sign, .. } => format!("the result of `{sign}`"),
        Node::In { .. } => "the result of `in`".to_owned(),
        Node::Call { function, .. } => format!("`{function}(…)`"),
    }
}

/// Returns the plain name of a field, for a hint.
fn bare(expr: &Expr) -> &str {
    match &expr.node {
        Node::Name(path) => path,
        _ => "field",
    }
}
