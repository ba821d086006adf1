//! Assembles N documents into one message: root, `BaseTransfer`, guid, and the place of the signature.

use crate::config::Enterprise;
use cebridge_message::{Element, Layout, WriteError, write};
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

/// Writes the unsigned message of these documents.
///
/// # Errors
/// A value that XML can't carry, named by its path.
pub fn message<'e>(
    layout: &Layout,
    enterprise: &Enterprise,
    guid: &str,
    documents: impl Iterator<Item = &'e Element>,
) -> Result<Vec<u8>, WriteError> {
    let mut root = Element::new(layout.elements.get(layout.root).map_or("", |root| root.local.as_str()));
    root.attributes = vec![
        ("guid".to_owned(), guid.to_owned()),
        ("version".to_owned(), "1.0".to_owned()),
    ];
    root.children = documents.cloned().collect();
    let mut transfer = Element::new("BaseTransfer");
    transfer.children = vec![
        Element::leaf("copCode", enterprise.code.clone()),
        Element::leaf("copName", enterprise.name.clone()),
        Element::leaf("dxpMode", "DXP"),
        Element::leaf("dxpId", enterprise.dxp_id.clone()),
    ];
    root.children.push(transfer);
    write(layout, &root)
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
