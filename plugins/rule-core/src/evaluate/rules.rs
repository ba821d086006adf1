//! Business rules: what a message has shown so far, and the machine that runs rule code on it.

use super::MAX_DEPTH;
use super::plan::{DeclPlan, Plan};
use super::walk::Findings;
use crate::batch::{NodeRecord, View};
use crate::program::{DeclId, Op, Program, Rule};
use crate::values::{self, Decimal};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// A value on the stack of the machine.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Unknown,
    Truth(bool),
    Text(&'a [u8]),
    Number(Decimal),
}

impl<'a> Value<'a> {
    fn number(self) -> Option<Decimal> {
        match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => Decimal::parse(text),
            Self::Truth(_) | Self::Unknown => None,
        }
    }

    fn text(self) -> Option<&'a [u8]> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    fn truth(self) -> Option<bool> {
        if let Self::Truth(truth) = self {
            Some(truth)
        } else {
            None
        }
    }
}

impl From<Option<bool>> for Value<'_> {
    fn from(truth: Option<bool>) -> Self {
        truth.map_or(Self::Unknown, Self::Truth)
    }
}

impl From<Option<Decimal>> for Value<'_> {
    fn from(number: Option<Decimal>) -> Self {
        number.map_or(Self::Unknown, Self::Number)
    }
}

/// What has been seen of a field. Both count from one; zero is nothing.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// The latest node.
    node: u32,
    /// Its place in the list of occurrences, where all are listed.
    occurrence: u32,
}

/// An occurrence of a field, chained to the one before it.
#[derive(Debug, Clone, Copy)]
struct Occurrence {
    node: u32,
    previous: u32,
}

/// Business rules of one message over one batch.
pub(super) struct Rules<'a> {
    program: &'a Program,
    plan: &'a Plan,
    view: View<'a>,
    message: u16,
    seen: Vec<Seen>,
    occurrences: Vec<Occurrence>,
    stack: Vec<Value<'a>>,
}

impl<'a> Rules<'a> {
    pub(super) fn new(
        program: &'a Program,
        plan: &'a Plan,
        view: View<'a>,
        message: usize,
    ) -> Self {
        Self {
            program,
            plan,
            view,
            message: message as u16,
            seen: vec![Seen::default(); plan.slots(message)],
            occurrences: Vec::new(),
            stack: Vec::with_capacity(16),
        }
    }

    /// Notes that a node of a declaration has been reached.
    #[inline]
    pub(super) fn see(&mut self, decl: &DeclPlan, node: u32) {
        if let Some(slot) = decl.slot()
            && let Some(seen) = self.seen.get_mut(slot)
        {
            seen.node = node + 1;
            if decl.is_listed() {
                self.occurrences.push(Occurrence {
                    node,
                    previous: seen.occurrence,
                });
                seen.occurrence = self.occurrences.len() as u32;
            }
        }
    }

    /// Evaluates the rules that wait for the end of an element.
    pub(super) fn judge(&mut self, decl: &DeclPlan, trigger: u32, findings: &mut Findings<'_>) {
        let (program, plan) = (self.program, self.plan);
        for (message, position) in plan.triggers(decl) {
            if *message != self.message {
                continue;
            }
            let Some(rule) = program.rules.get(usize::from(*position)) else {
                continue;
            };
            if let Some(node) = self.broken(rule, trigger) {
                findings.push(node, u32::from(*position), Some(rule.at));
            }
        }
    }

    /// The node at which a rule is broken.
    fn broken(&mut self, rule: &Rule, trigger: u32) -> Option<u32> {
        let on = self.latest(rule.on).filter(|on| *on >= trigger)?;
        if !rule.when.is_empty() && self.run(&rule.when, trigger).truth() != Some(true) {
            return None;
        }
        if self.run(&rule.check, trigger).truth() != Some(false) {
            return None;
        }
        Some(self.visible(rule.at, trigger).unwrap_or(on))
    }

