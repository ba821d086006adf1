//! How a message crosses into the evaluator: once, flat, as one byte block.
//!
//! Layout, all integers little-endian `u32` unless said otherwise:
//!
//! | offset | what |
//! |---|---|
//! | 0 | magic `CEB1` |
//! | 4 | number of nodes *n* |
//! | 8 | length of the blob |
//! | 12 | *n* node records of [`RECORD`] bytes |
//! | 12 + 20 *n* | blob: the UTF-8 text of the message, unescaped values appended |
//!
//! A node is an element or an attribute. Nodes stand in document order; the attributes of an element follow it
//! directly, before its first child. Namespace declarations and `xsi:` attributes are no nodes. Node 0 is the root.
//!
//! Record: name id (`u16`, [`UNKNOWN_NAME`](crate::program::UNKNOWN_NAME) when the edition does not know the name),
//! flags (`u8`), namespace (`u8`, position in the program's namespaces, 255 when unknown), parent (node index; the
//! root's is 0), end (index after the last node of the subtree), start and length of its text in the blob.
//! The text of an element is the concatenation of the character data directly inside it.

use alloc::vec::Vec;

/// First bytes of every batch.
pub const MAGIC: [u8; 4] = *b"CEB1";
/// Bytes of the header.
pub const HEADER: usize = 12;
/// Bytes of a node record.
pub const RECORD: usize = 20;
/// Flag: the node is an attribute.
pub const ATTRIBUTE: u8 = 1;
/// Flag: the element has child elements.
pub const HAS_CHILDREN: u8 = 2;
/// Flag: the character data directly inside the element holds something other than white space.
pub const HAS_TEXT: u8 = 4;
/// Flag: the element carries `xsi:nil` or `xsi:type`, which no CEB type allows.
pub const XSI_TYPED: u8 = 8;
/// Namespace of a node whose namespace the edition does not know.
pub const UNKNOWN_NAMESPACE: u8 = u8::MAX;

/// A node of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeRecord {
    /// Name id in the program.
    pub name: u16,
    /// Sum of the flags of this module.
    pub flags: u8,
    /// Namespace, as position in the program's namespaces.
    pub namespace: u8,
    /// Index of the parent element.
    pub parent: u32,
    /// Index after the last node of the subtree.
    pub end: u32,
    /// Start of the text in the blob.
    pub start: u32,
    /// Length of the text in bytes.
    pub len: u32,
}

impl NodeRecord {
    /// The record's bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; RECORD] {
        let mut out = [0; RECORD];
        out[0..2].copy_from_slice(&self.name.to_le_bytes());
        out[2] = self.flags;
        out[3] = self.namespace;
        out[4..8].copy_from_slice(&self.parent.to_le_bytes());
        out[8..12].copy_from_slice(&self.end.to_le_bytes());
        out[12..16].copy_from_slice(&self.start.to_le_bytes());
        out[16..20].copy_from_slice(&self.len.to_le_bytes());
        out
    }
}

/// Builds a batch from node records and the blob.
#[must_use]
pub fn encode(nodes: &[NodeRecord], blob: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER + nodes.len() * RECORD + blob.len());
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&(nodes.len() as u32).to_le_bytes());
    out.extend_from_slice(&(blob.len() as u32).to_le_bytes());
    for node in nodes {
        out.extend_from_slice(&node.to_bytes());
    }
    out.extend_from_slice(blob);
    out
}
