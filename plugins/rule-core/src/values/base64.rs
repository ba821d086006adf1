//! Checks `xs:base64Binary`.

use super::is_space;

/// Returns the number of octets in a base64 text; `None` if it is not valid base64.
///
/// Padding must be complete, and its unused bits must be zero. White space may appear anywhere; other characters
/// outside the alphabet may not, although RFC 2045 asks decoders to ignore them.
#[must_use]
pub fn octets(text: &[u8]) -> Option<usize> {
    let mut count = Count::default();
    let (words, rest) = text.as_chunks::<8>();
    for word in words {
        // Signatures and certificates are long runs of the alphabet: eight at a time.
        if count.padding == 0 && is_alphabet(*word) {
            count.sextets += 8;
            count.last = word[7];
        } else {
            count.take(word)?;
        }
    }
    count.take(rest)?;
    let whole = count.sextets / 4 * 3;
    let last = sextet(count.last).unwrap_or(0);
    match (count.sextets % 4, count.padding) {
        (0, 0) => Some(whole),
        (3, 1) if last & 0b11 == 0 => Some(whole + 2),
        (2, 2) if last & 0b1111 == 0 => Some(whole + 1),
        _ => None,
    }
}

#[derive(Default)]
struct Count {
    sextets: usize,
    padding: usize,
    /// The last character that is in the alphabet.
    last: u8,
}

impl Count {
    /// Returns `None` if the alphabet continues after padding, or a character is not in it.
    fn take(&mut self, bytes: &[u8]) -> Option<()> {
        for byte in bytes {
            if *byte == b'=' {
                self.padding += 1;
            } else if sextet(*byte).is_some() {
                if self.padding > 0 {
                    return None;
                }
                self.sextets += 1;
                self.last = *byte;
            } else if !is_space(*byte) {
                return None;
            }
        }
        Some(())
    }
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Returns `true` if all eight bytes are in the alphabet.
fn is_alphabet(bytes: [u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const TOPS: u64 = 0x8080_8080_8080_8080;
    let word = u64::from_le_bytes(bytes);
    if word & TOPS != 0 {
        return false;
    }
    // Bytes below 0x80 can't carry into their neighbours: the top bit of each shows if it is in the range.
    let within =
        |word: u64, low: u8, high: u8| (word + ONES * u64::from(0x80 - low)) & !(word + ONES * u64::from(0x7F - high));
    let letters = within(word | (ONES * 0x20), b'a', b'z');
    let slash_and_digits = within(word, b'/', b'9');
    let plus = within(word, b'+', b'+');
    (letters | slash_and_digits | plus) & TOPS == TOPS
}
