//! Support for authors of pack cases: updates expected findings and lists the rules that no case breaks.

use crate::explain::is_automatic;
use crate::source_files::{SourceFilesError, read_sources};
use cebridge_engine::EngineError;
use cebridge_engine::UNREADABLE;
use cebridge_engine::packs::{Packs, run_cases};
use cebridge_rule_compiler::{SourceError, compile};
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::schema_rules::SchemaRule;
use cebridge_runtime::PackFile;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Reason expected findings can't be written.
#[derive(Debug, thiserror::Error)]
pub enum BlessError {
    /// The folder can't be read.
    #[error(transparent)]
    Sources(#[from] SourceFilesError),
    /// A pack that can't be built, or that failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A case that is not XML, so it has no findings to record.
    #[error("{path}: {reason}; fix or remove the file; nothing was written")]
    Unreadable {
        /// The case.
        path: PathBuf,
        /// The parser's error.
        reason: String,
    },
}

/// A change to make to an `.expect` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blessed {
    /// It gets new text.
    Write {
        /// The file.
        path: PathBuf,
        /// The whole text.
        text: String,
    },
    /// Its message has no findings.
    Remove {
        /// The file.
        path: PathBuf,
    },
}

/// Judges the cases of an edition's folder and returns the `.expect` files that differ from the findings.
///
/// Their current content is ignored: it may name rules that no longer exist.
///
/// # Errors
/// A folder or a case that can't be read. The inner error lists the mistakes in the rule source.
pub fn bless(packs: &Packs, dir: &Path) -> Result<Result<Vec<Blessed>, Vec<SourceError>>, BlessError> {
    let (mut sources, edition) = read_sources(dir)?;
    let cases = format!("editions/{edition}/cases/");
    sources
        .files
        .retain(|path, _| !(path.starts_with(&cases) && path.ends_with(".expect")));
    let pack = match compile(&sources, &edition) {
        Ok(pack) => pack,
        Err(errors) => return Ok(Err(errors)),
    };
    let wasm = packs.baker.bake(&pack).map_err(EngineError::from)?;
    let pack = packs.load(PackFile::read(wasm).map_err(EngineError::from)?)?;
    let mut out = Vec::new();
    for case in run_cases(&pack)? {
        let path = dir.join("cases").join(format!("{}.expect", case.name));
        if let Some(reason) = case.unexpected.iter().find_map(|line| line.strip_prefix(UNREADABLE)) {
            return Err(BlessError::Unreadable {
                path: path.with_extension("xml"),
                reason: reason.trim_start().to_owned(),
            });
        }
        let old = match std::fs::read_to_string(&path) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => {
                return Err(EngineError::Io {
                    action: "cannot read",
                    path,
                    source,
                }
                .into());
            }
        };
        match (expect_text(old.as_deref(), case.unexpected), old) {
            (text, Some(old)) if text == old => {}
            (text, None) if text.is_empty() => {}
            (text, Some(_)) if text.is_empty() => out.push(Blessed::Remove { path }),
            (text, _) => out.push(Blessed::Write { path, text }),
        }
    }
    Ok(Ok(out))
}

/// The findings in order, below the leading comments of the old text.
fn expect_text(old: Option<&str>, mut found: Vec<String>) -> String {
    let mut text = String::new();
    for line in old.unwrap_or_default().lines() {
        if !line.trim_start().starts_with('#') && !line.trim().is_empty() {
            break;
        }
        text.push_str(line);
        text.push('\n');
    }
    if text.trim().is_empty() {
        text.clear();
    }
    found.sort_unstable();
    for line in found {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A rule that no case of the pack breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Uncovered {
    /// Its id.
    pub rule: String,
    /// `true` if the compiler made it from a field, or if every pack begins with it.
    pub automatic: bool,
    /// Rule source as `file:line`.
    pub source: String,
}

/// Returns the rules that no case of the pack breaks, each id once, in pack order.
#[must_use]
pub fn uncovered(pack: &Pack) -> Vec<Uncovered> {
    let lines = pack.cases.iter().flat_map(|case| &case.expect);
    let mut seen: BTreeSet<&str> = lines.filter_map(|line| line.split(' ').next()).collect();
    let mut out = Vec::new();
    for (number, rule) in pack.rules.iter().enumerate() {
        if seen.insert(&rule.id) {
            out.push(Uncovered {
                rule: rule.id.clone(),
                automatic: SchemaRule::from_index(number).is_some() || is_automatic(rule),
                source: rule.source.clone(),
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::expect_text;

    #[test]
    fn leading_comments_are_kept_and_findings_are_sorted() {
        let found = || vec!["B-R02 b".to_owned(), "A-R01 a".to_owned()];
        assert_eq!(
            expect_text(Some("# why\n\nX-R01 x\n# later\n"), found()),
            "# why\n\nA-R01 a\nB-R02 b\n"
        );
        assert_eq!(expect_text(None, found()), "A-R01 a\nB-R02 b\n");
        assert_eq!(expect_text(Some("# kept\nX-R01 x\n"), Vec::new()), "# kept\n");
        assert_eq!(expect_text(Some("X-R01 x\n"), Vec::new()), "");
    }
}
