//! The form in which a message crosses into the evaluator: once, as one flat byte block.
//!
//! Layout, all integers little-endian `u32` unless said otherwise:
//!
//! | offset | content |
//! |---|---|
//! | 0 | magic `CEB1` |
//! | 4 | number of nodes *n* |
//! | 8 | length of the blob |
//! | 12 | *n* node records of [`RECORD`] bytes |
//! | 12 + 20 *n* | blob: the UTF-8 text of the message, unescaped values appended |
//!
//! A node is an element or an attribute. Nodes are in document order; the attributes of an element come directly after
//! it, before its first child. Namespace declarations and `xsi:` attributes are not nodes. Node 0 is the root.
//!
//! Record: name id (`u16`, [`UNKNOWN_NAME`](crate::program::UNKNOWN_NAME) if the edition does not know the name),
//! flags (`u8`), namespace (`u8`, position in the program's namespaces, 255 if unknown), parent (node index; 0 for the
//! root), end (index after the last node of the subtree), start and length of its text in the blob.
//! The text of an element is the concatenation of the character data directly inside it.

use alloc::vec::Vec;
use core::fmt;

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
/// Flag: the element has `xsi:nil` or `xsi:type`, which no CEB type allows.
pub const XSI_TYPED: u8 = 8;
/// Namespace of a node if it is unknown to the edition.
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
    /// Returns the record's bytes.
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

    /// Reads the output of [`NodeRecord::to_bytes`].
    #[must_use]
    #[inline]
    pub fn from_bytes(bytes: &[u8; RECORD]) -> Self {
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Self {
            name: u16::from_le_bytes([bytes[0], bytes[1]]),
            flags: bytes[2],
            namespace: bytes[3],
            parent: word(4),
            end: word(8),
            start: word(12),
            len: word(16),
        }
    }

    /// Returns `true` if the node is an attribute.
    #[must_use]
    #[inline]
    pub fn is_attribute(&self) -> bool {
        self.flags & ATTRIBUTE != 0
    }
}

/// A batch that does not follow the layout of this module, or a program that can't judge it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchError {
    /// The magic bytes are missing.
    Magic,
    /// The lengths in the header do not match the number of bytes.
    Length,
    /// There are no nodes.
    Empty,
    /// A node breaks the tree: its parent, end or position is wrong.
    Tree {
        /// Index of the node.
        node: u32,
    },
    /// The text of a node lies outside the blob, or splits a character.
    Span {
        /// Index of the node.
        node: u32,
    },
    /// Elements are nested too deeply.
    Depth {
        /// Index of the node.
        node: u32,
    },
    /// The program refers to a declaration, type or name that it does not contain.
    Program,
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("not a batch: the magic bytes are absent"),
            Self::Length => f.write_str("the lengths in the batch header do not fit its size"),
            Self::Empty => f.write_str("the batch holds no node"),
            Self::Tree { node } => {
                write!(f, "node {node} of the batch is no proper part of the tree")
            }
            Self::Span { node } => write!(
                f,
                "the text of node {node} lies outside of the batch or cuts a character"
            ),
            Self::Depth { node } => write!(f, "node {node} of the batch is nested too deeply"),
            Self::Program => f.write_str("the rule program refers to something that it does not hold"),
        }
    }
}

impl core::error::Error for BatchError {}

/// A batch for reading: the header is checked at once, nodes and texts as they are read.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    records: &'a [[u8; RECORD]],
    blob: &'a [u8],
}

