//! Finding for finding: where xmllint names a line and an element, ours has a finding there too.
//!
//! xmllint stops judging the content of an element at its first error, and reports an element that is missing at the
//! next one that stands instead ("This element is not expected"), or at the parent when nothing follows. Ours reports
//! a missing element at the parent, and of two elements in the wrong order the one that is out of place. So for errors
//! of content a finding at the parent or at a sibling counts; for all others only one at the very element, or at one of
//! its attributes.

use crate::cases::Case;
use crate::packs::schema_findings;
use crate::xmllint::Error;
use cebridge_message::{Document, Limits};

/// How the nearest finding of ours lies to an error of xmllint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Relation {
    /// At the element that xmllint names, or at an attribute of it.
    Same,
    /// At its parent: an element is missing before it.
    Parent,
    /// At an element beside it, which is out of place.
    Sibling,
    /// Nowhere near.
    Nowhere,
}

/// Compares an error of xmllint with our findings; `None` when there is nothing to compare: the error names no element.
pub(crate) fn relation(case: &Case, error: &Error) -> Option<Relation> {
    let name = error.element.as_deref()?;
    let document = Document::parse(&case.bytes, &Limits::MESSAGE).ok()?;
    let found = schema_findings(case.pack(), &document);
    let count = u32::try_from(document.nodes().len()).ok()?;
    let is_named = |ix: &u32| {
        document.node(*ix).is_some_and(|node| !node.is_attribute())
            && document.local(*ix) == name
            && document.position(*ix).line == error.line
    };
    let Some(element) = (0..count).find(is_named) else {
        return Some(Relation::Nowhere);
    };
    let parent = |ix: u32| document.node(ix).map_or(0, |node| node.parent);
    let is_attribute = |ix: u32| document.node(ix).is_some_and(|node| node.is_attribute());
    let owner = |ix: u32| if is_attribute(ix) { parent(ix) } else { ix };
    let is_content = error.what().contains("is not expected");
    let relations = found.iter().map(|finding| {
        let at = owner(finding.node);
        if at == element {
            Relation::Same
        } else if is_content && at == parent(element) {
            Relation::Parent
        } else if is_content && element != 0 && at != 0 && parent(at) == parent(element) {
            Relation::Sibling
        } else {
            Relation::Nowhere
        }
    });
    Some(relations.min().unwrap_or(Relation::Nowhere))
}
