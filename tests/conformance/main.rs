//! Holds the schema layer and the catalogue against an independent validator, and against themselves.
//!
//! Messages of every kind are generated from the catalogue and broken in every likely way. `CEBRIDGE_CASES` sets how
//! many (6000), `CEBRIDGE_SEED` where the seeds begin; a failure prints the seed of its message.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod defects;
mod differential;
mod packs;
mod places;
mod properties;
mod shrink;
mod xmllint;
