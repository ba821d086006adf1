//! Helpers shared by the tests: outside tools, files, secrets, keys that misbehave.
#![allow(dead_code, unreachable_pub, missing_docs)]

pub mod fake;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use cebridge_keys::Secrets;
use zeroize::Zeroizing;

/// Returns `true` if the needed programs and files exist; prints a missing one, and fails if skipping is not allowed.
pub fn has(needed: &[&str]) -> bool {
    for name in needed {
        let found = match name.starts_with('/') {
            true => Path::new(name).exists(),
            false => Command::new(name).arg("--version").output().is_ok(),
        };
        if !found {
            println!("skipped: {name} is not installed");
            assert!(
                std::env::var_os("CEBRIDGE_TESTS_MUST_RUN").is_none(),
                "{name} is needed and not installed"
            );
            return false;
        }
    }
    true
}

/// Runs a program in a directory, expects success and returns what it printed.
pub fn run(directory: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// Runs openssl with arguments separated by blanks.
pub fn openssl(directory: &Path, arguments: &str) -> String {
    run(directory, "openssl", &arguments.split(' ').collect::<Vec<_>>())
}

/// Writes a file with permission bits.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, bytes).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    path.to_owned()
}

/// Secrets by name; no one to ask.
#[derive(Default)]
pub struct Variables(pub HashMap<String, String>);

impl Variables {
    pub fn one(name: &str, value: &str) -> Variables {
        Variables(HashMap::from([(name.to_owned(), value.to_owned())]))
    }
}

impl Secrets for Variables {
    fn variable(&self, name: &str) -> Option<Zeroizing<String>> {
        self.0.get(name).cloned().map(Zeroizing::new)
    }

    fn ask(&self, _question: &str) -> Option<Zeroizing<String>> {
        None
    }
}
