//! Reading: bytes to text ([`decode`]), text to nodes ([`parse`]).

mod attributes;
mod chars;
mod declaration;
mod decode;
mod names;
mod parse;
mod reference;
mod values;

pub use decode::Encoding;

pub(crate) use chars::{is_xml_char, name_is_valid};

use crate::document::Document;
use crate::error::{ReadError, ReadErrorKind};
use crate::limits::Limits;

/// What is wrong and where: a byte offset in the decoded text.
struct Fault {
    at: usize,
    kind: ReadErrorKind,
}

impl Fault {
    fn new(at: usize, kind: ReadErrorKind) -> Self {
        Self { at, kind }
    }
}

/// Reads a document; see [`Document::parse`].
pub(crate) fn document(bytes: &[u8], limits: &Limits) -> Result<Document, ReadError> {
    let limit = limits.max_bytes.min(Limits::MOST_BYTES);
    if bytes.len() > limit {
        let kind = ReadErrorKind::TooLarge {
            limit,
            got: bytes.len(),
        };
        return Err(ReadError {
            line: 1,
            column: 1,
            kind,
        });
    }
    let decoded = decode::decode(bytes)?;
    let parsed = match parse::parse(&decoded.text, limits) {
        Ok(parsed) => parsed,
        Err(fault) => return Err(ReadError::at(&decoded.text, fault.at, fault.kind)),
    };
    let mut blob = decoded.text;
    let text_len = blob.len();
    blob.push_str(&parsed.tail);
    Ok(Document {
        blob,
        text_len,
        nodes: parsed.nodes,
        names: parsed.names,
        encoding: decoded.encoding,
        bom: decoded.bom,
        positions: std::sync::OnceLock::new(),
    })
}
