//! Identifies files that are not XML by their first bytes.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::read::Around;

/// Minimum length of a base64 text: anything shorter is a word.
const SHORTEST_BASE64: usize = 24;

/// Content that is not XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Content {
    /// Nothing, or nothing but white space and NUL bytes.
    Empty,
    /// A JSON object or list.
    Json,
    /// Base64 text, without an envelope around it.
    Base64,
    /// A web page.
    Html,
    /// A ZIP archive, or an office document, which is also one.
    Zip,
    /// Data compressed by gzip.
    Gzip,
    /// Another archive: 7z, RAR.
    Archive,
    /// A picture.
    Image,
    /// A PDF document.
    Pdf,
}

/// First bytes that identify the content.
const MAGIC: [(&[u8], Content); 13] = [
    (b"PK\x03\x04", Content::Zip),
    (b"PK\x05\x06", Content::Zip),
    (b"\x1F\x8B", Content::Gzip),
    (b"7z\xBC\xAF\x27\x1C", Content::Archive),
    (b"Rar!\x1A\x07", Content::Archive),
    (b"%PDF-", Content::Pdf),
    (b"\x89PNG\r\n", Content::Image),
    (b"\xFF\xD8\xFF", Content::Image),
    (b"GIF8", Content::Image),
    (b"II*\0", Content::Image),
    (b"MM\0*", Content::Image),
    (b"{", Content::Json),
    (b"[", Content::Json),
];

impl Content {
    /// Identifies a file that could not be read as XML; `None` if it looks like XML after all, or is of no known type.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let body = Around::of(bytes).body;
        if body.is_empty() {
            return Some(Self::Empty);
        }
        if body.starts_with(b"<") {
            let start: Vec<u8> = body
                .iter()
                .take("<!DOCTYPE html".len())
                .map(u8::to_ascii_lowercase)
                .collect();
            let html = start.starts_with(b"<!doctype html") || start.starts_with(b"<html");
            return html.then_some(Self::Html);
        }
        let magic = MAGIC.iter().find(|(magic, _)| body.starts_with(magic));
        magic
            .map(|(_, content)| *content)
            .or_else(|| is_base64(body).then_some(Self::Base64))
    }
}

/// Returns `true` for lines of base64 without blanks.
fn is_base64(body: &[u8]) -> bool {
    let text: Vec<u8> = body
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\r' | b'\n'))
        .collect();
    text.len() >= SHORTEST_BASE64 && STANDARD.decode(&text).is_ok()
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "there is nothing in it",
            Self::Json => "this is JSON, not XML",
            Self::Base64 => "this is base64 text, not XML; decode it first",
            Self::Html => "this is a web page (HTML), not a message",
            Self::Zip => "this is a zip archive, not XML; unpack it first",
            Self::Gzip => "this is compressed by gzip, not XML; unpack it first",
            Self::Archive => "this is an archive, not XML; unpack it first",
            Self::Image => "this is a picture, not XML",
            Self::Pdf => "this is a PDF document, not XML",
        })
    }
}
