//! What the data layer sees of a message, as text that can be compared.

use std::fmt::Write as _;

use cebridge_message::{Document, Limits};

/// Namespace of XML signatures.
const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Every element, attribute and value that [`Document`] offers. White space between elements is not data. Attributes
/// stand in the order of their names. `skip` names the elements to leave out.
fn describe(document: &Document, skip: impl Fn(u32) -> bool) -> String {
    let mut out = String::new();
    element(document, 0, 0, &skip, &mut out);
    out
}

/// All data of a message.
pub(crate) fn all(document: &Document) -> String {
    describe(document, |_| false)
}

/// All data of a message but the signatures that are children of its root.
fn without_signature(document: &Document) -> String {
    describe(document, |ix| {
        let is_signature = document
            .name(ix)
            .is_some_and(|name| name.namespace == DSIG && name.local == "Signature");
        is_signature && document.node(ix).is_some_and(|node| node.parent == 0)
    })
}

/// What the data layer reads from a message besides the signatures below its root; `None` when it reads nothing.
#[must_use]
pub fn data_without_signature(xml: &[u8]) -> Option<String> {
    let document = Document::parse(xml, &Limits::MESSAGE).ok()?;
    Some(without_signature(&document))
}

fn element(document: &Document, ix: u32, depth: usize, skip: &impl Fn(u32) -> bool, out: &mut String) {
    let name = document.name(ix).expect("every node has a name");
    let node = document.node(ix).expect("the node was just found");
    let flags = node.flags;
    writeln!(out, "{depth} {{{}}}{} {flags}", name.namespace, name.local).expect("strings take everything");
    let mut attributes: Vec<String> = document
        .attributes(ix)
        .map(|at| format!("{:?} = {:?}", document.name(at), document.value(at)))
        .collect();
    attributes.sort();
    for attribute in attributes {
        writeln!(out, "{depth} @{attribute}").expect("strings take everything");
    }
    writeln!(out, "{depth} = {:?}", document.value(ix)).expect("strings take everything");
    for child in document.children(ix).filter(|child| !skip(*child)) {
        element(document, child, depth + 1, skip, out);
    }
}
