//! Writes seeds for the fuzz targets: messages of every kind, as the test generator makes them.
//!
//! `cargo run -p cebridge-test-fuzz --example seeds -- tests/fuzz/fuzz/corpus` fills a folder for each target.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../seeds/mod.rs"]
mod seeds;

use std::path::PathBuf;

/// Seeds of each kind of message.
const EACH: u64 = 2;

fn main() {
    let target = PathBuf::from(std::env::args().nth(1).expect("name the folder to write to"));
    for seed in seeds::all(EACH) {
        let folder = target.join(seed.target);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(seed.name), seed.bytes).unwrap();
    }
}
