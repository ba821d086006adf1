//! A pack's own case, as it is judged: one message, or two documents side by side.
//!
//! Two documents are wrapped in `<pair message="CEB625" other="CEB621">`, the judged one first. If the second is
//! absent, the other document is unknown. With the same message twice, `<pair message="CEB511" other="CEB511">`, the
//! case checks whether they share values that must be unique. The attribute `otherStatus` gives the state of the other
//! document.

use crate::incomparable::Incomparable;
use cebridge_message::{Document, Element};
use cebridge_rule_core::pack::{Pack, Pair, Unique};

/// Root of a case about two documents. It has no namespace, unlike any message.
const ROOT: &str = "pair";

/// A pack's own case, as it is judged.
#[derive(Debug)]
pub enum Case<'a> {
    /// A message, judged by all rules.
    Message,
    /// Two documents, judged by the rules of the pair.
    Pair {
        /// The pair.
        pair: &'a Pair,
        /// The document that is judged.
        message: Element,
        /// The document it is compared with, if it is known.
        other: Option<Element>,
        /// State of the other document, if it is known.
        other_status: Option<&'a str>,
    },
    /// A document, with the rules on unique values that it breaks beside the other one.
    Repeated {
        /// The rules.
        uniques: Vec<&'a Unique>,
        /// The document.
        document: Element,
    },
}

impl<'a> Case<'a> {
    /// Reads a case of this pack.
    ///
    /// # Errors
    /// It names a pair that the edition does not have, or holds no document.
    pub fn read(pack: &'a Pack, document: &'a Document) -> Result<Self, Incomparable> {
        let Some(code) = pair_of(document) else {
            return Ok(Self::Message);
        };
        let wrong = |reason: &str| Incomparable {
            pair: code.clone(),
            reason: reason.to_owned(),
        };
        let mut documents = document
            .children(0)
            .map(|child| Element::from_document(document, child));
        let own = documents.next().ok_or_else(|| wrong("the case holds no document"))?;
        let other = documents.next();
        if let Some(pair) = pack.pairs.iter().find(|pair| pair.code == code) {
            return Ok(Self::Pair {
                pair,
                message: own,
                other,
                other_status: document.attribute(0, "otherStatus").map(|at| document.value(at)),
            });
        }
        let mut uniques = pack
            .uniques
            .iter()
            .filter(|unique| format!("{0}+{0}", unique.message) == code)
            .peekable();
        let (Some(_), Some(other)) = (uniques.peek(), other) else {
            return Err(wrong("the edition has no rule about these two"));
        };
        let same = |field: &String| {
            let value = own.text_at(field).unwrap_or_default();
            !value.is_empty() && other.text_at(field) == Some(value)
        };
        Ok(Self::Repeated {
            uniques: uniques.filter(|unique| unique.fields.iter().all(same)).collect(),
            document: own,
        })
    }
}

/// Returns the pair that a case is about, as `CEB625+CEB621`; `None` if it is a single message.
#[must_use]
pub fn pair_of(document: &Document) -> Option<String> {
    let root = document.root_name();
    let value = |name: &str| document.attribute(0, name).map(|at| document.value(at));
    (root.local == ROOT && root.namespace.is_empty())
        .then(|| Some(format!("{}+{}", value("message")?, value("other")?)))
        .flatten()
}
