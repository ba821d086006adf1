//! The house as CONTRIBUTING draws it: every crate is named, and dependencies point down.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The place of each crate in the drawing: its floor from the top, and its position on it.
fn drawing(text: &str) -> BTreeMap<String, (usize, usize)> {
    let drawn = text.split_once("```floors\n").unwrap().1.split_once("```").unwrap().0;
    let floors = drawn.lines().enumerate();
    floors
        .flat_map(|(floor, line)| {
            let crates = line.split(" · ").enumerate();
            crates.map(move |(at, name)| (name.trim().to_owned(), (floor, at)))
        })
        .collect()
}

/// Name, folder and manifest of each crate of the host, and of the rule language.
pub(crate) fn crates() -> Vec<(String, PathBuf, toml::Table)> {
    let host = fs::read_dir(root().join("host"))
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let all = host.chain([root().join("plugins/rule-core")]);
    all.filter_map(|folder| {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let name = folder.file_name()?.to_str()?.to_owned();
        Some((name, folder, manifest.parse().unwrap()))
    })
    .collect()
}

#[test]
fn dependencies_point_down_and_every_crate_is_named() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let drawing = drawing(&text);
    let crates = crates();
    assert!(crates.len() > 10);
    for (name, _, manifest) in &crates {
        let place = drawing.get(name).unwrap_or_else(|| panic!("{name} is not drawn"));
        let row = format!("/{name}` |");
        assert!(text.contains(&row), "{name} has no row in the table");
        for dependency in manifest["dependencies"].as_table().unwrap().keys() {
            let Some(below) = dependency.strip_prefix("cebridge-").and_then(|name| drawing.get(name)) else {
                continue;
            };
            // On one floor, to the right.
            assert!(below > place, "{name} depends on {dependency}, which is not below it");
        }
    }
    assert_eq!(drawing.len(), crates.len(), "what is drawn exists");
}
