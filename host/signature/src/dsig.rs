//! The `Signature` element: its names, and the small tree it is read into.

use cebridge_xml::{Reader, Start};

/// Namespace of XML signatures.
pub(crate) const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// The only transform used.
pub(crate) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Returns `true` if the element just read is a `Signature`.
pub(crate) fn is_signature(reader: &Reader<'_>, start: &Start<'_>) -> bool {
    reader.local(start.id) == "Signature" && reader.namespace(start.id) == DSIG
}

/// An element inside a `Signature`.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    /// Local name; empty for elements in other namespaces.
    pub(crate) name: String,
    /// Attributes by local name; the name is empty for attributes with a namespace.
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Element>,
    /// The character data directly inside.
    pub(crate) text: String,
}

impl Element {
    pub(crate) fn new(reader: &Reader<'_>, start: &Start<'_>) -> Element {
        let plain = |known: bool, name: &str| {
            if known { name.to_owned() } else { String::new() }
        };
        Element {
            name: plain(reader.namespace(start.id) == DSIG, reader.local(start.id)),
            attributes: reader
                .attributes()
                .iter()
                .map(|found| {
                    (
                        plain(found.prefix().is_empty(), reader.local(found.id)),
                        found.value.clone().into_owned(),
                    )
                })
                .collect(),
            children: Vec::new(),
            text: String::new(),
        }
    }

    /// The value of an attribute without a namespace.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Children with this name.
    pub(crate) fn named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first child with this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text without white space, which Base64 content may contain.
    pub(crate) fn compact(&self) -> String {
        self.text
            .chars()
            .filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r'))
            .collect()
    }
}

/// The name of an element for messages, with a substitute for other namespaces.
pub(crate) fn shown(name: &str) -> &str {
    match name {
        "" => "an element of another namespace",
        name => name,
    }
}
