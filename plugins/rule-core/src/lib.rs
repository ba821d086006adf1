//! The rule language: one model and one evaluator, for native targets and WebAssembly.
//!
//! * [`program`] is a compiled edition as the evaluator sees it: names, types, content models,
//!   code tables and rule code, without texts for people.
//! * [`batch`] is the form in which a message crosses into the evaluator: one flat byte block.
//! * [`evaluate`] judges a batch and returns findings as numbers.
//! * [`schema_rules`] are the rules at the start of every pack; [`values`] are the lexical checks behind them.
//! * [`signature`] holds a pack's data about signatures, [`policy`] answers queries about it.
//! * [`tree`] lists the elements and attributes of a message with their paths.
//! * [`roles`] says which fields play a part in declaring and in reading receipts.
//! * [`pack`] joins the program with the texts that explain it (host side), and interprets receipts.
#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod batch;
mod bytes;
pub mod evaluate;
mod lookup;
mod outcome;
pub mod pack;
pub mod policy;
pub mod program;
pub mod roles;
pub mod schema_rules;
pub mod signature;
pub mod tree;
pub mod values;
