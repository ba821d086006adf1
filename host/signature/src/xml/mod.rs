//! Strict reading of XML 1.0 with namespaces, the basis of canonicalisation and signatures.
//!
//! Input that a lenient parser would accept is refused here: two programs reading a signed text
//! differently is the classic way around a signature.

mod attributes;
mod chars;
mod error;
mod machine;
mod markup;
mod names;
mod reader;
mod token;

pub use error::{XmlError, XmlErrorKind};
pub(crate) use machine::{Item, Machine, Start};
pub(crate) use names::{Attribute, Binding, lookup};
pub(crate) use reader::Reader;
pub use token::Token;
pub(crate) use token::Tokens;

/// Largest message read, in bytes: 16 MiB, room for a hundred documents of 160 KiB each. Code that reads files checks
/// their size first.
pub const MAX_BYTES: usize = 16 << 20;
/// Deepest nesting of elements read.
pub const MAX_DEPTH: usize = 64;
/// Most attributes on one element. Arbitrary: far above any message, and low enough to keep the work linear.
const MAX_ATTRIBUTES: usize = 256;
/// Most namespace declarations in force at one place; a message has three. Each prefix is looked up among them, so
/// this bounds the time a hostile message can take.
const MAX_NAMESPACES: usize = 32;
/// Most tags, texts, references, comments and instructions in one document together, each attribute counted twice: room
/// for a hundred documents of 5000 fields each, and a time limit for messages made of tiny pieces.
const MAX_PIECES: usize = 2_000_000;

/// Namespace the prefix `xml` is bound to.
const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
/// Namespace of the `xmlns` attributes themselves; nothing may be bound to it.
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

const BOM: &str = "\u{feff}";

/// Returns the text of a UTF-8 document, including a byte order mark at its start.
///
/// Other encodings are refused by name; a caller that knows the encoding has to transcode the
/// document, including its declaration.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, XmlError> {
    if bytes.len() > MAX_BYTES {
        return Err(XmlErrorKind::TooLarge { bytes: bytes.len() }.at("", 0));
    }
    if let Some(name) = foreign_mark(bytes) {
        return Err(XmlErrorKind::Encoding(name.to_owned()).at("", 0));
    }
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let readable = bytes
        .get(..error.valid_up_to())
        .and_then(|valid| std::str::from_utf8(valid).ok())
        .unwrap_or_default();
    // If the declaration names another encoding, that is the better explanation.
    match Reader::new(readable).and_then(|mut reader| reader.next().map(|_| ())) {
        Err(XmlError {
            kind: kind @ XmlErrorKind::Encoding(_),
            ..
        }) => Err(kind.at("", 0)),
        _ => Err(XmlErrorKind::NotUtf8.at(readable, readable.len())),
    }
}

/// `text` without its byte order mark.
pub(crate) fn strip_bom(text: &str) -> &str {
    text.strip_prefix(BOM).unwrap_or(text)
}

/// Detects other encodings by their first bytes.
fn foreign_mark(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..] => Some("UTF-16"),
        _ => None,
    }
}
