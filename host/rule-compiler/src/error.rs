//! Errors in rule source, as shown to its author.

use std::fmt;
use std::ops::Range;

/// A mistake in a rule file and how to fix it.
///
/// Printed as `file:line:column: message`, the line, a caret under the exact place, and the hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceError {
    /// Path of the file, relative to the rules folder.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Number of characters affected, at least 1.
    pub length: usize,
    /// Description of the mistake.
    pub message: String,
    /// Suggested remedy.
    pub hint: Option<String>,
    /// The line itself; empty if the mistake has no line.
    pub line_text: String,
}

impl std::error::Error for SourceError {}

impl SourceError {
    /// Creates a mistake at a place in a text, given in bytes.
    #[must_use]
    pub fn in_text(file: &str, text: &str, at: Range<usize>, message: String, hint: Option<String>) -> Self {
        let (line, column, begin) = position(text, at.start);
        let line_text = text.get(begin..).unwrap_or("").lines().next().unwrap_or("");
        let line_end = begin + line_text.len();
        let (from, to) = (floor(text, at.start), floor(text, at.end.min(line_end)));
        Self {
            file: file.to_owned(),
            line,
            column,
            length: text.get(from..to).map_or(0, |place| place.chars().count()).max(1),
            message,
            hint,
            line_text: line_text.to_owned(),
        }
    }
}

/// Returns line and column (from 1, in characters) of a byte in a text, and the start of the line in bytes.
pub(crate) fn position(text: &str, at: usize) -> (usize, usize, usize) {
    let before = text.get(..floor(text, at)).unwrap_or("");
    let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before.get(begin..).unwrap_or("").chars().count() + 1, begin)
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        if !self.line_text.is_empty() {
            let before: String = self
                .line_text
                .chars()
                .take(self.column.saturating_sub(1))
                .map(blank)
                .collect();
            let carets: String = self
                .line_text
                .chars()
                .skip(self.column.saturating_sub(1))
                .take(self.length.max(1))
                .map(carets)
                .collect();
            let carets = if carets.is_empty() { "^" } else { carets.as_str() };
            write!(f, "\n  {}\n  {before}{carets}", self.line_text)?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {hint}")?;
        }
        Ok(())
    }
}

/// Returns white space as wide as the character, so that the caret lines up in a terminal.
fn blank(c: char) -> &'static str {
    match c {
        '\t' => "\t",
        c if is_wide(c) => "  ",
        _ => " ",
    }
}

fn carets(c: char) -> &'static str {
    if is_wide(c) { "^^" } else { "^" }
}

/// Chinese characters and full-width forms take two cells.
fn is_wide(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x20000..=0x3fffd)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(column: usize, length: usize, line_text: &str) -> SourceError {
        SourceError {
            file: "editions/e/M.toml".to_owned(),
            line: 7,
            column,
            length,
            message: "something is wrong".to_owned(),
            hint: Some("do it differently".to_owned()),
            line_text: line_text.to_owned(),
        }
    }

    #[test]
    fn the_caret_stands_under_the_place() {
        assert_eq!(
            error(9, 3, "check = abc").to_string(),
            "editions/e/M.toml:7:9: something is wrong\n  check = abc\n          ^^^\n  hint: do it differently"
        );
    }

    #[test]
    fn chinese_characters_take_two_cells() {
        let text = error(4, 2, "中文=订单").to_string();
        assert_eq!(text.lines().nth(2).unwrap(), "       ^^^^");
    }

    #[test]
    fn a_mistake_without_line_shows_no_caret() {
        assert!(!error(1, 1, "").to_string().contains('^'));
    }
}
