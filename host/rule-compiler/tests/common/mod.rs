//! Loads rules folders for the tests of the compiler.
#![allow(dead_code, clippy::unwrap_used)]

use cebridge_rule_compiler::SourceSet;
use std::path::Path;

/// All files below a folder.
pub(crate) fn load(root: &Path) -> SourceSet {
    let mut set = SourceSet::default();
    add(root, root, &mut set);
    set
}

fn add(root: &Path, folder: &Path, set: &mut SourceSet) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            add(root, &path, set);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            // Line endings may have been rewritten on this machine.
            set.files
                .insert(name, std::fs::read_to_string(&path).unwrap().replace("\r\n", "\n"));
        }
    }
}

/// The valid rules for tests: editions `base` and `next`.
pub(crate) fn valid() -> SourceSet {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/source/valid"))
}

/// The rules that the project ships.
pub(crate) fn shipped() -> SourceSet {
    load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules"))
}
