//! The rules of the customs side, document by document: signed messages in, receipts out, through folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod drafts;
mod memory;
mod repeats;
// The sample documents of the end-to-end tests, made from the catalogue.
#[allow(dead_code)]
#[path = "../../../../tests/e2e/samples.rs"]
mod samples;
mod support;
mod way_back;
mod withdrawals;
