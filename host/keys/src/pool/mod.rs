//! Key pool of one enterprise: one queue per key, work for the key that will be free first, health, failover.

mod health;
mod job;
mod lock;
mod queue;
mod rate;
mod status;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cebridge_clock::{Clock, SystemClock};
use cebridge_signature::{Certificate, KeyFault, KeyKind, Scheme, SigningKey};

use crate::source::OpenKey;
pub use health::Health;
use lock::lock;
use queue::Queue;
pub use status::KeyStatus;

/// Settings for keys that fail.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// Pause before a key is tested after its first failure; doubled with each further one.
    pub first_pause: Duration,
    /// Longest such pause.
    pub longest_pause: Duration,
    /// The clock for pauses and rates. Single signatures are timed by the operating system's.
    pub clock: Arc<dyn Clock>,
}

impl Default for PoolSettings {
    /// One second to one minute: a card that was taken out is back in service within a minute of its return. Both
    /// numbers are a choice, not a measurement.
    fn default() -> PoolSettings {
        PoolSettings {
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            clock: Arc::new(SystemClock),
        }
    }
}

/// Error creating a pool.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolError {
    /// The pool has no keys.
    #[error("no key to sign with; configure at least one")]
    Empty,
    /// Two keys share a name.
    #[error("two keys are named {0}; give each key a name of its own")]
    SameName(String),
    /// A thread cannot be started.
    #[error("no thread for key {name}: {reason}")]
    Thread {
        /// The key.
        name: String,
        /// The system's error.
        reason: String,
    },
}

/// A key of the pool, as known without asking it.
#[derive(Debug)]
pub struct PoolKey {
    name: String,
    kind: KeyKind,
    certificate: Option<Certificate>,
    queue: Arc<Queue>,
}

impl PoolKey {
    fn start(key: OpenKey, settings: &PoolSettings) -> Result<PoolKey, PoolError> {
        let queue = Queue::start(&key, settings).map_err(|error| PoolError::Thread {
            name: key.name.clone(),
            reason: error.to_string(),
        })?;
        Ok(PoolKey {
            kind: key.key.kind(),
            name: key.name,
            certificate: key.certificate,
            queue,
        })
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_ref()
    }
}

/// A key lent for one message, with a place in its queue.
#[derive(Debug)]
pub struct Lease<'a> {
    key: &'a PoolKey,
    index: usize,
    signer: Arc<Lent>,
}

impl Lease<'_> {
    /// The signing key: pass it to the signer with [`Lease::certificate`]. It waits its turn in the key's queue.
    #[must_use]
    pub fn signing_key(&self) -> Arc<dyn SigningKey> {
        Arc::clone(&self.signer) as Arc<dyn SigningKey>
    }

    /// The certificate whose serial number is the `KeyName` of signatures by this key.
    #[must_use]
    pub fn certificate(&self) -> Option<&Certificate> {
        self.key.certificate()
    }
}

impl std::ops::Deref for Lease<'_> {
    type Target = PoolKey;

    fn deref(&self) -> &PoolKey {
        self.key
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.key.queue.give_back();
    }
}

/// The leased key as a signing key; it remembers its last fault, so the pool need not interpret the job's errors.
struct Lent {
    queue: Arc<Queue>,
    fault: Mutex<Option<KeyFault>>,
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent")
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

impl SigningKey for Lent {
    fn kind(&self) -> KeyKind {
        self.queue.kind()
    }

    fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let result = self.queue.sign(scheme, message);
        *lock(&self.fault) = result.as_ref().err().cloned();
        result
    }
}

/// A signature with the key that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedBy {
    /// Name of the key.
    pub key: String,
    /// Its certificate.
    pub certificate: Option<Certificate>,
    /// The signature value, see [`SigningKey::sign`].
    pub value: Vec<u8>,
}

/// The keys of one enterprise. Share it between threads; each call blocks until its message is signed or no key can.
pub struct KeyPool {
    keys: Vec<Arc<PoolKey>>,
    settings: PoolSettings,
    /// Start of the next search, so that equal keys take turns.
    turn: AtomicUsize,
}

