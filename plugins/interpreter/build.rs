//! Sets a small stack: every message gets a fresh instance of the pack, and less memory is faster to reset.

fn main() {
    println!("cargo::rustc-link-arg-cdylib=-zstack-size=32768");
    println!("cargo::rerun-if-changed=build.rs");
}
