//! A message as a flat table of nodes over its text.

use std::sync::OnceLock;

use cebridge_xml::{Position, PositionIndex};

use crate::read::Encoding;

/// Flag: the node is an attribute.
pub const ATTRIBUTE: u8 = 1;
/// Flag: the element has child elements.
pub const HAS_CHILDREN: u8 = 2;
/// Flag: the character data directly inside the element holds something other than white space.
pub const HAS_TEXT: u8 = 4;
/// Flag: the element carries `xsi:nil` or `xsi:type`, which no CEB type allows.
pub const XSI_TYPED: u8 = 8;

/// An element or attribute. Nodes are in document order; the attributes of an element follow it directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Index into [`Document::names`].
    pub name: u32,
    /// Sum of [`ATTRIBUTE`], [`HAS_CHILDREN`], [`HAS_TEXT`] and [`XSI_TYPED`].
    pub flags: u8,
    /// Index of the parent element; the root's is 0.
    pub parent: u32,
    /// Index after the last node of the subtree.
    pub end: u32,
    /// Start of the value in [`Document::blob`].
    pub start: u32,
    /// Length of the value in bytes.
    pub len: u32,
    /// Byte offset in [`Document::text`] of the element's `<` or of the attribute's name.
    pub at: u32,
}

impl Node {
    /// Returns `true` if the node is an attribute.
    #[must_use]
    pub fn is_attribute(&self) -> bool {
        self.flags & ATTRIBUTE != 0
    }
}

/// An expanded name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct QName {
    /// Namespace URI, empty if there is none.
    pub namespace: String,
    /// Local name, for example `orderNo`.
    pub local: String,
}

/// A well-formed, namespace-checked XML document.
///
/// Lookups of node indices that do not exist return nothing (`None`, an empty value, no children), so that untrusted
/// indices are safe.
#[derive(Debug, Clone)]
pub struct Document {
    pub(crate) blob: String,
    pub(crate) text_len: usize,
    pub(crate) nodes: Vec<Node>,
    pub(crate) names: Vec<QName>,
    pub(crate) encoding: Encoding,
    pub(crate) bom: bool,
    /// Start of [`Document::text`] in the file.
    pub(crate) origin: Position,
    pub(crate) positions: OnceLock<PositionIndex>,
}

impl Document {
    /// The decoded source, without byte order mark.
    #[must_use]
    pub fn text(&self) -> &str {
        self.blob.get(..self.text_len).unwrap_or_default()
    }

    /// The source followed by the values that needed unescaping or joining.
    #[must_use]
    pub fn blob(&self) -> &str {
        &self.blob
    }

    /// All nodes in document order; node 0 is the root element.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The distinct names of the document, indexed by [`Node::name`].
    #[must_use]
    pub fn names(&self) -> &[QName] {
        &self.names
    }

    /// The node with this index.
    #[must_use]
    pub fn node(&self, ix: u32) -> Option<&Node> {
        self.nodes.get(ix as usize)
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, ix: u32) -> Option<&QName> {
        self.names.get(self.node(ix)?.name as usize)
    }

    /// The local name of a node; empty if there is no such node.
    #[must_use]
    pub fn local(&self, ix: u32) -> &str {
        self.name(ix).map_or("", |name| &name.local)
    }

    /// The name of the root element.
    #[must_use]
    pub fn root_name(&self) -> &QName {
        static NONE: QName = QName {
            namespace: String::new(),
            local: String::new(),
        };
        // A document always has a root; parsing refuses anything else.
        self.name(0).unwrap_or(&NONE)
    }

    /// The encoding the message was received in.
    #[must_use]
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns `true` if the message started with a byte order mark.
    #[must_use]
    pub fn had_bom(&self) -> bool {
        self.bom
    }

    /// The value of an attribute, or the character data directly inside an element, unescaped.
    #[must_use]
    pub fn value(&self, ix: u32) -> &str {
        self.node(ix)
            .and_then(|node| {
                self.blob
                    .get(node.start as usize..node.start as usize + node.len as usize)
            })
            .unwrap_or_default()
    }

    /// The child elements of an element, in document order.
    pub fn children(&self, ix: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.node(ix).map_or(0, |node| node.end);
        let mut next = ix.saturating_add(1);
        std::iter::from_fn(move || {
            while next < end {
                let child = next;
                let node = self.node(child)?;
                next = node.end;
                if !node.is_attribute() {
                    return Some(child);
                }
            }
            None
        })
    }

    /// The attributes of an element, in document order.
    pub fn attributes(&self, ix: u32) -> impl Iterator<Item = u32> + '_ {
        let end = self.node(ix).map_or(0, |node| node.end);
        (ix.saturating_add(1)..end).take_while(|&at| self.node(at).is_some_and(Node::is_attribute))
    }

    /// The attribute with this local name.
    #[must_use]
    pub fn attribute(&self, ix: u32, local: &str) -> Option<u32> {
        self.attributes(ix).find(|&at| self.local(at) == local)
    }

    /// The first child element with this local name.
    #[must_use]
    pub fn child(&self, ix: u32, local: &str) -> Option<u32> {
        self.children(ix).find(|&at| self.local(at) == local)
    }

    /// The node at a path of local names below `ix`, such as `OrderHead/orderNo`, `Order[2]/OrderHead` or `@guid`.
    ///
    /// Each step takes the first child with that name, or the one with the index in brackets (counted from 1). `(root)`
    /// is the root element.
    #[must_use]
    pub fn find(&self, ix: u32, path: &str) -> Option<u32> {
        if path == ROOT {
            return self.node(0).map(|_| 0);
        }
        path.split('/').try_fold(ix, |at, step| match step.strip_prefix('@') {
            Some(local) => self.attribute(at, local),
            None => {
                let (local, nth) = match step.strip_suffix(']').and_then(|step| step.split_once('[')) {
                    Some((local, nth)) => (local, nth.parse::<usize>().ok()?.checked_sub(1)?),
                    None => (step, 0),
                };
                self.children(at).filter(|&child| self.local(child) == local).nth(nth)
            }
        })
    }

    /// Position of a node in the source.
    #[must_use]
    pub fn position(&self, ix: u32) -> Position {
        self.position_at(self.node(ix).map_or(0, |node| node.at as usize))
    }

    /// Line and column of a byte offset in [`Document::text`].
    #[must_use]
    pub fn position_at(&self, offset: usize) -> Position {
        self.positions
            .get_or_init(|| PositionIndex::new(self.text(), self.origin))
            .position(self.text(), offset)
    }

    /// Path of a node in the message: `Order[2]/OrderHead/orderNo`, `@guid`, `(root)`.
    ///
    /// An index appears only if a sibling has the same name. [`Document::find`] accepts the result.
    #[must_use]
    pub fn path(&self, ix: u32) -> String {
        let mut steps = Vec::new();
        let mut at = ix;
        while at != 0 {
            let Some(node) = self.node(at) else { break };
            steps.push(self.step(at, node));
            at = node.parent;
        }
        if steps.is_empty() {
            return ROOT.to_owned();
        }
        steps.reverse();
        steps.join("/")
    }

    fn step(&self, ix: u32, node: &Node) -> String {
        let local = self.local(ix);
        if node.is_attribute() {
            return format!("@{local}");
        }
        let (mut before, mut same) = (0, 0);
        for sibling in self.children(node.parent) {
            if self.local(sibling) == local {
                same += 1;
                before += usize::from(sibling <= ix);
            }
        }
        if same > 1 {
            format!("{local}[{before}]")
        } else {
            local.to_owned()
        }
    }
}

const ROOT: &str = "(root)";
