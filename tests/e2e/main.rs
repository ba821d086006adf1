//! End-to-end tests: everything through the real binary, the way users run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod daemon;
mod declare;
mod demo;
mod hostile;
mod messages;
mod packs;
mod samples;
mod signature;
mod support;
mod validate;
