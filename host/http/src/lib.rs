//! The HTTP interface: signing and verifying for other systems, and the real-time payment data flow.
//!
//! Nothing listens unless it is configured. [`Web`] owns the threads; [`Web::sign_service`] opens the signing service
//! and [`Web::pay179`] the endpoint that customs asks for payment data. Keys, packs and the ledger stay behind traits
//! ([`SignService`], [`SignatureLog`], [`Sealer`], [`PaymentSource`], [`Upload`]) that the caller provides.
#![forbid(unsafe_code)]

mod auth;
mod flow;
mod problem;
mod server;
mod service;
mod tls;
mod web;

pub use auth::{Client, Clients, TokenError};
pub use flow::source::{FolderSource, PaymentSource};
pub use flow::store::{Record, State, StoreError};
pub use flow::upload::{HttpUpload, Upload, UploadError};
pub use flow::{Flow, FlowOptions, FlowParts, Sealer, Tell};
pub use server::Limits;
pub use service::{
    Refusal, RefusalKind, RefusalReason, ServiceOptions, SignRequest, SignService, SignatureLog, SignatureRecord,
    Signed,
};
pub use tls::{TlsError, TlsFiles};
pub use web::{Running, StartError, Web};
