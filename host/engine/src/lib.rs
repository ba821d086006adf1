//! The declaration pipeline and the document and receipt state machines.
//!
//! ```text
//! ERP data ─► map ─► validate ─► policy ─► assemble ─► sign ─► envelope ─► ledger ─► transmit … receipts ─► ledger
//! ```
//!
//! Plugins decide, this crate acts. It has no built-in messages: names, order and formats come from the pack in force.
#![forbid(unsafe_code)]

pub mod assemble;
pub mod audit;
pub(crate) mod batch;
pub mod catalogue;
pub mod checks;
pub mod codes;
pub mod config;
pub mod daemon;
pub mod declare;
pub mod deliver;
pub mod doctor;
pub mod engine;
pub mod error;
pub mod fate;
pub(crate) mod file_state;
pub mod host_rules;
pub mod inbox;
pub(crate) mod inputs;
pub mod intake;
pub mod judge;
pub mod key_life;
pub(crate) mod keys;
pub mod map;
pub(crate) mod numbers;
pub mod outgoing;
pub(crate) mod own_words;
pub mod packs;
pub mod process;
pub mod receipts;
pub mod requests;
pub mod running;
pub mod sign_message;
pub mod signers;
pub mod signing;
pub mod status;
pub mod values;

pub use engine::Engine;
pub use error::EngineError;
pub use inputs::Origin;

/// Returns a new guid in the specification's form: 36 characters, upper case.
#[must_use]
pub fn new_guid() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}
