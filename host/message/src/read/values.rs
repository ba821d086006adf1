//! Values: spans of the source if possible, otherwise joined pieces appended to it.

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

    /// Adds a piece of the source that begins at `start`, with line ends normalised.
    pub(super) fn push_source(&mut self, base: usize, piece: &str, start: usize) {
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
                        None => self.tail.push_str(source(self.text, at, len)),
                    }
                }
                (start as u32, (self.text.len() + self.tail.len() - start) as u32)
            }
        };
        self.pieces.truncate(base);
        value
    }

    /// A value that is not as written.
    pub(super) fn push_value(&mut self, value: &str) -> Span {
        let start = self.tail_end();
        self.tail.push_str(value);
        (start, value.len() as u32)
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
                self.tail.push_str(source(self.text, at, len));
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

/// A piece of the source. Pieces begin and end where the reader cut the text.
fn source(text: &str, at: usize, len: usize) -> &str {
    text.get(at..at + len).unwrap_or_default()
}
