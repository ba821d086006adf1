//! End-to-end tests: everything through the real binary, the way users run it.

mod daemon;
mod declare;
mod demo;
mod hostile;
mod packs;
mod signature;
mod support;
mod validate;
