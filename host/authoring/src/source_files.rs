//! Rule source on disk: the folder of an edition with the files it builds on.

use cebridge_rule_compiler::SourceSet;
use cebridge_runtime::shipped_sources;
use std::path::{Path, PathBuf};

/// Reason rule source can't be read.
#[derive(Debug, thiserror::Error)]
pub enum SourceFilesError {
    /// The folder holds no edition.
    #[error("{folder} is no edition: it has no readable edition.toml ({reason})")]
    NoEdition {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        reason: String,
    },
    /// A file can't be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// Reads the edition in `dir` and everything it may refer to. Also returns the edition's name.
///
/// In a rules tree (`…/editions/<edition>`) that is the whole tree. A standalone folder may have its own `codes` and
/// `signature` folders. Anything else comes from the shipped rules: the edition it extends, and code tables.
///
/// # Errors
/// A folder without `edition.toml`, or a file that can't be read.
pub fn read_sources(dir: &Path) -> Result<(SourceSet, String), SourceFilesError> {
    let edition = edition_name(dir)?;
    let mut set = shipped_sources();
    let own = format!("editions/{edition}/");
    set.files.retain(|path, _| !path.starts_with(&own));
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let parent = absolute.parent().filter(|parent| parent.ends_with("editions"));
    if let Some(root) = parent.and_then(Path::parent) {
        for part in ["codes", "signature", "editions"] {
            let folder = root.join(part);
            if folder.is_dir() {
                let prefix = format!("{part}/");
                set.files.retain(|path, _| !path.starts_with(&prefix));
                add(&mut set, &folder, part)?;
            }
        }
    } else {
        for part in ["codes", "signature"] {
            add(&mut set, &dir.join(part), part)?;
        }
        add(&mut set, dir, &format!("editions/{edition}"))?;
        let nested = [
            format!("editions/{edition}/codes/"),
            format!("editions/{edition}/signature/"),
        ];
        set.files
            .retain(|path, _| !nested.iter().any(|folder| path.starts_with(folder)));
    }
    Ok((set, edition))
}

fn edition_name(dir: &Path) -> Result<String, SourceFilesError> {
    let fail = |reason: String| SourceFilesError::NoEdition {
        folder: dir.to_owned(),
        reason,
    };
    let text = std::fs::read_to_string(dir.join("edition.toml")).map_err(|error| fail(error.to_string()))?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| fail(error.to_string()))?;
    let name = table
        .get("edition")
        .and_then(|edition| edition.get("edition"))
        .and_then(toml::Value::as_str);
    name.map(str::to_owned)
        .ok_or_else(|| fail("there is no `edition` in its section [edition]".to_owned()))
}

fn add(set: &mut SourceSet, folder: &Path, prefix: &str) -> Result<(), SourceFilesError> {
    if !folder.is_dir() {
        return Ok(());
    }
    let read = |path: &Path, source| SourceFilesError::Read {
        path: path.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(|error| read(folder, error))? {
        let path = entry.map_err(|error| read(folder, error))?.path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| !name.starts_with('.'))
        else {
            continue;
        };
        let key = format!("{prefix}/{name}");
        if path.is_dir() {
            add(set, &path, &key)?;
        } else if ["toml", "xml", "expect"]
            .iter()
            .any(|kind| path.extension().is_some_and(|own| own == *kind))
        {
            let text = std::fs::read_to_string(&path).map_err(|error| read(&path, error))?;
            set.files.insert(key, text);
        }
    }
    Ok(())
}
