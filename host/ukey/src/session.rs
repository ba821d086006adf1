//! Session of an agent: reads its hello, hands it one signature at a time and checks that it is alive.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_signature::KeyFault;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval, sleep_until};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::event::GatewayEvent;
use crate::registry::{Control, Ends, Job, Registry, Slot};
use crate::tls::secure;
use crate::wire::{CardReport, Connection, FromAgent, FromGateway, VERSION, WireError};

type Link = Connection<TlsStream<TcpStream>, FromAgent>;

/// An agent after its hello.
pub(crate) struct Session {
    link: Link,
    name: String,
    software: String,
    card: CardReport,
}

/// The current signature.
struct Current {
    id: u64,
    deadline: Instant,
    reply: SyncSender<Result<Vec<u8>, KeyFault>>,
}

/// TLS handshake and hello.
pub(crate) async fn greet(acceptor: &TlsAcceptor, stream: TcpStream) -> Result<Session, String> {
    let (stream, name) = secure(acceptor, stream).await?;
    let mut link = Link::new(stream);
    match link.next().await.map_err(|error| format!("agent {name}: {error}"))? {
        FromAgent::Hello {
            version: VERSION,
            software,
            card,
        } => Ok(Session {
            link,
            name,
            software,
            card,
        }),
        FromAgent::Hello { version, software, .. } => {
            let reason =
                format!("version {version} of {software} is not the gateway's version {VERSION}: update the older one");
            refuse(link, reason.clone()).await;
            Err(format!("agent {name}: {reason}"))
        }
        _ => Err(format!("agent {name} does not say hello")),
    }
}

async fn refuse(mut link: Link, reason: String) {
    // Courtesy; an agent that misses it comes back and is refused again.
    drop(link.send(&FromGateway::Refused { reason }).await);
    link.close().await;
}

impl Session {
    /// Serves the agent until it leaves.
    pub(crate) async fn serve(self, registry: &Registry, peer: SocketAddr) {
        let Session {
            mut link,
            name,
            software,
            card,
        } = self;
        let (slot, mut ends) = registry.slot(peer, software);
        if let Err(reason) = registry.admit(&name, &slot).await {
            registry.tell(&GatewayEvent::Refused {
                peer,
                reason: reason.clone(),
            });
            return refuse(link, reason).await;
        }
        let agent = name.clone();
        registry.tell(&GatewayEvent::Connected { agent, peer });
        registry.set_card(&name, &slot, card);
        let reason = match run(&mut link, registry, &name, &slot, &mut ends).await {
            Ok(()) => "another connection took its place".to_owned(),
            Err(error) => error,
        };
        registry.leave(&name, &slot);
        // Callers waiting for a signature learn that the agent is gone.
        drop(ends);
        link.close().await;
        registry.tell(&GatewayEvent::Disconnected { agent: name, reason });
    }
}

async fn run(
    link: &mut Link,
    registry: &Registry,
    name: &str,
    slot: &Arc<Slot>,
    ends: &mut Ends,
) -> Result<(), String> {
    let times = registry.times();
    let text = |error: WireError| error.to_string();
    let welcome = FromGateway::Welcome {
        version: VERSION,
        name: name.to_owned(),
    };
    link.send(&welcome).await.map_err(text)?;
    let mut pings = interval(times.ping);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = tokio::time::Instant::now();
    let mut proofs: Vec<oneshot::Sender<()>> = Vec::new();
    let mut current: Option<Current> = None;
    let mut last_id = 0;
    loop {
        let silent = heard + times.silence;
        let overdue = current
            .as_ref()
            .map_or(silent, |current| silent.min(current.deadline.into()));
        tokio::select! {
            frame = link.next() => {
                heard = tokio::time::Instant::now();
                let frame = frame.map_err(text)?;
                for proof in proofs.drain(..) {
                    // The caller may have stopped waiting.
                    let _ = proof.send(());
                }
                match frame {
                    FromAgent::Signed { id, value } => {
                        let value = STANDARD.decode(&value);
                        let value = value.map_err(|_| KeyFault::Failed(format!("agent {name} sent no Base64")));
                        settle(&mut current, id, value);
                    }
                    FromAgent::Fault { id, fault } => settle(&mut current, id, Err(fault.into())),
                    FromAgent::Card { card } => registry.set_card(name, slot, card),
                    FromAgent::Pong => {}
                    FromAgent::Hello { .. } => return Err("it said hello twice".to_owned()),
                }
            }
            job = ends.jobs.recv(), if current.is_none() => {
                // The slot holds the sender, so there is always one.
                let Some(Job { scheme, message, deadline, reply }) = job else { return Ok(()) };
                let left = deadline.saturating_duration_since(Instant::now());
                // The caller has stopped waiting.
                if left.is_zero() {
                    continue;
                }
                last_id += 1;
                current = Some(Current { id: last_id, deadline, reply });
                let within_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
                let sign = FromGateway::Sign { id: last_id, scheme, message, within_ms };
                link.send(&sign).await.map_err(text)?;
            }
            control = ends.control.recv() => match control {
                Some(Control::Prove(proof)) => {
                    proofs.push(proof);
                    link.send(&FromGateway::Ping).await.map_err(text)?;
                }
                Some(Control::End) | None => return Ok(()),
            },
            _ = pings.tick() => link.send(&FromGateway::Ping).await.map_err(text)?,
            () = sleep_until(overdue) => {
                // The caller times out on its own; a late reply is dropped.
                current.take_if(|current| current.deadline <= Instant::now());
                if heard.elapsed() >= times.silence {
                    return Err(format!("it said nothing for {:?}", times.silence));
                }
            }
        }
    }
}

/// Hands an answer to its caller; one to an earlier request is dropped.
fn settle(current: &mut Option<Current>, id: u64, result: Result<Vec<u8>, KeyFault>) {
    if let Some(done) = current.take_if(|current| current.id == id) {
        // The caller may have just given up.
        drop(done.reply.try_send(result));
    }
}
