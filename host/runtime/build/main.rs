//! Builds the guests as components and collects the rule source, so that the library can embed both.

mod guests;
mod rules;

use std::error::Error;
use std::path::{Path, PathBuf};

/// Result of every step of this script.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let root = package
        .parent()
        .and_then(Path::parent)
        .ok_or("the package lies outside of the workspace")?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    println!("cargo::rerun-if-changed=build");
    guests::build(root, &out)?;
    rules::collect(&root.join("rules"), &out)
}

/// Reads an environment variable that cargo sets for build scripts.
fn variable(name: &str) -> Outcome<String> {
    std::env::var(name).map_err(|error| format!("{name}: {error}").into())
}
