//! Parses the right side of `in`.

use super::ExprError;
use super::lex::{Kind, Token};
use super::parse::{List, Parser};

impl Parser {
    /// Rejects `x in trade-mode`, which would be parsed as a subtraction.
    fn refuse_hyphen(&self, name: &str, start: usize, end: usize) -> Result<(), ExprError> {
        let after = (self.peek(), self.tokens.get(self.at + 1));
        if let (
            Token {
                kind: Kind::Sign("-"),
                start: minus,
                ..
            },
            Some(Token {
                kind: Kind::Name(rest),
                start: next,
                end: last,
            }),
        ) = after
            && *minus == end
            && *next == end + 1
        {
            return Err(ExprError::new(
                start,
                *last,
                "the names of code tables are written with `_` here".to_owned(),
            )
            .hint(format!("write {name}_{rest}")));
        }
        Ok(())
    }

    /// Parses the right side of `in` and returns its end.
    pub(super) fn list(&mut self) -> Result<(List, usize), ExprError> {
        let token = self.take();
        match token.kind {
            Kind::Name(name) => {
                self.refuse_hyphen(&name, token.start, token.end)?;
                Ok((
                    List::Table {
                        name,
                        start: token.start,
                        end: token.end,
                    },
                    token.end,
                ))
            }
            Kind::Sign("[") => {
                let mut codes = Vec::new();
                while !self.is_sign("]") {
                    let code = self.take();
                    match code.kind {
                        Kind::Text(text) => codes.push(text),
                        Kind::Number { .. } => {
                            return Err(ExprError::new(
                                code.start,
                                code.end,
                                "a list holds texts, not numbers".to_owned(),
                            )
                            .hint("put the code in quotes: [\"1\", \"2\"]"));
                        }
                        _ => {
                            return Err(ExprError::new(
                                code.start,
                                code.end,
                                format!("expected a text in quotes, found {}", code.named()),
                            )
                            .hint("a list looks like [\"1\", \"2\"]"));
                        }
                    }
                    if self.is_sign(",") {
                        self.take();
                    } else if !self.is_sign("]") {
                        self.expect("]", "the codes of a list are separated by `,`")?;
                    }
                }
                let close = self.take();
                if codes.is_empty() {
                    return Err(ExprError::new(token.start, close.end, "the list is empty".to_owned()));
                }
                Ok((List::Literal(codes), close.end))
            }
            _ => Err(ExprError::new(
                token.start,
                token.end,
                format!("expected a list or a code table after `in`, found {}", token.named()),
            )
            .hint("write `x in [\"1\", \"2\"]` or `x in currency`")),
        }
    }
}
