//! Starter files: an edition, a message with its cases, the shipped rules in a folder. Nothing is overwritten, and the
//! result compiles.

mod edition;
mod export;
mod message;

pub use edition::{NewEdition, edition};
pub use export::export;
pub use message::{NewMessage, message};

use crate::source_files::SourceFilesError;
use cebridge_rule_compiler::SourceError;
use std::path::{Path, PathBuf};

/// Reason why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ScaffoldError {
    /// A name that can't be used.
    #[error("\"{name}\" is no {what}: {hint}")]
    Name {
        /// The kind of name expected.
        what: &'static str,
        /// As given.
        name: String,
        /// Advice on names to use.
        hint: &'static str,
    },
    /// The file or folder to be written already exists.
    #[error("{path} is already there and was left alone; {hint}")]
    Exists {
        /// The file or folder.
        path: PathBuf,
        /// Advice.
        hint: String,
    },
    /// The rules folder has no editions.
    #[error("{folder} holds no editions; `cebridge pack rules -o {folder}` writes the shipped ones to a new folder")]
    NoRules {
        /// The folder.
        folder: PathBuf,
    },
    /// The parent edition does not exist.
    #[error("{folder} has no edition {asked} to extend; there are {known}")]
    NoParent {
        /// The folder.
        folder: PathBuf,
        /// As asked for.
        asked: String,
        /// Editions in the folder.
        known: String,
    },
    /// The edition already has the item to be made.
    #[error("{what}")]
    Known {
        /// The item, and what to do instead.
        what: String,
    },
    /// The rules do not compile, before or with the new files.
    #[error("the rule source has errors ({count}), nothing was written; the first is\n{first}")]
    Rules {
        /// Number of errors.
        count: usize,
        /// The first one.
        first: String,
    },
    /// The folder can't be read.
    #[error(transparent)]
    Sources(#[from] SourceFilesError),
    /// A file can't be written.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
}

impl From<Vec<SourceError>> for ScaffoldError {
    fn from(errors: Vec<SourceError>) -> Self {
        Self::Rules {
            count: errors.len(),
            first: errors.first().map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// Writes all files, or refuses if one of them already exists.
fn write(files: Vec<(PathBuf, String)>) -> Result<Vec<PathBuf>, ScaffoldError> {
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(ScaffoldError::Exists {
            path: path.clone(),
            hint: "remove it first, or choose another name".to_owned(),
        });
    }
    let mut written = Vec::with_capacity(files.len());
    for (path, text) in files {
        let fail = |source| ScaffoldError::Write {
            path: path.clone(),
            source,
        };
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(fail)?;
        // Another process may have created the file since the check; it is left alone.
        let mut file = std::fs::File::create_new(&path).map_err(fail)?;
        std::io::Write::write_all(&mut file, text.as_bytes()).map_err(fail)?;
        written.push(path);
    }
    Ok(written)
}

/// Returns a text as a quoted TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// Returns `true` for letters, digits and `_`, beginning with a letter.
fn is_element_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
