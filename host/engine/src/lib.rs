//! The declaration pipeline and the document and receipt state machines.
//!
//! ```text
//! ERP data ─► map ─► validate ─► policy ─► assemble ─► sign ─► envelope ─► ledger ─► transmit … receipts ─► ledger
//! ```
//!
//! Plugins decide, this crate acts. It knows no message: names, order and formats come from the pack in force.
#![forbid(unsafe_code)]

pub mod assemble;
pub mod cases;
pub mod catalogue;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod declare;
pub mod deliver;
pub mod draft;
pub mod engine;
pub mod error;
pub mod explain;
pub mod fate;
pub mod judge;
pub(crate) mod keys;
pub mod map;
pub mod packs;
pub mod receipts;
pub mod reload;
pub mod scaffold;
pub mod sign_message;
pub mod signing;
pub mod source_files;
pub mod status;
pub mod values;

pub use engine::Engine;
pub use error::EngineError;

use draft::Draft;

/// A new guid as the specification writes it: 36 characters, letters in upper case.
#[must_use]
pub fn new_guid() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}

/// Groups by message, messages in the order of their first document.
pub(crate) fn by_message(drafts: Vec<Draft>) -> Vec<(String, Vec<Draft>)> {
    let mut groups: Vec<(String, Vec<Draft>)> = Vec::new();
    for draft in drafts {
        match groups.iter_mut().find(|(message, _)| *message == draft.message) {
            Some((_, group)) => group.push(draft),
            None => groups.push((draft.message.clone(), vec![draft])),
        }
    }
    groups
}
