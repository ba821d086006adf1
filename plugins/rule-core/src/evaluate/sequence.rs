//! Matches the children of a plain sequence in one pass; misfits are explained as usefully as possible.

use super::findings::Findings;
use super::plan::Plan;
use crate::program::{DeclId, NameId, Slot, UNKNOWN_NAME};
use crate::schema_rules::SchemaRule;
use alloc::vec::Vec;

/// A slot of a sequence that was skipped, or whose element came too early.
pub(super) struct Stray {
    /// Number of open elements, to distinguish the sequences.
    depth: usize,
    slot: usize,
    /// The element came before its place, so it is not missing.
    early: bool,
}

/// A position in a sequence.
pub(super) struct SequenceCursor<'a> {
    slots: &'a [Slot],
    /// The next slot to fill.
    at: usize,
    /// Number of elements in that slot so far.
    count: u32,
    /// Slots with at least one element (the first 64; it only decides between two findings).
    seen: u64,
    /// The slot for which too many elements were reported, plus one.
    exceeded: usize,
}

impl<'a> SequenceCursor<'a> {
    pub(super) fn new(slots: &'a [Slot]) -> Self {
        Self {
            slots,
            at: 0,
            count: 0,
            seen: 0,
            exceeded: 0,
        }
    }

    /// Places the next child if the sequence allows it without an error.
    #[inline]
    pub(super) fn place(&mut self, plan: &Plan, name: NameId) -> Option<DeclId> {
        for at in self.at..self.slots.len() {
            let slot = self.slots.get(at)?;
            if Self::fits(plan, slot, name) {
                self.take(at, slot);
                return Some(slot.decl);
            }
            if self.is_wanting(at, slot) {
                return None;
            }
        }
        None
    }

    /// Determines the error in a child that [`Self::place`] rejected, and continues as if it were correct.
    #[allow(clippy::too_many_arguments, reason = "the parts of one walk, borrowed apart")]
    pub(super) fn place_unexpected(
        &mut self,
        plan: &Plan,
        strays: &mut Vec<Stray>,
        depth: usize,
        node: u32,
        name: NameId,
        sibling: Option<NameId>,
        findings: &mut Findings<'_>,
    ) -> Option<DeclId> {
        if let Some((at, slot)) = self.find(plan, self.at, name) {
            let sibling_comes_first = sibling
                .and_then(|sibling| self.find(plan, self.at, sibling))
                .is_some_and(|(sibling_at, _)| sibling_at < at);
            if sibling_comes_first {
                // Only this one is out of place: the next one is what the sequence is waiting for.
                if !is_early(strays, depth, at) {
                    strays.push(Stray {
                        depth,
                        slot: at,
                        early: true,
                    });
                }
                findings.schema(node, SchemaRule::ElementOrder, Some(slot.decl));
            } else {
                for (position, passed) in self.slots.iter().enumerate().take(at).skip(self.at) {
                    if self.is_wanting(position, passed) && !is_early(strays, depth, position) {
                        strays.push(Stray {
                            depth,
                            slot: position,
                            early: false,
                        });
                    }
                }
                self.take(at, slot);
            }
            return Some(slot.decl);
        }
        let Some((at, slot)) = self.find_before(plan, name) else {
            findings.schema(node, SchemaRule::ElementUnknown, None);
            return None;
        };
        let passed_over = strays
            .iter()
            .enumerate()
            .rev()
            .take_while(|(_, stray)| stray.depth == depth)
            .find(|(_, stray)| stray.slot == at && !stray.early)
            .map(|(index, _)| index);
        if let Some(index) = passed_over {
            strays.remove(index);
            self.mark(at);
            findings.schema(node, SchemaRule::ElementOrder, Some(slot.decl));
        } else if self.is_seen(at) && (slot.max == Some(1) || at + 1 == self.at) {
            if self.exceeded != at + 1 {
                self.exceeded = at + 1;
                findings.schema(node, SchemaRule::Occurs, Some(slot.decl));
            }
        } else {
            self.mark(at);
            findings.schema(node, SchemaRule::ElementOrder, Some(slot.decl));
        }
        Some(slot.decl)
    }

    /// Reports what the sequence still requires, and what was skipped permanently.
    #[inline]
    pub(super) fn finish(self, strays: &mut Vec<Stray>, depth: usize, node: u32, findings: &mut Findings<'_>) {
        for at in self.at..self.slots.len() {
            if let Some(slot) = self.slots.get(at)
                && self.is_wanting(at, slot)
                && !is_early(strays, depth, at)
            {
                findings.schema(node, SchemaRule::ElementMissing, Some(slot.decl));
            }
        }
        while let Some(stray) = strays.pop_if(|stray| stray.depth == depth) {
            if let Some(slot) = self.slots.get(stray.slot)
                && !stray.early
            {
                findings.schema(node, SchemaRule::ElementMissing, Some(slot.decl));
            }
        }
    }

    #[inline]
    fn take(&mut self, at: usize, slot: &Slot) {
        if at != self.at {
            self.at = at;
            self.count = 0;
        }
        self.count += 1;
        self.mark(at);
        if slot.max.is_some_and(|max| self.count >= max) {
            self.at += 1;
            self.count = 0;
        }
    }

    #[inline]
    fn fits(plan: &Plan, slot: &Slot, name: NameId) -> bool {
        plan.decl(slot.decl).name() == name && slot.max != Some(0) && name != UNKNOWN_NAME
    }

    /// Returns `true` if the slot has fewer elements than it needs.
    #[inline]
    fn is_wanting(&self, at: usize, slot: &Slot) -> bool {
        let count = if at == self.at { self.count } else { 0 };
        count < slot.min
    }

    #[inline]
    fn mark(&mut self, at: usize) {
        if at < 64 {
            self.seen |= 1 << at;
        }
    }

    fn is_seen(&self, at: usize) -> bool {
        at < 64 && self.seen & (1 << at) != 0
    }

    fn find(&self, plan: &Plan, from: usize, name: NameId) -> Option<(usize, &'a Slot)> {
        self.slots
            .iter()
            .enumerate()
            .skip(from)
            .find(|(_, slot)| Self::fits(plan, slot, name))
    }

    fn find_before(&self, plan: &Plan, name: NameId) -> Option<(usize, &'a Slot)> {
        let before = self.slots.get(..self.at)?;
        before
            .iter()
            .enumerate()
            .rev()
            .find(|(_, slot)| Self::fits(plan, slot, name))
    }
}

fn is_early(strays: &[Stray], depth: usize, slot: usize) -> bool {
    strays
        .iter()
        .rev()
        .take_while(|stray| stray.depth == depth)
        .any(|stray| stray.early && stray.slot == slot)
}
