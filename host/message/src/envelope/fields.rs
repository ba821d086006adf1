//! Looks up the elements of an envelope by namespace and local name (by local name alone if lenient) and checks how
//! often each occurs.

use super::{DXP_NAMESPACE, EnvelopeError};
use crate::document::Document;

pub(super) struct Fields<'d> {
    pub(super) document: &'d Document,
    /// Accept any namespace, and drop white space around values.
    pub(super) lenient: bool,
}

impl<'d> Fields<'d> {
    /// Returns `true` if node `ix` is this element in the DXP namespace.
    pub(super) fn is_dxp(&self, ix: u32, local: &str) -> bool {
        self.document
            .name(ix)
            .is_some_and(|name| name.local == local && (self.lenient || name.namespace == DXP_NAMESPACE))
    }

    /// The root element, which must have this name.
    pub(super) fn root(&self, expected: &'static str) -> Result<u32, EnvelopeError> {
        if self.is_dxp(0, expected) {
            return Ok(0);
        }
        let name = self.document.root_name();
        let (root, namespace) = (name.local.clone(), name.namespace.clone());
        Err(EnvelopeError::WrongRoot {
            expected,
            root,
            namespace,
        })
    }

    /// All child elements with this name.
    pub(super) fn all<'a>(&'a self, parent: u32, local: &'a str) -> impl Iterator<Item = u32> + 'a {
        self.document
            .children(parent)
            .filter(move |&child| self.is_dxp(child, local))
    }

    /// The child element with this name, if there is one.
    pub(super) fn maybe(&self, parent: u32, local: &str) -> Result<Option<u32>, EnvelopeError> {
        let mut all = self.all(parent, local);
        let first = all.next();
        match all.next() {
            None => Ok(first),
            Some(second) => {
                let at = self.document.position(second);
                let path = self.path(parent, local);
                Err(EnvelopeError::Repeated {
                    path,
                    line: at.line,
                    column: at.column,
                })
            }
        }
    }

    /// The child element with this name.
    pub(super) fn one(&self, parent: u32, local: &str) -> Result<u32, EnvelopeError> {
        self.maybe(parent, local)?.ok_or_else(|| self.missing(parent, local))
    }

    /// The text of the child element with this name.
    pub(super) fn text(&self, parent: u32, local: &str) -> Result<String, EnvelopeError> {
        Ok(self.value(self.one(parent, local)?))
    }

    /// The text of an element.
    pub(super) fn value(&self, ix: u32) -> String {
        let text = self.document.value(ix);
        if self.lenient { text.trim() } else { text }.to_owned()
    }

    /// The text of the child element with this name, if there is one.
    pub(super) fn maybe_text(&self, parent: u32, local: &str) -> Result<Option<String>, EnvelopeError> {
        Ok(self.maybe(parent, local)?.map(|ix| self.value(ix)))
    }

    pub(super) fn missing(&self, parent: u32, local: &str) -> EnvelopeError {
        let at = self.document.position(parent);
        EnvelopeError::Missing {
            path: self.path(parent, local),
            line: at.line,
            column: at.column,
        }
    }

    fn path(&self, parent: u32, local: &str) -> String {
        if parent == 0 {
            local.to_owned()
        } else {
            format!("{}/{local}", self.document.path(parent))
        }
    }
}
