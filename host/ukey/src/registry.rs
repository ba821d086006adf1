//! Connected agents: at most one per name, with its card and queue.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cebridge_signature::{Certificate, KeyFault};
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::event::{GatewayEvent, GatewayObserver, GatewayTimes};
use crate::wire::{CardReport, WireScheme};

/// Signatures that may wait for one card. At 250 a minute the last of them waits 15 s.
pub(crate) const QUEUE: usize = 64;

/// A pending signature.
pub(crate) struct Job {
    pub(crate) scheme: WireScheme,
    pub(crate) message: String,
    pub(crate) deadline: Instant,
    pub(crate) reply: SyncSender<Result<Vec<u8>, KeyFault>>,
}

/// A command to a session.
pub(crate) enum Control {
    /// Ping the agent, and report once it has sent something.
    Prove(oneshot::Sender<()>),
    /// Make way for another connection.
    End,
}

/// A connected agent, as seen from outside its session.
#[derive(Debug)]
pub(crate) struct Slot {
    number: u64,
    peer: SocketAddr,
    software: String,
    pub(crate) jobs: mpsc::Sender<Job>,
    control: mpsc::Sender<Control>,
    pub(crate) waiting: AtomicUsize,
    card: Mutex<Card>,
}

/// The agent's last report about its card.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Card {
    pub(crate) card_id: Option<String>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) problem: Option<String>,
}

/// The receiving ends of a slot, for its session.
pub(crate) struct Ends {
    pub(crate) jobs: mpsc::Receiver<Job>,
    pub(crate) control: mpsc::Receiver<Control>,
}

/// Status of a connected agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentStatus {
    /// Its name, from its certificate.
    pub agent: String,
    /// Its address.
    pub peer: SocketAddr,
    /// Name and version of its program.
    pub software: String,
    /// Card number (卡号).
    pub card_id: Option<String>,
    /// Serial number of the card's certificate, hexadecimal.
    pub serial: Option<String>,
    /// Reason if the card can't sign now.
    pub problem: Option<String>,
    /// Signatures waiting for the card, including the current one.
    pub waiting: usize,
}

/// All agents.
pub(crate) struct Registry {
    slots: Mutex<BTreeMap<String, Arc<Slot>>>,
    changed: Condvar,
    numbers: AtomicU64,
    times: GatewayTimes,
    observer: GatewayObserver,
}

impl Registry {
    pub(crate) fn new(times: GatewayTimes, observer: GatewayObserver) -> Registry {
        Registry {
            slots: Mutex::default(),
            changed: Condvar::new(),
            numbers: AtomicU64::new(0),
            times,
            observer,
        }
    }

    pub(crate) fn times(&self) -> &GatewayTimes {
        &self.times
    }

    pub(crate) fn tell(&self, event: &GatewayEvent) {
        (self.observer)(event);
    }

    /// Makes a slot that is not visible yet.
    pub(crate) fn slot(&self, peer: SocketAddr, software: String) -> (Arc<Slot>, Ends) {
        let (jobs, job_end) = mpsc::channel(QUEUE);
        let (control, control_end) = mpsc::channel(4);
        let slot = Slot {
            number: self.numbers.fetch_add(1, Ordering::Relaxed),
            peer,
            software,
            jobs,
            control,
            waiting: AtomicUsize::new(0),
            card: Mutex::default(),
        };
        let ends = Ends {
            jobs: job_end,
            control: control_end,
        };
        (Arc::new(slot), ends)
    }

    /// Admits an agent. A live one of the same name keeps its place; a dead one makes way.
    pub(crate) async fn admit(&self, name: &str, slot: &Arc<Slot>) -> Result<(), String> {
        loop {
            let present = {
                let mut slots = self.slots();
                match slots.get(name) {
                    Some(present) => Arc::clone(present),
                    None => {
                        slots.insert(name.to_owned(), Arc::clone(slot));
                        drop(slots);
                        self.changed.notify_all();
                        return Ok(());
                    }
                }
            };
            if present.lives(self.times.proof_of_life).await {
                return Err(format!(
                    "an agent named {name} is connected from {} and alive; give each agent a certificate of its own",
                    present.peer
                ));
            }
            // Its session ends when it processes this; the place is free at once.
            drop(present.control.try_send(Control::End));
            self.leave(name, &present);
        }
    }

    /// Gives a place back, unless another connection has it by now.
    pub(crate) fn leave(&self, name: &str, slot: &Arc<Slot>) {
        let mut slots = self.slots();
        if slots.get(name).is_some_and(|present| present.number == slot.number) {
            slots.remove(name);
        }
    }

    /// Records an agent's report about its card.
    pub(crate) fn set_card(&self, name: &str, slot: &Slot, report: CardReport) {
        let card = Card::of(report);
        let event = GatewayEvent::Card {
            agent: name.to_owned(),
            card_id: card.card_id.clone(),
            problem: card.problem.clone(),
        };
        let news = {
            // Under the registry's lock, so that a caller about to wait does not miss it.
            let _slots = self.slots();
            let mut present = slot.card.lock().unwrap_or_else(PoisonError::into_inner);
            let news = *present != card;
            *present = card;
            news
        };
        self.changed.notify_all();
        if news {
            self.tell(&event);
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<Arc<Slot>> {
        self.slots().get(name).cloned()
    }

    /// Waits for the certificate of an agent's card until `until`.
    pub(crate) fn wait_for_card(&self, name: &str, until: Instant) -> Option<Certificate> {
        let mut slots = self.slots();
        loop {
            if let Some(certificate) = slots.get(name).and_then(|slot| slot.card().certificate) {
                return Some(certificate);
            }
            let left = until.checked_duration_since(Instant::now())?;
            let waited = self.changed.wait_timeout(slots, left);
            slots = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn status(&self) -> Vec<AgentStatus> {
        let slots = self.slots();
        let status = |(agent, slot): (&String, &Arc<Slot>)| {
            let card = slot.card();
            AgentStatus {
                agent: agent.clone(),
                peer: slot.peer,
                software: slot.software.clone(),
                card_id: card.card_id,
                serial: card.certificate.map(|certificate| certificate.serial_hex()),
                problem: card.problem,
                waiting: slot.waiting.load(Ordering::Relaxed),
            }
        };
        slots.iter().map(status).collect()
    }

    /// Removes all agents: the gateway is closed.
    pub(crate) fn clear(&self) {
        self.slots().clear();
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Slot>>> {
        // Nothing that holds the lock can leave the map half-changed.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    pub(crate) fn card(&self) -> Card {
        self.card.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns `true` if the agent answers in time.
    async fn lives(&self, within: Duration) -> bool {
        let (sender, proof) = oneshot::channel();
        let asked = self.control.try_send(Control::Prove(sender)).is_ok();
        asked && matches!(timeout(within, proof).await, Ok(Ok(())))
    }
}

impl Card {
    fn of(report: CardReport) -> Card {
        let mut card = Card {
            problem: report.problem,
            ..Card::default()
        };
        let Some(reported) = report.card else { return card };
        card.card_id = Some(reported.card_id);
        match Certificate::from_pem(&reported.certificate) {
            Ok(certificate) => card.certificate = Some(certificate),
            Err(error) => card.problem = Some(error.to_string()),
        }
        card
    }
}
