//! The customs side: opens envelopes, checks schema and signature, compares the documents and answers with receipts.
//!
//! It stands beside the engine on the same lower rooms and knows nothing of it. [`shop`] makes the ERP data of the
//! demonstration.
#![forbid(unsafe_code)]

mod answer;
mod codes;
mod compare;
mod customs;
mod decide;
mod faults;
mod kinds;
mod notice;
mod records;
pub mod shop;
mod time;

pub use compare::Objection;
pub use customs::{Clock, Customs, PackOf, Round, SimulatorError};
pub use faults::Faults;
