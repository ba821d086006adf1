//! Maps the nodes of a document to declarations of the pack.

use crate::names::Names;
use cebridge_message::Document;
use cebridge_rule_core::program::{DeclId, Program};
use std::collections::HashSet;

/// Maximum number of steps from the element of a finding down to a field.
const MAX_STEPS: usize = 8;

/// A node and its ancestors, from the root down, each with its declaration if the pack knows one.
pub(super) struct Place {
    pub(super) steps: Vec<(u32, Option<DeclId>)>,
}

impl Place {
    pub(super) fn of(program: &Program, names: &Names, document: &Document, message: Option<usize>, node: u32) -> Self {
        let mut nodes = vec![node];
        let mut at = node;
        while at != 0 {
            let Some(above) = document.node(at).map(|node| node.parent).filter(|above| *above < at) else {
                break;
            };
            nodes.push(above);
            at = above;
        }
        let root = message
            .and_then(|at| program.messages.get(at))
            .map(|message| message.root);
        let mut steps: Vec<(u32, Option<DeclId>)> = Vec::with_capacity(nodes.len());
        for node in nodes.into_iter().rev() {
            let decl = match steps.last() {
                None => root,
                Some((_, above)) => above.and_then(|above| declared(program, names, document, above, node)),
            };
            steps.push((node, decl));
        }
        Self { steps }
    }

    /// Returns the declaration of the node itself.
    pub(super) fn decl(&self) -> Option<DeclId> {
        self.steps.last().and_then(|(_, decl)| *decl)
    }

    /// Returns node and declaration of the parent.
    pub(super) fn parent(&self) -> Option<(u32, Option<DeclId>)> {
        self.steps.iter().rev().nth(1).copied()
    }
}

/// Returns the declaration of a node below an element with this declaration.
pub(super) fn declared(
    program: &Program,
    names: &Names,
    document: &Document,
    above: DeclId,
    node: u32,
) -> Option<DeclId> {
    let name = document.name(node)?;
    let (id, _) = names.resolve(&name.namespace, &name.local);
    let attribute = document.node(node)?.is_attribute();
    let candidates = if attribute {
        program.attributes_of(above)
    } else {
        program.children_of(above)
    };
    candidates
        .into_iter()
        .find(|candidate| program.decl(*candidate).is_some_and(|decl| decl.name == id))
}

/// A step from an element down to one of its attributes or children.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    /// The declaration it leads to.
    pub(super) decl: DeclId,
    /// `true` if that is an attribute.
    attribute: bool,
}

impl Step {
    /// Returns the step as written in a path: `orderNo`, `@guid`.
    pub(super) fn name(self, program: &Program) -> String {
        let mark = if self.attribute { "@" } else { "" };
        format!("{mark}{}", program.local_name(self.decl).unwrap_or_default())
    }
}

/// Returns the shortest route from a declaration down to another; `None` if there is none.
pub(super) fn route(program: &Program, from: DeclId, to: DeclId) -> Option<Vec<Step>> {
    let mut seen = HashSet::from([from]);
    let mut level = vec![(from, Vec::new())];
    for _ in 0..MAX_STEPS {
        let mut next = Vec::new();
        for (above, way) in level {
            for part in program.parts_of(above) {
                let (decl, attribute) = (part.decl, part.attribute);
                let mut way: Vec<Step> = way.clone();
                way.push(Step { decl, attribute });
                if decl == to {
                    return Some(way);
                }
                if seen.insert(decl) {
                    next.push((decl, way));
                }
            }
        }
        level = next;
    }
    None
}

/// Returns all nodes that the route from `node` leads to, in document order.
pub(super) fn nodes_at(program: &Program, document: &Document, node: u32, way: &[Step]) -> Vec<u32> {
    let mut found = vec![node];
    for step in way {
        let name = program
            .decl(step.decl)
            .and_then(|decl| program.names.get(usize::from(decl.name)));
        let Some(wanted) = name else { return Vec::new() };
        let namespace = program.namespaces.get(usize::from(wanted.namespace));
        let is_wanted = |ix: &u32| {
            let name = document.name(*ix);
            name.is_some_and(|name| name.local == wanted.local && Some(&name.namespace) == namespace)
        };
        found = if step.attribute {
            let attributes = found.iter().flat_map(|above| document.attributes(*above));
            attributes.filter(is_wanted).collect()
        } else {
            let children = found.iter().flat_map(|above| document.children(*above));
            children.filter(is_wanted).collect()
        };
    }
    found
}
