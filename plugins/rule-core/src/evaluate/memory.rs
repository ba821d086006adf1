//! Remembers the nodes of a message so far: the latest of each field that rules read, and all of those they list.

use super::MAX_DEPTH;
use super::plan::DeclPlan;
use crate::batch::View;
use alloc::vec;
use alloc::vec::Vec;

/// The latest occurrence of a field.
#[derive(Debug, Clone, Copy, Default)]
struct Seen<'a> {
    /// The latest node, counted from one; zero if none.
    node: u32,
    /// The one before it in the list of occurrences, counted from one; zero if none.
    previous: u32,
    /// Its text.
    text: &'a [u8],
}

/// The memory of one message.
pub(super) struct Memory<'a> {
    view: View<'a>,
    /// By slot.
    seen: Vec<Seen<'a>>,
    /// Earlier occurrences of the fields that are listed.
    earlier: Vec<Seen<'a>>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(view: View<'a>, slots: usize) -> Self {
        Self {
            view,
            seen: vec![Seen::default(); slots],
            earlier: Vec::new(),
        }
    }

    /// Records that a node of a declaration has been reached.
    #[inline]
    pub(super) fn see(&mut self, decl: &DeclPlan, node: u32, text: &'a [u8]) {
        if let Some(slot) = decl.slot()
            && let Some(seen) = self.seen.get_mut(usize::from(slot))
        {
            let mut previous = 0;
            if decl.is_listed() && seen.node > 0 {
                self.earlier.push(*seen);
                previous = self.earlier.len() as u32;
            }
            *seen = Seen {
                node: node + 1,
                previous,
                text,
            };
        }
    }

    /// Returns the latest node of a slot, wherever it is.
    #[inline]
    pub(super) fn latest(&self, slot: u16) -> Option<u32> {
        self.seen.get(usize::from(slot))?.node.checked_sub(1)
    }

    /// Returns the latest node of a slot that is visible to the rules of a trigger.
    #[inline]
    pub(super) fn visible(&self, slot: u16, trigger: u32) -> Option<u32> {
        let node = self.latest(slot)?;
        if node >= trigger || self.is_shared(node, trigger) {
            Some(node)
        } else {
            None
        }
    }

    /// Returns the text of the latest node of a slot that is visible to the rules of a trigger.
    #[inline]
    pub(super) fn text(&self, slot: u16, trigger: u32) -> Option<&'a [u8]> {
        let seen = self.seen.get(usize::from(slot))?;
        let node = seen.node.checked_sub(1)?;
        if node >= trigger || self.is_shared(node, trigger) {
            Some(seen.text)
        } else {
            None
        }
    }

    /// Iterates over the texts of a slot inside the trigger, last one first.
    pub(super) fn texts(&self, slot: u16, trigger: u32) -> impl Iterator<Item = &'a [u8]> {
        let mut next = self.seen.get(usize::from(slot));
        core::iter::from_fn(move || {
            let seen = next?;
            if seen.node <= trigger {
                return None;
            }
            next = seen
                .previous
                .checked_sub(1)
                .and_then(|index| self.earlier.get(index as usize));
            Some(seen.text)
        })
    }

    /// Returns `true` if a node before the trigger is outside earlier instances of the trigger and of its ancestors.
    ///
    /// Where the two paths part, below their last common ancestor, elements with the same name are such instances.
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
