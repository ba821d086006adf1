//! The files embedded in the binary: the interpreter, the mappers and the rule source.

use crate::digest::sha256;
use cebridge_rule_compiler::SourceSet;
use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/rules.rs"));

static INTERPRETER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cebridge_interpreter.wasm"));
static MAPPERS: &[(&str, &[u8])] = &[
    (
        "ceb",
        include_bytes!(concat!(env!("OUT_DIR"), "/cebridge_mapper_ceb.wasm")),
    ),
    (
        "shop",
        include_bytes!(concat!(env!("OUT_DIR"), "/cebridge_mapper_shop.wasm")),
    ),
];

/// Returns the rule-pack component without any rules.
#[must_use]
pub fn interpreter() -> &'static [u8] {
    INTERPRETER
}

/// Returns the SHA-256 (hex) of [`interpreter`].
#[must_use]
pub fn interpreter_digest() -> &'static str {
    static DIGEST: OnceLock<String> = OnceLock::new();
    DIGEST.get_or_init(|| sha256(INTERPRETER))
}

/// Returns name and component of each shipped mapper.
#[must_use]
pub fn shipped_mappers() -> &'static [(&'static str, &'static [u8])] {
    MAPPERS
}

/// Returns the shipped mapper with this name.
#[must_use]
pub fn shipped_mapper(name: &str) -> Option<&'static [u8]> {
    MAPPERS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, component)| *component)
}

/// Returns the shipped rule source: every file below `rules`.
#[must_use]
pub fn shipped_sources() -> SourceSet {
    SourceSet {
        files: FILES
            .iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
            .collect(),
    }
}