impl<'a> View<'a> {
    /// Splits the bytes into header, records and blob.
    ///
    /// # Errors
    /// [`BatchError::Magic`], [`BatchError::Length`] or [`BatchError::Empty`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, BatchError> {
        let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(BatchError::Magic)?;
        let [m0, m1, m2, m3, n0, n1, n2, n3, b0, b1, b2, b3] = *header;
        if [m0, m1, m2, m3] != MAGIC {
            return Err(BatchError::Magic);
        }
        let length = |bytes: [u8; 4]| usize::try_from(u32::from_le_bytes(bytes)).map_err(|_| BatchError::Length);
        let nodes = length([n0, n1, n2, n3])?;
        let blob_length = length([b0, b1, b2, b3])?;
        let split = nodes.checked_mul(RECORD).ok_or(BatchError::Length)?;
        let (records, blob) = rest.split_at_checked(split).ok_or(BatchError::Length)?;
        if blob.len() != blob_length {
            return Err(BatchError::Length);
        }
        let (records, _) = records.as_chunks::<RECORD>();
        if records.is_empty() {
            return Err(BatchError::Empty);
        }
        Ok(Self { records, blob })
    }

    /// Returns the number of nodes, at least 1.
    #[must_use]
    pub fn count(&self) -> u32 {
        // The header stores the number as `u32`, so it always fits.
        self.records.len() as u32
    }

    /// Returns a node, `None` outside the batch. Its content is not checked.
    #[must_use]
    #[inline]
    pub fn node(&self, index: u32) -> Option<NodeRecord> {
        self.records.get(index as usize).map(NodeRecord::from_bytes)
    }

    /// Returns the text of a node; `None` if it lies outside the blob or splits a character.
    #[must_use]
    #[inline]
    pub fn text(&self, node: &NodeRecord) -> Option<&'a [u8]> {
        if node.len == 0 {
            return Some(&[]);
        }
        let start = node.start as usize;
        let end = start.checked_add(node.len as usize)?;
        let text = self.blob.get(start..end)?;
        let cuts = |byte: Option<&u8>| byte.is_some_and(|byte| byte & 0xC0 == 0x80);
        if cuts(text.first()) || cuts(self.blob.get(end)) {
            return None;
        }
        Some(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn node(start: u32, len: u32) -> NodeRecord {
        NodeRecord {
            name: 7,
            flags: HAS_TEXT,
            namespace: 1,
            parent: 0,
            end: 1,
            start,
            len,
        }
    }

    #[test]
    fn what_is_encoded_is_read_back() {
        let first = NodeRecord {
            name: 258,
            flags: 3,
            namespace: 9,
            parent: 5,
            end: 70_000,
            start: 1,
            len: 3,
        };
        let bytes = encode(&[first, node(0, 1)], "a中b".as_bytes());
        let view = View::new(&bytes).unwrap();
        assert_eq!(view.count(), 2);
        assert_eq!(view.node(0), Some(first));
        assert_eq!(view.text(&first), Some("中".as_bytes()));
        assert_eq!(view.node(2), None);
    }

    #[test]
    fn texts_must_lie_inside_and_on_character_boundaries() {
        let bytes = encode(&[node(0, 0)], "a中b".as_bytes());
        let view = View::new(&bytes).unwrap();
        assert_eq!(view.text(&node(4, 1)), Some(&b"b"[..]));
        for (start, len) in [
            (2, 2),
            (0, 2),
            (1, 2),
            (3, 1),
            (4, 2),
            (5, 1),
            (u32::MAX, 1),
            (1, u32::MAX),
        ] {
            assert_eq!(view.text(&node(start, len)), None, "{start}+{len}");
        }
    }

    #[test]
    fn headers_that_do_not_fit_are_refused() {
        let good = encode(&[node(0, 1)], b"x");
        assert!(View::new(&good).is_ok());
        assert_eq!(View::new(b"").unwrap_err(), BatchError::Magic);
        assert_eq!(View::new(b"CEB2\0\0\0\0\0\0\0\0").unwrap_err(), BatchError::Magic);
        assert_eq!(View::new(&good[..good.len() - 1]).unwrap_err(), BatchError::Length);
        let mut longer = good.clone();
        longer.push(0);
        assert_eq!(View::new(&longer).unwrap_err(), BatchError::Length);
        let mut huge = good;
        huge[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(View::new(&huge).unwrap_err(), BatchError::Length);
        assert_eq!(View::new(&encode(&[], b"")).unwrap_err(), BatchError::Empty);
    }
}
