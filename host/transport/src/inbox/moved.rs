//! Files that were moved away a short time ago, and may still be written to.
//!
//! A program that has a file open keeps writing to it after the move.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::TransportError;
use crate::files;
use crate::moving::{self, Landed};
use crate::regular;
use crate::stamp::Stamp;

/// Time for which files are watched after they were moved away. FTP and SSH servers cut an upload that stalls for about
/// five minutes; this is twice that.
const WATCHED: Duration = Duration::from_secs(600);

/// Most files looked at in one round, so that a large backlog costs little. Arbitrary.
const ROUND: usize = 256;

/// Most files kept open because they were copied to another file system. Arbitrary, well below what a process may
/// have open.
const OPEN: usize = 64;

/// Wait after a file could not be brought back. Arbitrary.
const PAUSE: Duration = Duration::from_secs(10);

/// A file that was moved away.
#[derive(Debug)]
struct Watched {
    /// Its name in the folder it was taken from.
    name: OsString,
    path: PathBuf,
    /// The original, when `path` is a copy.
    original: Option<File>,
    /// The state in which it was taken.
    stamp: Stamp,
    sha256: String,
    until: Duration,
    /// Its current state, and since when, if it has changed.
    changed: Option<(Stamp, Duration)>,
    /// Not looked at before this time.
    next: Duration,
}

/// A file that was brought back.
#[derive(Debug)]
pub(super) struct Returned {
    /// Its name in the folder now.
    pub(super) name: OsString,
    /// The time since which it has been unchanged.
    pub(super) since: Duration,
}

/// Result of looking at one file.
enum Fate {
    Watch(Watched),
    Forget,
    Back(Watched, Duration),
}

/// Files moved away.
#[derive(Debug, Default)]
pub(super) struct Moved {
    watched: VecDeque<Watched>,
    /// Files moved by an earlier process that are not yet found.
    earlier: Vec<Earlier>,
}

/// A file that an earlier process moved away.
#[derive(Debug)]
struct Earlier {
    /// Its original name.
    name: OsString,
    stamp: Stamp,
    sha256: String,
    until: Duration,
    /// Not looked for before this time.
    next: Duration,
}

impl Moved {
    /// Starts watching a file that was moved away in this state.
    pub(super) fn watch(&mut self, name: &OsStr, landed: Landed, stamp: Stamp, sha256: &str, now: Duration) {
        // An earlier file at this path is gone; what was known of it would be wrong for this one.
        self.watched.retain(|one| one.path != landed.path);
        let open = self.watched.iter().filter(|one| one.original.is_some()).count();
        self.watched.push_back(Watched {
            name: name.to_owned(),
            path: landed.path,
            original: landed.original.filter(|_| open < OPEN),
            stamp,
            sha256: sha256.to_owned(),
            until: now + WATCHED,
            changed: None,
            next: now,
        });
    }

    /// Starts watching a file that an earlier process moved away.
    pub(super) fn watch_earlier(&mut self, name: &OsStr, stamp: Stamp, sha256: &str, now: Duration) {
        self.earlier.push(Earlier {
            name: name.to_owned(),
            stamp,
            sha256: sha256.to_owned(),
            until: now + WATCHED,
            next: now,
        });
    }

    /// Looks at the files once and brings back to `folder` those that were changed and have come to rest. Also returns
    /// which ones could not be brought back, and why.
    pub(super) fn round(
        &mut self,
        folder: &Path,
        homes: [&Path; 2],
        settle: Duration,
        now: Duration,
    ) -> (Vec<Returned>, Vec<(OsString, TransportError)>) {
        self.find_earlier(homes, now);
        let (mut returned, mut failed) = (Vec::new(), Vec::new());
        for _ in 0..self.watched.len().min(ROUND) {
            let Some(one) = self.watched.pop_front() else { break };
            match one.look(settle, now) {
                Fate::Forget => {}
                Fate::Watch(one) => self.watched.push_back(one),
                Fate::Back(mut one, since) => match one.bring_back(folder) {
                    Ok(Some(name)) => returned.push(Returned { name, since }),
                    Ok(None) => {}
                    Err(error) => {
                        failed.push((one.name.clone(), error));
                        one.next = now + PAUSE;
                        one.until = one.next + WATCHED;
                        self.watched.push_back(one);
                    }
                },
            }
        }
        (returned, failed)
    }

