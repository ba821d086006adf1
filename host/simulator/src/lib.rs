//! The customs side: opens envelopes, checks schema and signature, compares the documents and answers with receipts.
//!
//! It uses the same lower crates as the engine and knows nothing of it. [`shop`] makes the ERP data of the
//! demonstration.
#![forbid(unsafe_code)]

mod admit;
mod answer;
mod arrive;
mod change;
mod codes;
mod compare;
mod customs;
mod decide;
mod error;
mod faults;
mod ids;
mod journal;
mod kinds;
mod letter;
mod letters;
mod memory;
mod notice;
mod odd;
mod post;
mod records;
pub mod shop;
mod time;
mod tree;

pub use compare::Objection;
pub use customs::{Customs, PackOf, Round};
pub use error::SimulatorError;
pub use faults::Faults;
pub use journal::StateError;
pub use odd::{Form, Odd, OddError};
