//! Reads secret files: opened once, checked through the open descriptor, refused if others can access them.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Largest file read, in bytes. A key with a long certificate chain takes a few kilobytes.
pub(crate) const MAX_BYTES: u64 = 256 * 1024;

/// Error reading a secret file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileError {
    /// It cannot be opened or read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// A directory, pipe or device.
    #[error("{path} is not a regular file; name the file that holds the key")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Users other than the owner have access.
    #[error(
        "{path} holds a secret and others may access it (mode {mode:03o}); refused until you run `chmod 600 {path}`"
    )]
    Readable {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It belongs to another user, who can read and replace it.
    #[error("{path} belongs to user {owner}, not to user {user} who runs this program; run `chown {user} {path}`")]
    Owner {
        /// The file.
        path: PathBuf,
        /// User id of the owner.
        owner: u32,
        /// Effective user id.
        user: u32,
    },
    /// Larger than any key file.
    #[error("{path} is larger than {MAX_BYTES} bytes, too large for a key file")]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Not UTF-8 text.
    #[error("{path} is not UTF-8 text")]
    NotText {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a whole secret file, at most 256 KiB. Symbolic links are followed; the opened file itself is checked, so it
/// cannot be swapped between check and read. On systems without permission bits, only type and size are checked.
///
/// # Errors
/// [`SecretFileError`], notably if group or others have any access (ACLs show up in the group bits) or if the file
/// belongs to neither the effective user nor root.
pub fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, SecretFileError> {
    let io = |source| SecretFileError::Io {
        path: path.to_owned(),
        source,
    };
    let file = open(path).map_err(io)?;
    let facts = file.metadata().map_err(io)?;
    if !facts.is_file() {
        return Err(SecretFileError::NotAFile { path: path.to_owned() });
    }
    check_access(path, &facts)?;
    let too_large = || SecretFileError::TooLarge { path: path.to_owned() };
    let size = usize::try_from(facts.len()).map_err(|_| too_large())?;
    if facts.len() > MAX_BYTES {
        return Err(too_large());
    }
    // Allocated at full size: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(size + 1));
    let mut limited = file.take(MAX_BYTES + 1);
    limited.read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    Ok(bytes)
}

/// Reads a password or PIN from a file, without one trailing line break.
pub(crate) fn read_pin(path: &Path) -> Result<Zeroizing<String>, SecretFileError> {
    let bytes = read_secret(path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretFileError::NotText { path: path.to_owned() })?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Ok(Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    // Opening a pipe without a writer would block forever.
    let flags = rustix::fs::OFlags::NONBLOCK.bits();
    OpenOptions::new()
        .read(true)
        .custom_flags(i32::try_from(flags).unwrap_or(0))
        .open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

#[cfg(unix)]
fn check_access(path: &Path, facts: &std::fs::Metadata) -> Result<(), SecretFileError> {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    if facts.uid() != user && facts.uid() != 0 {
        return Err(SecretFileError::Owner {
            path: path.to_owned(),
            owner: facts.uid(),
            user,
        });
    }
    match facts.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(SecretFileError::Readable {
            path: path.to_owned(),
            mode: facts.mode() & 0o777,
        }),
    }
}

#[cfg(not(unix))]
fn check_access(_path: &Path, _facts: &std::fs::Metadata) -> Result<(), SecretFileError> {
    Ok(())
}
