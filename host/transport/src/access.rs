//! Access to the files that this program writes: they hold names and identity numbers.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Mode and group of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    mode: u32,
    /// Id of the group; without one it is that of the process or of the folder.
    group: Option<u32>,
}

impl Default for Access {
    /// Owner only.
    fn default() -> Access {
        Access {
            mode: 0o600,
            group: None,
        }
    }
}

/// A mode or group that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccessError {
    /// Not a file mode.
    #[error("{0}: {problem}", problem = self.problem())]
    Mode(String),
    /// The owner could not read or write.
    #[error("{0}: {problem}", problem = self.problem())]
    Locked(String),
    /// The system has no such group.
    #[error("{0}: {problem}", problem = self.problem())]
    Group(String),
}

impl AccessError {
    /// Describes the problem.
    #[must_use]
    pub fn problem(&self) -> &'static str {
        match self {
            AccessError::Mode(_) => "it is not a valid file mode",
            AccessError::Locked(_) => "this program could not read and write its own files",
            AccessError::Group(_) => "this system has no such group",
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn way_out(&self) -> &'static str {
        match self {
            AccessError::Mode(_) | AccessError::Locked(_) => {
                "Write \"0600\" (the owner alone) or \"0640\" (and a group may read)."
            }
            AccessError::Group(_) => "Make it with groupadd, or give the name or number of an existing group.",
        }
    }
}

impl Access {
    /// Parses a mode as `chmod` takes it, and the name or number of a group.
    ///
    /// # Errors
    /// A text that is not a mode, a mode that locks this program out, or a group that does not exist.
    pub fn parse(mode: &str, group: Option<&str>) -> Result<Access, AccessError> {
        let bits = u32::from_str_radix(mode, 8).ok().filter(|bits| *bits <= 0o777);
        let bits = bits.ok_or_else(|| AccessError::Mode(mode.to_owned()))?;
        if bits & 0o600 != 0o600 {
            return Err(AccessError::Locked(mode.to_owned()));
        }
        Ok(Access {
            mode: bits,
            group: group.map(group_id).transpose()?,
        })
    }

    /// Creates a file that must not exist yet, open to its owner only until all is written.
    pub(crate) fn create(path: &Path) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path)
    }

    /// Gives a file its mode and group. Called before the file gets its name.
    pub(crate) fn grant(self, file: &File) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt, fchown};
            if self.group.is_some() {
                fchown(file, None, self.group)?;
            }
            file.set_permissions(std::fs::Permissions::from_mode(self.mode))?;
        }
        #[cfg(not(unix))]
        let _ = (self, file);
        Ok(())
    }

    /// Does the same for another program's file that was moved into a folder of this one.
    pub(crate) fn grant_moved(self, path: &Path) {
        // It may belong to another user, who then decides.
        let _ = crate::regular::open(path).and_then(|file| self.grant(&file));
    }
}

#[cfg(unix)]
fn group_id(name: &str) -> Result<u32, AccessError> {
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let found = nix::unistd::Group::from_name(name).ok().flatten();
    found
        .map(|group| group.gid.as_raw())
        .ok_or_else(|| AccessError::Group(name.to_owned()))
}

#[cfg(not(unix))]
fn group_id(name: &str) -> Result<u32, AccessError> {
    Err(AccessError::Group(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_octal_and_never_lock_the_owner_out() {
        let mode = |text: &str| Access::parse(text, None).map(|access| access.mode);
        assert_eq!(mode("0600"), Ok(0o600));
        assert_eq!(mode("640"), Ok(0o640));
        for wrong in ["", "0888", "rw", "1777", "07777"] {
            assert_eq!(mode(wrong), Err(AccessError::Mode(wrong.to_owned())), "{wrong}");
        }
        assert_eq!(mode("0440"), Err(AccessError::Locked("0440".to_owned())));
    }

    #[cfg(unix)]
    #[test]
    fn groups_have_names_and_numbers() {
        let group = |text: &str| Access::parse("0640", Some(text)).map(|access| access.group);
        assert_eq!(group("root"), Ok(Some(0)));
        assert_eq!(group("4242"), Ok(Some(4242)));
        assert_eq!(
            group("no-such-group"),
            Err(AccessError::Group("no-such-group".to_owned()))
        );
    }
}
