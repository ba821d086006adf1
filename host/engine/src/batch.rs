//! Documents that may share a message: of one enterprise and one message type.

use crate::assemble;
use crate::config::Enterprise;
use crate::error::EngineError;
use crate::outgoing::OutgoingDocument;
use cebridge_message::Layout;
use cebridge_rule_core::pack::Pack;
use std::ops::Deref;

/// A document with the enterprise that declares it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owned<'d> {
    pub(crate) document: &'d OutgoingDocument,
    pub(crate) owner: &'d Enterprise,
}

impl Deref for Owned<'_> {
    type Target = OutgoingDocument;

    fn deref(&self) -> &OutgoingDocument {
        self.document
    }
}

impl<'d> AsRef<Owned<'d>> for Owned<'d> {
    fn as_ref(&self) -> &Owned<'d> {
        self
    }
}

/// Documents that may share a message, with what they have in common.
pub(crate) struct Batch<'d, D> {
    /// The enterprise.
    pub(crate) owner: &'d Enterprise,
    /// Message code.
    pub(crate) message: &'d str,
    /// Layout of the message.
    pub(crate) layout: &'d Layout,
    /// The documents, in their order.
    pub(crate) documents: Vec<D>,
}

impl<'d, D: AsRef<Owned<'d>>> Batch<'d, D> {
    /// A batch of one document.
    pub(crate) fn of(one: D) -> Self {
        let Owned { document, owner } = *one.as_ref();
        Self {
            owner,
            message: &document.message,
            layout: &document.layout,
            documents: vec![one],
        }
    }

    /// Writes the unsigned message of some of the documents, by the pack that judges them.
    ///
    /// # Errors
    /// A value that XML can't carry.
    pub(crate) fn write(&self, pack: &Pack, guid: &str, documents: &[D]) -> Result<Vec<u8>, EngineError> {
        let elements = documents.iter().map(|one| &one.as_ref().document.element);
        let written = assemble::message(self.layout, &pack.transfer, self.owner, guid, elements);
        written.map_err(|error| EngineError::Assembly {
            message: self.message.to_owned(),
            reasons: error.to_string(),
        })
    }
}

/// Groups documents by enterprise and message, in the order of each group's first document.
pub(crate) fn batches<'d, D: AsRef<Owned<'d>>>(documents: impl IntoIterator<Item = D>) -> Vec<Batch<'d, D>> {
    let mut batches: Vec<Batch<'d, D>> = Vec::new();
    for one in documents {
        let Owned { document, owner } = *one.as_ref();
        let fits = |batch: &&mut Batch<'d, D>| std::ptr::eq(batch.owner, owner) && batch.message == document.message;
        match batches.iter_mut().find(fits) {
            Some(batch) => batch.documents.push(one),
            None => batches.push(Batch::of(one)),
        }
    }
    batches
}
