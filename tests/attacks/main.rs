//! Attacks on the verification of signatures, each made from a freshly signed message, each with the answer it must get.
//!
//! The real binary judges every one in a process of its own, whose memory is measured. An attack is refused for its own
//! reason, or it is no attack: then the message is accepted, and the data layer reads from it exactly what was signed.
//! `CEBRIDGE_BINARY=target/release/cebridge` attacks a build with optimisation: then the largest files are used, and time
//! is limited too. `CEBRIDGE_ATTACK=TEXT` runs only those whose names contain the text, and shows what the binary said.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod algorithms;
mod attack;
mod certificates;
mod declarations;
mod encodings;
mod forge;
mod hidden;
mod judge;
mod markup;
mod measure;
mod references;
mod sizes;
mod sm2;
mod values;
mod victim;
mod wrapping;
