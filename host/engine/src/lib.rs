//! The declaration pipeline and the document and receipt state machines.
//!
//! ```text
//! ERP data ─► map ─► validate ─► policy ─► assemble ─► sign ─► envelope ─► ledger ─► transmit … receipts ─► ledger
//! ```
//!
//! Plugins decide, this crate acts. It has no built-in messages: names, order and formats come from the pack in force.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

pub mod assemble;
pub mod audit;
mod batch;
pub mod catalogue;
pub mod checks;
pub mod codes;
pub mod config;
pub mod daemon;
pub mod declare;
mod deliver;
pub mod doctor;
mod engine;
mod error;
mod fate;
mod file_state;
mod host_rules;
pub mod inbox;
mod inputs;
mod intake;
mod judge;
mod key_life;
mod keys;
mod map;
mod mappers;
mod numbers;
mod origin;
mod outgoing;
mod own_words;
pub mod packs;
mod process;
mod receipts;
pub mod requests;
mod round;
mod running;
mod sign_message;
pub mod signers;
pub mod signing;
mod status;
mod values;

pub use deliver::send_due;
pub use engine::{Engine, directory_transport, existing_ledger, open_ledger};
pub use error::EngineError;
pub use fate::{Fate, Stage, short_key};
pub use host_rules::{HostRule, UNREADABLE};
pub use intake::Slot;
pub use judge::{Judged, Verdict, judge, point_to_editions};
pub use key_life::{KeyEnd, KeyToLookAt, key_ends, key_life};
pub use map::{Input, MapReport, map};
pub use mappers::load_mapper;
pub use origin::Origin;
pub use receipts::collect as collect_receipts;
pub use running::Running;
pub use sign_message::{SignRefusal, SignedMessage, Transmitter, sign_message, transmitter};
pub use status::fate;

/// Returns a new guid in the specification's form: 36 characters, upper case.
#[must_use]
pub fn new_guid() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}
