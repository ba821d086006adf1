//! Derives the written layout of a message from the pack's catalogue.

use cebridge_message::{Layout, LayoutElement, XSI_NAMESPACE};
use cebridge_rule_core::program::{DeclId, Program};
use std::collections::HashMap;

/// Returns the layout of the message at this position.
pub(crate) fn layout(program: &Program, message: usize) -> Option<Layout> {
    let root = program.messages.get(message)?.root;
    let mut builder = Builder {
        program,
        layout: Layout::default(),
        known: HashMap::new(),
    };
    builder.layout.prefixes = program
        .namespaces
        .iter()
        .enumerate()
        .map(|(at, uri)| (prefix(at, uri), uri.clone()))
        .collect();
    // Messages of the specification declare the schema-instance namespace on their root; envelopes do not.
    let namespace = usize::from(program.names.get(usize::from(program.decl(root)?.name))?.namespace);
    if builder
        .layout
        .prefixes
        .get(namespace)
        .is_some_and(|(prefix, _)| prefix == "ceb")
    {
        builder
            .layout
            .prefixes
            .push(("xsi".to_owned(), XSI_NAMESPACE.to_owned()));
    }
    builder.layout.root = builder.element(root)?;
    Some(builder.layout)
}

/// Returns the prefix that customs' own messages use for a namespace.
fn prefix(position: usize, uri: &str) -> String {
    match uri {
        "" => String::new(),
        "http://www.w3.org/2000/09/xmldsig#" => "ds".to_owned(),
        _ => match uri.rsplit('/').next() {
            Some(last @ ("ceb" | "dxp")) => last.to_owned(),
            _ => format!("n{position}"),
        },
    }
}

struct Builder<'a> {
    program: &'a Program,
    layout: Layout,
    known: HashMap<DeclId, usize>,
}

impl Builder<'_> {
    /// Adds an element and everything below it, each declaration once, so that recursive content models work.
    fn element(&mut self, decl: DeclId) -> Option<usize> {
        if let Some(&position) = self.known.get(&decl) {
            return Some(position);
        }
        let name = self.program.names.get(usize::from(self.program.decl(decl)?.name))?;
        let attributes = self.program.attributes_of(decl);
        let position = self.layout.elements.len();
        self.known.insert(decl, position);
        self.layout.elements.push(LayoutElement {
            local: name.local.clone(),
            namespace: usize::from(name.namespace),
            attributes: attributes
                .iter()
                .filter_map(|&at| self.program.local_name(at))
                .map(str::to_owned)
                .collect(),
            children: Vec::new(),
        });
        let children = self
            .program
            .children_of(decl)
            .into_iter()
            .filter_map(|child| self.element(child))
            .collect();
        self.layout.elements.get_mut(position)?.children = children;
        Some(position)
    }
}