    fn run(&mut self, code: &[Op], trigger: u32) -> Value<'a> {
        self.stack.clear();
        for op in code {
            let value = self.step(op, trigger);
            self.stack.push(value);
        }
        self.pop()
    }

    fn pop(&mut self) -> Value<'a> {
        self.stack.pop().unwrap_or(Value::Unknown)
    }

    fn step(&mut self, op: &Op, trigger: u32) -> Value<'a> {
        let program = self.program;
        match op {
            Op::Number { mantissa, scale } => {
                Value::Number(Decimal::new(i128::from(*mantissa), u32::from(*scale)))
            }
            Op::Text(string) => match program.strings.get(usize::from(*string)) {
                Some(text) => Value::Text(text.as_bytes()),
                None => Value::Unknown,
            },
            Op::Truth(truth) => Value::Truth(*truth),
            Op::Field(decl) => match self.field(*decl, trigger) {
                Some(text) => Value::Text(text),
                None => Value::Unknown,
            },
            Op::Neg => self.pop().number().and_then(Decimal::checked_neg).into(),
            Op::Abs => self.pop().number().and_then(Decimal::checked_abs).into(),
            Op::Add => self.arithmetic(Decimal::checked_add),
            Op::Sub => self.arithmetic(Decimal::checked_sub),
            Op::Mul => self.arithmetic(Decimal::checked_mul),
            Op::Eq => self.equal().into(),
            Op::Ne => self.equal().map(|equal| !equal).into(),
            Op::Lt => self.compare(Ordering::is_lt),
            Op::Le => self.compare(Ordering::is_le),
            Op::Gt => self.compare(Ordering::is_gt),
            Op::Ge => self.compare(Ordering::is_ge),
            Op::And => match self.pop_two_truths() {
                (Some(false), _) | (_, Some(false)) => Value::Truth(false),
                (Some(true), Some(true)) => Value::Truth(true),
                _ => Value::Unknown,
            },
            Op::Or => match self.pop_two_truths() {
                (Some(true), _) | (_, Some(true)) => Value::Truth(true),
                (Some(false), Some(false)) => Value::Truth(false),
                _ => Value::Unknown,
            },
            Op::Not => self.pop().truth().map(|truth| !truth).into(),
            Op::In(table) => {
                let text = self.pop().text();
                let table = program.tables.get(usize::from(*table));
                text.zip(table)
                    .map(|(text, table)| {
                        table
                            .codes
                            .binary_search_by(|code| code.as_bytes().cmp(text))
                            .is_ok()
                    })
                    .into()
            }
            Op::Empty(decl) => {
                Value::Truth(self.field(*decl, trigger).is_none_or(values::is_blank))
            }
            Op::Present(decl) => Value::Truth(self.visible(*decl, trigger).is_some()),
            Op::Len => match self.pop().text() {
                Some(text) => {
                    Value::Number(Decimal::new(values::count_characters(text) as i128, 0))
                }
                None => Value::Unknown,
            },
            Op::IsDigits => {
                self.test(|text| !text.is_empty() && text.iter().all(u8::is_ascii_digit))
            }
            Op::IsUpper => self.test(|text| !text.iter().any(u8::is_ascii_lowercase)),
            Op::IsDate => self.test(values::is_compact_date),
            Op::IsDateTime => self.test(values::is_compact_date_time),
            Op::IsTimestamp => self.test(values::is_compact_timestamp),
            Op::IsIdentity => self.test(values::is_identity),
            Op::Starts => {
                let prefix = self.pop().text();
                let text = self.pop().text();
                text.zip(prefix)
                    .map(|(text, prefix)| text.starts_with(prefix))
                    .into()
            }
            Op::Sum(decl) => self.sum(*decl, trigger).into(),
            Op::Count(decl) => Value::Number(Decimal::new(
                self.occurrences(*decl, trigger).count() as i128,
                0,
            )),
            Op::Unique(decl) => Value::Truth(self.is_unique(*decl, trigger)),
            Op::Sequence(decl) => self.is_numbered(*decl, trigger).into(),
            Op::AnyEq(decl, string) => match program.strings.get(usize::from(*string)) {
                Some(text) => Value::Truth(
                    self.texts(*decl, trigger)
                        .any(|found| found == text.as_bytes()),
                ),
                None => Value::Unknown,
            },
        }
    }

    fn arithmetic(
        &mut self,
        operation: impl FnOnce(Decimal, Decimal) -> Option<Decimal>,
    ) -> Value<'a> {
        let (right, left) = (self.pop().number(), self.pop().number());
        left.zip(right)
            .and_then(|(left, right)| operation(left, right))
            .into()
    }

    fn compare(&mut self, holds: impl FnOnce(Ordering) -> bool) -> Value<'a> {
        let (right, left) = (self.pop().number(), self.pop().number());
        left.zip(right)
            .and_then(|(left, right)| left.checked_cmp(right))
            .map(holds)
            .into()
    }

    fn equal(&mut self) -> Option<bool> {
        let (right, left) = (self.pop(), self.pop());
        match (left, right) {
            (Value::Text(left), Value::Text(right)) => Some(left == right),
            (Value::Truth(left), Value::Truth(right)) => Some(left == right),
            _ => Some(left.number()?.checked_cmp(right.number()?)?.is_eq()),
        }
    }

    fn pop_two_truths(&mut self) -> (Option<bool>, Option<bool>) {
        (self.pop().truth(), self.pop().truth())
    }

    fn test(&mut self, holds: impl FnOnce(&[u8]) -> bool) -> Value<'a> {
        self.pop().text().map(holds).into()
    }

    /// The latest node of a declaration, wherever it stands.
    #[inline]
    fn latest(&self, decl: DeclId) -> Option<u32> {
        self.seen
            .get(self.plan.decl(decl).slot()?)?
            .node
            .checked_sub(1)
    }

    /// The latest node of a declaration that the rules of a trigger may see.
    #[inline]
    fn visible(&self, decl: DeclId, trigger: u32) -> Option<u32> {
        let node = self.latest(decl)?;
        if node >= trigger || self.is_shared(node, trigger) {
            Some(node)
        } else {
            None
        }
    }

    /// A node before the trigger is no part of an earlier instance of the trigger or of one of its ancestors.
    ///
    /// Where the two paths part, below their last common ancestor, elements of the same name are such instances.
    #[cold]
    fn is_shared(&self, node: u32, trigger: u32) -> bool {
        let mut branch = trigger;
        let mut ancestor = branch;
        for _ in 0..=MAX_DEPTH {
            let Some(record) = self.view.node(ancestor) else {
                return false;
            };
            if ancestor <= node {
                return ancestor == node || self.parts_by_name(node, ancestor, branch);
            }
            branch = ancestor;
            ancestor = record.parent;
        }
        false
    }

    fn parts_by_name(&self, node: u32, ancestor: u32, branch: u32) -> bool {
        let mut other = node;
        for _ in 0..=MAX_DEPTH {
            let Some(record) = self.view.node(other) else {
                return false;
            };
            if record.parent == ancestor {
                return self
                    .view
                    .node(branch)
                    .is_some_and(|branch| branch.name != record.name);
            }
            other = record.parent;
        }
        false
    }

    /// The text of a field that the rules of a trigger may see.
    #[inline]
    fn field(&self, decl: DeclId, trigger: u32) -> Option<&'a [u8]> {
        self.text(decl, self.visible(decl, trigger)?)
    }

    /// The text of a node; an empty element has the fixed or default value of its declaration.
    #[inline]
    fn text(&self, decl: DeclId, node: u32) -> Option<&'a [u8]> {
        let record: NodeRecord = self.view.node(node)?;
        if record.len == 0
            && !record.is_attribute()
            && let Some(decl) = self.program.decl(decl)
            && let Some(text) = decl.fixed.as_ref().or(decl.default.as_ref())
        {
            return Some(text.as_bytes());
        }
        self.view.text(&record)
    }

    /// Nodes of a declaration inside the trigger, last one first.
    fn occurrences(&self, decl: DeclId, trigger: u32) -> impl Iterator<Item = u32> {
        let seen = self
            .plan
            .decl(decl)
            .slot()
            .and_then(|slot| self.seen.get(slot));
        let mut next = seen.map_or(0, |seen| seen.occurrence);
        core::iter::from_fn(move || {
            let occurrence = self.occurrences.get(next.checked_sub(1)? as usize)?;
            next = occurrence.previous;
            (occurrence.node >= trigger).then_some(occurrence.node)
        })
    }

    /// Texts of a declaration inside the trigger, last one first.
    fn texts(&self, decl: DeclId, trigger: u32) -> impl Iterator<Item = &'a [u8]> {
        self.occurrences(decl, trigger)
            .map(move |node| self.text(decl, node).unwrap_or_default())
    }

    fn sum(&self, decl: DeclId, trigger: u32) -> Option<Decimal> {
        self.texts(decl, trigger)
            .try_fold(Decimal::ZERO, |sum, text| {
                sum.checked_add(Decimal::parse(text)?)
            })
    }

    fn is_unique(&self, decl: DeclId, trigger: u32) -> bool {
        let mut texts: Vec<_> = self.texts(decl, trigger).collect();
        texts.sort_unstable();
        texts.windows(2).all(|pair| pair[0] != pair[1])
    }

    /// The occurrences read 1, 2, 3 …; *unknown* when one is no number and no other one contradicts.
    fn is_numbered(&self, decl: DeclId, trigger: u32) -> Option<bool> {
        let count = self.occurrences(decl, trigger).count();
        let mut all_numbers = true;
        for (index, text) in self.texts(decl, trigger).enumerate() {
            let expected = Decimal::new((count - index) as i128, 0);
            match Decimal::parse(text) {
                Some(number) if number.checked_cmp(expected) == Some(Ordering::Equal) => {}
                Some(_) => return Some(false),
                None => all_numbers = false,
            }
        }
        all_numbers.then_some(true)
    }
}
