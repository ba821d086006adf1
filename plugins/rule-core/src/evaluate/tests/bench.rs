//! A small message for testing single conditions.

use crate::evaluate::testing::*;
use crate::program::*;

/// A message `r` with fields `a`, `b`, an element `e` and repeated fields `x`.
pub(super) struct Bench {
    pub(super) schema: Schema,
    pub(super) root: DeclId,
    pub(super) a: DeclId,
    pub(super) b: DeclId,
    pub(super) x: DeclId,
}

impl Bench {
    pub(super) fn new() -> Self {
        let mut schema = Schema::new();
        let [a, b, x] = ["a", "b", "x"].map(|name| schema.field(name, string(0, None)));
        let root = schema.group("r", vec![slot(a, 0, 1), slot(b, 0, 1), slot(x, 0, None)]);
        schema.message(root);
        Self { schema, root, a, b, x }
    }

    /// Returns the result of a check on a message: `Some(truth)`, or `None` if it is unknown.
    pub(super) fn run(&mut self, xml: &str, check: &[Op]) -> Option<bool> {
        let mut fails = |check: &[Op]| {
            self.schema.rule(self.root, self.root, self.root, &[], check);
            let findings = self.schema.judge(xml);
            self.schema.program.rules.pop();
            self.schema.program.messages[0].rules.pop();
            assert!(findings.len() <= 1, "{findings:?}");
            !findings.is_empty()
        };
        let negated: Vec<Op> = check.iter().cloned().chain([Op::Not]).collect();
        match (fails(check), fails(&negated)) {
            (true, false) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
            (true, true) => unreachable!("a check and its negation both failed"),
        }
    }

    pub(super) fn fields(a: &str, b: &str) -> String {
        format!("<r><a>{a}</a><b>{b}</b></r>")
    }

    /// Evaluates `a op b` on two texts.
    pub(super) fn pair(&mut self, a: &str, op: Op, b: &str) -> Option<bool> {
        let check = [Op::Field(self.a), Op::Field(self.b), op];
        self.run(&Self::fields(a, b), &check)
    }

    /// Evaluates a function of the text `a`.
    pub(super) fn text(&mut self, a: &str, op: Op) -> Option<bool> {
        let check = [Op::Field(self.a), op];
        self.run(&format!("<r><a>{a}</a></r>"), &check)
    }

    /// Evaluates a function of all `x`.
    pub(super) fn rows(&mut self, rows: &[&str], check: &[Op]) -> Option<bool> {
        let rows: String = rows.iter().map(|row| format!("<x>{row}</x>")).collect();
        self.run(&format!("<r>{rows}</r>"), check)
    }
}

pub(super) fn number(mantissa: i64, scale: u8) -> Op {
    Op::Number { mantissa, scale }
}

/// A text position that does not exist in the program: unknown.
pub(super) const UNKNOWN: Op = Op::Text(u16::MAX);
