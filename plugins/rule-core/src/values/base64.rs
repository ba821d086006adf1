//! `xs:base64Binary`.

/// Number of octets that a base64 text stands for; `None` when it is no base64.
///
/// Padding must be complete, and the bits that it leaves unused must be zero. White space may stand anywhere, and
/// characters outside of the alphabet are ignored as RFC 2045 asks (and libxml2 does).
#[must_use]
pub fn octets(text: &[u8]) -> Option<usize> {
    let mut sextets = 0_usize;
    let mut padding = 0_usize;
    let mut last = 0;
    for byte in text {
        match sextet(*byte) {
            Some(_) if padding > 0 => return None,
            Some(value) => {
                sextets += 1;
                last = value;
            }
            None if *byte == b'=' => padding += 1,
            None => {}
        }
    }
    let whole = sextets / 4 * 3;
    match (sextets % 4, padding) {
        (0, 0) => Some(whole),
        (3, 1) if last & 0b11 == 0 => Some(whole + 2),
        (2, 2) if last & 0b1111 == 0 => Some(whole + 1),
        _ => None,
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
