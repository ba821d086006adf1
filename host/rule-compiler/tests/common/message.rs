//! Messages built by hand, judged natively.

use cebridge_rule_core::batch::{self, NodeRecord};
use cebridge_rule_core::evaluate::{NO_DECL, evaluate};
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::program::UNKNOWN_NAME;

/// An element, or an attribute if the name begins with `@`; names in the signature namespace begin with `s:`.
pub(crate) struct Node {
    name: &'static str,
    text: String,
    children: Vec<Node>,
}

pub(crate) fn group<const N: usize>(name: &'static str, children: [Node; N]) -> Node {
    Node {
        name,
        text: String::new(),
        children: children.into(),
    }
}

pub(crate) fn field(name: &'static str, text: &str) -> Node {
    Node {
        name,
        text: text.to_owned(),
        children: Vec::new(),
    }
}

/// The findings as `RULE path`, sorted; for a missing element or attribute the path names it.
pub(crate) fn judge(pack: &Pack, root: &Node) -> Vec<String> {
    let mut writer = Writer {
        pack,
        nodes: Vec::new(),
        paths: Vec::new(),
        blob: Vec::new(),
    };
    writer.write(root, 0, String::new());
    let batch = batch::encode(&writer.nodes, &writer.blob);
    let mut raw = Vec::new();
    evaluate(&pack.program, &batch, &mut raw).unwrap();
    let mut found: Vec<String> = raw
        .iter()
        .map(|finding| {
            let id = &pack.rules[finding.rule as usize].id;
            let path = &writer.paths[finding.node as usize];
            if finding.decl == NO_DECL || !id.ends_with("missing") {
                return format!("{id} {path}");
            }
            let missing = pack.program.local_name(finding.decl as u16).unwrap();
            format!("{id} {path} without {missing}")
        })
        .collect();
    found.sort();
    found
}

struct Writer<'p> {
    pack: &'p Pack,
    nodes: Vec<NodeRecord>,
    paths: Vec<String>,
    blob: Vec<u8>,
}

impl Writer<'_> {
    fn write(&mut self, node: &Node, parent: u32, path: String) {
        let index = self.nodes.len();
        let (uri, local, attribute) = match (node.name.strip_prefix('@'), node.name.strip_prefix("s:")) {
            (Some(local), _) => ("", local, true),
            (_, Some(local)) => ("urn:signature", local, false),
            _ => ("urn:orders", node.name, false),
        };
        let program = &self.pack.program;
        let namespace = program.namespaces.iter().position(|known| known == uri).unwrap() as u8;
        let name = program
            .names
            .iter()
            .position(|known| known.namespace == namespace && known.local == local)
            .map_or(UNKNOWN_NAME, |name| name as u16);
        let has_elements = node.children.iter().any(|child| !child.name.starts_with('@'));
        let mut flags = if attribute { batch::ATTRIBUTE } else { 0 };
        flags |= if has_elements { batch::HAS_CHILDREN } else { 0 };
        flags |= if node.text.trim().is_empty() {
            0
        } else {
            batch::HAS_TEXT
        };
        let (start, len) = (self.blob.len() as u32, node.text.len() as u32);
        self.blob.extend_from_slice(node.text.as_bytes());
        self.nodes.push(NodeRecord {
            name,
            flags,
            namespace,
            parent,
            end: 0,
            start,
            len,
        });
        self.paths.push(if path.is_empty() {
            "(root)".to_owned()
        } else {
            path.clone()
        });
        for child in &node.children {
            let name = child.name.trim_start_matches("s:");
            let below = if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}/{name}")
            };
            self.write(child, index as u32, below);
        }
        self.nodes[index].end = self.nodes.len() as u32;
    }
}
