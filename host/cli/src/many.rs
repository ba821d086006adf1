//! Processes many files: lists folders while walking them, uses all cores, keeps the results in the order given.

use crate::context::Failure;
use rayon::prelude::*;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Files in flight per core before results are written. Arbitrary: enough to keep all cores busy while one file takes
/// long, and few enough that memory does not grow with the number of files.
const IN_HAND: usize = 32;

/// The files of a command line: a folder means every `.xml` file below it, in the order of their names.
pub(crate) struct Files {
    /// Paths given, in reverse order.
    given: Vec<PathBuf>,
    /// Folders being listed, with the remaining names in reverse order.
    open: Vec<(PathBuf, Vec<OsString>)>,
}

impl Files {
    pub(crate) fn new(given: &[PathBuf]) -> Self {
        Self {
            given: given.iter().rev().cloned().collect(),
            open: Vec::new(),
        }
    }

    /// Counts them by listing the folders, without opening a file.
    pub(crate) fn count(given: &[PathBuf]) -> Result<u64, Failure> {
        let mut count = 0;
        for file in Self::new(given) {
            file?;
            count += 1;
        }
        Ok(count)
    }

    fn list(&mut self, folder: PathBuf) -> Result<(), Failure> {
        let fail = |source| Failure::File {
            action: "cannot list",
            path: folder.clone(),
            source,
        };
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(fail)? {
            names.push(entry.map_err(fail)?.file_name());
        }
        names.sort_unstable_by(|a, b| b.cmp(a));
        self.open.push((folder, names));
        Ok(())
    }
}

impl Iterator for Files {
    type Item = Result<PathBuf, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let path = match self.open.last_mut() {
                Some((folder, names)) => match names.pop() {
                    Some(name) => folder.join(name),
                    None => {
                        self.open.pop();
                        continue;
                    }
                },
                None => {
                    let path = self.given.pop()?;
                    if path.is_dir() {
                        if let Err(failure) = self.list(path) {
                            return Some(Err(failure));
                        }
                        continue;
                    }
                    return Some(Ok(path));
                }
            };
            if is_xml(&path) && !path.is_dir() {
                return Some(Ok(path));
            }
            if path.is_dir()
                && let Err(failure) = self.list(path)
            {
                return Some(Err(failure));
            }
        }
    }
}

fn is_xml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("xml"))
}

/// Processes the files on all cores and passes on the results in the order of the files.
///
/// # Errors
/// A folder that can't be listed, or an error from `take`.
pub(crate) fn each<R: Send>(
    given: &[PathBuf],
    work: impl Fn(&Path) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut files = Files::new(given);
    let size = IN_HAND * rayon::current_num_threads();
    let mut chunk: Vec<PathBuf> = Vec::with_capacity(size);
    loop {
        chunk.clear();
        for file in files.by_ref().take(size) {
            chunk.push(file?);
        }
        if chunk.is_empty() {
            return Ok(());
        }
        let results: Vec<R> = chunk.par_iter().map(|file| work(file)).collect();
        for result in results {
            take(result)?;
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sample() -> tempfile::TempDir {
        let home = tempfile::tempdir().unwrap();
        for name in ["b/2.xml", "b/1.XML", "b/note.txt", "a.xml", "c.xml", "b/deep/3.xml"] {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        home
    }

    #[test]
    fn folders_are_walked_in_the_order_of_names() {
        let home = sample();
        let given = [home.path().to_owned()];
        let found: Vec<String> = Files::new(&given)
            .map(|file| file.unwrap().strip_prefix(home.path()).unwrap().display().to_string())
            .collect();
        assert_eq!(found, ["a.xml", "b/1.XML", "b/2.xml", "b/deep/3.xml", "c.xml"]);
        assert_eq!(Files::count(&given).unwrap(), 5);
    }

    #[test]
    fn files_given_by_name_are_taken_whatever_they_are_called() {
        let home = sample();
        let given = [home.path().join("b/note.txt"), home.path().join("missing")];
        assert_eq!(Files::count(&given).unwrap(), 2);
    }

    #[test]
    fn results_come_in_order() {
        let home = tempfile::tempdir().unwrap();
        for number in 0..500 {
            std::fs::write(home.path().join(format!("{number:03}.xml")), "x").unwrap();
        }
        let mut seen = Vec::new();
        each(
            &[home.path().to_owned()],
            |path| path.file_stem().unwrap().to_string_lossy().into_owned(),
            |stem| {
                seen.push(stem);
                Ok(())
            },
        )
        .unwrap();
        assert_eq!(seen.len(), 500);
        assert!(seen.is_sorted());
    }
}
