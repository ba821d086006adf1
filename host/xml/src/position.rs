//! From byte offsets to lines and columns, computed only on demand.

/// A human-readable place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, counted from 1; LF, CRLF and a lone CR end a line.
    pub line: u32,
    /// Column in characters, counted from 1; a tab is one character.
    pub column: u32,
}

impl Position {
    /// Start of a file.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The position of one offset, without an index.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        advance(Self::START, text.as_bytes(), 0, offset)
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Bytes between two stored positions: a lookup counts at most this many. The number is arbitrary.
const STRIDE: usize = 1024;

/// Positions of every 1024th byte. This keeps lookups fast in a document on one long line.
#[derive(Debug, Clone)]
pub struct PositionIndex(Vec<Position>);

impl PositionIndex {
    /// The index of a text that begins at `origin`.
    #[must_use]
    pub fn new(text: &str, origin: Position) -> Self {
        let bytes = text.as_bytes();
        let mut marks = Vec::with_capacity(bytes.len() / STRIDE + 1);
        let mut at = origin;
        for start in (0..=bytes.len()).step_by(STRIDE) {
            marks.push(at);
            at = advance(at, bytes, start, start + STRIDE);
        }
        Self(marks)
    }

    /// The position of an offset in the text the index was made of.
    #[must_use]
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = offset.min(text.len());
        let mark = offset / STRIDE;
        let from = self.0.get(mark).copied().unwrap_or(Position::START);
        advance(from, text.as_bytes(), mark * STRIDE, offset)
    }
}

/// The position after these bytes, which begin at `from`.
#[must_use]
pub fn position_behind(from: Position, bytes: &[u8]) -> Position {
    advance(from, bytes, 0, bytes.len())
}

/// Counts from `from` (the position of byte `start`) up to byte `end`.
fn advance(from: Position, bytes: &[u8], start: usize, end: usize) -> Position {
    let Position { mut line, mut column } = from;
    let end = end.min(bytes.len());
    for (at, &byte) in bytes.iter().enumerate().take(end).skip(start) {
        match byte {
            b'\r' if bytes.get(at + 1) == Some(&b'\n') => column += 1,
            b'\n' | b'\r' => (line, column) = (line + 1, 1),
            // Continuation bytes belong to the character before them.
            0x80..=0xBF => {}
            _ => column += 1,
        }
    }
    Position { line, column }
}
