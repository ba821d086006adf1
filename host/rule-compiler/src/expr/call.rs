//! Compiles function calls in an expression.

use super::emit::{Emitter, Gives, described};
use super::functions::{FUNCTIONS, Function, Shape};
use super::parse::{Expr, Node};
use super::{ExprError, Found, Read};
use crate::near::{did_you_mean, nearest};
use cebridge_rule_core::program::Op;

impl Emitter<'_> {
    pub(super) fn call(&mut self, expr: &Expr, name: &str, name_end: usize, arguments: &[Expr]) -> Option<Gives> {
        let Some(function) = Function::named(name) else {
            let names = FUNCTIONS.iter().map(|function| function.name);
            let begins = names
                .clone()
                .filter(|known| name.starts_with(known) || known.starts_with(name));
            let begins: Vec<String> = begins.map(str::to_owned).collect();
            let hint = did_you_mean(&nearest(name, names.clone()))
                .or_else(|| did_you_mean(&begins))
                .unwrap_or_else(|| format!("the functions are {}", names.collect::<Vec<_>>().join(", ")));
            self.errors
                .push(ExprError::new(expr.start, name_end, format!("there is no function `{name}`")).hint(hint));
            return None;
        };
        if arguments.len() != function.arity() {
            let wanted = if function.arity() == 1 {
                "one argument"
            } else {
                "two arguments"
            };
            self.error(
                expr,
                format!("{name} takes {wanted}, {} given", arguments.len()),
                format!("write {}", function.usage),
            );
            return None;
        }
        self.apply(function, &arguments[0], arguments.last().unwrap_or(expr))
    }

    fn apply(&mut self, function: Function, first: &Expr, last: &Expr) -> Option<Gives> {
        let who = function.name;
        match function.shape {
            Shape::Empty => {
                let found = self.name(function, first, Read::Value)?;
                self.push(Op::Empty(found.decl));
                Some(Gives::Truth)
            }
            Shape::Present => {
                let found = self.name(function, first, Read::Presence)?;
                if found.repeated {
                    self.push(Op::Count(found.decl));
                    self.push(Op::Number { mantissa: 0, scale: 0 });
                    self.push(Op::Gt);
                } else {
                    self.push(Op::Present(found.decl));
                }
                Some(Gives::Truth)
            }
            Shape::Len => {
                self.text(first, who);
                self.push(Op::Len);
                Some(Gives::Number)
            }
            Shape::Abs => {
                self.number(first, who);
                self.push(Op::Abs);
                Some(Gives::Number)
            }
            Shape::Check => {
                self.text(first, who);
                self.push(function.check());
                Some(Gives::Truth)
            }
            Shape::Starts => {
                self.text(first, who);
                self.text(last, who);
                self.push(Op::Starts);
                Some(Gives::Truth)
            }
            Shape::Sum => {
                let found = self.name(function, first, Read::Values)?;
                self.push(Op::Sum(found.decl));
                Some(Gives::Number)
            }
            Shape::Count => {
                let found = self.name(function, first, Read::Occurrences)?;
                self.push(Op::Count(found.decl));
                Some(Gives::Number)
            }
            Shape::Every => {
                let found = self.name(function, first, Read::Values)?;
                self.push(if who == "unique" {
                    Op::Unique(found.decl)
                } else {
                    Op::Sequence(found.decl)
                });
                Some(Gives::Truth)
            }
            Shape::Any => {
                let found = self.name(function, first, Read::Values);
                let Node::Text(text) = &last.node else {
                    self.error(
                        last,
                        "any looks for a text in quotes".to_owned(),
                        format!("write {}", function.usage),
                    );
                    return None;
                };
                let position = self.literal(last, text)?;
                self.push(Op::AnyEq(found?.decl, position));
                Some(Gives::Truth)
            }
        }
    }

    /// Resolves the argument of a function that takes a field, not a value.
    fn name(&mut self, function: Function, argument: &Expr, read: Read) -> Option<Found> {
        let Node::Name(path) = &argument.node else {
            self.error(
                argument,
                format!(
                    "{} takes the name of a field, not {}",
                    function.name,
                    described(argument)
                ),
                format!("write {}", function.usage),
            );
            return None;
        };
        match self.resolver.field(path, read) {
            Ok(found) => Some(found),
            Err(refusal) => {
                self.refuse(argument.start, argument.end, refusal);
                None
            }
        }
    }
}
