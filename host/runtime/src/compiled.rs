//! Compiled plugins kept on disk: compiling takes a third of a second, which every start and every command would pay.
//!
//! Compiled code is run without a further look, so the folder must belong to the user of this process and be writable by
//! nobody else. Each file begins with the SHA-256 of the rest, so that damage is noticed; its name is the SHA-256 of the
//! plugin together with the settings of the engine. Whatever can't be used is compiled anew.

use sha2::{Digest, Sha256};
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;
use wasmtime::Engine;
use wasmtime::component::Component;

/// Bytes of all files together, above which the oldest are removed. A pack takes 2 MB. Arbitrary.
const MOST: u64 = 256 << 20;
/// Bytes of the digest in front of each file.
const DIGEST: usize = 32;

/// Reason why a folder can't keep compiled plugins.
#[derive(Debug, thiserror::Error)]
pub enum CacheFault {
    /// It can't be made or entered.
    #[error("{}: {source}", folder.display())]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// What it holds would be run, and others could put something into it.
    #[error(
        "{}: it must be a folder (not a link) that belongs to the user who runs cebridge and that no other user can write",
        folder.display()
    )]
    NotPrivate {
        /// The folder.
        folder: PathBuf,
    },
}

/// A folder of compiled plugins.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    folder: PathBuf,
}

impl Compiled {
    /// Uses a folder, which is created if it is missing.
    ///
    /// # Errors
    /// Others could write into it, or it can't be used.
    pub(crate) fn open(folder: &Path) -> Result<Self, CacheFault> {
        let folder = folder.to_owned();
        if let Err(source) = create(&folder) {
            return Err(CacheFault::Unusable { folder, source });
        }
        match is_private(&folder) {
            true => Ok(Self { folder }),
            false => Err(CacheFault::NotPrivate { folder }),
        }
    }

    /// The compiled plugin: from the folder, else compiled and kept there.
    ///
    /// # Errors
    /// The compiler rejects the plugin.
    pub(crate) fn component(&self, engine: &Engine, wasm: &[u8]) -> wasmtime::Result<Component> {
        let file = self.folder.join(format!("{}.compiled", name(engine, wasm)));
        if let Some(known) = read(engine, &file) {
            return Ok(known);
        }
        let component = Component::new(engine, wasm)?;
        // A full disk costs time at the next start, and nothing else.
        let _ = component
            .serialize()
            .map(|code| self.keep(&file, &code).and_then(|()| self.shrink()));
        Ok(component)
    }

    /// Writes a file whole, so that no other process sees half of it.
    fn keep(&self, file: &Path, code: &[u8]) -> io::Result<()> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let new = self.folder.join(format!(".{}.{number}.tmp", std::process::id()));
        let mut bytes = Sha256::digest(code).to_vec();
        bytes.extend_from_slice(code);
        let done = fs::write(&new, bytes).and_then(|()| fs::rename(&new, file));
        if done.is_err() {
            let _ = fs::remove_file(&new);
        }
        done
    }

    /// Removes the oldest files if all together are too large.
    fn shrink(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let found = entry.metadata()?;
            files.push((found.modified()?, found.len(), entry.path()));
        }
        let mut size: u64 = files.iter().map(|(_, size, _)| size).sum();
        files.sort();
        for (_, bytes, path) in files {
            if size <= MOST {
                break;
            }
            fs::remove_file(path)?;
            size -= bytes;
        }
        Ok(())
    }
}

/// Name of a plugin's file: what was compiled, and with which compiler and settings.
fn name(engine: &Engine, wasm: &[u8]) -> String {
    struct Settings(Sha256);
    impl Hasher for Settings {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            0
        }
    }
    let mut settings = Settings(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut settings);
    settings.0.update(Sha256::digest(wasm));
    hex::encode(settings.0.finalize())
}

/// Reads a file; `None` if there is none, it is damaged, or it was made by another version.
fn read(engine: &Engine, file: &Path) -> Option<Component> {
    let found = fs::symlink_metadata(file).ok()?;
    let bytes = (found.is_file() && found.len() < MOST)
        .then(|| fs::read(file).ok())
        .flatten()?;
    let (digest, code) = bytes.split_at_checked(DIGEST)?;
    if Sha256::digest(code)[..] != *digest {
        return None;
    }
    // SAFETY: these bytes are as `Component::serialize` made them, since they have their digest, and only this user can
    // write into the folder (`is_private`). wasmtime itself refuses code of another version or of other settings.
    #[allow(unsafe_code)]
    unsafe { Component::deserialize(engine, code) }.ok()
}

#[cfg(unix)]
fn create(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create(_: &Path) -> io::Result<()> {
    Ok(())
}

/// `true` if the folder belongs to the user of this process, and no other may write into it.
#[cfg(unix)]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    let private = |found: fs::Metadata| found.is_dir() && found.uid() == own && found.mode() & 0o022 == 0;
    fs::symlink_metadata(folder).is_ok_and(private)
}

/// Who may write into a folder is not known here, so nothing is kept.
#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    false
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    const PLUGIN: &[u8] = b"\0asm\x0d\0\x01\0";

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn a_plugin_is_kept_and_a_damaged_file_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = folder.path().join("a/b");
        let compiled = Compiled::open(&cache).unwrap();
        compiled.component(&engine, PLUGIN).unwrap();
        let file = files(&cache).remove(0);
        let kept = fs::read(&file).unwrap();
        assert!(read(&engine, &file).is_some());
        for damage in [&kept[..DIGEST - 1], &kept[..kept.len() - 1], &[]] {
            fs::write(&file, damage).unwrap();
            assert!(read(&engine, &file).is_none());
            compiled.component(&engine, PLUGIN).unwrap();
            assert!(fs::read(&file).unwrap() == kept, "it was made anew");
        }
        let mut flipped = kept.clone();
        *flipped.last_mut().unwrap() ^= 1;
        fs::write(&file, flipped).unwrap();
        assert!(read(&engine, &file).is_none());
        assert_eq!(files(&cache).len(), 1, "no temporary file is left");
    }

    #[test]
    fn a_folder_that_others_can_write_into_is_not_used() {
        let folder = tempfile::tempdir().unwrap();
        for (mode, used) in [(0o700, true), (0o755, true), (0o775, false), (0o777, false)] {
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(Compiled::open(folder.path()).is_ok(), used, "{mode:o}");
        }
        let link = folder.path().join("link");
        let target = folder.path().join("target");
        fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        assert!(Compiled::open(&link).is_err(), "a link may lead elsewhere tomorrow");
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(matches!(Compiled::open(&file), Err(CacheFault::Unusable { .. })));
    }
}
