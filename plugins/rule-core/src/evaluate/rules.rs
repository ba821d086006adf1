//! Runs the conditions of the business rules that an element triggers.

use super::code::{At, Code, Field, Number, Test, Text, Truth};
use super::findings::Findings;
use super::memory::Memory;
use super::plan::{DeclPlan, Plan, RulePlan};
use crate::batch::View;
use crate::program::Program;
use crate::values::{self, Decimal};
use alloc::vec::Vec;
use core::cmp::Ordering;

/// Business rules of one message over one batch.
pub(super) struct Rules<'a> {
    program: &'a Program,
    plan: &'a Plan,
    message: u16,
    memory: Memory<'a>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(program: &'a Program, plan: &'a Plan, view: View<'a>, message: usize) -> Self {
        Self {
            program,
            plan,
            message: message as u16,
            memory: Memory::new(view, plan.slots(message)),
        }
    }

    /// Records that a node of a declaration has been reached.
    #[inline]
    pub(super) fn see(&mut self, decl: &DeclPlan, node: u32, text: &'a [u8]) {
        if decl.is_read_by(self.message) {
            self.memory.see(decl, node, text);
        }
    }

    /// Evaluates the rules triggered by the end of an element.
    pub(super) fn judge(&self, decl: &DeclPlan, trigger: u32, findings: &mut Findings<'_>) {
        let run = Run {
            program: self.program,
            code: self.plan.code(),
            memory: &self.memory,
            trigger,
        };
        for rule in self.plan.triggers(decl) {
            if rule.message == self.message
                && let Some(node) = run.broken(rule)
                && let Some(source) = self.program.rules.get(usize::from(rule.rule))
            {
                let at = self
                    .plan
                    .decl(source.at)
                    .slot()
                    .and_then(|slot| self.memory.visible(slot, trigger));
                findings.push(at.unwrap_or(node), u32::from(rule.rule), Some(source.at));
            }
        }
    }
}

/// Conditions at the end of one element.
struct Run<'a, 'm> {
    program: &'a Program,
    code: &'a Code,
    memory: &'m Memory<'a>,
    trigger: u32,
}

impl<'a> Run<'a, '_> {
    /// Returns the element that a broken rule applies to.
    #[inline]
    fn broken(&self, rule: &RulePlan) -> Option<u32> {
        let on = self.memory.latest(rule.on).filter(|on| *on >= self.trigger)?;
        if let Some(when) = rule.when
            && self.truth(when) != Some(true)
        {
            return None;
        }
        if self.truth(rule.check) == Some(false) {
            Some(on)
        } else {
            None
        }
    }

    fn truth(&self, at: At) -> Option<bool> {
        match self.code.truth(at) {
            Truth::Constant(truth) => truth,
            Truth::Not(operand) => self.truth(operand).map(|truth| !truth),
            Truth::And(left, right) => match self.truth(left) {
                Some(false) => Some(false),
                Some(true) => self.truth(right),
                None => self.truth(right).filter(|right| !right),
            },
            Truth::Or(left, right) => match self.truth(left) {
                Some(true) => Some(true),
                Some(false) => self.truth(right),
                None => self.truth(right).filter(|right| *right),
            },
            Truth::Same(left, right) => Some(self.truth(left)? == self.truth(right)?),
            Truth::SameText(left, right) => Some(self.text(left)? == self.text(right)?),
            Truth::Compare(relation, left, right) => relation.holds(self.number(left)?, self.number(right)?),
            Truth::In(text, table) => self.code.holds(self.program, table, self.text(text)?),
            Truth::Empty(field) => Some(self.memory.text(field, self.trigger).is_none_or(values::is_blank)),
            Truth::Present(field) => Some(self.memory.visible(field, self.trigger).is_some()),
            Truth::Test(test, text) => Some(passes(test, self.text(text)?)),
            Truth::Starts(text, prefix) => Some(self.text(text)?.starts_with(self.text(prefix)?)),
            Truth::Unique(field) => Some(self.is_unique(field)),
            Truth::Sequence(field) => self.is_numbered(field),
            Truth::Any(field, string) => {
                let text = self.program.strings.get(usize::from(string))?.as_bytes();
                Some(self.memory.texts(field, self.trigger).any(|found| found == text))
            }
        }
    }

    fn number(&self, at: At) -> Option<Decimal> {
        match self.code.number(at)? {
            Number::Constant { mantissa, scale } => Some(Decimal::new(i128::from(mantissa), u32::from(scale))),
            Number::Of(text) => Decimal::parse(self.text(text)?),
            Number::Neg(operand) => self.number(operand)?.checked_neg(),
            Number::Abs(operand) => self.number(operand)?.checked_abs(),
            Number::Add(left, right) => self.number(left)?.checked_add(self.number(right)?),
            Number::Sub(left, right) => self.number(left)?.checked_sub(self.number(right)?),
            Number::Mul(left, right) => self.number(left)?.checked_mul(self.number(right)?),
            Number::Len(text) => Some(whole(values::count_characters(self.text(text)?))),
            Number::Sum(field) => self
                .memory
                .texts(field, self.trigger)
                .try_fold(Decimal::ZERO, |sum, text| sum.checked_add(Decimal::parse(text)?)),
            Number::Count(field) => Some(whole(self.memory.texts(field, self.trigger).count())),
        }
    }

    #[inline]
    fn text(&self, text: Text) -> Option<&'a [u8]> {
        match text {
            Text::Field(field) => self.memory.text(field, self.trigger),
            Text::Literal(string) => self
                .program
                .strings
                .get(usize::from(string))
                .map(|text| text.as_bytes()),
        }
    }

    fn is_unique(&self, field: Field) -> bool {
        let mut texts: Vec<_> = self.memory.texts(field, self.trigger).collect();
        texts.sort_unstable();
        texts.windows(2).all(|pair| pair[0] != pair[1])
    }

    /// Checks that the occurrences are 1, 2, 3 …; *unknown* if one is not a number and none of the others is wrong.
    fn is_numbered(&self, field: Field) -> Option<bool> {
        let count = self.memory.texts(field, self.trigger).count();
        let mut all_numbers = true;
        for (index, text) in self.memory.texts(field, self.trigger).enumerate() {
            match Decimal::parse(text) {
                Some(number) if number.checked_cmp(whole(count - index)) == Some(Ordering::Equal) => {}
                Some(_) => return Some(false),
                None => all_numbers = false,
            }
        }
        all_numbers.then_some(true)
    }
}

fn whole(number: usize) -> Decimal {
    Decimal::new(number as i128, 0)
}

fn passes(test: Test, text: &[u8]) -> bool {
    match test {
        Test::Digits => !text.is_empty() && text.iter().all(u8::is_ascii_digit),
        Test::Upper => !text.iter().any(u8::is_ascii_lowercase),
        Test::Date => values::is_compact_date(text),
        Test::DateTime => values::is_compact_date_time(text),
        Test::Timestamp => values::is_compact_timestamp(text),
        Test::Identity => values::is_identity(text),
    }
}
