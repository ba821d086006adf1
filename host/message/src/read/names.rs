//! The names of a document: those of its reader, but without attributes that are no data.

use cebridge_xml::{NameId, Reader};

use crate::document::QName;
use crate::write::XSI_NAMESPACE;

/// An attribute as the document has it.
pub(super) enum Attribute {
    /// An ordinary one: its index in the document's names.
    Named(u32),
    /// One that schemas allow on every element; `true` if it changes what the element's value means.
    Xsi(bool),
}

/// The distinct names of the document so far.
pub(super) struct Names {
    names: Vec<QName>,
    /// Index in `names` for each name of the reader, or [`UNKNOWN`].
    known: Vec<u32>,
}

/// A name of the reader that the document does not have yet.
const UNKNOWN: u32 = u32::MAX;

impl Names {
    pub(super) fn new() -> Self {
        Self {
            names: Vec::with_capacity(128),
            known: Vec::with_capacity(128),
        }
    }

    pub(super) fn into_names(self) -> Vec<QName> {
        self.names
    }

    /// Index of a name in the document's names.
    pub(super) fn of(&mut self, reader: &Reader<'_>, id: NameId) -> u32 {
        match self.known.get(id.index()) {
            Some(&known) if known != UNKNOWN => known,
            _ => self.add(reader, id),
        }
    }

    /// The attribute with a name, which has a prefix or not.
    pub(super) fn attribute(&mut self, reader: &Reader<'_>, id: NameId, prefixed: bool) -> Attribute {
        if prefixed && reader.namespace(id) == XSI_NAMESPACE {
            match reader.local(id) {
                "nil" | "type" => return Attribute::Xsi(true),
                "schemaLocation" | "noNamespaceSchemaLocation" => return Attribute::Xsi(false),
                // Others in the namespace are ordinary attributes.
                _ => {}
            }
        }
        Attribute::Named(self.of(reader, id))
    }

    #[cold]
    fn add(&mut self, reader: &Reader<'_>, id: NameId) -> u32 {
        // The limit for names keeps this small.
        let new = self.names.len() as u32;
        self.names.push(QName {
            namespace: reader.namespace(id).to_owned(),
            local: reader.local(id).to_owned(),
        });
        if self.known.len() <= id.index() {
            self.known.resize(id.index() + 1, UNKNOWN);
        }
        if let Some(known) = self.known.get_mut(id.index()) {
            *known = new;
        }
        new
    }
}
