//! Customs cards behind an agent, over real sockets and real mutual TLS, against the simulated card service.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod card;
mod door;
mod pin;
mod reconnect;
mod signing;
mod support;
