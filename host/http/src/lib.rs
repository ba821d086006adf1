//! The HTTP interface: signing and verifying for other systems, and the real-time payment data flow.
//!
//! Nothing listens unless it is configured. [`start`] opens what a configuration asks for. [`Web`] owns the threads;
//! [`Web::sign_service`] opens the signing service and [`Web::pay179`] the endpoint that customs asks for payment data.
//! Both work with the engine's keys, packs and ledger.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod auth;
mod error;
mod flow;
mod problem;
mod server;
mod service;
mod start;
mod tell;
mod tls;
mod web;

pub use auth::{Client, Clients, TokenError};
pub use error::StartError;
pub use flow::payment_signer::PaymentSigner;
pub use flow::source::{FolderSource, PaymentSource};
pub use flow::store::{Record, State, StoreError};
pub use flow::upload::{HttpUpload, Upload, UploadError};
pub use flow::{Flow, FlowOptions, FlowParts};
pub use server::Limits;
pub use service::ServiceOptions;
pub use start::start;
pub use tell::Tell;
pub use tls::{TlsError, TlsFiles};
pub use web::{Listener, Web};