impl fmt::Debug for KeyPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyPool")
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl KeyPool {
    /// Creates a queue and a thread for each key. The threads end with the pool; one that hangs in a key's driver is
    /// abandoned.
    ///
    /// # Errors
    /// [`PoolError`] without keys, with duplicate names or if a thread cannot start.
    pub fn new(keys: Vec<OpenKey>, settings: &PoolSettings) -> Result<KeyPool, PoolError> {
        if keys.is_empty() {
            return Err(PoolError::Empty);
        }
        let mut names = BTreeSet::new();
        let mut members = Vec::with_capacity(keys.len());
        for key in keys {
            if !names.insert(key.name.clone()) {
                return Err(PoolError::SameName(key.name));
            }
            members.push(Arc::new(PoolKey::start(key, settings)?));
        }
        Ok(KeyPool {
            keys: members,
            settings: settings.clone(),
            turn: AtomicUsize::new(0),
        })
    }

    /// Returns a pool with `key` in place of the key with its name. The others keep their queues and state; the
    /// replaced one ends with the last pool that holds it.
    ///
    /// # Errors
    /// [`PoolError::Thread`].
    pub fn exchange(&self, key: OpenKey) -> Result<KeyPool, PoolError> {
        let new = Arc::new(PoolKey::start(key, &self.settings)?);
        let keys = self.keys.iter().map(|known| match known.name == new.name {
            true => Arc::clone(&new),
            false => Arc::clone(known),
        });
        Ok(KeyPool {
            keys: keys.collect(),
            settings: self.settings.clone(),
            turn: AtomicUsize::new(0),
        })
    }

    /// The keys, in the order of the configuration.
    #[must_use]
    pub fn keys(&self) -> &[Arc<PoolKey>] {
        &self.keys
    }

    /// Runs a job with a key: of the healthy keys that `accepts` admits, the one that will be free first. If that key
    /// fails, the job is repeated with another key, each key at most once; so a job must be repeatable, as signing is.
    /// The job makes `KeyInfo` from the lease's certificate, signs with its [`Lease::signing_key`] and passes on the
    /// key's error. Any other error ends the job.
    ///
    /// A refused PIN or a lock takes the key out of the pool permanently; the job continues with another key, which has
    /// its own PIN. A key that refused a PIN is never asked again.
    ///
    /// # Errors
    /// The job's last error, or as `E`: [`KeyFault::Busy`] if the queues of all healthy keys are full (back-pressure:
    /// try again later), [`KeyFault::Unavailable`] if no key is healthy, [`KeyFault::WrongKind`] if `accepts` admits no
    /// key of the enterprise, [`KeyFault::Pin`] or [`KeyFault::Locked`] if all admitted keys are out.
    pub fn with_key<T, E: From<KeyFault>>(
        &self,
        accepts: impl Fn(&PoolKey) -> bool,
        mut job: impl FnMut(&Lease<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut tried = BTreeSet::new();
        let mut last = None;
        loop {
            let lease = match self.lease(&accepts, &tried) {
                Ok(lease) => lease,
                Err(fault) => return Err(last.unwrap_or_else(|| fault.into())),
            };
            tried.insert(lease.index);
            match job(&lease) {
                Ok(done) => return Ok(done),
                Err(error) => {
                    let fault = lock(&lease.signer.fault).take();
                    match fault {
                        None | Some(KeyFault::WrongKind { .. }) => return Err(error),
                        Some(_) => last = Some(error),
                    }
                }
            }
        }
    }

    /// Signs a message with any key that supports the scheme.
    ///
    /// # Errors
    /// As [`KeyPool::with_key`].
    pub fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<SignedBy, KeyFault> {
        self.with_key(
            |key| scheme.fits(key.kind()),
            |lease| {
                let value = lease.signing_key().sign(scheme, message)?;
                Ok(SignedBy {
                    key: lease.name().to_owned(),
                    certificate: lease.certificate().cloned(),
                    value,
                })
            },
        )
    }

    /// One row for each key: health, load, measured rate, counters.
    #[must_use]
    pub fn status(&self) -> Vec<KeyStatus> {
        let now = self.settings.clock.steady();
        self.keys.iter().map(|key| status::row(key, now)).collect()
    }

    /// Reserves a place in the queue of the best key not yet tried.
    fn lease(&self, accepts: &impl Fn(&PoolKey) -> bool, tried: &BTreeSet<usize>) -> Result<Lease<'_>, KeyFault> {
        let now = self.settings.clock.steady();
        let start = self.turn.fetch_add(1, Ordering::Relaxed);
        let admitted: Vec<usize> = (0..self.keys.len())
            .map(|step| (start.wrapping_add(step)) % self.keys.len())
            .filter(|index| self.keys.get(*index).is_some_and(|key| accepts(key)))
            .collect();
        if admitted.is_empty() {
            return Err(self.none_fits());
        }
        let mut candidates: Vec<(usize, &Arc<PoolKey>, queue::Load)> = admitted
            .iter()
            .filter(|index| !tried.contains(index))
            .filter_map(|index| self.keys.get(*index).map(|key| (*index, key, key.queue.load(now))))
            .collect();
        // A key that has not signed yet counts as fast as the fastest, so that it gets work and is measured.
        let fastest = candidates.iter().filter_map(|(_, _, load)| load.mean).min();
        let expected = |load: &queue::Load| {
            let mean = load.mean.or(fastest).unwrap_or(Duration::from_millis(1));
            mean.saturating_mul(u32::try_from(load.leases).unwrap_or(u32::MAX).saturating_add(1))
        };
        candidates.sort_by_key(|(_, _, load)| expected(load));
        for (index, key, _) in &candidates {
            if key.queue.reserve() {
                let signer = Lent {
                    queue: Arc::clone(&key.queue),
                    fault: Mutex::new(None),
                };
                return Ok(Lease {
                    key,
                    index: *index,
                    signer: Arc::new(signer),
                });
            }
        }
        let admitted: Vec<&PoolKey> = admitted
            .iter()
            .filter_map(|index| self.keys.get(*index).map(Arc::as_ref))
            .collect();
        Err(status::why_none(&admitted, now))
    }

    fn none_fits(&self) -> KeyFault {
        let kinds: BTreeSet<String> = self.keys.iter().map(|key| key.kind.to_string()).collect();
        KeyFault::WrongKind {
            kind: self.keys.first().map_or(KeyKind::Sm2, |key| key.kind()),
            scheme: format!(
                "what is asked for; the keys of the pool are {}",
                kinds.into_iter().collect::<Vec<_>>().join(", ")
            ),
        }
    }
}

impl Drop for PoolKey {
    fn drop(&mut self) {
        self.queue.close();
    }
}
