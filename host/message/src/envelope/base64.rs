//! Base64 in XML: white space is allowed, and errors have a position.

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine};

use super::{Base64Problem, EnvelopeError};
use crate::document::Document;

pub(super) fn encode(data: &[u8]) -> String {
    STANDARD.encode(data)
}

/// The decoded text of element `ix`.
pub(super) fn decode(document: &Document, ix: u32) -> Result<Vec<u8>, EnvelopeError> {
    let text = document.value(ix);
    let kept: Vec<u8> = text.bytes().filter(|byte| !is_space(*byte)).collect();
    STANDARD.decode(&kept).map_err(|error| {
        let (problem, symbol) = match error {
            DecodeError::InvalidByte(at, _) => (Base64Problem::Character, at),
            DecodeError::InvalidLastSymbol { offset, .. } if kept.len().is_multiple_of(4) => {
                (Base64Problem::LastCharacter, offset)
            }
            _ => (Base64Problem::Truncated, kept.len()),
        };
        let at = place(document, ix, symbol);
        EnvelopeError::Base64 {
            line: at.line,
            column: at.column,
            problem,
        }
    })
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Position of the `symbol`th character other than white space; of the element itself if its text was joined.
fn place(document: &Document, ix: u32, symbol: usize) -> cebridge_xml::Position {
    let text = document.value(ix);
    let start = document.node(ix).map_or(0, |node| node.start as usize);
    if start + text.len() > document.text().len() {
        return document.position(ix);
    }
    let solid = text.bytes().enumerate().filter(|(_, byte)| !is_space(*byte));
    let offset = solid
        .map(|(at, _)| at)
        .nth(symbol)
        .unwrap_or_else(|| text.trim_end().len());
    document.position_at(start + offset)
}
