//! The gateway's listener for agents: mutual TLS, one live connection per agent name, keys by name.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cebridge_signature::{Certificate, KeyFault, SigningKey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use cebridge_keys::Agents;

use crate::check::{UnusableCertificate, kind_of};
use crate::event::{GatewayEvent, GatewayObserver, GatewayTimes};
use crate::key::UkeyKey;
use crate::registry::{AgentStatus, Registry};
use crate::session;
use crate::tls::{TlsError, TlsFiles, acceptor};

/// Most handshakes at once; arbitrary, an enterprise has a handful of agents.
const HANDSHAKES: usize = 32;
/// Time that opening a key without configured certificate waits for the card: long enough for an agent in its longest
/// pause before reconnecting.
const WAIT_FOR_CARD: Duration = Duration::from_secs(35);

/// Where agents connect to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GatewayConfig {
    /// Address and port to listen on.
    #[schemars(extend("format" = "address-and-port"))]
    pub listen: SocketAddr,
    /// Certificates of the authority that agents' certificates must come from. It should issue for agents only.
    pub ca: PathBuf,
    /// The gateway's certificate; it must name the host that agents connect to.
    pub certificate: PathBuf,
    /// The gateway's private key.
    pub key: PathBuf,
}

/// Error starting the gateway or opening a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// TLS can't be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// Listening on the address failed.
    #[error("cannot listen for agents on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The certificate holds no key that a card signs with.
    #[error(transparent)]
    Certificate(#[from] UnusableCertificate),
    /// A key without configured certificate uses the card's, and the card is not there.
    #[error(
        "agent {agent} has shown no card within {waited:?}; start `cebridge ukey-agent` beside the card, or give the key its certificate to start without"
    )]
    NoCard {
        /// The agent.
        agent: String,
        /// Time waited.
        waited: Duration,
    },
}

/// Options for a key behind an agent.
#[derive(Debug, Clone)]
pub struct UkeyOptions {
    /// Name of the agent, as in its client certificate.
    pub agent: String,
    /// Certificate of the card. Without it, the first one the card presents is used and kept.
    pub certificate: Option<Certificate>,
    /// Time limit for a signature, including waiting for others.
    pub timeout: Duration,
    /// Time to wait for the card if no certificate is given.
    pub wait: Duration,
}

/// The running gateway. Dropping it disconnects the agents.
pub struct Gateway {
    registry: Arc<Registry>,
    address: SocketAddr,
    runtime: Option<Runtime>,
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Gateway {
    /// Starts listening, in its own runtime, so callers need none.
    ///
    /// # Errors
    /// [`GatewayError`] if the files or the address are unusable.
    pub fn start(
        config: &GatewayConfig,
        times: GatewayTimes,
        observer: GatewayObserver,
    ) -> Result<Gateway, GatewayError> {
        let listen = |source| GatewayError::Listen {
            address: config.listen,
            source,
        };
        let acceptor = acceptor(&TlsFiles {
            ca: config.ca.clone(),
            certificate: config.certificate.clone(),
            key: config.key.clone(),
        })?;
        let listener = std::net::TcpListener::bind(config.listen).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("ukey-gateway")
            .enable_all()
            .build()
            .map_err(listen)?;
        let registry = Arc::new(Registry::new(times, observer));
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(listen)?
        };
        runtime.spawn(accept(listener, acceptor, Arc::clone(&registry)));
        Ok(Gateway {
            registry,
            address,
            runtime: Some(runtime),
        })
    }

    /// The listening address, with the port the system assigned if 0 was requested.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The connected agents, by name.
    #[must_use]
    pub fn agents(&self) -> Vec<AgentStatus> {
        self.registry.status()
    }

    /// Returns the key behind an agent. It stays usable while agents come and go, and signs only with the card of its
    /// certificate. Blocks for up to `options.wait` if no certificate is given.
    ///
    /// # Errors
    /// [`GatewayError::NoCard`], [`GatewayError::Certificate`].
    pub fn key(&self, options: &UkeyOptions) -> Result<UkeyKey, GatewayError> {
        let certificate = match &options.certificate {
            Some(certificate) => certificate.clone(),
            None => self
                .registry
                .wait_for_card(&options.agent, Instant::now() + options.wait)
                .ok_or_else(|| GatewayError::NoCard {
                    agent: options.agent.clone(),
                    waited: options.wait,
                })?,
        };
        let kind = kind_of(&certificate)?;
        let registry = Arc::clone(&self.registry);
        Ok(UkeyKey::new(
            registry,
            options.agent.clone(),
            certificate,
            kind,
            options.timeout,
        ))
    }
}

impl Agents for Gateway {
    fn key(
        &self,
        agent: &str,
        certificate: Option<Certificate>,
        timeout: Duration,
    ) -> Result<(Arc<dyn SigningKey>, Certificate), KeyFault> {
        let options = UkeyOptions {
            agent: agent.to_owned(),
            certificate,
            timeout,
            wait: WAIT_FOR_CARD,
        };
        let key = Gateway::key(self, &options).map_err(|error| match error {
            GatewayError::NoCard { .. } => KeyFault::Unavailable(error.to_string()),
            error => KeyFault::Failed(error.to_string()),
        })?;
        let certificate = key.certificate().clone();
        Ok((Arc::new(key), certificate))
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
        self.registry.clear();
    }
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, registry: Arc<Registry>) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        // Connections beyond the limit wait in the system's queue.
        let Ok(permit) = Arc::clone(&handshakes).acquire_owned().await else {
            return;
        };
        let Ok((stream, peer)) = listener.accept().await else {
            // Out of file descriptors, most likely: wait for some to be closed.
            sleep(Duration::from_millis(200)).await;
            continue;
        };
        let (acceptor, registry) = (acceptor.clone(), Arc::clone(&registry));
        tokio::spawn(async move {
            let handshake = session::greet(&acceptor, stream);
            let greeted = timeout(registry.times().handshake, handshake).await;
            let session = match greeted {
                Ok(Ok(session)) => session,
                Ok(Err(reason)) => return registry.tell(&GatewayEvent::Refused { peer, reason }),
                Err(_) => {
                    let reason = "no handshake in time".to_owned();
                    return registry.tell(&GatewayEvent::Refused { peer, reason });
                }
            };
            drop(permit);
            session.serve(&registry, peer).await;
        });
    }
}
