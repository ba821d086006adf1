//! Reports values that another document already has.

use crate::artificial::parsed;
use crate::finding::Finding;
use crate::incomparable::Incomparable;
use crate::rule_set::RuleSet;
use cebridge_message::Element;
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::evaluate::{NO_DECL, RawFinding};
use cebridge_rule_core::pack::Unique;

impl RuleSet {
    /// Returns the finding for a document whose unique values another document already has; `None` if the rule is
    /// switched off.
    ///
    /// # Errors
    /// The edition does not have this message, or the document holds text that XML can't carry.
    pub fn repeated(&self, unique: &Unique, document: &Element) -> Result<Option<Finding>, Incomparable> {
        let incomparable = |reason: String| Incomparable {
            pair: unique.message.clone(),
            reason,
        };
        let unknown = || incomparable(format!("edition {} does not have this message", self.edition()));
        let index = self.pack().message(&unique.message).ok_or_else(unknown)?;
        let layout = self.layout(&unique.message).ok_or_else(unknown)?;
        let root = layout.elements.get(layout.root).ok_or_else(unknown)?;
        let mut tree = Element::new(root.local.clone());
        tree.children.push(document.clone());
        let parsed = parsed(&layout, tree).map_err(incomparable)?;
        let at = unique.fields.last().map(|field| format!("{}/{field}", document.name));
        let found = RawFinding {
            rule: unique.rule,
            node: at.and_then(|path| parsed.find(0, &path)).unwrap_or(0),
            decl: NO_DECL,
        };
        let found = self.explainer().finding(&parsed, Some(index), &found);
        Ok((found.severity != Grade::Off).then_some(Finding {
            line: 0,
            column: 0,
            ..found
        }))
    }
}
