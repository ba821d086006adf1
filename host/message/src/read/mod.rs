//! Reading: bytes to text ([`decode`], or [`lenient`] for input from customs), text to nodes ([`parse`]).

mod around;
mod attributes;
mod chars;
mod declaration;
mod decode;
mod lenient;
mod names;
mod parse;
mod quotes;
mod reference;
mod values;
mod weigh;

pub use decode::Encoding;

pub(crate) use around::Around;
pub(crate) use chars::{is_xml_char, name_is_valid};

use std::ops::Range;

use cebridge_signature::{Collector, SignedParts, Token, XmlError, XmlErrorKind};
use quick_xml::events::Event;

use crate::arrived::Forgiven;
use crate::document::Document;
use crate::error::{ReadError, ReadErrorKind};
use crate::limits::Limits;
use crate::position::Position;

/// An error and its byte offset in the decoded text.
struct Fault {
    at: usize,
    kind: ReadErrorKind,
}

impl Fault {
    fn new(at: usize, kind: ReadErrorKind) -> Self {
        Self { at, kind }
    }
}

/// Observes the tokens as they are read.
trait Observer {
    /// Receives the next token and its span in the text.
    fn token(&mut self, event: &Event<'_>, span: Range<usize>);
}

/// Ignores all tokens.
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
    check_size(bytes, limits)?;
    let decoded = decode::decode(bytes)?;
    let parsed = parse::parse(&decoded.text, limits, &mut ());
    finished(decoded, parsed, Position::START)
}

/// Reads a document from customs: content around it and a wrongly declared encoding are forgiven and reported.
pub(crate) fn lenient_document(bytes: &[u8], limits: &Limits) -> Result<(Document, Vec<Forgiven>), ReadError> {
    check_size(bytes, limits)?;
    let lenient = lenient::decode(bytes)?;
    let parsed = parse::parse(&lenient.decoded.text, limits, &mut ());
    let document = finished(lenient.decoded, parsed, lenient.origin)?;
    Ok((document, lenient.forgiven))
}

/// Reads a signed document; see [`crate::read_signed`].
pub(crate) fn signed(bytes: &[u8], limits: &Limits) -> Result<(Document, SignedParts), ReadError> {
    check_size(bytes, limits)?;
    let decoded = decode::decode(bytes)?;
    if decoded.encoding != Encoding::Utf8 {
        let parts = SignedParts::from(XmlError {
            kind: XmlErrorKind::Encoding(decoded.encoding.name().to_owned()),
            line: 1,
            column: 1,
        });
        let parsed = parse::parse(&decoded.text, limits, &mut ());
        return Ok((finished(decoded, parsed, Position::START)?, parts));
    }
    let mut collector = Collector::new(&decoded.text);
    let parsed = parse::parse(&decoded.text, limits, &mut collector);
    let parts = collector.finish();
    Ok((finished(decoded, parsed, Position::START)?, parts))
}

fn check_size(bytes: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let limit = limits.max_bytes.min(Limits::MOST_BYTES);
    if bytes.len() <= limit {
        return Ok(());
    }
    let kind = ReadErrorKind::TooLarge {
        limit,
        got: bytes.len(),
    };
    Err(ReadError {
        line: 1,
        column: 1,
        kind,
    })
}

/// Builds the document of a text that begins at `origin` in its file.
fn finished(
    decoded: decode::Decoded,
    parsed: Result<parse::Parsed, Fault>,
    origin: Position,
) -> Result<Document, ReadError> {
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(fault) => return Err(ReadError::at(&decoded.text, fault.at, fault.kind).moved_to(origin)),
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
        origin,
        positions: std::sync::OnceLock::new(),
    })
}
