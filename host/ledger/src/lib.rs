//! The store: every accepted document, message, receipt and state change, in SQLite.
//!
//! One `Ledger` may be shared by threads, and one file by several processes. Every call is one
//! transaction: it is on disk when it returns `Ok`, and has changed nothing when it returns `Err`.
//! Times are kept with milliseconds.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

#[cfg(test)]
extern crate self as cebridge_ledger;

mod accept;
mod backup;
mod check;
mod clock;
mod concerns;
mod error;
mod evidence;
mod fault;
mod fold;
mod hash;
mod head;
mod hosts;
mod input;
mod inputs;
mod look;
mod matching;
mod outbox;
mod packs;
#[cfg(test)]
mod plans;
mod query;
mod reading;
mod receipts;
mod record;
mod retry;
mod schema;
mod sealed;
mod state;
mod status;
mod store;
mod trail;
mod view;

pub use backup::PutBack;
pub use cebridge_rule_core::pack::Meaning;
pub use check::{CheckReport, Opened, Problem, ProblemKind, Reader, Record};
pub use error::LedgerError;
pub use evidence::{ArrivalView, MessageView, Period, Snapshot};
pub use head::Head;
pub use hosts::{Answer, HostView, NewRequest, Request};
pub use input::{
    Arrival, Batch, Claim, Concern, Effect, Filter, FormatError, FormatErrorOutcome, Intake, NewDocument, NewMessage,
    NewReceipt, Progress, ReceiptFilter, ReceiptOutcome, RetrySelector,
};
pub use inputs::{InputState, InputView, NewInput};
pub use look::{Look, look};
pub use packs::{Force, ForceOrigin, NewForce, NewPack, Offer, OfferState, PackRow};
pub use status::Status;
pub use store::Ledger;
pub use view::{DocumentView, Event, Lot, OutboxItem, OutboxState, Reason, ReceiptView};
