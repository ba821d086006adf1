//! Reads regular files only, without ever waiting for a pipe or touching a device.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// Reads a regular file, or a link to one, of at most `most` bytes, once and as it is now.
///
/// # Errors
/// Those of the system, and errors whose text says what is there: `it is a pipe, not a regular file`, `it is a link whose
/// target is gone`, `it has 12 bytes, at most 10 are read` (kind `FileTooLarge`). Reading never waits for another
/// program.
pub fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = match open(path) {
        Err(error) if is_dangling(path, &error) => {
            return Err(io::Error::new(error.kind(), "it is a link whose target is gone"));
        }
        other => other?,
    };
    let length = file.metadata()?.len();
    if length > most {
        return Err(too_large(length, most));
    }
    // One byte more than allowed reveals a growing file, or a system file that does not report its length.
    let mut bytes = Vec::new();
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(too_large(bytes.len() as u64, most));
    }
    Ok(bytes)
}

/// The first `most` bytes of a regular file, or of a link to one.
pub(crate) fn read_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Opens a regular file, or a link to one, for reading. Anything else is an error whose text says what it is.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    // Opening a device may already have effects, so the path is checked first. It may be replaced before it is opened,
    // so opening does not wait, and the opened file is checked again.
    only_regular(&fs::metadata(path)?)?;
    let file = open_at_once(path)?;
    only_regular(&file.metadata()?)?;
    Ok(file)
}

/// Opens for reading without waiting for a writer at the other end of a pipe.
#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open_at_once(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).open(path)
}

fn only_regular(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let text = format!("it is {}, not a regular file", kind(metadata.file_type()));
    Err(if metadata.is_dir() {
        io::Error::new(ErrorKind::IsADirectory, text)
    } else {
        io::Error::other(text)
    })
}

pub(crate) fn too_large(length: u64, most: u64) -> io::Error {
    io::Error::new(
        ErrorKind::FileTooLarge,
        format!("it has {length} bytes, at most {most} are read"),
    )
}

/// Returns `true` if the cause of the error is a link that leads nowhere.
pub(crate) fn is_dangling(path: &Path, error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        && fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Names the kind of file, with its article.
pub(crate) fn kind(kind: FileType) -> &'static str {
    if kind.is_dir() {
        return "a folder";
    }
    special(kind).unwrap_or("something else")
}

#[cfg(unix)]
fn special(kind: FileType) -> Option<&'static str> {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        Some("a pipe")
    } else if kind.is_socket() {
        Some("a socket")
    } else if kind.is_block_device() || kind.is_char_device() {
        Some("a device")
    } else {
        None
    }
}

#[cfg(not(unix))]
fn special(_: FileType) -> Option<&'static str> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::process::Command;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn a_pipe_put_in_place_between_look_and_open_is_refused_and_does_not_hang() {
        let root = tempfile::TempDir::new().unwrap();
        let pipe = root.path().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(open_at_once(&pipe).and_then(|file| only_regular(&file.metadata()?))));
        let error = receiver
            .recv_timeout(Duration::from_secs(30))
            .expect("hangs")
            .unwrap_err();
        assert_eq!(error.to_string(), "it is a pipe, not a regular file");
    }
}
