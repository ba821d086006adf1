//! Reading: bytes to text ([`decode`]), text to nodes ([`parse`]).

mod attributes;
mod chars;
mod declaration;
mod decode;
mod names;
mod parse;
mod quotes;
mod reference;
mod values;

pub use decode::Encoding;

pub(crate) use chars::{is_xml_char, name_is_valid};

use std::ops::Range;

use cebridge_signature::{Collector, SignedParts, Token, XmlError, XmlErrorKind};
use quick_xml::events::Event;

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

/// Somebody who reads along.
trait Observer {
    /// The next token and where it stands in the text.
    fn token(&mut self, event: &Event<'_>, span: Range<usize>);
}

/// Nobody.
impl Observer for () {
    fn token(&mut self, _: &Event<'_>, _: Range<usize>) {}
}

impl Observer for Collector<'_> {
    fn token(&mut self, event: &Event<'_>, span: Range<usize>) {
        self.feed(Token::of(event), span);
    }
}

/// Reads a document; see [`Document::parse`].
pub(crate) fn document(bytes: &[u8], limits: &Limits) -> Result<Document, ReadError> {
    let decoded = decoded(bytes, limits)?;
    let parsed = parse::parse(&decoded.text, limits, &mut ());
    finished(decoded, parsed)
}

/// Reads a signed document; see [`crate::read_signed`].
pub(crate) fn signed(bytes: &[u8], limits: &Limits) -> Result<(Document, SignedParts), ReadError> {
    let decoded = decoded(bytes, limits)?;
    if decoded.encoding != Encoding::Utf8 {
        let parts = SignedParts::from(XmlError {
            kind: XmlErrorKind::Encoding(decoded.encoding.name().to_owned()),
            line: 1,
            column: 1,
        });
        let parsed = parse::parse(&decoded.text, limits, &mut ());
        return Ok((finished(decoded, parsed)?, parts));
    }
    let mut collector = Collector::new(&decoded.text);
    let parsed = parse::parse(&decoded.text, limits, &mut collector);
    let parts = collector.finish();
    Ok((finished(decoded, parsed)?, parts))
}

fn decoded(bytes: &[u8], limits: &Limits) -> Result<decode::Decoded, ReadError> {
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
    decode::decode(bytes)
}

fn finished(decoded: decode::Decoded, parsed: Result<parse::Parsed, Fault>) -> Result<Document, ReadError> {
    let parsed = match parsed {
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
