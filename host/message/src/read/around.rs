//! Strips content that queues and folders leave around a message: NUL bytes, white space, byte order marks, headers of
//! IBM MQ.

use cebridge_xml::{Position, is_space, position_behind};

use crate::arrived::Forgiven;

/// Bytes of the fixed part of an RFH header, the shortest valid one; the newer RFH2 header has four more.
const SHORTEST_HEADER: usize = 32;
/// Identifier at the beginning of RFH and RFH2 headers.
const HEADER: &[u8] = b"RFH ";
const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// A message without the content around it.
#[derive(Debug, Clone)]
pub(crate) struct Around<'b> {
    /// The message itself, without a UTF-8 byte order mark.
    pub(crate) body: &'b [u8],
    /// Bytes before it.
    pub(crate) skipped: usize,
    /// Set if a UTF-8 byte order mark was among them.
    pub(crate) bom: bool,
    /// Faults that strict reading would have refused.
    pub(crate) forgiven: Vec<Forgiven>,
}

impl<'b> Around<'b> {
    /// Finds the message in `bytes`.
    pub(crate) fn of(bytes: &'b [u8]) -> Self {
        let mut at = 0;
        let (mut nul, mut space, mut headers) = (false, false, 0_usize);
        let mut mark = None;
        while let Some(rest) = bytes.get(at..) {
            match rest {
                // UTF-16 without a byte order mark, which the decoder refuses.
                [0, b'<', 0, ..] => break,
                [0, ..] => (nul, at) = (true, at + 1),
                [byte, ..] if is_space(*byte) => (space, at) = (true, at + 1),
                _ if rest.starts_with(UTF8_MARK) => {
                    mark = Some(at);
                    at += UTF8_MARK.len();
                }
                _ if rest.starts_with(HEADER) => match behind_header(rest) {
                    Some(length) => (headers, at) = (headers + 1, at + length),
                    None => break,
                },
                _ => break,
            }
        }
        let mut body = bytes.get(at..).unwrap_or_default();
        if !is_utf16(body) {
            let end = body.iter().rposition(|byte| *byte != 0 && !is_space(*byte));
            let (kept, behind) = body.split_at(end.map_or(0, |end| end + 1));
            nul |= behind.contains(&0);
            body = kept;
        }
        let declared = body.starts_with(b"<?xml");
        let mut forgiven = Vec::new();
        if nul {
            forgiven.push(Forgiven::Nul);
        }
        if headers > 0 {
            forgiven.push(Forgiven::QueueHeader);
        }
        if (space && declared) || mark.is_some_and(|mark| mark > 0) {
            forgiven.push(Forgiven::BeforeDeclaration);
        }
        Self {
            body,
            skipped: at,
            bom: mark.is_some(),
            forgiven,
        }
    }

    /// Start of the message in `bytes`, the file.
    pub(crate) fn origin(&self, bytes: &[u8]) -> Position {
        // A byte order mark does not count as a character of the file.
        let before = bytes.get(..self.skipped).unwrap_or_default();
        position_behind(Position::START, before.strip_prefix(UTF8_MARK).unwrap_or(before))
    }
}

/// Returns `true` if this begins with a UTF-16 byte order mark.
pub(super) fn is_utf16(body: &[u8]) -> bool {
    matches!(body, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..])
}

/// Length of the header at the beginning of `bytes`, as stated in it. If that can't be right, the header ends at the
/// first XML declaration, or else at the first `<`. `None` if the header has no end.
fn behind_header(bytes: &[u8]) -> Option<usize> {
    let word = |at: usize, read: fn([u8; 4]) -> u32| {
        let word = bytes.get(at..at + 4)?.try_into().ok()?;
        usize::try_from(read(word)).ok()
    };
    // Both numbers are in the byte order of the machine that wrote them; the version, 1 or 2, reveals it.
    let stated = [u32::from_be_bytes, u32::from_le_bytes].into_iter().find_map(|read| {
        let length = word(8, read)?;
        let fits = length >= SHORTEST_HEADER && length <= bytes.len();
        (matches!(word(4, read)?, 1 | 2) && fits).then_some(length)
    });
    let goes_on = |length: &usize| {
        let rest = bytes.get(*length..).unwrap_or_default();
        let start = rest.iter().position(|byte| *byte != 0 && !is_space(*byte));
        let rest = start.and_then(|start| rest.get(start..)).unwrap_or_default();
        rest.is_empty()
            || rest.starts_with(b"<")
            || rest.starts_with(HEADER)
            || rest.starts_with(UTF8_MARK)
            || is_utf16(rest)
    };
    stated
        .filter(goes_on)
        .or_else(|| memchr::memmem::find(bytes, b"<?xml"))
        .or(stated)
        .or_else(|| memchr::memchr(b'<', bytes))
}
