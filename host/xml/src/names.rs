//! Names and namespaces: resolves written names to expanded names.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::chars::is_name;
use crate::error::{ErrorKind, Fault, shown};
use crate::limits::Limits;

/// Namespace that the prefix `xml` is bound to.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespace of the `xmlns` attributes themselves; nothing may be bound to it.
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// Index of a URI in [`Names::uris`]: no namespace.
const NO_URI: u32 = 0;
/// The namespace of `xml:`.
const XML_URI: u32 = 1;

/// An expanded name (namespace and local name) of a document. Equal names have equal ids, of elements and attributes
/// alike; [`Reader::namespace`](crate::Reader::namespace) and [`Reader::local`](crate::Reader::local) tell what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NameId(u32);

impl NameId {
    /// The number of the name: names are counted from 0, in the order in which they appear.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A namespace declaration in force.
#[derive(Debug, Clone)]
pub struct Binding<'t> {
    /// Empty for the default namespace.
    pub prefix: &'t str,
    /// Empty if the default namespace is undeclared.
    pub uri: Cow<'t, str>,
    /// Offset of the declaration in the reader's text.
    pub at: usize,
    /// Index into [`Names::uris`].
    id: u32,
}

/// The namespace of a prefix, from its last entry in `bindings`.
#[must_use]
pub fn lookup<'b>(bindings: &'b [Binding<'_>], prefix: &str) -> Option<&'b str> {
    match bindings.iter().rev().find(|binding| binding.prefix == prefix) {
        Some(binding) => Some(&binding.uri),
        None => (prefix == "xml").then_some(XML_NAMESPACE),
    }
}

/// State to restore when an element closes.
#[derive(Clone, Copy)]
pub(crate) struct Scope {
    /// Number of declarations in force around the element.
    pub(crate) bindings: usize,
    generation: u32,
}

/// All names seen so far and the namespace declarations in force.
pub(crate) struct Names<'t> {
    limits: Limits,
    /// URI and local name of each [`NameId`].
    names: Vec<(u32, &'t str)>,
    ids: HashMap<(u32, &'t str), u32>,
    uris: Vec<Cow<'t, str>>,
    uri_ids: HashMap<Cow<'t, str>, u32>,
    bindings: Vec<Binding<'t>>,
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
    pub(crate) fn new(limits: &Limits) -> Self {
        let uris = vec![Cow::Borrowed(""), Cow::Borrowed(XML_NAMESPACE)];
        Self {
            limits: *limits,
            names: Vec::with_capacity(128),
            ids: HashMap::with_capacity(128),
            uri_ids: uris.iter().cloned().zip([NO_URI, XML_URI]).collect(),
            uris,
            bindings: Vec::new(),
            generation: 0,
            generations: 0,
            slots: vec![FREE; SLOTS],
            recent: Vec::with_capacity(128),
        }
    }

    pub(crate) fn local(&self, id: NameId) -> &'t str {
        self.names.get(id.index()).map_or("", |(_, local)| local)
    }

    pub(crate) fn namespace(&self, id: NameId) -> &str {
        let uri = self
            .names
            .get(id.index())
            .and_then(|(uri, _)| self.uris.get(*uri as usize));
        uri.map_or("", |uri| uri)
    }

    /// All declarations of the open elements, outermost first.
    pub(crate) fn bindings(&self) -> &[Binding<'t>] {
        &self.bindings
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope {
            bindings: self.bindings.len(),
            generation: self.generation,
        }
    }

    pub(crate) fn restore(&mut self, scope: Scope) {
        self.bindings.truncate(scope.bindings);
        self.generation = scope.generation;
    }

    /// Adds a namespace declaration of the element that opened `scope`. `written` is the attribute's name.
    pub(crate) fn declare(
        &mut self,
        scope: Scope,
        written: &'t str,
        uri: Cow<'t, str>,
        at: usize,
    ) -> Result<(), Fault> {
        let fault = |kind| Fault::new(at, kind);
        let prefix = written.strip_prefix("xmlns:").unwrap_or_default();
        let default = written == "xmlns";
        if !default && !is_name(prefix) {
            return Err(fault(ErrorKind::BadName { name: shown(written) }));
        }
        let limit = self.limits.namespace;
        if written.len().max(uri.len()) > limit {
            return Err(fault(ErrorKind::NameTooLong { limit }));
        }
        if let Some(reason) = forbidden(prefix, &uri, default) {
            let name = shown(written);
            return Err(fault(ErrorKind::BadNamespace { name, reason }));
        }
        let own = self.bindings.get(scope.bindings..).unwrap_or_default();
        if own.iter().any(|other| other.prefix == prefix) {
            return Err(fault(ErrorKind::DuplicateAttribute { name: shown(written) }));
        }
        let limit = self.limits.namespaces;
        if self.bindings.len() >= limit {
            return Err(fault(ErrorKind::TooManyNamespaces { limit }));
        }
        if self.generation == scope.generation {
            self.generations += 1;
            self.generation = self.generations;
        }
        let id = self.uri(uri.clone(), at)?;
        self.bindings.push(Binding { prefix, uri, at, id });
        Ok(())
    }

    /// Resolves the name of an element (`attribute`: of an attribute), written at offset `at`.
    pub(crate) fn resolve(&mut self, written: &'t str, attribute: bool, at: usize) -> Result<NameId, Fault> {
        if let Some(id) = self.recent(written, attribute) {
            return Ok(NameId(id));
        }
        let (uri, local) = self.expand(written, attribute, at)?;
        self.intern(written, attribute, uri, local, at).map(NameId)
    }

    fn recent(&self, written: &str, attribute: bool) -> Option<u32> {
        let slot = *self.slots.get(slot(written, attribute))?;
        let recent = self.recent.get(usize::from(slot))?;
        let same = recent.generation == self.generation && recent.attribute == attribute;
        (same && recent.written == written).then_some(recent.id)
    }

    /// Namespace and local name of a written name.
    fn expand(&self, written: &'t str, attribute: bool, at: usize) -> Result<(u32, &'t str), Fault> {
        let limit = self.limits.name;
        if written.len() > limit {
            return Err(Fault::new(at, ErrorKind::NameTooLong { limit }));
        }
        let (prefix, local) = written.split_once(':').unwrap_or(("", written));
        let prefixed = local.len() != written.len();
        if !is_name(local) || (prefixed && !is_name(prefix)) {
            return Err(Fault::new(at, ErrorKind::BadName { name: shown(written) }));
        }
        // Attributes without a prefix have no namespace, whatever the default is.
        if !prefixed && attribute {
            return Ok((NO_URI, local));
        }
        match self.bindings.iter().rev().find(|binding| binding.prefix == prefix) {
            Some(binding) => Ok((binding.id, local)),
            None if !prefixed => Ok((NO_URI, local)),
            None if prefix == "xml" => Ok((XML_URI, local)),
            None => {
                let (prefix, name) = (shown(prefix), shown(written));
                Err(Fault::new(at, ErrorKind::UndeclaredPrefix { prefix, name }))
            }
        }
    }

    /// Number of an expanded name, added if new.
    fn intern(&mut self, written: &'t str, attribute: bool, uri: u32, local: &'t str, at: usize) -> Result<u32, Fault> {
        let limit = self.limits.names;
        let id = match self.ids.get(&(uri, local)) {
            Some(&id) => id,
            None if self.names.len() >= limit => return Err(Fault::new(at, ErrorKind::TooManyNames { limit })),
            None => {
                let id = self.names.len() as u32;
                self.names.push((uri, local));
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

    fn uri(&mut self, uri: Cow<'t, str>, at: usize) -> Result<u32, Fault> {
        if let Some(&id) = self.uri_ids.get(&uri) {
            return Ok(id);
        }
        let limit = self.limits.names;
        if self.uris.len() >= limit {
            return Err(Fault::new(at, ErrorKind::TooManyNames { limit }));
        }
        let id = self.uris.len() as u32;
        self.uris.push(uri.clone());
        self.uri_ids.insert(uri, id);
        Ok(id)
    }
}

/// The reason why Namespaces in XML forbids a declaration, if it does.
fn forbidden(prefix: &str, uri: &str, default: bool) -> Option<&'static str> {
    match (prefix, uri) {
        ("xmlns", _) => Some("the prefix xmlns cannot be declared"),
        ("xml", XML_NAMESPACE) => None,
        ("xml", _) => Some("the prefix xml has its own namespace"),
        (_, XML_NAMESPACE) => Some("this namespace belongs to the prefix xml"),
        (_, XMLNS_NAMESPACE) => Some("this namespace belongs to the prefix xmlns"),
        (_, "") if !default => Some("a prefix needs a namespace URI"),
        _ => None,
    }
}

/// Slot of a name among the recent ones, from its last eight bytes and its length.
fn slot(written: &str, attribute: bool) -> usize {
    let bytes = written.as_bytes();
    let last = match bytes.last_chunk::<8>() {
        Some(chunk) => *chunk,
        None => {
            let mut last = [0; 8];
            last.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            last
        }
    };
    let mixed = (u64::from_le_bytes(last) ^ (bytes.len() as u64 * 2 + u64::from(attribute)))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 48) as usize % SLOTS
}
