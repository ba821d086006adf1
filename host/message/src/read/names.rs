//! Names and namespaces: resolves written names to expanded names.

use std::collections::HashMap;

use super::Fault;
use super::chars::name_is_valid;
use crate::document::QName;
use crate::error::{ReadErrorKind, shown};
use crate::limits::Limits;
use crate::write::XSI_NAMESPACE;

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Index of a URI in [`Names::uris`]: no namespace.
const NO_URI: u32 = 0;
/// The namespace of `xml:`.
const XML_URI: u32 = 1;
/// The namespace of `xsi:`.
const XSI_URI: u32 = 2;

/// The resolved name of an attribute.
pub(super) enum Attribute<'t> {
    /// An ordinary name: its index in the document's names.
    Named(u32),
    /// An attribute in the schema instance namespace: its local name.
    Xsi(&'t str),
}

/// State to restore when an element closes.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    bindings: usize,
    generation: u32,
}

/// All names seen so far and the namespace declarations in force.
pub(super) struct Names<'t> {
    names: Vec<QName>,
    ids: HashMap<(u32, &'t str), u32>,
    uris: Vec<String>,
    uri_ids: HashMap<String, u32>,
    bindings: Vec<(&'t str, u32)>,
    /// Number of the set of declarations in force; each new set gets a new number.
    generation: u32,
    generations: u32,
    /// Recently resolved names, by [`slot`]: indices into `recent`. A collision of two names costs one ordinary lookup,
    /// so no input makes it slow.
    slots: Vec<u16>,
    recent: Vec<Recent<'t>>,
}

#[derive(Clone, Copy)]
struct Recent<'t> {
    written: &'t str,
    generation: u32,
    attribute: bool,
    id: u32,
}

/// Number of slots for recent names. Messages of the specification have fewer than 100 names, so collisions are rare.
const SLOTS: usize = 2048;
/// An empty slot.
const FREE: u16 = u16::MAX;

impl<'t> Names<'t> {
    pub(super) fn new() -> Self {
        Self {
            names: Vec::with_capacity(128),
            ids: HashMap::with_capacity(128),
            uris: vec![String::new(), XML_NAMESPACE.to_owned(), XSI_NAMESPACE.to_owned()],
            uri_ids: [
                (String::new(), NO_URI),
                (XML_NAMESPACE.to_owned(), XML_URI),
                (XSI_NAMESPACE.to_owned(), XSI_URI),
            ]
            .into(),
            bindings: vec![("xml", XML_URI)],
            generation: 0,
            generations: 0,
            slots: vec![FREE; SLOTS],
            recent: Vec::with_capacity(128),
        }
    }

    pub(super) fn into_names(self) -> Vec<QName> {
        self.names
    }

    pub(super) fn scope(&self) -> Scope {
        Scope {
            bindings: self.bindings.len(),
            generation: self.generation,
        }
    }

    pub(super) fn restore(&mut self, scope: Scope) {
        self.bindings.truncate(scope.bindings);
        self.generation = scope.generation;
    }

    /// Adds a namespace declaration of the element that opened `scope`. `written` is the attribute's name.
    pub(super) fn declare(&mut self, scope: Scope, written: &'t str, uri: &str, at: usize) -> Result<(), Fault> {
        let prefix = written.strip_prefix("xmlns:").unwrap_or_default();
        let default = written == "xmlns";
        let refuse = |reason| {
            Fault::new(
                at,
                ReadErrorKind::BadNamespace {
                    name: shown(written),
                    reason,
                },
            )
        };
        if !default && !name_is_valid(prefix) {
            return Err(Fault::new(at, ReadErrorKind::BadName { name: shown(written) }));
        }
        if written.len().max(uri.len()) > Limits::LONGEST_NAMESPACE {
            return Err(Fault::new(
                at,
                ReadErrorKind::NameTooLong {
                    limit: Limits::LONGEST_NAMESPACE,
                },
            ));
        }
        match (prefix, uri) {
            ("xmlns", _) => return Err(refuse("the prefix xmlns cannot be declared")),
            ("xml", XML_NAMESPACE) => {}
            ("xml", _) => return Err(refuse("the prefix xml has its own namespace")),
            (_, XML_NAMESPACE) => return Err(refuse("this namespace belongs to the prefix xml")),
            (_, XMLNS_NAMESPACE) => {
                return Err(refuse("this namespace belongs to the prefix xmlns"));
            }
            (_, "") if !default => return Err(refuse("a prefix needs a namespace URI")),
            _ => {}
        }
        let own = self.bindings.get(scope.bindings..).unwrap_or_default();
        if own.iter().any(|(other, _)| *other == prefix) {
            return Err(Fault::new(
                at,
                ReadErrorKind::DuplicateAttribute { name: shown(written) },
            ));
        }
        if self.bindings.len() >= Limits::MOST_NAMESPACES {
            return Err(Fault::new(
                at,
                ReadErrorKind::TooManyNamespaces {
                    limit: Limits::MOST_NAMESPACES,
                },
            ));
        }
        if self.generation == scope.generation {
            self.generations += 1;
            self.generation = self.generations;
        }
        let uri = self.uri(uri, at)?;
        self.bindings.push((prefix, uri));
        Ok(())
    }

