//! Turns a parsed document into the flat batch that crosses into the sandbox.

use crate::names::Names;
use cebridge_message::Document;
use cebridge_rule_core::batch::{HEADER, MAGIC, NodeRecord, RECORD, UNKNOWN_NAMESPACE};
use cebridge_rule_core::program::{NameId, UNKNOWN_NAME};

/// Writes the batch of a document in one pass.
pub(crate) fn bind(names: &Names, document: &Document) -> Vec<u8> {
    batch(document, &resolve_all(names, document))
}

/// Writes the batch of a document with another name for its root element.
pub(crate) fn bind_as(names: &Names, document: &Document, root: NameId) -> Vec<u8> {
    let mut names = resolve_all(names, document);
    let first = document.node(0).and_then(|node| names.get_mut(node.name as usize));
    if let Some(name) = first {
        name.0 = root;
    }
    batch(document, &names)
}

fn resolve_all(names: &Names, document: &Document) -> Vec<(NameId, u8)> {
    let used = document.names().iter();
    used.map(|name| names.resolve(&name.namespace, &name.local)).collect()
}

fn batch(document: &Document, names: &[(NameId, u8)]) -> Vec<u8> {
    let nodes = document.nodes();
    let blob = document.blob().as_bytes();
    let table = nodes.len() * RECORD;
    let mut batch = Vec::with_capacity(HEADER + table + blob.len());
    batch.extend_from_slice(&MAGIC);
    batch.extend_from_slice(&(nodes.len() as u32).to_le_bytes());
    batch.extend_from_slice(&(blob.len() as u32).to_le_bytes());
    for node in nodes {
        let (name, namespace) = names
            .get(node.name as usize)
            .copied()
            .unwrap_or((UNKNOWN_NAME, UNKNOWN_NAMESPACE));
        let node = NodeRecord {
            name,
            flags: node.flags,
            namespace,
            parent: node.parent,
            end: node.end,
            start: node.start,
            len: node.len,
        };
        batch.extend_from_slice(&node.to_bytes());
    }
    batch.extend_from_slice(blob);
    batch
}
