//! The rule language: one model, one compiler and one evaluator, compiled natively and to WebAssembly.
//!
//! * [`program`] is what a compiled edition looks like to the evaluator: names, types, content models,
//!   code tables and rule code, without any text for people.
//! * [`batch`] is how a message crosses into the evaluator: one flat byte block.
//! * [`evaluate`] judges a batch and returns findings as numbers.
//! * [`schema_rules`] are the rules that every pack begins with; [`values`] are the lexical checks behind them.
//! * [`signature`] is what a pack says about signatures, [`policy`] answers questions about it.
//! * [`pack`] joins the program with the texts that explain it (host side), and answers what receipts say.
//! * `source` (feature `source`) compiles rule source (TOML) to a pack, with errors that point at the line.
#![cfg_attr(not(any(feature = "source", test)), no_std)]
#![forbid(unsafe_code)]

extern crate alloc;

pub mod batch;
mod bytes;
pub mod evaluate;
#[cfg(feature = "source")]
pub mod expr;
mod lookup;
mod outcome;
pub mod pack;
pub mod policy;
pub mod program;
pub mod schema_rules;
pub mod signature;
#[cfg(feature = "source")]
pub mod source;
pub mod values;
