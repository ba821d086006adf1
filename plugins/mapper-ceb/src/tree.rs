//! Common form of both formats: a message with its documents as small trees.

/// A message as received.
#[derive(Debug, Default)]
pub(crate) struct Message {
    /// Code, for example `CEB625`.
    pub(crate) code: String,
    /// Document elements in their order.
    pub(crate) documents: Vec<Node>,
}

/// An element, or a member of a JSON object.
#[derive(Debug, Default)]
pub(crate) struct Node {
    /// Local name.
    pub(crate) name: String,
    pub(crate) children: Vec<Node>,
    /// Its text, exactly as written.
    pub(crate) text: String,
    /// The reason it can't be used.
    pub(crate) fault: Option<&'static str>,
}

impl Node {
    /// The child of this name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first field of that name, in the node itself or in one of its groups.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        let own = self.child(name);
        own.or_else(|| self.children.iter().find_map(|group| group.child(name)))
            .map(|field| field.text.trim())
    }
}
