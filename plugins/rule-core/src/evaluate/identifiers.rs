//! Checks values of type `xs:ID`, which must be unique in the document.

use super::findings::Findings;
use crate::program::DeclId;
use crate::schema_rules::SchemaRule;
use alloc::vec::Vec;

/// The identifiers of one message.
#[derive(Default)]
pub(super) struct Identifiers<'a> {
    found: Vec<(&'a [u8], u32, DeclId)>,
}

impl<'a> Identifiers<'a> {
    pub(super) fn note(&mut self, text: &'a [u8], node: u32, decl: DeclId) {
        self.found.push((text, node, decl));
    }

    /// Reports all but the first of equal identifiers.
    pub(super) fn report(&mut self, findings: &mut Findings<'_>) {
        self.found.sort_unstable();
        for pair in self.found.windows(2) {
            if let [(first, ..), (second, node, decl)] = pair
                && first == second
            {
                findings.schema(*node, SchemaRule::Id, Some(*decl));
            }
        }
    }
}