    /// Resolves the name of an element, written at offset `at`.
    pub(super) fn element(&mut self, written: &'t str, at: usize) -> Result<u32, Fault> {
        if let Some(id) = self.recent(written, false) {
            return Ok(id);
        }
        let (uri, local) = self.expand(written, false, at)?;
        self.intern(written, false, uri, local, at)
    }

    /// Resolves the name of an attribute, written at offset `at`.
    pub(super) fn attribute(&mut self, written: &'t str, at: usize) -> Result<Attribute<'t>, Fault> {
        if let Some(id) = self.recent(written, true) {
            return Ok(Attribute::Named(id));
        }
        let (uri, local) = self.expand(written, true, at)?;
        // The four attributes that schemas allow on every element; others in the namespace are ordinary attributes.
        if uri == XSI_URI && matches!(local, "nil" | "type" | "schemaLocation" | "noNamespaceSchemaLocation") {
            return Ok(Attribute::Xsi(local));
        }
        Ok(Attribute::Named(self.intern(written, true, uri, local, at)?))
    }

    fn recent(&self, written: &str, attribute: bool) -> Option<u32> {
        let slot = *self.slots.get(slot(written, attribute))?;
        let recent = self.recent.get(usize::from(slot))?;
        let same = recent.generation == self.generation && recent.attribute == attribute;
        (same && recent.written == written).then_some(recent.id)
    }

    /// Namespace and local name of a written name.
    fn expand(&self, written: &'t str, attribute: bool, at: usize) -> Result<(u32, &'t str), Fault> {
        if written.len() > Limits::LONGEST_NAME {
            return Err(Fault::new(
                at,
                ReadErrorKind::NameTooLong {
                    limit: Limits::LONGEST_NAME,
                },
            ));
        }
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        let prefixed = local.len() != written.len();
        if !name_is_valid(local) || (prefixed && !name_is_valid(prefix)) {
            return Err(Fault::new(at, ReadErrorKind::BadName { name: shown(written) }));
        }
        // Attributes without a prefix have no namespace, whatever the default is.
        if !prefixed && attribute {
            return Ok((NO_URI, local));
        }
        match self.bindings.iter().rev().find(|(bound, _)| *bound == prefix) {
            Some(&(_, uri)) => Ok((uri, local)),
            None if !prefixed => Ok((NO_URI, local)),
            None => {
                let (prefix, name) = (shown(prefix), shown(written));
                Err(Fault::new(at, ReadErrorKind::UndeclaredPrefix { prefix, name }))
            }
        }
    }

    /// Index of an expanded name in the document's names, added if new.
    fn intern(&mut self, written: &'t str, attribute: bool, uri: u32, local: &'t str, at: usize) -> Result<u32, Fault> {
        let id = match self.ids.get(&(uri, local)) {
            Some(&id) => id,
            None if self.names.len() >= Limits::MOST_NAMES => {
                return Err(Fault::new(
                    at,
                    ReadErrorKind::TooManyNames {
                        limit: Limits::MOST_NAMES,
                    },
                ));
            }
            None => {
                let id = self.names.len() as u32;
                let namespace = self.uris.get(uri as usize).cloned().unwrap_or_default();
                self.names.push(QName {
                    namespace,
                    local: local.to_owned(),
                });
                self.ids.insert((uri, local), id);
                id
            }
        };
        let entry = Recent {
            written,
            generation: self.generation,
            attribute,
            id,
        };
        if let Some(slot) = self.slots.get_mut(slot(written, attribute)) {
            match self.recent.get_mut(usize::from(*slot)) {
                Some(recent) => *recent = entry,
                None => {
                    // There are fewer slots than FREE, so the index fits.
                    *slot = self.recent.len() as u16;
                    self.recent.push(entry);
                }
            }
        }
        Ok(id)
    }

    fn uri(&mut self, uri: &str, at: usize) -> Result<u32, Fault> {
        if let Some(&id) = self.uri_ids.get(uri) {
            return Ok(id);
        }
        if self.uris.len() >= Limits::MOST_NAMES {
            return Err(Fault::new(
                at,
                ReadErrorKind::TooManyNames {
                    limit: Limits::MOST_NAMES,
                },
            ));
        }
        let id = self.uris.len() as u32;
        self.uris.push(uri.to_owned());
        self.uri_ids.insert(uri.to_owned(), id);
        Ok(id)
    }
}

/// Slot of a name among the recent ones, from its last eight bytes and its length.
fn slot(written: &str, attribute: bool) -> usize {
    let mut last = [0; 8];
    let bytes = written.as_bytes();
    match bytes.last_chunk::<8>() {
        Some(chunk) => last = *chunk,
        None => last[..bytes.len()].copy_from_slice(bytes),
    }
    let mixed = (u64::from_le_bytes(last) ^ (bytes.len() as u64 * 2 + u64::from(attribute)))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 48) as usize % SLOTS
}
