//! The customs card (UKey) behind an agent: the card stays in its reader, the gateway runs elsewhere.
//!
//! ```text
//! gateway machine                        machine with the card (Windows)
//! Gateway  ◄── mutual TLS 1.3 ────────── agent ── ws://127.0.0.1:61232 ──► customs client program ──► card
//! UkeyKey      the agent connects out    has the PIN
//! ```
//!
//! The agent opens no port and the PIN never leaves its machine. The gateway identifies an agent by its client
//! certificate: the common name (or, without one, the first DNS name) is the name used in a key's configuration.
//!
//! # Setting it up
//! One authority for this purpose, a certificate for the gateway that names its host, and one for each agent (the
//! commands need OpenSSL 3):
//!
//! ```sh
//! umask 077
//! openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
//!   -subj "/CN=cebridge agents" -addext basicConstraints=critical,CA:TRUE \
//!   -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.pem
//! openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 730 \
//!   -subj "/CN=gateway" -addext basicConstraints=critical,CA:FALSE \
//!   -addext subjectAltName=DNS:gateway.example.com -addext extendedKeyUsage=serverAuth \
//!   -keyout gateway.key -out gateway.pem
//! openssl req -x509 -CA ca.pem -CAkey ca.key -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 730 \
//!   -subj "/CN=ukey-1" -addext basicConstraints=critical,CA:FALSE -addext extendedKeyUsage=clientAuth \
//!   -keyout ukey-1.key -out ukey-1.pem
//! ```
//!
//! Beside the card, with `ca.pem`, `ukey-1.pem` and `ukey-1.key`:
//!
//! ```sh
//! cebridge ukey-agent --gateway gateway.example.com:7443 --ca ca.pem --cert ukey-1.pem --key ukey-1.key
//! ```
//!
//! Without a card, `cebridge ukey-simulator` replaces the customs client program.
//!
//! # Protecting the PIN
//! It is sent to the card only with signature requests. After an error that is, or may be, about the PIN, or after a
//! change of cards, the agent does not touch the card again until it is restarted.
//! [`cebridge_signature::KeyFault::may_retry`] reports this to the caller.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod agent;
mod card;
mod caution;
mod check;
mod event;
mod gateway;
mod key;
mod link;
mod protocol;
mod registry;
mod session;
pub mod simulator;
mod tls;
mod wire;
mod worker;

use std::time::Duration;

pub use agent::{Agent, AgentConfig, AgentError, AgentEvent, AgentObserver, AgentTimes};
pub use card::{CardClient, CardConfig, CardIdentity, DEFAULT_SERVICE, ServiceAddress};
pub use check::UnusableCertificate;
pub use event::{GatewayEvent, GatewayObserver, GatewayTimes};
pub use gateway::{Gateway, GatewayConfig, GatewayError, UkeyOptions};
pub use key::UkeyKey;
pub use registry::AgentStatus;
pub use tls::{TlsError, TlsFiles};

/// Durations in seconds: whole in configuration, fractional in events.
mod seconds {
    use super::Duration;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }

    pub(crate) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(time.as_secs_f64())
    }
}
