//! The packs folder, as people, scripts and broken disks change it, and a journal of the good files that lay there.

use crate::bakery::{Bakery, sha256};
use crate::moment::Moment;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The file that most changes are about.
pub(crate) const MAIN: &str = "swap.wasm";
/// Another file of the same edition.
pub(crate) const SECOND: &str = "second.wasm";
/// The file of the later edition.
pub(crate) const LATER: &str = "later.wasm";

/// A good pack that lay in the folder.
#[derive(Debug, Clone)]
pub(crate) struct Lay {
    pub(crate) name: String,
    pub(crate) digest: String,
    pub(crate) from: Moment,
    /// `None` while it lies there.
    pub(crate) to: Option<Moment>,
}

/// The packs folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Files on their way, and the targets of links; of the same file system.
    staging: PathBuf,
    pub(crate) journal: Vec<Lay>,
    next: u64,
}

impl Folder {
    pub(crate) fn new(enterprise: &Path) -> Self {
        Self {
            path: enterprise.join("packs"),
            staging: enterprise.join("staging"),
            journal: Vec::new(),
            next: 0,
        }
    }

    /// The good pack that lies there under this name.
    pub(crate) fn lying(&self, name: &str) -> Option<&str> {
        let open = self.journal.iter().find(|lay| lay.name == name && lay.to.is_none());
        open.map(|lay| lay.digest.as_str())
    }

    /// Written elsewhere, renamed into place.
    pub(crate) fn rename(&mut self, bakery: &Bakery, name: &str, bytes: &[u8]) {
        let new = self.staged(bytes);
        self.make_way(name, false);
        self.lies(bakery, name, bytes);
        fs::rename(new, self.path.join(name)).unwrap();
    }

    /// Truncated and written under its own name, in so many pieces with a pause before each but the first.
    pub(crate) fn write(&mut self, bakery: &Bakery, name: &str, bytes: &[u8], pieces: usize, pause: Duration) {
        self.make_way(name, true);
        self.lies_not(name);
        let mut file = File::create(self.path.join(name)).unwrap();
        let mut chunks = bytes.chunks(bytes.len().div_ceil(pieces).max(1)).peekable();
        while let Some(chunk) = chunks.next() {
            if chunks.peek().is_none() {
                self.lies(bakery, name, bytes);
            }
            file.write_all(chunk).unwrap();
            if chunks.peek().is_some() {
                std::thread::sleep(pause);
            }
        }
    }

    /// A link, switched by rename, to a file elsewhere.
    pub(crate) fn link(&mut self, bakery: &Bakery, name: &str, bytes: &[u8]) {
        let target = self.staged(bytes);
        let link = self.fresh("link");
        symlink(target, &link).unwrap();
        self.make_way(name, false);
        self.lies(bakery, name, bytes);
        fs::rename(link, self.path.join(name)).unwrap();
    }

    /// As editors do: the file before becomes a backup, then the new one is written in its place.
    pub(crate) fn edit(&mut self, bakery: &Bakery, name: &str, bytes: &[u8]) {
        let path = self.path.join(name);
        self.make_way(name, true);
        if path.exists() {
            fs::rename(&path, self.path.join(format!("{name}~"))).unwrap();
        }
        self.lies(bakery, name, bytes);
        fs::write(path, bytes).unwrap();
    }

    pub(crate) fn delete(&mut self, name: &str) {
        self.lies_not(name);
        clear(&self.path.join(name));
    }

    /// A named pipe, renamed into place.
    pub(crate) fn fifo(&mut self, name: &str) {
        let pipe = self.fresh("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success(), "mkfifo failed");
        self.make_way(name, false);
        self.lies_not(name);
        fs::rename(pipe, self.path.join(name)).unwrap();
    }

    /// A link to nothing, switched by rename.
    pub(crate) fn dangle(&mut self, name: &str) {
        let link = self.fresh("link");
        symlink("/nonexistent/pack.wasm", &link).unwrap();
        self.make_way(name, false);
        self.lies_not(name);
        fs::rename(link, self.path.join(name)).unwrap();
    }

    pub(crate) fn directory(&mut self, name: &str) {
        self.delete(name);
        fs::create_dir(self.path.join(name)).unwrap();
    }

    /// Takes the right to read a file away, or gives it back. Whether that has an effect: the superuser reads all the same.
    pub(crate) fn readable(&mut self, name: &str, yes: bool) -> bool {
        let path = self.path.join(name);
        if !path.is_file()
            || fs::set_permissions(&path, fs::Permissions::from_mode(if yes { 0o644 } else { 0 })).is_err()
        {
            return false;
        }
        File::open(path).is_ok() == yes
    }

    /// The whole folder is renamed away and back.
    pub(crate) fn away(&mut self, pause: Duration) {
        let aside = self.fresh("away");
        fs::rename(&self.path, &aside).unwrap();
        std::thread::sleep(pause);
        // A daemon that was started meanwhile may have made a folder of its own.
        let _ = fs::remove_dir(&self.path);
        fs::rename(&aside, &self.path).unwrap();
    }

    /// Removes everything but this file.
    pub(crate) fn leave_only(&mut self, name: &str) {
        let names: Vec<String> = fs::read_dir(&self.path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        for other in names.iter().filter(|other| *other != name) {
            self.delete(other);
        }
    }

    fn lies(&mut self, bakery: &Bakery, name: &str, bytes: &[u8]) {
        self.lies_not(name);
        let digest = sha256(bytes);
        if bakery.known.contains_key(&digest) {
            self.journal.push(Lay {
                name: name.to_owned(),
                digest,
                from: Moment::now(),
                to: None,
            });
        }
    }

    fn lies_not(&mut self, name: &str) {
        let now = Moment::now();
        for lay in self
            .journal
            .iter_mut()
            .filter(|lay| lay.name == name && lay.to.is_none())
        {
            lay.to = Some(now);
        }
    }

    /// Removes what a file can't be renamed over, or, when it is to be written in place, what is no file of its own.
    fn make_way(&mut self, name: &str, in_place: bool) {
        let path = self.path.join(name);
        let Ok(metadata) = fs::symlink_metadata(&path) else {
            return;
        };
        if metadata.is_dir() || (in_place && !metadata.is_file()) {
            self.delete(name);
        } else if in_place {
            let _ = fs::set_permissions(&path, fs::Permissions::from_mode(0o644));
        }
    }

    fn staged(&mut self, bytes: &[u8]) -> PathBuf {
        let path = self.fresh("pack");
        fs::write(&path, bytes).unwrap();
        path
    }

    fn fresh(&mut self, what: &str) -> PathBuf {
        self.next += 1;
        self.staging.join(format!("{what}-{}", self.next))
    }
}

fn clear(path: &Path) {
    let _ = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    };
}
