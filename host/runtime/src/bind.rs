//! Turns a parsed document into the flat batch that crosses into the sandbox.

use cebridge_message::Document;
use cebridge_rule_core::batch::{HEADER, MAGIC, NodeRecord, RECORD, UNKNOWN_NAMESPACE};
use cebridge_rule_core::program::{NameId, Program, UNKNOWN_NAME};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Maps the names in a document to the pack's numbers.
pub(crate) struct Binder {
    /// Namespace URIs, by position.
    namespaces: Vec<String>,
    /// Name ids by local name, for each namespace.
    names: Vec<HashMap<String, NameId, BuildHasherDefault<Fnv>>>,
}

impl Binder {
    pub(crate) fn new(program: &Program) -> Self {
        let mut names: Vec<HashMap<_, _, _>> = program.namespaces.iter().map(|_| HashMap::default()).collect();
        for (id, name) in program.names.iter().enumerate() {
            if let (Some(names), Ok(id)) = (names.get_mut(usize::from(name.namespace)), NameId::try_from(id)) {
                names.insert(name.local.clone(), id);
            }
        }
        Self {
            namespaces: program.namespaces.clone(),
            names,
        }
    }

    /// Returns name id and namespace of a name.
    pub(crate) fn resolve(&self, namespace: &str, local: &str) -> (NameId, u8) {
        let Some(position) = self.namespaces.iter().position(|known| known == namespace) else {
            return (UNKNOWN_NAME, UNKNOWN_NAMESPACE);
        };
        let name = self
            .names
            .get(position)
            .and_then(|names| names.get(local))
            .copied()
            .unwrap_or(UNKNOWN_NAME);
        (name, u8::try_from(position).unwrap_or(UNKNOWN_NAMESPACE))
    }

    /// Writes the batch of a document in one pass.
    pub(crate) fn bind(&self, document: &Document) -> Vec<u8> {
        self.batch(document, self.resolve_all(document))
    }

    /// Writes the batch of a document with another name for its root element.
    pub(crate) fn bind_as(&self, document: &Document, root: NameId) -> Vec<u8> {
        let mut names = self.resolve_all(document);
        let first = document.node(0).and_then(|node| names.get_mut(node.name as usize));
        if let Some(name) = first {
            name.0 = root;
        }
        self.batch(document, names)
    }

    fn resolve_all(&self, document: &Document) -> Vec<(NameId, u8)> {
        let names = document.names().iter();
        names.map(|name| self.resolve(&name.namespace, &name.local)).collect()
    }

    fn batch(&self, document: &Document, names: Vec<(NameId, u8)>) -> Vec<u8> {
        let nodes = document.nodes();
        let blob = document.blob().as_bytes();
        let table = nodes.len() * RECORD;
        let mut batch = Vec::with_capacity(HEADER + table + blob.len());
        batch.extend_from_slice(&MAGIC);
        batch.extend_from_slice(&(nodes.len() as u32).to_le_bytes());
        batch.extend_from_slice(&(blob.len() as u32).to_le_bytes());
        batch.resize(HEADER + table, 0);
        for (record, node) in batch[HEADER..].chunks_exact_mut(RECORD).zip(nodes) {
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
            record.copy_from_slice(&node.to_bytes());
        }
        batch.extend_from_slice(blob);
        batch
    }
}

/// FNV-1a: fast for short names. Keys come from the pack, so an attacker can't choose colliding names.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
