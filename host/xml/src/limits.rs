//! Limits beyond which reading is refused, by kind of document.

use crate::error::ErrorKind;

/// Upper bounds for reading one document, so that no input costs much memory or time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes as received, before decoding. Capped at [`Limits::MOST_BYTES`].
    pub bytes: usize,
    /// Nesting depth of elements. Capped at [`Limits::MOST_DEPTH`].
    pub depth: usize,
    /// Tags, texts, references, comments and instructions together, each attribute counted twice.
    pub pieces: usize,
    /// Attributes and namespace declarations of one element.
    pub attributes: usize,
    /// Namespace declarations in force at one place.
    pub namespaces: usize,
    /// Distinct names in one document, and distinct namespaces.
    pub names: usize,
    /// Bytes of one name.
    pub name: usize,
    /// Bytes of one namespace URI.
    pub namespace: usize,
}

impl Limits {
    /// A business message.
    pub const MESSAGE: Self = Self {
        // Room for a hundred documents of 160 KiB each.
        bytes: 16 << 20,
        // Arbitrary: messages have fewer than ten levels, their signatures six.
        depth: 64,
        // Room for a hundred documents of 5000 fields each (a field is two tags, its text and the white space behind
        // it), and a bound for the time that a message of tiny pieces takes.
        pieces: 2_000_000,
        // Arbitrary: CEB messages have two. Every two attributes of an element are compared.
        attributes: 256,
        // A message has three. Each prefix is looked up among them, so this bounds the time of hostile ones.
        namespaces: 32,
        // Arbitrary: a whole edition has fewer than 1000.
        names: 16_384,
        // Arbitrary: the longest name of the specification has 23.
        name: 512,
        // Arbitrary: the longest one in use, that of xsi, has 41.
        namespace: 2048,
    };

    /// A DXP envelope around a message.
    pub const ENVELOPE: Self = Self {
        // The largest message in base64 has 21.4 MiB, 22 with line ends; the rest is room for the head.
        bytes: 24 << 20,
        ..Self::MESSAGE
    };

    /// A file from customs: a receipt, a notice or a reply of the platform, bare or in an envelope.
    pub const RECEIPT: Self = Self {
        // As large as an envelope, because it may be one.
        bytes: Self::ENVELOPE.bytes,
        ..Self::MESSAGE
    };

    /// The most bytes that any limit allows: offsets into the decoded text and its unescaped values fit in 32 bits.
    pub const MOST_BYTES: usize = 512 << 20;
    /// The deepest nesting that any limit allows, so that walking a tree cannot exhaust the stack. Arbitrary.
    pub const MOST_DEPTH: usize = 512;

    /// Checks the size of a document, before it is decoded.
    ///
    /// # Errors
    /// [`ErrorKind::TooLarge`].
    pub fn admit(&self, bytes: usize) -> Result<(), ErrorKind> {
        let limit = self.bytes.min(Self::MOST_BYTES);
        if bytes <= limit {
            return Ok(());
        }
        Err(ErrorKind::TooLarge { limit, got: bytes })
    }
}
