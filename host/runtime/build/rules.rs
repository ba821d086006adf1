//! Writes the rule source as a table of path and text.

use crate::Outcome;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Extensions of rule source files and their test cases.
const KINDS: [&str; 3] = ["toml", "xml", "expect"];

/// Writes `rules.rs`: a table of all files below `folder`, sorted by path.
pub(crate) fn collect(folder: &Path, out: &Path) -> Outcome<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if folder.is_dir() {
        walk(folder, &mut files)?;
    }
    let mut entries = Vec::new();
    for file in files {
        let name: Vec<_> = file
            .strip_prefix(folder)?
            .iter()
            .map(|part| part.to_string_lossy())
            .collect();
        entries.push((name.join("/"), file));
    }
    entries.sort();
    let mut text = String::from("/// Every rule source file: path below `rules`, text.\n");
    text.push_str("pub(crate) static FILES: &[(&str, &str)] = &[\n");
    for (name, file) in &entries {
        let path = file
            .to_str()
            .ok_or_else(|| format!("{} is no UTF-8 path", file.display()))?;
        writeln!(text, "    ({name:?}, include_str!({path:?})),")?;
    }
    text.push_str("];\n");
    std::fs::write(out.join("rules.rs"), text)?;
    Ok(())
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else if path
            .extension()
            .and_then(|kind| kind.to_str())
            .is_some_and(|kind| KINDS.contains(&kind))
        {
            files.push(path);
        }
    }
    Ok(())
}
