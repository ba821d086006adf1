//! Values: spans of the source if possible, otherwise joined pieces appended to it.

use super::chars::is_space;
use super::{Fault, reference};
use crate::error::ReadErrorKind;

/// A span of the blob: start and length.
pub(super) type Span = (u32, u32);

/// Collects the values of all open elements.
///
/// The pieces of an element's text form a stack: those of a child are consumed before its parent gets another one.
pub(super) struct Values<'t> {
    text: &'t str,
    /// Text to append to the source in the blob.
    tail: String,
    pieces: Vec<Span>,
    /// Set if the text has carriage returns; otherwise no line end needs normalising.
    returns: bool,
}

impl<'t> Values<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let returns = memchr::memchr(b'\r', text.as_bytes()).is_some();
        Self {
            text,
            tail: String::new(),
            pieces: Vec::new(),
            returns,
        }
    }

    /// Start index for the pieces of an element that opens now.
    pub(super) fn open(&self) -> usize {
        self.pieces.len()
    }

    /// Adds the source from `start` to `end`, with line ends normalised.
    pub(super) fn push_source(&mut self, base: usize, start: usize, end: usize) {
        let piece = &self.text[start..end];
        if self.returns && piece.contains('\r') {
            self.start_tail_piece(base);
            let mut rest = piece;
            while let Some((line, after)) = rest.split_once('\r') {
                self.extend_tail(line);
                self.extend_tail("\n");
                rest = after.strip_prefix('\n').unwrap_or(after);
            }
            self.extend_tail(rest);
            return;
        }
        let tail_end = self.tail_end();
        let own = self.pieces.len() > base;
        match self.pieces.last_mut().filter(|_| own) {
            Some((at, len)) if *at + *len == tail_end && *at as usize >= self.text.len() => {
                self.tail.push_str(piece);
                *len += piece.len() as u32;
            }
            Some((at, len)) if (*at + *len) as usize == start => *len += piece.len() as u32,
            _ => self.pieces.push((start as u32, piece.len() as u32)),
        }
    }

    /// Adds one character.
    pub(super) fn push_char(&mut self, base: usize, c: char) {
        self.start_tail_piece(base);
        self.extend_tail(c.encode_utf8(&mut [0; 4]));
    }

    /// The value of the element whose pieces start at `base`; an empty one is placed at `at`.
    pub(super) fn close(&mut self, base: usize, at: usize) -> Span {
        let value = match self.pieces.get(base..).unwrap_or_default() {
            [] => (at as u32, 0),
            [piece] => *piece,
            pieces => {
                let start = self.text.len() + self.tail.len();
                for &(at, len) in pieces {
                    let (at, len) = (at as usize, len as usize);
                    match at.checked_sub(self.text.len()) {
                        Some(at) => self.tail.extend_from_within(at..at + len),
                        None => self.tail.push_str(&self.text[at..at + len]),
                    }
                }
                (start as u32, (self.text.len() + self.tail.len() - start) as u32)
            }
        };
        self.pieces.truncate(base);
        value
    }

    /// The normalised value of an attribute with its source from `start` to `end`.
    pub(super) fn attribute(&mut self, start: usize, end: usize) -> Result<Span, Fault> {
        let source = &self.text[start..end];
        let special = |byte: u8| matches!(byte, b'&' | b'\t' | b'\n' | b'\r');
        if !source.bytes().any(special) {
            return Ok((start as u32, source.len() as u32));
        }
        let value = self.tail_end();
        let mut at = start;
        while let Some(next) = self.text[at..end].bytes().position(special) {
            self.tail.push_str(&self.text[at..at + next]);
            at += next;
            let rest = &self.text[at..end];
            if let Some(body) = rest.strip_prefix('&') {
                let Some((body, _)) = body.split_once(';') else {
                    return Err(Fault::new(at, ReadErrorKind::BadReference));
                };
                self.tail
                    .push(reference::resolve(body).map_err(|kind| Fault::new(at, kind))?);
                at += body.len() + 2;
            } else {
                self.tail.push(' ');
                at += if rest.starts_with("\r\n") { 2 } else { 1 };
            }
        }
        self.tail.push_str(&self.text[at..end]);
        Ok((value, self.tail_end() - value))
    }

    /// The text of a span.
    pub(super) fn get(&self, (start, len): Span) -> &str {
        let (start, len) = (start as usize, len as usize);
        match start.checked_sub(self.text.len()) {
            Some(start) => &self.tail[start..start + len],
            None => &self.text[start..start + len],
        }
    }

    pub(super) fn into_tail(self) -> String {
        self.tail
    }

    /// Ensures that the last piece of the element ends at the end of the tail.
    fn start_tail_piece(&mut self, base: usize) {
        let end = self.tail_end();
        match self.pieces.get(base..).unwrap_or_default() {
            [.., (at, len)] if at + len == end && *at as usize >= self.text.len() => {}
            // The beginning of this value is copied once, so that the rest can be appended to it.
            [(at, len)] if (*at as usize) < self.text.len() => {
                let (at, len) = (*at as usize, *len as usize);
                self.tail.push_str(&self.text[at..at + len]);
                self.pieces.truncate(base);
                self.pieces.push((end, len as u32));
            }
            _ => self.pieces.push((end, 0)),
        }
    }

    fn extend_tail(&mut self, piece: &str) {
        self.tail.push_str(piece);
        if let Some((_, len)) = self.pieces.last_mut() {
            *len += piece.len() as u32;
        }
    }

    fn tail_end(&self) -> u32 {
        (self.text.len() + self.tail.len()) as u32
    }
}

/// Offset of the first character other than white space in `text[start..end]`.
pub(super) fn first_ink(text: &str, start: usize, end: usize) -> Option<usize> {
    text.as_bytes()[start..end]
        .iter()
        .position(|&byte| !is_space(byte))
        .map(|at| start + at)
}
