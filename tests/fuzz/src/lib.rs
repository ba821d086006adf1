//! For tests only: what must hold for any input, as functions that fuzzers and tests run alike.
//!
//! Each target takes arbitrary bytes and panics where a promise of the readers, of canonical form, of signatures or of
//! envelopes is broken. `cargo fuzz run NAME` (folder `fuzz`) searches for such bytes; the tests of this crate replay
//! the inputs kept in `tests/fuzz/fuzz/seeds`. There is no I/O.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod canonical;
mod envelope;
mod readers;
mod script;
mod second;
mod signed;
mod view;

pub use canonical::c14n;
pub use envelope::envelope;
pub use readers::parser;
pub use signed::signature;
pub use view::data_without_signature;

/// A fuzz target: panics when its property does not hold for these bytes.
pub type Target = fn(&[u8]);

/// All targets by name, as `cargo fuzz run` and the folders of `tests/fuzz/fuzz/seeds` know them.
pub const TARGETS: [(&str, Target); 4] = [
    ("parser", parser),
    ("c14n", c14n),
    ("signature", signature),
    ("envelope", envelope),
];
