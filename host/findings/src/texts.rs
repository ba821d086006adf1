//! Cleans the texts of plugins before they reach a log, the ledger or a terminal: short, and on one line.

use cebridge_message::mask_identities;

/// Bytes of a plugin's text that are kept.
const MAX_TEXT: usize = 4 << 10;

/// Returns at most 4 KiB of a plugin's text, with a blank in place of every character that would end a line, move the
/// cursor or change the writing direction. Identity numbers are masked. A suffix gives the number of bytes omitted.
#[must_use]
pub fn plain(text: &str) -> String {
    let end = (0..=MAX_TEXT.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    let (kept, rest) = text.split_at(end);
    let mut out: String = mask_identities(kept)
        .chars()
        .map(|c| if is_plain(c) { c } else { ' ' })
        .collect();
    if !rest.is_empty() {
        out.push_str(&format!("… ({} bytes more)", rest.len()));
    }
    out
}

fn is_plain(c: char) -> bool {
    let moves = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !c.is_control() && !moves
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_forges_a_line_or_reaches_the_terminal() {
        let text = plain("a\n2026-11-30T00:00:00Z pack x: activated\r\u{1b}[2J\u{9b}1m\u{202e}txt\u{2028}b 订单号");
        assert_eq!(text, "a 2026-11-30T00:00:00Z pack x: activated  [2J 1m txt b 订单号");
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        let text = plain(&"单".repeat(100_000));
        assert!(text.len() < MAX_TEXT + 40, "{}", text.len());
        assert!(text.ends_with("… (295905 bytes more)"), "{}", &text[text.len() - 40..]);
        assert_eq!(plain(&"x".repeat(MAX_TEXT)), "x".repeat(MAX_TEXT));
        assert_eq!(plain(""), "");
    }
}
