//! Prepares a program before judging: the message of each root name, the rules that an element triggers, and the fields
//! that the rules read.

use super::code::{At, Code};
use crate::batch::View;
use crate::program::{Base, Decl, DeclId, NameId, Op, Program, Rule, Simple, Type, UNKNOWN_NAME};
use crate::schema_rules::SchemaRule;
use crate::values;
use alloc::vec;
use alloc::vec::Vec;

/// No position.
const NONE: u16 = u16::MAX;
/// Marks fields read by rules of several messages.
const SHARED: u16 = u16::MAX - 1;

/// A program prepared for judging; valid for the program it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Message by name of the root element.
    roots: Vec<u16>,
    /// By declaration.
    decls: Vec<DeclPlan>,
    /// Rules by trigger; those of one declaration are adjacent.
    triggers: Vec<RulePlan>,
    code: Code,
    /// Number of fields to remember, by message.
    slots: Vec<usize>,
}

/// A rule of a message, ready to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RulePlan {
    pub(super) message: u16,
    pub(super) rule: u16,
    /// Slot of the element that the rule applies to.
    pub(super) on: u16,
    pub(super) when: Option<At>,
    pub(super) check: At,
}

/// A quick check that a text is a valid value of its type, for common texts of common types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shortcut {
    /// No shortcut.
    None,
    /// A string with white space preserved: minimum and maximum length in characters.
    Text { min: u32, max: u32 },
    /// A number without a sign: maximum digits before and after the point, including insignificant ones.
    Number { integer: u8, fraction: u8 },
}

impl Shortcut {
    fn new(simple: &Simple) -> Self {
        let total = simple.total_digits.unwrap_or(u8::MAX);
        let fraction = simple.fraction_digits.unwrap_or(0).min(total);
        match simple.base {
            Base::String if !simple.collapse => Self::Text {
                min: simple.min_length,
                max: simple.max_length.unwrap_or(u32::MAX),
            },
            Base::Decimal => Self::Number {
                integer: total - fraction,
                fraction,
            },
            // Nine digits always fit 32 bits.
            Base::Int => Self::Number {
                integer: total.min(9),
                fraction: 0,
            },
            _ => Self::None,
        }
    }

    /// Returns `true` if the text is certainly a valid value and needs no warning; `false` proves nothing.
    #[inline]
    pub(super) fn accepts(self, text: &[u8]) -> bool {
        match self {
            Self::None => false,
            // The first check settles short texts; others rarely reach the second.
            Self::Text { min, max } => values::length_fits(text, min, max) && !values::exceeds_in_utf16(text, max),
            Self::Number { integer, fraction } => {
                values::is_short_number(text, usize::from(integer), usize::from(fraction))
            }
        }
    }
}

/// Actions at an element or attribute of a declaration; the data most nodes need is kept close together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DeclPlan {
    name: NameId,
    slot: u16,
    /// The message whose rules read it, or [`SHARED`]: in other messages that contain it, its slot has no meaning.
    reader: u16,
    /// All occurrences are read, not only the latest one.
    listed: bool,
    shortcut: Shortcut,
    triggers_start: u32,
    triggers_end: u32,
}

impl DeclPlan {
    const NOTHING: Self = Self {
        name: UNKNOWN_NAME,
        slot: NONE,
        reader: NONE,
        listed: false,
        shortcut: Shortcut::None,
        triggers_start: 0,
        triggers_end: 0,
    };

    fn new(program: &Program, decl: &Decl) -> Self {
        let mut plan = Self {
            name: decl.name,
            ..Self::NOTHING
        };
        if let Some(Type::Simple(simple)) = program.types.get(usize::from(decl.ty))
            && decl.fixed.is_none()
            && decl.default.is_none()
        {
            plan.shortcut = Shortcut::new(simple);
        }
        plan
    }

    /// Returns its name.
    #[inline]
    pub(super) fn name(&self) -> NameId {
        self.name
    }

    /// Returns the quick check for its values.
    #[inline]
    pub(super) fn shortcut(&self) -> Shortcut {
        self.shortcut
    }

    /// Returns `true` if rules of this message read it.
    #[inline]
    pub(super) fn is_read_by(&self, message: u16) -> bool {
        self.reader == message || self.reader == SHARED
    }

    #[inline]
    pub(super) fn slot(&self) -> Option<u16> {
        if self.slot == NONE { None } else { Some(self.slot) }
    }

    #[inline]
    pub(super) fn is_listed(&self) -> bool {
        self.listed
    }

    #[inline]
    pub(super) fn has_triggers(&self) -> bool {
        self.triggers_start < self.triggers_end
    }
}

impl Plan {
    /// Prepares all messages of a program.
    #[must_use]
    pub fn new(program: &Program) -> Self {
        Self::build(program, 0..program.messages.len())
    }

    /// Prepares one message.
    pub(super) fn for_message(program: &Program, message: usize) -> Self {
        Self::build(program, message..message + 1)
    }

    /// Returns the message named by the root of a batch.
    pub(super) fn message(&self, view: &View<'_>) -> Option<usize> {
        let root = view.node(0)?;
        self.roots
            .get(usize::from(root.name))
            .filter(|message| **message != NONE)
            .map(|message| usize::from(*message))
    }

    /// Returns the plan for a declaration.
    #[inline]
    pub(super) fn decl(&self, decl: DeclId) -> &DeclPlan {
        self.decls.get(usize::from(decl)).unwrap_or(&DeclPlan::NOTHING)
    }

