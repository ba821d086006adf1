//! Task of the agent's card: outlives connections to the gateway, and does one thing at a time.

use std::time::Duration;

use cebridge_signature::KeyFault;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::card::{CardClient, CardIdentity};
use crate::wire::{CardReport, ReportedCard, WireScheme};

/// Jobs that may wait for the card. The gateway sends one at a time; more arrive only if it restarted meanwhile.
const QUEUE: usize = 16;

/// A signature requested by the gateway.
pub(crate) struct CardJob {
    pub(crate) scheme: WireScheme,
    pub(crate) message: String,
    pub(crate) deadline: Instant,
    pub(crate) reply: oneshot::Sender<Result<Vec<u8>, KeyFault>>,
}

/// The card's task. Ends when this is dropped.
pub(crate) struct Worker {
    pub(crate) jobs: mpsc::Sender<CardJob>,
    pub(crate) report: watch::Receiver<CardReport>,
    task: JoinHandle<()>,
}

impl Worker {
    /// Starts the task; it looks for a missing card every `probe`.
    pub(crate) fn start(card: CardClient, probe: Duration) -> Worker {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (state, report) = watch::channel(CardReport {
            card: None,
            problem: Some("the card was not asked yet".to_owned()),
        });
        let task = tokio::spawn(run(card, probe, queue, state));
        Worker { jobs, report, task }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn run(
    mut card: CardClient,
    probe: Duration,
    mut queue: mpsc::Receiver<CardJob>,
    state: watch::Sender<CardReport>,
) {
    look(&mut card, &state).await;
    loop {
        let idle = state.borrow().problem.is_some() && card.stopped().is_none();
        tokio::select! {
            job = queue.recv() => match job {
                Some(job) => work(&mut card, job, &state).await,
                None => return,
            },
            () = sleep(probe), if idle => look(&mut card, &state).await,
        }
    }
}

/// Identifies the card; needs no PIN.
async fn look(card: &mut CardClient, state: &watch::Sender<CardReport>) {
    match card.identify().await {
        Ok(identity) => update(state, Some(&identity), card.stopped().map(ToString::to_string)),
        Err(fault) => update(state, None, Some(fault.to_string())),
    }
}

async fn work(card: &mut CardClient, job: CardJob, state: &watch::Sender<CardReport>) {
    // The caller is gone or no longer waits.
    if job.reply.is_closed() || Instant::now() >= job.deadline {
        return;
    }
    let result = card
        .sign(job.scheme.scheme(), job.message.as_bytes(), job.deadline)
        .await;
    let problem = match (&result, card.stopped()) {
        (_, Some(stopped)) => Some(stopped.to_string()),
        (Err(fault @ (KeyFault::Unavailable(_) | KeyFault::Timeout(_))), None) => Some(fault.to_string()),
        _ => None,
    };
    update(state, None, problem);
    // The connection may have ended meanwhile; the signature is lost without harm.
    drop(job.reply.send(result));
}

/// Publishes changes; a card once seen stays, its problem comes and goes.
fn update(state: &watch::Sender<CardReport>, identity: Option<&CardIdentity>, problem: Option<String>) {
    let card = identity.map(|identity| ReportedCard {
        card_id: identity.card_id.clone(),
        cert_no: identity.cert_no.clone(),
        certificate: identity.certificate.to_pem(),
    });
    state.send_if_modified(|report| {
        let before = report.clone();
        if card.is_some() {
            report.card = card;
        }
        report.problem = problem;
        *report != before
    });
}
