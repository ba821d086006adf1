//! Reading: bytes to text ([`decode`], or [`lenient`] for input from customs), text to nodes ([`build`]).

mod around;
mod build;
mod decode;
mod lenient;
mod names;
mod values;
mod weigh;

pub use decode::Encoding;

pub(crate) use around::Around;

use cebridge_xml::{Error, Limits, Observer, Position};

use crate::arrived::Forgiven;
use crate::document::Document;
use crate::error::ReadError;

impl Document {
    /// Reads a message.
    ///
    /// # Errors
    /// Everything that is not well-formed XML 1.0 with namespaces, DOCTYPE declarations, encodings other than UTF-8,
    /// the GB18030 family and UTF-16 with BOM, and messages beyond the limits.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        Self::observed(bytes, limits, &mut ())
    }

    /// Reads a message and passes each item to an observer, such as the collector of a signature. Both see the same items,
    /// so no data escapes the signature check. The observer reports its own findings.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn observed(bytes: &[u8], limits: &Limits, observer: &mut impl Observer) -> Result<Self, ReadError> {
        limits.admit(bytes.len())?;
        let decoded = decode::decode(bytes)?;
        observer.decoded(decoded.encoding.name());
        let parsed = build::parse(&decoded.text, limits, observer);
        finished(decoded, parsed, Position::START)
    }
}

/// Reads a document from customs: content around it and a wrongly declared encoding are forgiven and reported.
pub(crate) fn lenient_document(bytes: &[u8], limits: &Limits) -> Result<(Document, Vec<Forgiven>), ReadError> {
    limits.admit(bytes.len())?;
    let lenient = lenient::decode(bytes)?;
    let parsed = build::parse(&lenient.decoded.text, limits, &mut ());
    let document = finished(lenient.decoded, parsed, lenient.origin)?;
    Ok((document, lenient.forgiven))
}

/// Builds the document of a text that begins at `origin` in its file.
fn finished(
    decoded: decode::Decoded,
    parsed: Result<build::Parsed, Error>,
    origin: Position,
) -> Result<Document, ReadError> {
    let parsed = parsed.map_err(|error| ReadError::from(error).moved_to(origin))?;
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
