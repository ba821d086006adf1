//! Source texts and places in them.

use crate::error::{SourceError, position};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;

/// A place in a source file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    /// Position in [`Sources`].
    pub(crate) file: usize,
    /// First byte.
    pub(crate) start: usize,
    /// Byte after the last one.
    pub(crate) end: usize,
}

/// A text value of a source file together with its place (quotes included).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) at: Span,
}

/// Returns the values of texts.
pub(crate) fn values(texts: Vec<Text>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

/// A mistake before it is rendered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    at: Span,
    message: String,
    hint: Option<String>,
}

/// All files that were read, and all mistakes found in them.
#[derive(Debug, Default)]
pub(crate) struct Sources<'s> {
    files: Vec<(&'s str, &'s str)>,
    problems: RefCell<BTreeSet<Problem>>,
}

impl<'s> Sources<'s> {
    /// Adds a file and returns its number.
    pub(crate) fn add(&mut self, path: &'s str, text: &'s str) -> usize {
        self.files.push((path, text));
        self.files.len() - 1
    }

    /// Returns the path of a file.
    pub(crate) fn path(&self, file: usize) -> &'s str {
        self.files.get(file).map_or("", |(path, _)| path)
    }

    /// Returns the text of a file.
    pub(crate) fn text(&self, file: usize) -> &'s str {
        self.files.get(file).map_or("", |(_, text)| text)
    }

    /// Returns the first line of a file, for mistakes that concern the whole file.
    pub(crate) fn whole(&self, file: usize) -> Span {
        let end = self.text(file).find('\n').unwrap_or(self.text(file).len());
        Span { file, start: 0, end }
    }

    /// Records a mistake; duplicates at the same place are kept once.
    pub(crate) fn report(&self, at: Span, message: impl Into<String>, hint: Option<String>) {
        self.problems.borrow_mut().insert(Problem {
            at,
            message: message.into(),
            hint,
        });
    }

    /// Records a mistake with a hint.
    pub(crate) fn error(&self, at: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.report(at, message, Some(hint.into()));
    }

    /// Returns the number of mistakes so far.
    pub(crate) fn problems(&self) -> usize {
        self.problems.borrow().len()
    }

    /// Returns `true` if a mistake inside this place has been recorded, which may be the cause of the next one.
    pub(crate) fn has_problem_in(&self, at: Span) -> bool {
        let inside =
            |problem: &Problem| problem.at.file == at.file && problem.at.start >= at.start && problem.at.end <= at.end;
        self.problems.borrow().iter().any(inside)
    }

    /// Returns `file:line` of a place.
    pub(crate) fn line_of(&self, at: Span) -> String {
        format!("{}:{}", self.path(at.file), position(self.text(at.file), at.start).0)
    }

    /// Returns all mistakes in order of their places.
    pub(crate) fn into_errors(self) -> Vec<SourceError> {
        let problems = self.problems.take();
        problems.into_iter().map(|problem| self.render(problem)).collect()
    }

    fn render(&self, problem: Problem) -> SourceError {
        let Span { file, start, end } = problem.at;
        SourceError::in_text(
            self.path(file),
            self.text(file),
            start..end,
            problem.message,
            problem.hint,
        )
    }

    /// Returns the place in the file of a part of a text value, accounting for escapes and quotes.
    pub(crate) fn part(&self, text: &Text, part: Range<usize>) -> Span {
        let raw = self.text(text.at.file).get(text.at.start..text.at.end).unwrap_or("");
        let map = offsets(raw, &text.value);
        let place = |at: usize| {
            map.as_ref()
                .and_then(|map| map.get(at))
                .map(|offset| text.at.start + offset)
        };
        match (place(part.start), place(part.end)) {
            (Some(start), Some(end)) => Span {
                file: text.at.file,
                start,
                end: end.max(start),
            },
            _ => text.at,
        }
    }
}

/// Maps each byte of `value` (and its end) to the byte of `raw`, the quoted form, that it comes from. `None` if the two
/// do not match.
fn offsets(raw: &str, value: &str) -> Option<Vec<usize>> {
    let quote = raw.chars().next().filter(|quote| *quote == '"' || *quote == '\'')?;
    let triple: String = [quote; 3].iter().collect();
    let mut at = 1;
    if raw.len() >= 6 && raw.starts_with(&triple) {
        at = 3;
        // A line end directly after the opening quotes is not part of the value.
        if raw[at..].starts_with("\r\n") {
            at += 2;
        } else if raw[at..].starts_with('\n') {
            at += 1;
        }
    }
    let mut map = Vec::with_capacity(value.len() + 1);
    for wanted in value.chars() {
        let mut rest = raw.get(at..)?;
        while quote == '"' && continues_line(rest) {
            at += 1 + rest[1..].len() - rest[1..].trim_start().len();
            rest = raw.get(at..)?;
        }
        let step = if quote == '"' && rest.starts_with('\\') {
            escape_length(rest)?
        } else {
            let found = rest.chars().next()?;
            if found != wanted {
                return None;
            }
            found.len_utf8()
        };
        map.extend(std::iter::repeat_n(at, wanted.len_utf8()));
        at += step;
    }
    map.push(at);
    Some(map)
}

/// Returns `true` for a `\` at the end of a line, which joins it with the next one.
fn continues_line(rest: &str) -> bool {
    rest.strip_prefix('\\')
        .is_some_and(|after| after.trim_start_matches([' ', '\t', '\r']).starts_with('\n'))
}

fn escape_length(rest: &str) -> Option<usize> {
    Some(match rest.as_bytes().get(1)? {
        b'x' => 4,
        b'u' => 6,
        b'U' => 10,
        _ => 2,
    })
}

#[cfg(test)]
mod tests {
    use super::offsets;

    #[test]
    fn quotes_and_escapes_are_accounted_for() {
        assert_eq!(offsets("'a b'", "a b").unwrap(), [1, 2, 3, 4]);
        assert_eq!(offsets(r#""a \" b""#, "a \" b").unwrap(), [1, 2, 3, 5, 6, 7]);
        assert_eq!(offsets("\"\"\"\na\\\n  b\"\"\"", "ab").unwrap(), [4, 9, 10]);
        assert_eq!(offsets("'订单'", "订单").unwrap(), [1, 1, 1, 4, 4, 4, 7]);
        assert_eq!(offsets(r#""\u8ba2x""#, "订x").unwrap(), [1, 1, 1, 7, 8]);
    }

    #[test]
    fn texts_that_do_not_fit_give_nothing() {
        assert_eq!(offsets("'abc'", "abd"), None);
        assert_eq!(offsets("abc", "abc"), None);
        assert_eq!(offsets("'a", "abc"), None);
    }
}
