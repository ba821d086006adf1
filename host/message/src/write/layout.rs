//! Order and namespaces of the elements of a message.

use crate::write::WriteError;
use cebridge_xml::{is_char, is_name};

/// Namespace of `xsi:` attributes.
pub const XSI_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The elements a message may have, with their order and namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Prefixes and their namespace URIs. The empty prefix is the default namespace. The root element declares its own
    /// prefix and, if listed, that of [`XSI_NAMESPACE`]; other prefixes are declared on the elements that need them.
    pub prefixes: Vec<(String, String)>,
    /// The elements of the message.
    pub elements: Vec<LayoutElement>,
    /// Index of the root element in `elements`.
    pub root: usize,
}

/// An element of a [`Layout`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LayoutElement {
    /// Local name.
    pub local: String,
    /// Its namespace, as an index into [`Layout::prefixes`].
    pub namespace: usize,
    /// Local names of its attributes (attributes have no namespace).
    pub attributes: Vec<String>,
    /// Its child elements in schema order, as indices into [`Layout::elements`].
    pub children: Vec<usize>,
}

impl Layout {
    /// Refuses a layout that could produce invalid XML; returns its root element.
    pub(super) fn check(&self) -> Result<&LayoutElement, WriteError> {
        let wrong = |reason: String| Err(WriteError::BadLayout { reason });
        for (prefix, uri) in &self.prefixes {
            if !prefix.is_empty() && (!is_name(prefix) || uri.is_empty()) {
                return wrong(format!("prefix \"{prefix}\" is no name or has no namespace"));
            }
            if prefix.starts_with("xml") || !uri.chars().all(|c| is_char(c.into())) {
                return wrong(format!("prefix \"{prefix}\" is reserved or its namespace is no text"));
            }
        }
        for element in &self.elements {
            let mut names = std::iter::once(&element.local).chain(&element.attributes);
            if let Some(bad) = names.find(|name| !is_name(name) || *name == "xmlns") {
                return wrong(format!("\"{bad}\" is no name"));
            }
            self.prefix(element)?;
            if let Some(child) = element.children.iter().find(|&&child| child >= self.elements.len()) {
                return wrong(format!("{} has child {child}, which is not listed", element.local));
            }
        }
        self.elements.get(self.root).ok_or_else(|| WriteError::BadLayout {
            reason: format!("the root is element {}, which is not listed", self.root),
        })
    }

    /// Returns the prefix and the URI of an element's namespace.
    pub(super) fn prefix(&self, element: &LayoutElement) -> Result<(&str, &str), WriteError> {
        match self.prefixes.get(element.namespace) {
            Some((prefix, uri)) => Ok((prefix, uri)),
            None => Err(WriteError::BadLayout {
                reason: format!(
                    "{} has namespace {}, which is not listed",
                    element.local, element.namespace
                ),
            }),
        }
    }
}
