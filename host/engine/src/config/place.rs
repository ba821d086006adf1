//! Configuration keys as paths, and their places in the file.

use cebridge_rule_compiler::SourceError;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key of the configuration, for example `enterprises[2].dxp-id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct KeyPath(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    /// Position in a list, from 0.
    Index(usize),
}

impl KeyPath {
    /// A top-level key, usually a section.
    #[must_use]
    pub fn of(section: &str) -> Self {
        Self::default().key(section)
    }

    /// A key of the table at this path.
    #[must_use]
    pub fn key(&self, key: &str) -> Self {
        self.with(Step::Key(key.to_owned()))
    }

    /// An entry of the list at this path, from 0.
    #[must_use]
    pub fn index(&self, at: usize) -> Self {
        self.with(Step::Index(at))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{}]", index + 1)?,
                Step::Key(key) => {
                    f.write_str(if at > 0 { "." } else { "" })?;
                    if !key.is_empty() && key.chars().all(bare) {
                        f.write_str(key)?;
                    } else {
                        write!(f, "{key:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The file a configuration was read from, so that later findings can name their line.
#[derive(Debug, Clone, Default)]
pub struct Origin(Option<Arc<File>>);

#[derive(Debug)]
struct File {
    path: PathBuf,
    text: String,
}

/// Two configurations with the same content are equal, wherever they were read from.
impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The part of a key to mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    Key,
    Value,
}

impl Origin {
    pub(super) fn new(path: &Path, text: &str) -> Self {
        let (path, text) = (path.to_owned(), text.to_owned());
        Self(Some(Arc::new(File { path, text })))
    }

    /// The file, if any.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.0.as_ref().map(|file| file.path.as_path())
    }

    /// The file name, for display.
    pub(super) fn name(&self) -> String {
        self.file().map_or_else(
            || "(no configuration file)".to_owned(),
            |path| path.display().to_string(),
        )
    }

    /// An error at a byte range of the text, for display.
    pub(super) fn at(&self, range: Range<usize>) -> SourceError {
        let text = self.0.as_ref().map(|file| file.text.as_str()).unwrap_or_default();
        SourceError::in_text(&self.name(), text, range, String::new(), None)
    }

    /// Finds the place of a key; the nearest table above it if it is not written.
    pub(super) fn find(&self, path: &KeyPath, mark: Mark) -> SourceError {
        let text = self.0.as_ref().map(|file| file.text.as_str()).unwrap_or_default();
        let mut at = 0..0;
        if let Ok(root) = DeTable::parse(text) {
            at = descend(root.get_ref(), path, mark).unwrap_or(at);
        }
        self.at(at)
    }
}

fn descend(root: &DeTable<'_>, path: &KeyPath, mark: Mark) -> Option<Range<usize>> {
    let mut found = None;
    let mut table = Some(root);
    let mut value: Option<&Spanned<DeValue<'_>>> = None;
    for step in &path.0 {
        value = match step {
            Step::Key(wanted) => {
                let Some((key, next)) = table?.iter().find(|(key, _)| key.get_ref() == wanted) else {
                    return found;
                };
                found = Some(match mark {
                    // A table spans many lines; its name marks it better.
                    Mark::Value if !next.get_ref().is_table() => next.span(),
                    _ => key.span(),
                });
                Some(next)
            }
            Step::Index(index) => {
                let Some(next) = value?.get_ref().as_array().and_then(|list| list.get(*index)) else {
                    return found;
                };
                found = Some(next.span());
                Some(next)
            }
        };
        table = value.and_then(|value| value.get_ref().as_table());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "[rules.grades]\n\"CEB311-R05\" = \"off\"\n\n[[enterprises]]\nid = \"a\"\n[[enterprises]]\nid = \"b\"\n";

    fn shown(path: &KeyPath, mark: Mark) -> (usize, usize, usize, String) {
        let at = Origin::new(Path::new("c.toml"), TEXT).find(path, mark);
        (at.line, at.column, at.length, at.line_text)
    }

    #[test]
    fn a_key_is_found_where_it_is_written() {
        let grade = KeyPath::of("rules").key("grades").key("CEB311-R05");
        assert_eq!(grade.to_string(), "rules.grades.CEB311-R05");
        let line = "\"CEB311-R05\" = \"off\"".to_owned();
        assert_eq!(shown(&grade, Mark::Key), (2, 1, 12, line.clone()));
        assert_eq!(shown(&grade, Mark::Value), (2, 16, 5, line));
        let second = KeyPath::of("enterprises").index(1).key("id");
        assert_eq!(second.to_string(), "enterprises[2].id");
        assert_eq!(shown(&second, Mark::Value), (7, 6, 3, "id = \"b\"".to_owned()));
    }

    #[test]
    fn a_key_that_is_not_written_is_shown_at_the_table_that_lacks_it() {
        let missing = KeyPath::of("enterprises").index(1).key("name");
        assert_eq!(shown(&missing, Mark::Value).0, 6);
        assert_eq!(shown(&KeyPath::of("signing").key("key"), Mark::Value).0, 1);
    }
}
