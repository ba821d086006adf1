//! The agent: runs beside the card, connects out to the gateway and has the card sign what the gateway requests.
//!
//! The PIN stays here. After a refused PIN, a locked card or a different card, the agent keeps running but refuses to
//! sign until it is restarted by hand; it does not exit, so no supervisor restarts it into the next wrong PIN.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::KeyFault;
use rustls::pki_types::ServerName;
use serde::Serialize;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

use crate::card::{CardClient, CardConfig, ServiceAddress};
use crate::tls::{TlsError, TlsFiles, connector};
use crate::wire::{CardReport, Connection, FromAgent, FromGateway, VERSION, WireError};
use crate::worker::{CardJob, Worker};

type Link = Connection<TlsStream<TcpStream>, FromGateway>;
type Reply = oneshot::Receiver<Result<Vec<u8>, KeyFault>>;

/// Configuration of an agent.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The gateway, `HOST:PORT`. Its certificate must name the host.
    pub gateway: String,
    /// Files for TLS; the certificate names the agent.
    pub tls: TlsFiles,
    /// The card's local service.
    pub card: CardConfig,
    /// Timings, mainly of interest to tests.
    pub times: AgentTimes,
}

/// Timings of an agent.
#[derive(Debug, Clone)]
pub struct AgentTimes {
    /// Time limit for connecting, TLS and the gateway's welcome.
    pub connect: Duration,
    /// First pause before reconnecting; doubled with each failure, then shortened at random by up to half.
    pub first_pause: Duration,
    /// Longest pause before reconnecting.
    pub longest_pause: Duration,
    /// Silence after which the gateway counts as gone; it pings every 10 s.
    pub silence: Duration,
    /// Interval of checks for a missing card.
    pub probe: Duration,
}

impl Default for AgentTimes {
    fn default() -> AgentTimes {
        AgentTimes {
            connect: Duration::from_secs(10),
            first_pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
            silence: Duration::from_secs(30),
            probe: Duration::from_secs(5),
        }
    }
}

/// Error starting an agent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AgentError {
    /// TLS can't be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The card service is not local.
    #[error(transparent)]
    Service(#[from] ServiceAddress),
    /// The gateway's address is malformed.
    #[error("`{0}` is no gateway address; write HOST:PORT, for example gateway.example.com:7443")]
    Gateway(String),
    /// An empty PIN would use up an attempt.
    #[error("the PIN is empty; set CEBRIDGE_UKEY_PIN, or run the command in a terminal to be asked")]
    NoPin,
}

/// An event of an agent, for its observer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AgentEvent {
    /// The gateway accepted the agent.
    Connected {
        /// The gateway.
        gateway: String,
        /// The agent's name there.
        name: String,
    },
    /// The connection failed or ended.
    Disconnected {
        /// The reason.
        reason: String,
        /// Time until the next try; seconds in JSON.
        #[serde(serialize_with = "crate::seconds::serialize")]
        again_in: Duration,
    },
    /// The card is ready.
    Card {
        /// Card number (卡号).
        card_id: String,
        /// Number of its certificate (证书编号).
        cert_no: String,
    },
    /// The card can't sign at present, or not until the agent is restarted.
    CardProblem {
        /// The problem and its remedy.
        problem: String,
    },
}

impl fmt::Display for AgentEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AgentEvent::Connected { gateway, name } => write!(f, "connected to {gateway} as {name}"),
            AgentEvent::Disconnected { reason, again_in } => {
                write!(
                    f,
                    "not connected: {reason}; trying again in {:.1} s",
                    again_in.as_secs_f64()
                )
            }
            AgentEvent::Card { card_id, cert_no } => write!(f, "card {card_id}, certificate {cert_no}, is ready"),
            AgentEvent::CardProblem { problem } => write!(f, "card: {problem}"),
        }
    }
}

/// Callback for events.
pub type AgentObserver = Arc<dyn Fn(&AgentEvent) + Send + Sync>;

/// An agent that is ready to run.
pub struct Agent {
    config: AgentConfig,
    host: ServerName<'static>,
    connector: TlsConnector,
    card: CardClient,
    observer: AgentObserver,
}

impl fmt::Debug for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Agent")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}

impl Agent {
    /// Reads the files; does not connect yet.
    ///
    /// # Errors
    /// [`AgentError`].
    pub fn new(config: AgentConfig, pin: Zeroizing<String>, observer: AgentObserver) -> Result<Agent, AgentError> {
        if pin.is_empty() {
            return Err(AgentError::NoPin);
        }
        let wrong = || AgentError::Gateway(config.gateway.clone());
        let (host, port) = config.gateway.rsplit_once(':').ok_or_else(wrong)?;
        port.parse::<u16>().map_err(|_| wrong())?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let host = ServerName::try_from(host).map_err(|_| wrong())?;
        let connector = connector(&config.tls)?;
        let card = CardClient::new(config.card.clone(), pin)?;
        Ok(Agent {
            config,
            host,
            connector,
            card,
            observer,
        })
    }

    /// Serves until the future is dropped: connects, signs, and reconnects when the connection is lost.
    pub async fn run(self) {
        let Agent {
            config,
            host,
            connector,
            card,
            observer,
        } = self;
        let times = &config.times;
        let worker = Worker::start(card, times.probe);
        let teller = tell_card(&worker, &observer);
        let serve = async {
            let mut failures = 0;
            loop {
                let reason = match timeout(times.connect, open(&config, &host, &connector, &worker)).await {
                    Ok(Ok((link, name))) => {
                        failures = 0;
                        let gateway = config.gateway.clone();
                        observer(&AgentEvent::Connected { gateway, name });
                        serve(link, &worker, times.silence).await
                    }
                    Ok(Err(reason)) => reason,
                    Err(_) => format!("{} does not answer within {:?}", config.gateway, times.connect),
                };
                let again_in = pause(times, failures);
                failures += 1;
                observer(&AgentEvent::Disconnected { reason, again_in });
                sleep(again_in).await;
            }
        };
        tokio::join!(teller, serve);
    }
}

