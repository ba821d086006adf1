//! What a message has shown so far: the latest node of each field that rules read, and all of those that they list.

use super::MAX_DEPTH;
use super::code::Field;
use super::plan::DeclPlan;
use crate::batch::View;
use crate::program::Program;
use alloc::vec;
use alloc::vec::Vec;

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

/// The memory of one message.
pub(super) struct Memory<'a> {
    program: &'a Program,
    view: View<'a>,
    seen: Vec<Seen>,
    occurrences: Vec<Occurrence>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(program: &'a Program, view: View<'a>, slots: usize) -> Self {
        Self {
            program,
            view,
            seen: vec![Seen::default(); slots],
            occurrences: Vec::new(),
        }
    }

    /// Notes that a node of a declaration has been reached.
    #[inline]
    pub(super) fn see(&mut self, decl: &DeclPlan, node: u32) {
        if let Some(slot) = decl.slot()
            && let Some(seen) = self.seen.get_mut(usize::from(slot))
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

    /// The latest node of a slot, wherever it stands.
    #[inline]
    pub(super) fn latest(&self, slot: u16) -> Option<u32> {
        self.seen.get(usize::from(slot))?.node.checked_sub(1)
    }

    /// The latest node of a slot that the rules of a trigger may see.
    #[inline]
    pub(super) fn visible(&self, slot: u16, trigger: u32) -> Option<u32> {
        let node = self.latest(slot)?;
        if node >= trigger || self.is_shared(node, trigger) {
            Some(node)
        } else {
            None
        }
    }

    /// The text of a field that the rules of a trigger may see.
    #[inline]
    pub(super) fn text(&self, field: Field, trigger: u32) -> Option<&'a [u8]> {
        self.text_at(field, self.visible(field.slot, trigger)?)
    }

    /// Texts of a field inside the trigger, last one first.
    pub(super) fn texts(&self, field: Field, trigger: u32) -> impl Iterator<Item = &'a [u8]> {
        self.occurrences(field, trigger)
            .map(move |node| self.text_at(field, node).unwrap_or_default())
    }

    /// Nodes of a field inside the trigger, last one first.
    pub(super) fn occurrences(&self, field: Field, trigger: u32) -> impl Iterator<Item = u32> {
        let mut next = self.seen.get(usize::from(field.slot)).map_or(0, |seen| seen.occurrence);
        core::iter::from_fn(move || {
            let occurrence = self.occurrences.get(next.checked_sub(1)? as usize)?;
            next = occurrence.previous;
            (occurrence.node >= trigger).then_some(occurrence.node)
        })
    }

    /// The text of a node; an empty element has the fixed or default value of its declaration.
    #[inline]
    fn text_at(&self, field: Field, node: u32) -> Option<&'a [u8]> {
        let record = self.view.node(node)?;
        if record.len == 0
            && !record.is_attribute()
            && let Some(decl) = self.program.decl(field.decl)
            && let Some(text) = decl.fixed.as_ref().or(decl.default.as_ref())
        {
            return Some(text.as_bytes());
        }
        self.view.text(&record)
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
                return self.view.node(branch).is_some_and(|branch| branch.name != record.name);
            }
            other = record.parent;
        }
        false
    }
}
