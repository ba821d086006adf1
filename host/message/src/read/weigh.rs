//! Guesses which of two encodings a text uses when it is valid in both.
//!
//! Some GBK texts happen to be valid UTF-8: 通知 is `CD A8 D6 AA`, in UTF-8 two letters of other scripts. Conversely,
//! Chinese UTF-8 read as GBK gives rare characters: 放行 becomes 鏀捐. So both readings are weighed by how rare their
//! characters are in Chinese business texts. The classes are those of GB 2312, whose first level holds the 3755
//! characters that make up nearly all such texts.

use encoding_rs::GB18030;

/// Weight of a character, roughly its bits of information: level 1 of GB 2312, its symbols and full-width forms.
const COMMON: u64 = 9;
/// Level 2 of GB 2312: mostly found in names.
const RARE: u64 = 19;
/// A Chinese character that GBK adds to GB 2312.
const EXTENDED: u64 = 25;
/// Anything else: other scripts, private use, four-byte characters.
const ALIEN: u64 = 30;
/// Minimum advantage of the UTF-8 reading, since GB was declared. A single common character already makes a
/// difference of 9.
const MARGIN: u64 = 5;

/// Returns `true` if bytes declared as GB are really `text` in UTF-8.
pub(super) fn is_utf8_after_all(bytes: &[u8], text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    if GB18030
        .decode_without_bom_handling_and_without_replacement(bytes)
        .is_none()
    {
        return true;
    }
    // No-break spaces prove nothing: web pages and spreadsheets leave them around values.
    let text = text.replace('\u{A0}', "");
    let (as_utf8, _, _) = GB18030.encode(&text);
    weight(&as_utf8) + MARGIN <= weight(bytes)
}

/// The weight of a text in GB 18030.
fn weight(mut bytes: &[u8]) -> u64 {
    let mut sum = 0;
    loop {
        let (one, length) = match bytes {
            [] => return sum,
            [0..=0x7F, ..] => (0, 1),
            [0xA1 | 0xA3, 0xA1..=0xFE, ..] | [0xB0..=0xD7, 0xA1..=0xFE, ..] => (COMMON, 2),
            [0xD8..=0xF7, 0xA1..=0xFE, ..] => (RARE, 2),
            [0x81..=0xA0 | 0xAA..=0xFE, 0x40..=0xA0, ..] => (EXTENDED, 2),
            [_, 0x30..=0x39, ..] => (ALIEN, 4),
            _ => (ALIEN, 2),
        };
        sum += one;
        bytes = bytes.get(length..).unwrap_or_default();
    }
}
