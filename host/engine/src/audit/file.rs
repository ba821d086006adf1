//! Files that only their owner may read: evidence holds personal data.

use super::AuditError;
use crate::error::EngineError;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// An I/O failure with the file's name.
pub(super) fn io(action: &'static str, path: &Path, source: std::io::Error) -> EngineError {
    EngineError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// Creates a new file that only its owner may read.
pub(super) fn create(path: &Path) -> Result<File, EngineError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::AlreadyExists => AuditError::Exists { path: path.to_owned() }.into(),
        _ => io("cannot write", path, source),
    })
}

/// Writes a new file that only its owner may read.
pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), EngineError> {
    let mut file = create(path)?;
    file.write_all(bytes).map_err(|source| io("cannot write", path, source))
}

/// Creates a temporary file next to `path`, which becomes `path` once it is complete.
pub(super) fn beside(path: &Path) -> Result<tempfile::NamedTempFile, EngineError> {
    if path.exists() {
        return Err(AuditError::Exists { path: path.to_owned() }.into());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".cebridge-")
        .suffix(".tmp")
        .tempfile_in(folder)
        .map_err(|source| io("cannot write in", folder, source))
}

/// Gives a file its final name, unless that name is taken.
pub(super) fn keep(file: tempfile::NamedTempFile, path: &Path) -> Result<(), EngineError> {
    file.as_file()
        .sync_all()
        .map_err(|source| io("cannot write", path, source))?;
    file.persist_noclobber(path).map_err(|error| match error.error.kind() {
        std::io::ErrorKind::AlreadyExists => EngineError::from(AuditError::Exists { path: path.to_owned() }),
        _ => io("cannot write", path, error.error),
    })?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    // The name is on disk only once the folder is synced.
    File::open(folder.unwrap_or(Path::new(".")))
        .and_then(|folder| folder.sync_all())
        .map_err(|source| io("cannot write", path, source))
}

/// Replaces characters that are not safe in file names on every system with `_`.
pub(super) fn safe(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name: String = name.chars().map(|c| if plain(c) { c } else { '_' }).collect();
    // `..` would leave the folder, and names that begin with a dot would be hidden.
    match name.trim_start_matches('.') {
        "" => "_".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn no_name_leaves_its_folder() {
        assert_eq!(safe("../../etc/passwd"), "_.._etc_passwd");
        assert_eq!(safe(".."), "_");
        assert_eq!(safe("4CDE-回执.xml"), "4CDE-__.xml");
    }
}