    /// Returns the rules that a declaration triggers, for all messages.
    #[inline]
    pub(super) fn triggers(&self, decl: &DeclPlan) -> &[RulePlan] {
        self.triggers
            .get(decl.triggers_start as usize..decl.triggers_end as usize)
            .unwrap_or_default()
    }

    /// Returns the code of the rules.
    #[inline]
    pub(super) fn code(&self) -> &Code {
        &self.code
    }

    /// Returns the number of fields to remember for a message.
    pub(super) fn slots(&self, message: usize) -> usize {
        self.slots.get(message).copied().unwrap_or(0)
    }

    fn build(program: &Program, messages: core::ops::Range<usize>) -> Self {
        let mut plan = Self {
            roots: vec![NONE; program.names.len()],
            decls: program.decls.iter().map(|decl| DeclPlan::new(program, decl)).collect(),
            triggers: Vec::new(),
            code: Code::new(program),
            slots: vec![0; program.messages.len()],
        };
        // Positions of messages have 16 bits, like all positions in a program; rules can't name further ones.
        let messages = || {
            messages
                .clone()
                .filter_map(|message| Some((message, u16::try_from(message).ok()?)))
        };
        for (message, id) in messages() {
            plan.add_root(program, message, id);
        }
        for (message, id) in messages() {
            for (_, rule) in business_rules(program, message) {
                read_by(rule, &mut |decl, listed| plan.note_reader(decl, id, listed));
            }
        }
        plan.number_fields(program.messages.len());
        plan.collect_triggers(program, messages());
        plan
    }

    fn add_root(&mut self, program: &Program, message: usize, id: u16) {
        let root = program
            .messages
            .get(message)
            .and_then(|message| program.decl(message.root));
        if let Some(root) = root
            && root.name != UNKNOWN_NAME
            && let Some(place) = self.roots.get_mut(usize::from(root.name))
            && *place == NONE
        {
            *place = id;
        }
    }

    /// First pass over the readers: records the message that reads the field, or that several do.
    fn note_reader(&mut self, decl: DeclId, message: u16, listed: bool) {
        if let Some(plan) = self.decls.get_mut(usize::from(decl)) {
            plan.listed |= listed;
            if plan.reader == NONE {
                plan.reader = message;
            } else if plan.reader != message {
                plan.reader = SHARED;
            }
        }
    }

    /// Second pass: fields of several messages come first, then each message numbers its own from there, so that the
    /// table of a message is as short as possible.
    fn number_fields(&mut self, messages: usize) {
        let shared = self.decls.iter().filter(|decl| decl.reader == SHARED).count();
        self.slots = vec![shared; messages];
        let mut next_shared = 0;
        for decl in &mut self.decls {
            if decl.reader == NONE {
                continue;
            }
            let next = match self.slots.get_mut(usize::from(decl.reader)) {
                Some(next) if decl.reader != SHARED => next,
                _ => &mut next_shared,
            };
            decl.slot = u16::try_from(*next).unwrap_or(NONE);
            *next += 1;
        }
    }

    fn collect_triggers(&mut self, program: &Program, messages: impl Iterator<Item = (usize, u16)>) {
        let mut all = Vec::new();
        let slot = |decl: DeclId| self.decls.get(usize::from(decl)).map_or(NONE, |plan| plan.slot);
        for (message, id) in messages {
            for (position, rule) in business_rules(program, message) {
                let when = (!rule.when.is_empty()).then(|| self.code.add(program, &rule.when, &slot));
                let check = self.code.add(program, &rule.check, &slot);
                let plan = RulePlan {
                    message: id,
                    rule: position,
                    on: slot(rule.on),
                    when,
                    check,
                };
                all.push((rule.trigger, plan));
            }
        }
        all.sort_by_key(|(trigger, plan)| (*trigger, plan.message, plan.rule));
        for (index, (trigger, _)) in all.iter().enumerate() {
            if let Some(plan) = self.decls.get_mut(usize::from(*trigger)) {
                let index = index as u32;
                if !plan.has_triggers() {
                    plan.triggers_start = index;
                }
                plan.triggers_end = index + 1;
            }
        }
        self.triggers = all.into_iter().map(|(_, plan)| plan).collect();
    }
}

/// Returns the message whose root element the batch has, without a plan.
pub(super) fn message_of(program: &Program, view: &View<'_>) -> Option<usize> {
    let name = view.node(0)?.name;
    if name == UNKNOWN_NAME {
        return None;
    }
    program
        .messages
        .iter()
        .position(|message| program.decl(message.root).is_some_and(|root| root.name == name))
}

/// Returns the business rules of a message with their positions.
fn business_rules(program: &Program, message: usize) -> impl Iterator<Item = (u16, &Rule)> {
    let positions = program
        .messages
        .get(message)
        .map(|message| message.rules.as_slice())
        .unwrap_or_default();
    positions
        .iter()
        .filter(|position| usize::from(**position) >= SchemaRule::COUNT)
        .filter_map(|position| Some((*position, program.rules.get(usize::from(*position))?)))
}

/// Calls `note` for each declaration that a rule reads, with `true` if it reads all occurrences.
fn read_by(rule: &Rule, note: &mut impl FnMut(DeclId, bool)) {
    note(rule.on, false);
    note(rule.at, false);
    for op in rule.when.iter().chain(&rule.check) {
        match op {
            Op::Field(decl) | Op::Empty(decl) | Op::Present(decl) => note(*decl, false),
            Op::Sum(decl) | Op::Count(decl) | Op::Unique(decl) | Op::Sequence(decl) | Op::AnyEq(decl, _) => {
                note(*decl, true);
            }
            _ => {}
        }
    }
}
