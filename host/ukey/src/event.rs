//! Events at the gateway, and its timings.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

/// Timings of a gateway, mainly of interest to tests.
#[derive(Debug, Clone)]
pub struct GatewayTimes {
    /// Time limit for TLS and the agent's hello.
    pub handshake: Duration,
    /// Interval between pings.
    pub ping: Duration,
    /// Silence after which an agent counts as gone.
    pub silence: Duration,
    /// Time a connected agent has to prove it is alive when another one arrives with the same name.
    pub proof_of_life: Duration,
}

impl Default for GatewayTimes {
    fn default() -> GatewayTimes {
        GatewayTimes {
            handshake: Duration::from_secs(10),
            ping: Duration::from_secs(10),
            silence: Duration::from_secs(30),
            proof_of_life: Duration::from_secs(3),
        }
    }
}

/// An event at the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GatewayEvent {
    /// An agent connected.
    Connected {
        /// Its name, from its certificate.
        agent: String,
        /// Its address.
        peer: SocketAddr,
    },
    /// An agent disconnected.
    Disconnected {
        /// Its name.
        agent: String,
        /// The reason.
        reason: String,
    },
    /// A connection was refused.
    Refused {
        /// Its address.
        peer: SocketAddr,
        /// The reason.
        reason: String,
    },
    /// An agent's card changed.
    Card {
        /// The agent.
        agent: String,
        /// The card's number, if it is known.
        card_id: Option<String>,
        /// Reason if it can't sign now.
        problem: Option<String>,
    },
}

impl fmt::Display for GatewayEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GatewayEvent::Connected { agent, peer } => write!(f, "agent {agent} connected from {peer}"),
            GatewayEvent::Disconnected { agent, reason } => write!(f, "agent {agent} disconnected: {reason}"),
            GatewayEvent::Refused { peer, reason } => write!(f, "connection from {peer} refused: {reason}"),
            GatewayEvent::Card {
                agent,
                card_id,
                problem,
            } => {
                let card = card_id.as_deref().unwrap_or("unknown");
                match problem {
                    Some(problem) => write!(f, "agent {agent}, card {card}: {problem}"),
                    None => write!(f, "agent {agent}, card {card}: ready"),
                }
            }
        }
    }
}

/// Callback for events.
pub type GatewayObserver = Arc<dyn Fn(&GatewayEvent) + Send + Sync>;
