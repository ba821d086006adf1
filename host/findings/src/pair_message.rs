//! Two documents as the one message that the evaluator sees.
//!
//! See [`Pair`]. A file can't hold that message: its name is not an XML name, and only this module gives it to a root.

use crate::artificial::parsed;
use crate::batch::bind_as;
use crate::finding::Finding;
use crate::incomparable::Incomparable;
use crate::rule_set::RuleSet;
use crate::side_by_side::{DocumentPair, Origins, side_by_side};
use cebridge_message::Document;
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::evaluate::RawFinding;
use cebridge_rule_core::pack::Pair;
use cebridge_rule_core::schema_rules::SchemaRule;

/// Two documents as the one message that they are judged as.
#[derive(Debug)]
pub struct PairMessage<'a> {
    rules: &'a RuleSet,
    document: Document,
    /// Position of the artificial message.
    message: usize,
    origins: Origins<'a>,
    batch: Vec<u8>,
}

impl<'a> PairMessage<'a> {
    /// Puts two documents together. Fields unknown to the edition are left out: the other document may belong to an older
    /// one.
    ///
    /// # Errors
    /// The edition does not have this pair, or a document holds text that XML can't carry.
    pub fn new(rules: &'a RuleSet, pair: &'a Pair, documents: &DocumentPair<'a>) -> Result<Self, Incomparable> {
        let incomparable = |reason: String| Incomparable {
            pair: pair.code.clone(),
            reason,
        };
        let form = rules.pair_form(&pair.code);
        let form = form.ok_or_else(|| incomparable(format!("edition {} does not have this pair", rules.edition())))?;
        let (tree, origins) = side_by_side(pair, documents);
        let document = parsed(&form.layout, tree).map_err(incomparable)?;
        Ok(Self {
            batch: bind_as(rules.names(), &document, form.root),
            rules,
            document,
            message: form.message,
            origins,
        })
    }

    /// Returns the flat form in which it crosses into the sandbox.
    #[must_use]
    pub fn batch(&self) -> &[u8] {
        &self.batch
    }

    /// Explains the findings of the pair's own rules, without those switched off, with paths in the documents themselves.
    #[must_use]
    pub fn explain(&self, findings: &[RawFinding]) -> Vec<Finding> {
        let explainer = self.rules.explainer();
        findings
            .iter()
            .filter(|found| SchemaRule::from_index(found.rule as usize).is_none())
            .map(|found| explainer.finding(&self.document, Some(self.message), found))
            .filter(|found| found.severity != Grade::Off)
            .map(|found| Finding {
                path: self.origins.path(&found.path),
                line: 0,
                column: 0,
                ..found
            })
            .collect()
    }
}
