//! Findings of one message, up to the limit.

use super::{MAX_FINDINGS, NO_DECL, RawFinding};
use crate::program::DeclId;
use crate::schema_rules::SchemaRule;
use alloc::vec::Vec;

/// Where findings are put.
pub(super) struct Findings<'o> {
    out: &'o mut Vec<RawFinding>,
    limit: usize,
}

impl<'o> Findings<'o> {
    /// What the list already holds does not count.
    pub(super) fn new(out: &'o mut Vec<RawFinding>) -> Self {
        let limit = out.len().saturating_add(MAX_FINDINGS);
        Self { out, limit }
    }

    #[cold]
    pub(super) fn schema(&mut self, node: u32, rule: SchemaRule, decl: Option<DeclId>) {
        self.push(node, rule.index() as u32, decl);
    }

    #[cold]
    pub(super) fn push(&mut self, node: u32, rule: u32, decl: Option<DeclId>) {
        if !self.is_full() {
            self.out.push(RawFinding {
                node,
                rule,
                decl: decl.map_or(NO_DECL, u32::from),
            });
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.out.len() >= self.limit
    }
}
