//! Collects the findings of one message up to the limit; beyond it only the first of each rule, so that none is lost.

use super::{MAX_FINDINGS, NO_DECL, RawFinding};
use crate::program::DeclId;
use crate::schema_rules::SchemaRule;
use alloc::vec::Vec;

/// Collector for findings.
pub(super) struct Findings<'o> {
    out: &'o mut Vec<RawFinding>,
    /// Number of findings already in the list.
    before: usize,
    limit: usize,
    /// Rules that have a finding, by position; empty until the limit is reached.
    reported: Vec<bool>,
}

impl<'o> Findings<'o> {
    /// Starts a collector; findings already in the list do not count.
    pub(super) fn new(out: &'o mut Vec<RawFinding>) -> Self {
        let before = out.len();
        Self {
            out,
            before,
            limit: before.saturating_add(MAX_FINDINGS),
            reported: Vec::new(),
        }
    }

    #[cold]
    pub(super) fn schema(&mut self, node: u32, rule: SchemaRule, decl: Option<DeclId>) {
        self.push(node, rule.index() as u32, decl);
    }

    #[cold]
    pub(super) fn push(&mut self, node: u32, rule: u32, decl: Option<DeclId>) {
        if self.out.len() < self.limit || self.is_first(rule) {
            self.out.push(RawFinding {
                node,
                rule,
                decl: decl.map_or(NO_DECL, u32::from),
            });
        }
    }

    /// The verdict depends on which rules are broken: a thousand warnings must not hide an error.
    fn is_first(&mut self, rule: u32) -> bool {
        if self.reported.is_empty() {
            for index in self.before..self.out.len() {
                if let Some(found) = self.out.get(index).map(|found| found.rule) {
                    self.note(found);
                }
            }
        }
        self.note(rule)
    }

    /// Notes that a rule has a finding; `true` if it had none before.
    fn note(&mut self, rule: u32) -> bool {
        let rule = rule as usize;
        if self.reported.len() <= rule {
            self.reported.resize(rule + 1, false);
        }
        self.reported
            .get_mut(rule)
            .is_some_and(|reported| !core::mem::replace(reported, true))
    }
}
