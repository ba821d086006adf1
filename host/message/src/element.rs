//! A message as an easily built tree: names without namespaces, texts, children.

use crate::document::{Document, HAS_CHILDREN, HAS_TEXT};

/// An element of a message. Names are local; the layout defines their namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Element {
    /// Local name.
    pub name: String,
    /// Attributes: local name and value.
    pub attributes: Vec<(String, String)>,
    /// Child elements.
    pub children: Vec<Element>,
    /// Text; an element with children has none.
    pub text: String,
}

impl Element {
    /// An empty element.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// An element with text.
    #[must_use]
    pub fn leaf(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            ..Self::default()
        }
    }

    /// The subtree of a document at element `ix`. White space between child elements is dropped.
    #[must_use]
    pub fn from_document(document: &Document, ix: u32) -> Self {
        let flags = document.node(ix).map_or(0, |node| node.flags);
        let layout_only = flags & HAS_CHILDREN != 0 && flags & HAS_TEXT == 0;
        let text = if layout_only { "" } else { document.value(ix) };
        Self {
            name: document.local(ix).to_owned(),
            attributes: document
                .attributes(ix)
                .map(|at| (document.local(at).to_owned(), document.value(at).to_owned()))
                .collect(),
            children: document
                .children(ix)
                .map(|child| Self::from_document(document, child))
                .collect(),
            text: text.to_owned(),
        }
    }

    /// The first child with this name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text at a path of child names, such as `OrderHead/orderNo`.
    #[must_use]
    pub fn text_at(&self, path: &str) -> Option<&str> {
        path.split('/')
            .try_fold(self, |at, step| at.child(step))
            .map(|element| element.text.as_str())
    }
}
