//! End-to-end tests: everything through the real binary, the way users run it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accepted;
mod access;
mod asked;
mod audit;
mod audit_export;
mod author;
mod beside;
mod codes;
mod configuration;
mod daemon;
mod declare;
mod demo;
mod editions;
mod growth;
mod guests;
mod hostile;
mod in_force;
mod intake;
mod keys;
mod measure;
mod messages;
mod packs;
mod pairs;
mod pay179;
mod policy;
mod samples;
mod service;
mod sightings;
mod signature;
mod simulator;
mod standard;
mod support;
mod ukey;
mod validate;
mod verify;