/// Reports changes in the card's state to the observer.
async fn tell_card(worker: &Worker, observer: &AgentObserver) {
    let mut report = worker.report.clone();
    while report.changed().await.is_ok() {
        let report = report.borrow_and_update().clone();
        match (report.card, report.problem) {
            (_, Some(problem)) => observer(&AgentEvent::CardProblem { problem }),
            (Some(card), None) => observer(&AgentEvent::Card {
                card_id: card.card_id,
                cert_no: card.cert_no,
            }),
            (None, None) => {}
        }
    }
}

/// Connects and awaits the welcome.
async fn open(
    config: &AgentConfig,
    host: &ServerName<'static>,
    connector: &TlsConnector,
    worker: &Worker,
) -> Result<(Link, String), String> {
    let gateway = &config.gateway;
    let stream = TcpStream::connect(gateway)
        .await
        .map_err(|error| format!("cannot connect to {gateway}: {error}"))?;
    // Small frames, each waited for.
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let stream = connector
        .connect(host.clone(), stream)
        .await
        .map_err(|error| format!("no TLS with {gateway}: {error}"))?;
    let mut link = Link::new(stream);
    let card = worker.report.borrow().clone();
    let hello = FromAgent::Hello {
        version: VERSION,
        software: concat!("cebridge ", env!("CARGO_PKG_VERSION")).to_owned(),
        card,
    };
    let refused = |error: WireError| format!("{gateway} refuses the agent: {error}");
    link.send(&hello).await.map_err(refused)?;
    match link.next().await.map_err(refused)? {
        FromGateway::Welcome { version: VERSION, name } => Ok((link, name)),
        FromGateway::Welcome { version, .. } => Err(format!("{gateway} speaks version {version}, not {VERSION}")),
        FromGateway::Refused { reason } => Err(format!("{gateway} refuses the agent: {reason}")),
        FromGateway::Sign { .. } | FromGateway::Ping => Err(format!("{gateway} does not welcome the agent")),
    }
}

/// Serves one connection until it ends; returns the reason.
async fn serve(mut link: Link, worker: &Worker, silence: Duration) -> String {
    let mut report = worker.report.clone();
    // The report in the hello may be outdated.
    report.mark_changed();
    let mut signing: Option<(u64, Reply)> = None;
    let mut heard = Instant::now();
    loop {
        let answer = async {
            match &mut signing {
                Some((_, reply)) => reply.await,
                None => std::future::pending().await,
            }
        };
        let sent = tokio::select! {
            frame = link.next() => {
                heard = Instant::now();
                match frame {
                    Ok(FromGateway::Ping) => link.send(&FromAgent::Pong).await,
                    Ok(FromGateway::Sign { id, scheme, message, within_ms }) => {
                        let (reply, receiver) = oneshot::channel();
                        let deadline = Instant::now() + Duration::from_millis(within_ms.min(3_600_000));
                        let job = CardJob { scheme, message, deadline, reply };
                        match worker.jobs.try_send(job) {
                            // If an earlier one is still running, the gateway has given it up, or it would not ask.
                            Ok(()) => { signing = Some((id, receiver)); Ok(()) }
                            Err(_) => {
                                let waiting = worker.jobs.max_capacity();
                                link.send(&FromAgent::Fault { id, fault: KeyFault::Busy { waiting }.into() }).await
                            }
                        }
                    }
                    Ok(FromGateway::Refused { reason }) => return reason,
                    Ok(FromGateway::Welcome { .. }) => return "the gateway welcomed the agent twice".to_owned(),
                    Err(error) => return error.to_string(),
                }
            }
            result = answer => {
                let id = signing.take().map_or(0, |(id, _)| id);
                link.send(&frame_of(id, result)).await
            }
            changed = report.changed() => match changed {
                Ok(()) => {
                    let card: CardReport = report.borrow_and_update().clone();
                    link.send(&FromAgent::Card { card }).await
                }
                Err(_) => return "the card's task ended".to_owned(),
            },
            () = tokio::time::sleep_until(heard + silence) => {
                return format!("the gateway said nothing for {silence:?}");
            }
        };
        if let Err(error) = sent {
            return error.to_string();
        }
    }
}

fn frame_of(id: u64, result: Result<Result<Vec<u8>, KeyFault>, oneshot::error::RecvError>) -> FromAgent {
    match result {
        Ok(Ok(value)) => FromAgent::Signed {
            id,
            value: STANDARD.encode(value),
        },
        Ok(Err(fault)) => FromAgent::Fault {
            id,
            fault: fault.into(),
        },
        // The worker drops expired jobs.
        Err(_) => FromAgent::Fault {
            id,
            fault: KeyFault::Timeout(Duration::ZERO).into(),
        },
    }
}

/// The pause after `failures` in a row, shortened at random so that agents don't all come back at once.
fn pause(times: &AgentTimes, failures: u32) -> Duration {
    let full = times
        .first_pause
        .saturating_mul(2_u32.saturating_pow(failures.min(16)))
        .min(times.longest_pause);
    full.mul_f64(rand::random_range(0.5..=1.0))
}
