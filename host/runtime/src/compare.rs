//! Judges two documents side by side, and a pack's own cases.

use crate::error::{FaultCause, PairError, PluginFault};
use crate::pack::LoadedPack;
use cebridge_findings::{Case, DocumentPair, Finding, PairMessage};
use cebridge_message::{Document, Element};
use cebridge_rule_core::pack::{Pair, Unique};

impl LoadedPack {
    /// Judges a pair in a fresh instance, by the pair's own rules only, without those switched off.
    ///
    /// # Errors
    /// The pack failed, the edition does not have this pair, or a document holds text that XML can't carry.
    pub fn judge_pair(&self, pair: &Pair, documents: &DocumentPair<'_>) -> Result<Vec<Finding>, PairError> {
        let message = PairMessage::new(self.rules(), pair, documents)?;
        Ok(message.explain(&self.judge_batch(message.batch())?))
    }

    /// Returns the finding for a document whose unique values another document already has; `None` if the rule is
    /// switched off.
    ///
    /// # Errors
    /// The pack has no such rule, the edition does not have this message, or the document holds text that XML can't
    /// carry.
    pub fn repeated(&self, unique: &Unique, document: &Element) -> Result<Option<Finding>, PairError> {
        let found = self.rules().repeated(unique, document)?;
        if self.rules().pack().rules.get(unique.rule as usize).is_none() {
            let reason = format!("rule {} does not exist", unique.rule);
            return Err(PluginFault {
                plugin: self.rules().name().to_owned(),
                call: "catalogue",
                cause: FaultCause::Malformed { reason },
            }
            .into());
        }
        Ok(found)
    }

    /// Judges a case: a message by all rules, two documents by the pair rules. Paths are those of the elements and
    /// fields that the rules name, as cases expect them.
    ///
    /// # Errors
    /// The pack failed, or the case names a pair that the edition does not have.
    pub fn judge_case(&self, document: &Document) -> Result<Vec<Finding>, PairError> {
        match Case::read(self.rules().pack(), document)? {
            Case::Message => Ok(self.rules().explain_case(document, &self.judge(document)?)),
            Case::Pair {
                pair,
                message,
                other,
                other_status,
            } => self.judge_pair(
                pair,
                &DocumentPair {
                    message: &message,
                    other: other.as_ref(),
                    other_status,
                },
            ),
            Case::Repeated { uniques, document } => uniques
                .into_iter()
                .filter_map(|unique| self.repeated(unique, &document).transpose())
                .collect(),
        }
    }
}
