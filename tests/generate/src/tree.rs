//! A message as a tree that can say everything XML can: names with namespaces, mixed content, foreign elements.

use cebridge_message::Element;
use cebridge_rule_core::program::{Content, DeclId, Program, Simple, Type};

/// Namespace of `xml:lang` and `xml:space`, bound to the prefix `xml` by XML itself.
pub const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// An attribute with this namespace is a declaration: its local name the prefix, its value the URI.
pub const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// An expanded name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// Namespace URI; empty for none.
    pub namespace: String,
    /// Local name.
    pub local: String,
}

impl Name {
    /// A name in a namespace.
    #[must_use]
    pub fn new(namespace: &str, local: &str) -> Self {
        Self {
            namespace: namespace.to_owned(),
            local: local.to_owned(),
        }
    }
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// What it is in the catalogue.
    pub decl: Option<DeclId>,
    /// Its value.
    pub value: String,
}

/// A piece of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An element.
    Element(Tree),
    /// Text.
    Text(String),
}

/// An element with everything in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// Its name.
    pub name: Name,
    /// What it is in the catalogue; `None` for the content of wildcards.
    pub decl: Option<DeclId>,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// What stands in it.
    pub content: Vec<Item>,
}

/// The way from the root to an element: positions in [`Tree::content`].
pub(crate) type Path = Vec<usize>;

impl Tree {
    /// An element without anything.
    #[must_use]
    pub fn new(name: Name) -> Self {
        Self {
            name,
            ..Self::default()
        }
    }

    /// An element with text.
    #[must_use]
    pub fn leaf(name: Name, text: &str) -> Self {
        Self {
            content: vec![Item::Text(text.to_owned())],
            ..Self::new(name)
        }
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Self> {
        self.content.iter().filter_map(|item| match item {
            Item::Element(child) => Some(child),
            Item::Text(_) => None,
        })
    }

    /// Number of elements in the tree.
    #[must_use]
    pub fn size(&self) -> usize {
        1 + self.elements().map(Self::size).sum::<usize>()
    }

    /// The text directly inside the element.
    #[must_use]
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|item| match item {
            Item::Text(text) => Some(text.as_str()),
            Item::Element(_) => None,
        });
        texts.collect()
    }

    /// The tree that the writer takes; `None` for what it does not write: foreign elements, text beside elements.
    #[must_use]
    pub fn to_element(&self) -> Option<Element> {
        self.decl?;
        let text = self.text();
        let children: Option<Vec<Element>> = self.elements().map(Self::to_element).collect();
        let children = children.filter(|children| children.is_empty() || text.is_empty())?;
        let attributes = self.attributes.iter();
        Some(Element {
            name: self.name.local.clone(),
            attributes: attributes
                .map(|attribute| (attribute.name.local.clone(), attribute.value.clone()))
                .collect(),
            children,
            text,
        })
    }

    /// Replaces everything inside the element by a text.
    pub(crate) fn set_text(&mut self, text: String) {
        self.content = vec![Item::Text(text)];
    }

    /// The ways to all elements for which `wanted` holds, in document order.
    pub(crate) fn paths(&self, wanted: &dyn Fn(&Self) -> bool) -> Vec<Path> {
        let mut out = Vec::new();
        self.collect(wanted, &mut Vec::new(), &mut out);
        out
    }

    fn collect(&self, wanted: &dyn Fn(&Self) -> bool, path: &mut Path, out: &mut Vec<Path>) {
        if wanted(self) {
            out.push(path.clone());
        }
        for (at, item) in self.content.iter().enumerate() {
            if let Item::Element(child) = item {
                path.push(at);
                child.collect(wanted, path, out);
                path.pop();
            }
        }
    }

    /// The element at the end of a way.
    pub(crate) fn at_mut(&mut self, path: &[usize]) -> Option<&mut Self> {
        path.iter()
            .try_fold(self, |tree, step| match tree.content.get_mut(*step) {
                Some(Item::Element(child)) => Some(child),
                _ => None,
            })
    }
}

/// The simple type of an element or attribute, when it has one.
pub(crate) fn simple_of(program: &Program, decl: Option<DeclId>) -> Option<&Simple> {
    match program.types.get(usize::from(program.decl(decl?)?.ty))? {
        Type::Simple(simple) => Some(simple),
        Type::Complex(complex) => match &complex.content {
            Content::Simple(simple) => Some(simple),
            _ => None,
        },
        Type::Any => None,
    }
}
