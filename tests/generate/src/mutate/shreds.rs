//! Bytes that are nearly a message.

use crate::random::Random;

/// Cuts, repeats, overwrites and inserts pieces of XML at random places of a message.
#[must_use]
pub fn shred(message: &[u8], random: &mut Random) -> Vec<u8> {
    const PIECES: [&str; 30] = [
        "<",
        ">",
        "/>",
        "</",
        "&",
        "&#",
        "&#x0;",
        "&#xD800;",
        "&amp;",
        "&lt",
        "<![CDATA[",
        "]]>",
        "<!--",
        "--",
        "-->",
        "<?",
        "?>",
        "<!DOCTYPE a>",
        "\"",
        "'",
        "=",
        " xmlns=\"\"",
        " xmlns:a=\"\"",
        ":",
        "\0",
        "\u{feff}",
        "\u{fffe}",
        "中",
        "😀",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
    ];
    let mut bytes = message.to_vec();
    for _ in 0..random.between(1, 4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + random.below(40)).min(bytes.len());
        match random.below(6) {
            0 => {
                bytes.drain(at..end);
            }
            1 => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(end..end, piece);
            }
            2 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = random.bits() as u8;
                }
            }
            3 => bytes.truncate(at),
            4 => {
                let from = random.below(bytes.len() + 1);
                let piece = bytes[from..(from + end - at).min(bytes.len())].to_vec();
                bytes.splice(at..at, piece);
            }
            _ => {
                bytes.splice(at..at, random.pick(&PIECES).bytes());
            }
        }
    }
    bytes
}
