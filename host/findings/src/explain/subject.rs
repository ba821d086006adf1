//! The subject of a finding: its node and declaration, with the value as users may see it.

use super::place::{self, Place};
use crate::names::Names;
use cebridge_message::{Document, HAS_CHILDREN, mask, mask_identities};
use cebridge_rule_core::evaluate::{NO_DECL, RawFinding};
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::DeclId;
use cebridge_rule_core::schema_rules::SchemaRule;

/// Maximum number of characters shown of a value.
const SHOWN: usize = 80;

/// Subject of a finding: a node of the document, or something missing below it.
pub(super) struct Subject<'a> {
    pub(super) pack: &'a Pack,
    pub(super) names: &'a Names,
    pub(super) document: &'a Document,
    /// The node of the finding, with its ancestors.
    pub(super) place: Place,
    pub(super) node: u32,
    /// The declaration concerned, if known.
    pub(super) decl: Option<DeclId>,
    /// Path from the node to the missing part; empty if the finding is about the node itself.
    missing: Vec<String>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(
        pack: &'a Pack,
        names: &'a Names,
        document: &'a Document,
        message: Option<usize>,
        raw: &RawFinding,
    ) -> Self {
        let place = Place::of(&pack.program, names, document, message, raw.node);
        let own = place.decl();
        let told = if raw.decl == NO_DECL {
            None
        } else {
            DeclId::try_from(raw.decl).ok()
        };
        let decl = told.or(own);
        let missing = match (own, decl) {
            (Some(own), Some(decl)) if own != decl => place::route(&pack.program, own, decl),
            _ => None,
        };
        let missing: Vec<String> = missing
            .unwrap_or_default()
            .into_iter()
            .map(|step| step.name(&pack.program))
            .collect();
        let decl = if missing.is_empty() && own.is_some() { own } else { decl };
        Self {
            pack,
            names,
            document,
            place,
            node: raw.node,
            decl,
            missing,
        }
    }

    pub(super) fn path(&self) -> String {
        let path = self.document.path(self.node);
        if self.missing.is_empty() {
            return path;
        }
        let below = self.missing.join("/");
        if self.node == 0 {
            below
        } else {
            format!("{path}/{below}")
        }
    }

    pub(super) fn field(&self) -> String {
        let missing = self.missing.last().map(|step| step.trim_start_matches('@'));
        missing.unwrap_or_else(|| self.document.local(self.node)).to_owned()
    }

    /// Returns the value to show with the message. Values of unknown nodes are not shown, since they may be personal
    /// data.
    pub(super) fn found(&self, rule: Option<SchemaRule>) -> Option<String> {
        let about_value = match rule {
            None => true,
            Some(rule) => matches!(
                rule,
                SchemaRule::Type
                    | SchemaRule::Length
                    | SchemaRule::Digits
                    | SchemaRule::Fixed
                    | SchemaRule::Id
                    | SchemaRule::Utf16
            ),
        };
        let leaf = self
            .document
            .node(self.node)
            .is_some_and(|node| node.flags & HAS_CHILDREN == 0);
        (about_value && leaf && self.missing.is_empty() && self.decl.is_some()).then(|| self.value())
    }

    /// Returns the value of the node, fit for display.
    pub(super) fn value(&self) -> String {
        if self.missing.is_empty() {
            show(self.pack, self.decl, self.document.value(self.node))
        } else {
            String::new()
        }
    }
}

/// Makes a value fit for display: masked and shortened.
pub(super) fn show(pack: &Pack, decl: Option<DeclId>, value: &str) -> String {
    let personal = decl
        .and_then(|decl| pack.decls.get(usize::from(decl)))
        .is_some_and(|text| text.personal);
    if personal {
        return mask(value);
    }
    let value = mask_identities(value);
    let length = value.chars().count();
    if length <= SHOWN {
        return value.into_owned();
    }
    let start: String = value.chars().take(SHOWN).collect();
    format!("{start}… ({length} characters)")
}
