//! Files leaving the folder: taken, or set aside with a reason.

use std::ffi::OsStr;
use std::path::Path;

use crate::error::TransportError;
use crate::stamp::Stamp;
use crate::{Incoming, Token, files, moving, set_aside};

use super::stuck::{Leaving, Now};
use super::{Inbox, Memory, Moved, Seen};

impl Inbox {
    /// Moves the file of an item that is dealt with to `done`, unless it no longer holds what was read.
    ///
    /// # Errors
    /// When the file cannot be moved. It does not come again as long as it holds what was read; `scan` retries the
    /// move.
    pub fn acknowledge(&self, item: &Incoming) -> Result<Moved, TransportError> {
        self.dismiss(item, None)
    }

    /// Moves the file of an unusable item to `bad`, with the reason beside it, unless it no longer holds what was read.
    ///
    /// # Errors
    /// As for `acknowledge`.
    pub fn reject(&self, item: &Incoming, reason: &str) -> Result<Moved, TransportError> {
        self.dismiss(item, Some(reason))
    }

    /// Defers an item that makes no sense as it is: it comes again when its file is changed, or has been unchanged for
    /// the patience of the rules.
    pub fn defer(&self, item: &Incoming) {
        if let Ok((name, stamp)) = self.origin(item) {
            self.memory().rest.defer(name, stamp);
        }
    }

    /// Returns `true` if the item's file may still be incomplete: it has been unchanged for less than the patience of
    /// the rules, or was changed since it was read.
    #[must_use]
    pub fn is_young(&self, item: &Incoming) -> bool {
        let memory = self.memory();
        self.origin(item).is_ok_and(|(name, stamp)| {
            !memory.rest.is_as_seen(name, stamp) || memory.rest.is_young(name, self.rules.patience, self.now())
        })
    }

    fn dismiss(&self, item: &Incoming, reason: Option<&str>) -> Result<Moved, TransportError> {
        let (name, stamp) = self.origin(item)?;
        self.leave(
            &mut self.memory(),
            Leaving::new(name, stamp, Some(&item.sha256), reason),
        )
    }

    /// The name and state of the file an item was read from.
    fn origin<'a>(&self, item: &'a Incoming) -> Result<(&'a OsStr, Stamp), TransportError> {
        let Token::File { path, stamp } = &item.token;
        match path.file_name() {
            Some(name) if path.parent() == Some(self.folder.as_path()) => Ok((name, *stamp)),
            _ => Err(TransportError::Foreign(item.name.clone())),
        }
    }

    /// Retries, when due, to move away a file that is dealt with. `None` if it does not exist or holds something new.
    pub(super) fn leave_again(&self, memory: &mut Memory, name: &OsStr, stamp: Stamp) -> Option<Seen> {
        let now = self.now().steady;
        if let Some(why) = memory.stuck.waits(name, stamp, now) {
            return Some(Seen::Waits(why));
        }
        let leaving = memory.stuck.take(name)?;
        let reason = leaving.reason.clone();
        match self.leave(memory, leaving) {
            Ok(Moved::Changed) => None,
            Ok(Moved::Gone) => Some(Seen::Nothing),
            Ok(Moved::Away(_)) => Some(reason.map_or(Seen::Nothing, Seen::SetAside)),
            Err(_) => memory.stuck.waits(name, stamp, now).map(Seen::Waits),
        }
    }

    /// Sets aside, unread, an entry that cannot be taken.
    pub(super) fn put_aside(&self, memory: &mut Memory, name: &OsStr, stamp: Stamp, reason: &str) -> Seen {
        let now = self.now().steady;
        match self.leave(memory, Leaving::new(name, stamp, None, Some(reason))) {
            Ok(Moved::Away(_)) => Seen::SetAside(reason.to_owned()),
            Ok(_) => Seen::Nothing,
            Err(_) => memory.stuck.waits(name, stamp, now).map_or(Seen::Nothing, Seen::Waits),
        }
    }

    /// Moves a file away, and remembers it if that fails.
    fn leave(&self, memory: &mut Memory, mut leaving: Leaving) -> Result<Moved, TransportError> {
        let moved = self.try_to_leave(memory, &mut leaving);
        if let Err(problem) = &moved {
            let now = self.now().steady;
            memory.stuck.failed(leaving, problem.to_string(), now);
        }
        moved
    }

    fn try_to_leave(&self, memory: &mut Memory, leaving: &mut Leaving) -> Result<Moved, TransportError> {
        let path = self.folder.join(&leaving.name);
        match leaving.compare(&path)? {
            Now::Same(stamp) => leaving.stamp = stamp,
            Now::Changed => return Ok(Moved::Changed),
            Now::Gone => return Ok(Moved::Gone),
        }
        let note = leaving.reason.as_deref().map(|reason| set_aside::note(reason, &path));
        let home: &Path = if note.is_some() { &self.bad } else { &self.done };
        let Some(landed) = moving::move_beside(&path, home, &leaving.name, note.as_deref(), Some(self.rules.access))?
        else {
            return Ok(Moved::Gone);
        };
        let place = landed.path.clone();
        if let Some(sha256) = &leaving.sha256 {
            let now = self.now().steady;
            memory.moved.watch(&leaving.name, landed, leaving.stamp, sha256, now);
        }
        files::sync_folder(home)?;
        Ok(Moved::Away(Some(place)))
    }
}