    /// Finds the files that an earlier process moved away.
    fn find_earlier(&mut self, homes: [&Path; 2], now: Duration) {
        for mut one in std::mem::take(&mut self.earlier) {
            if now < one.next {
                self.earlier.push(one);
                continue;
            }
            match one.find(homes) {
                // Moved by this process after all.
                Ok(Some(path)) if self.watched.iter().any(|watched| watched.path == path) => {}
                Ok(Some(path)) => {
                    let landed = Landed { path, original: None };
                    self.watch(&one.name, landed, one.stamp, &one.sha256, now);
                }
                Ok(None) => {}
                Err(_) if now < one.until => {
                    one.next = now + PAUSE;
                    self.earlier.push(one);
                }
                Err(_) => {}
            }
        }
    }
}

impl Earlier {
    /// Finds the file by its identity on disk. An error if a folder cannot be listed.
    fn find(&self, homes: [&Path; 2]) -> Result<Option<PathBuf>, TransportError> {
        let stem = Path::new(&self.name).file_stem().unwrap_or(&self.name);
        for home in homes {
            for name in files::names(home)? {
                // On systems without file identities, the whole name must match.
                let named = name.as_encoded_bytes().starts_with(stem.as_encoded_bytes());
                if !named || cfg!(not(unix)) && name != self.name {
                    continue;
                }
                let path = home.join(name);
                let metadata = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file);
                if metadata.is_some_and(|metadata| Stamp::of(&metadata).same_file(&self.stamp)) {
                    return Ok(Some(path));
                }
            }
        }
        Ok(None)
    }
}

impl Watched {
    fn look(mut self, settle: Duration, now: Duration) -> Fate {
        if now < self.next {
            return Fate::Watch(self);
        }
        let metadata = match &self.original {
            Some(original) => original.metadata(),
            None => fs::symlink_metadata(&self.path),
        };
        // The folder may be away for a while, so a missing file is not forgotten before its time.
        let stamp = match metadata {
            Ok(metadata) => Stamp::of(&metadata),
            Err(_) => return self.watch_until(now),
        };
        // Another file was put in its place; that was done on purpose.
        if !stamp.same_file(&self.stamp) {
            return Fate::Forget;
        }
        if stamp == self.stamp {
            self.changed = None;
            return if now >= self.until {
                Fate::Forget
            } else {
                Fate::Watch(self)
            };
        }
        self.until = now + WATCHED;
        let since = match self.changed {
            Some((seen, since)) if seen == stamp => since,
            _ => now,
        };
        self.changed = Some((stamp, since));
        if now - since < settle {
            return Fate::Watch(self);
        }
        match self.is_grown(stamp) {
            Ok(true) => Fate::Back(self, since),
            Ok(false) => {
                self.stamp = stamp;
                self.changed = None;
                Fate::Watch(self)
            }
            Err(_) => {
                self.next = now + PAUSE;
                Fate::Watch(self)
            }
        }
    }

    fn watch_until(self, now: Duration) -> Fate {
        if now < self.until {
            Fate::Watch(self)
        } else {
            Fate::Forget
        }
    }

    /// Returns `true` if the file holds something else and not less than when it was taken; otherwise it was only
    /// touched, or emptied to free space.
    fn is_grown(&mut self, stamp: Stamp) -> io::Result<bool> {
        if stamp.length < self.stamp.length {
            return Ok(false);
        }
        let digest = match &mut self.original {
            Some(original) => {
                original.rewind()?;
                files::digest_still(original)?
            }
            None => files::digest_still(&mut regular::open(&self.path)?)?,
        };
        let (_, sha256) = digest.ok_or(io::ErrorKind::WouldBlock)?;
        Ok(sha256 != self.sha256)
    }

    /// Puts the file back into the folder, under its name or a similar one. `None` if it is gone.
    fn bring_back(&self, folder: &Path) -> Result<Option<OsString>, TransportError> {
        let path = match &self.original {
            Some(original) => {
                let target = moving::reserve(folder, &self.name, None)?;
                moving::copy_whole(original, folder, &target).map_err(|error| {
                    moving::release(&target, false);
                    TransportError::io("bring back", &target, error)
                })?;
                Some(target)
            }
            None => moving::move_beside(&self.path, folder, &self.name, None, None)?.map(|landed| landed.path),
        };
        let Some(path) = path else { return Ok(None) };
        if self.original.is_none() {
            // The note says why the shorter file was set aside; most files have none.
            let _ = fs::remove_file(moving::beside(&self.path));
        }
        files::sync_folder(folder)?;
        Ok(path.file_name().map(OsStr::to_owned))
    }
}
