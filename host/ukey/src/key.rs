//! A card behind an agent as a signing key.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use cebridge_signature::{Certificate, KeyFault, KeyKind, Scheme, SigningKey};
use tokio::sync::mpsc::error::TrySendError;

use crate::check::check;
use crate::registry::{Job, QUEUE, Registry};

/// A customs card (UKey) behind an agent. Calls from several threads are queued; the card does one at a time.
pub struct UkeyKey {
    registry: Arc<Registry>,
    agent: String,
    certificate: Certificate,
    kind: KeyKind,
    timeout: Duration,
}

impl fmt::Debug for UkeyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UkeyKey")
            .field("agent", &self.agent)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

impl UkeyKey {
    pub(crate) fn new(
        registry: Arc<Registry>,
        agent: String,
        certificate: Certificate,
        kind: KeyKind,
        timeout: Duration,
    ) -> UkeyKey {
        UkeyKey {
            registry,
            agent,
            certificate,
            kind,
            timeout,
        }
    }

    /// The card's certificate.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }
}

impl SigningKey for UkeyKey {
    fn kind(&self) -> KeyKind {
        self.kind
    }

    fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let deadline = Instant::now() + self.timeout;
        if !scheme.fits(self.kind) {
            let (kind, scheme) = (self.kind, scheme.to_string());
            return Err(KeyFault::WrongKind { kind, scheme });
        }
        let text = std::str::from_utf8(message)
            .map_err(|_| KeyFault::Failed("a customs card signs texts in UTF-8 only".to_owned()))?;
        let agent = &self.agent;
        let slot = self.registry.find(agent).ok_or_else(|| {
            KeyFault::Unavailable(format!(
                "agent {agent} is not connected; start `cebridge ukey-agent` on the machine with the card"
            ))
        })?;
        let card = slot.card();
        match &card.certificate {
            Some(shown) if *shown == self.certificate => {}
            Some(shown) => {
                return Err(KeyFault::Unavailable(format!(
                    "agent {agent} has the card with certificate {}, but this key is the one with certificate {}; put \
                     the right card in, or configure the new certificate",
                    shown.serial_hex(),
                    self.certificate.serial_hex()
                )));
            }
            None => {
                let problem = card.problem.unwrap_or_else(|| "it has shown no card yet".to_owned());
                return Err(KeyFault::Unavailable(format!("agent {agent}: {problem}")));
            }
        }
        let (reply, answer) = sync_channel(1);
        let job = Job {
            scheme: scheme.into(),
            message: text.to_owned(),
            deadline,
            reply,
        };
        let _waiting = Waiting::new(&slot.waiting);
        match slot.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(_)) => return Err(KeyFault::Busy { waiting: QUEUE }),
            Err(TrySendError::Closed(_)) => return Err(self.lost()),
        }
        let value = match answer.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(result) => result?,
            Err(RecvTimeoutError::Timeout) => return Err(KeyFault::Timeout(self.timeout)),
            Err(RecvTimeoutError::Disconnected) => return Err(self.lost()),
        };
        // The agent has checked it already, but that is another machine's word.
        check(&self.certificate, scheme, message, &value).map_err(KeyFault::Failed)?;
        Ok(value)
    }
}

impl UkeyKey {
    fn lost(&self) -> KeyFault {
        KeyFault::Unavailable(format!(
            "agent {} disconnected before it answered; it reconnects automatically",
            self.agent
        ))
    }
}

/// Counts a caller while it waits.
struct Waiting<'a>(&'a AtomicUsize);

impl Waiting<'_> {
    fn new(count: &AtomicUsize) -> Waiting<'_> {
        count.fetch_add(1, Ordering::Relaxed);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
