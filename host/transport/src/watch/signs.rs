//! The system's reports about watched folders, kept until they are asked for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use notify::event::{AccessKind, AccessMode, Event, EventKind, ModifyKind, RenameMode};

/// Most renamed files remembered; the others merely have to rest before they are taken. Arbitrary.
const RENAMED: usize = 4096;

/// The system's reports. Paths are absolute.
#[derive(Debug, Default)]
pub(super) struct Signs {
    /// Files renamed into watched folders, with no other change since.
    renamed: BTreeSet<PathBuf>,
    /// The watched folders.
    folders: BTreeSet<PathBuf>,
    /// Watched folders that were removed or moved, so that their watch may be gone.
    lost: BTreeSet<PathBuf>,
}

impl Signs {
    pub(super) fn add_folder(&mut self, folder: PathBuf) {
        self.folders.insert(folder);
    }

    pub(super) fn note(&mut self, event: &Event) {
        match event.kind {
            EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
                if let Some(path) = event.paths.last().filter(|_| self.renamed.len() < RENAMED) {
                    self.renamed.insert(path.clone());
                }
            }
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {
                for path in &event.paths {
                    self.renamed.remove(path);
                    if self.folders.contains(path) {
                        self.lost.insert(path.clone());
                    }
                }
            }
            EventKind::Create(_) | EventKind::Modify(ModifyKind::Data(_)) => {
                for path in &event.paths {
                    self.renamed.remove(path);
                }
            }
            _ => {}
        }
    }

    pub(super) fn take_renamed(&mut self) -> BTreeSet<PathBuf> {
        std::mem::take(&mut self.renamed)
    }

    pub(super) fn take_lost(&mut self) -> BTreeSet<PathBuf> {
        std::mem::take(&mut self.lost)
    }

    /// Forgets the files renamed into this folder: another folder is in its place.
    pub(super) fn forget_renamed(&mut self, folder: &Path) {
        self.renamed.retain(|path| path.parent() != Some(folder));
    }
}

/// Returns `true` if the event reports a change. Reading is not one.
pub(super) fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_renamed_files_are_remembered_than_the_limit() {
        let mut signs = Signs::default();
        for number in 0..RENAMED + 10 {
            let event = Event::new(EventKind::Modify(ModifyKind::Name(RenameMode::To)))
                .add_path(PathBuf::from(format!("/in/{number}")));
            signs.note(&event);
        }
        assert_eq!(signs.take_renamed().len(), RENAMED);
    }
}
