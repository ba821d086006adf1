//! Judges a pack's own cases: one message, or two documents side by side.
//!
//! Two documents are wrapped in `<pair message="CEB625" other="CEB621">`, the judged one first. If the second is
//! absent, the other document is unknown. With the same message twice, `<pair message="CEB511" other="CEB511">`, the
//! case checks whether they share values that must be unique. The attribute `otherStatus` gives the state of the other
//! document.

use crate::explain;
use crate::finding::Finding;
use crate::pack::LoadedPack;
use crate::pairs::{Joint, PairError};
use cebridge_message::{Document, Element};

/// Root of a case about two documents. It has no namespace, unlike any message.
const ROOT: &str = "pair";

/// Returns the pair that a case is about, as `CEB625+CEB621`; `None` if it is a single message.
#[must_use]
pub fn pair_of(document: &Document) -> Option<String> {
    let root = document.root_name();
    let value = |name: &str| document.attribute(0, name).map(|at| document.value(at));
    (root.local == ROOT && root.namespace.is_empty())
        .then(|| Some(format!("{}+{}", value("message")?, value("other")?)))
        .flatten()
}

impl LoadedPack {
    /// Judges a case: a message by all rules, two documents by the pair rules. Paths are those of the elements and
    /// fields that the rules name, as cases expect them.
    ///
    /// # Errors
    /// The pack failed, or the case names a pair that the edition does not have.
    pub fn judge_case(&self, document: &Document) -> Result<Vec<Finding>, PairError> {
        let Some(code) = pair_of(document) else {
            let message = self.message_of(document);
            let found = self.judge(document)?;
            let as_expected = |finding| Finding {
                path: explain::path(self, document, message, finding),
                ..self.explain(document, finding)
            };
            return Ok(found.iter().map(as_expected).collect());
        };
        let wrong = |reason: &str| PairError::Unwritable {
            pair: code.clone(),
            reason: reason.to_owned(),
        };
        let mut documents = document
            .children(0)
            .map(|child| Element::from_document(document, child));
        let own = documents.next().ok_or_else(|| wrong("the case holds no document"))?;
        let other = documents.next();
        if let Some(pair) = self.pack().pairs.iter().find(|pair| pair.code == code) {
            let status = document.attribute(0, "otherStatus").map(|at| document.value(at));
            return self.judge_pair(
                pair,
                &Joint {
                    message: &own,
                    other: other.as_ref(),
                    other_status: status,
                },
            );
        }
        let mut uniques = self
            .pack()
            .uniques
            .iter()
            .filter(|unique| format!("{0}+{0}", unique.message) == code)
            .peekable();
        let (Some(_), Some(other)) = (uniques.peek(), other) else {
            return Err(wrong("the edition has no rule about these two"));
        };
        let mut found = Vec::new();
        for unique in uniques {
            let same = |field: &String| {
                let value = own.text_at(field).unwrap_or_default();
                !value.is_empty() && other.text_at(field) == Some(value)
            };
            if unique.fields.iter().all(same) {
                found.extend(self.repeated(unique, &own)?);
            }
        }
        Ok(found)
    }
}
