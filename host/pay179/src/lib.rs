//! Real-time payment data of GACC Announcements 2018 No. 165 and No. 179: its model, its signing string, its signature.
//!
//! Customs asks a platform for the original payment data of an order ([`OpenRequest`]); the platform uploads a
//! `payExInfoStr`, signed over four of its parts. Those parts are signed *as they are uploaded*, so [`Unsigned`] writes
//! the JSON once and uses the same bytes for both, and [`verify`] works on the bytes received, never on a second
//! serialisation. No I/O, no clock.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod amount;
mod check;
mod explain;
mod forms;
mod judge;
mod listing;
mod method;
mod payload;
mod payload_error;
mod problem;
mod reason;
mod received;
mod request;
mod shape;
mod sign;
mod text;
mod tree;
mod verify;

pub use amount::Amount;
pub use check::{check, errors};
pub use listing::{Listed, members};
pub use method::Method;
pub use payload::{Good, Head, Order, Prepared, ServiceTime, Unsigned};
pub use payload_error::PayloadError;
pub use problem::{Problem, ProblemKind};
pub use reason::Reason;
pub use received::Received;
pub use request::{ANSWER_WITHIN_MS, CODE_DONE, CODE_FAILED, OpenRequest, Reply, RequestError};
pub use sign::SignFault;
pub use verify::{Options, Verdict, verify};
