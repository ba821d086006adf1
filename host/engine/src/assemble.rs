//! Assembles N documents into one message: root, transfer block, id, and the place of the signature.

use crate::config::Enterprise;
use cebridge_message::{Element, Layout, WriteError, write};
use cebridge_rule_core::roles::{Filled, Origin, Transfer};
use cebridge_signature::Place;

/// Placeholder for the signature while a message is judged before signing: schema-valid, otherwise meaningless.
const PLACEHOLDER: &str = concat!(
    r#"<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo>"#,
    r#"<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"></ds:CanonicalizationMethod>"#,
    r#"<ds:SignatureMethod Algorithm="http://www.w3.org/2000/09/xmldsig#rsa-sha1"></ds:SignatureMethod>"#,
    r#"<ds:Reference URI=""><ds:DigestMethod Algorithm="http://www.w3.org/2000/09/xmldsig#sha1"></ds:DigestMethod>"#,
    r#"<ds:DigestValue>AA==</ds:DigestValue></ds:Reference></ds:SignedInfo>"#,
    r#"<ds:SignatureValue>AA==</ds:SignatureValue></ds:Signature>"#
);

/// Writes the unsigned message of these documents, with the transfer block and root attributes of the pack.
///
/// # Errors
/// A value that XML can't carry, named by its path.
pub fn message<'e>(
    layout: &Layout,
    transfer: &Transfer,
    enterprise: &Enterprise,
    guid: &str,
    documents: impl Iterator<Item = &'e Element>,
) -> Result<Vec<u8>, WriteError> {
    let mut root = Element::new(root_name(layout));
    let value = |filled: &Filled| match &filled.origin {
        Origin::Code => enterprise.code.clone(),
        Origin::CreditCode => enterprise.credit_code.clone(),
        Origin::Name => enterprise.name.clone(),
        Origin::DxpId => enterprise.dxp_id.clone(),
        Origin::MessageId => guid.to_owned(),
        Origin::Constant(text) => text.clone(),
    };
    let attributes = transfer.attributes.iter();
    root.attributes = attributes.map(|filled| (filled.name.clone(), value(filled))).collect();
    root.children = documents.cloned().collect();
    if has_child(layout, &transfer.name) {
        let mut block = Element::new(&transfer.name);
        let fields = transfer.fields.iter();
        block.children = fields
            .map(|filled| Element::leaf(&filled.name, value(filled)))
            .collect();
        root.children.push(block);
    }
    write(layout, &root)
}

/// Returns the name of a message's root.
pub(crate) fn root_name(layout: &Layout) -> &str {
    let root = layout.elements.get(layout.root);
    root.map_or("", |root| root.local.as_str())
}

/// Returns the message with a placeholder where the signature will go, for judging before signing.
#[must_use]
pub fn with_placeholder(message: &[u8]) -> Vec<u8> {
    // We wrote the message ourselves: it ends with the root's end tag, and the signature goes last or before an
    // `ExtendMessage`, which the gateway never writes.
    let end = message
        .windows(2)
        .rposition(|pair| pair == b"</")
        .unwrap_or(message.len());
    let (head, tail) = message.split_at(end);
    [head, PLACEHOLDER.as_bytes(), tail].concat()
}

/// Returns `true` if the root may have this child.
fn has_child(layout: &Layout, name: &str) -> bool {
    let root = layout.elements.get(layout.root);
    let mut children = root.into_iter().flat_map(|root| &root.children);
    children.any(|&child| layout.elements.get(child).is_some_and(|element| element.local == name))
}

/// The element that follows the signature; `None` if the signature comes last.
fn signature_before(layout: &Layout) -> Option<&str> {
    let local = |&index: &usize| layout.elements.get(index).map(|element| element.local.as_str());
    let children: Vec<&str> = layout
        .elements
        .get(layout.root)?
        .children
        .iter()
        .filter_map(local)
        .collect();
    let at = children.iter().position(|name| *name == "Signature")?;
    children.get(at + 1).copied()
}

/// Place of the signature in a finished message: before `ExtendMessage` in export messages, last in import messages.
#[must_use]
pub fn place_of(layout: &Layout) -> Place<'_> {
    signature_before(layout).map_or(Place::Last, Place::Before)
}
