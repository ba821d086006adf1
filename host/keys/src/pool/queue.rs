//! A key's queue: a thread that requests one signature after the other and gives up on a key that hangs.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use cebridge_signature::{KeyFault, KeyKind, SM2_USER_ID, Scheme, SigningKey};

use super::PoolSettings;
use super::health::{Health, State};
use super::job::{Job, OwnedScheme};
use super::lock::lock;
use super::rate::Rate;
use crate::source::OpenKey;

/// Interval of checks whether a suspect key's test is due. Short against any pause, long against its cost.
const TICK: Duration = Duration::from_millis(20);

/// Text that a suspect key signs as a test; it cannot be mistaken for a message.
const TEST_TEXT: &[u8] = b"cebridge tests whether this key signs";

/// A key with its queue. Only the queue's own thread ever calls the key, so a key that is out stays untouched.
pub(super) struct Queue {
    name: String,
    key: Arc<dyn SigningKey>,
    kind: KeyKind,
    pub(super) max_waiting: usize,
    timeout: Duration,
    settings: PoolSettings,
    inner: Mutex<Inner>,
    /// Signals changes to the queue's thread.
    wake: Condvar,
}

struct Inner {
    waiting: VecDeque<Arc<Job>>,
    leases: usize,
    state: State,
    rate: Rate,
    /// The scheme last requested, also used for test signatures, since a card may support no other.
    scheme: Option<OwnedScheme>,
    counters: Counters,
    closed: bool,
}

/// Event counts since the start.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counters {
    pub(super) signed: u64,
    pub(super) failed: u64,
    pub(super) timeouts: u64,
    pub(super) late: u64,
    pub(super) tests: u64,
}

/// Load of a key, for choosing among keys.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    pub(super) leases: usize,
    pub(super) mean: Option<Duration>,
}

/// State of a queue, for the status.
pub(super) struct View {
    pub(super) health: Health,
    pub(super) reason: Option<KeyFault>,
    /// Time of a suspect key's next test.
    pub(super) test_at: Option<Duration>,
    pub(super) leases: usize,
    pub(super) per_minute: u32,
    pub(super) mean: Option<Duration>,
    pub(super) counters: Counters,
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Queue {
    /// Starts the thread of a key.
    pub(super) fn start(key: &OpenKey, settings: &PoolSettings) -> std::io::Result<Arc<Queue>> {
        let queue = Arc::new(Queue {
            name: key.name.clone(),
            kind: key.key.kind(),
            key: Arc::clone(&key.key),
            max_waiting: key.max_waiting.max(1),
            timeout: key.timeout,
            settings: settings.clone(),
            inner: Mutex::new(Inner {
                waiting: VecDeque::new(),
                leases: 0,
                state: State::Healthy,
                rate: Rate::default(),
                scheme: None,
                counters: Counters::default(),
                closed: false,
            }),
            wake: Condvar::new(),
        });
        let worker = Arc::clone(&queue);
        std::thread::Builder::new()
            .name(format!("key {}", key.name))
            .spawn(move || worker.work())?;
        Ok(queue)
    }

    pub(super) fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Takes a place in the queue; `false` if the key is not healthy or the queue is full.
    pub(super) fn reserve(&self) -> bool {
        let mut inner = lock(&self.inner);
        let free = matches!(inner.state, State::Healthy) && inner.leases < self.max_waiting;
        if free {
            inner.leases += 1;
        }
        free
    }

    pub(super) fn give_back(&self) {
        let mut inner = lock(&self.inner);
        inner.leases = inner.leases.saturating_sub(1);
    }

    pub(super) fn load(&self, now: Duration) -> Load {
        let inner = lock(&self.inner);
        Load {
            leases: inner.leases,
            mean: inner.rate.mean(now),
        }
    }

    pub(super) fn view(&self, now: Duration) -> View {
        let inner = lock(&self.inner);
        View {
            health: inner.state.health(),
            reason: inner.state.reason().cloned(),
            test_at: match inner.state {
                State::Suspect { test_at, .. } => Some(test_at),
                _ => None,
            },
            leases: inner.leases,
            per_minute: inner.rate.per_minute(now),
            mean: inner.rate.mean(now),
            counters: inner.counters,
        }
    }

    /// Waits for a signature by this key, at most the timeout from when the key is asked.
    pub(super) fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        if !scheme.fits(self.kind) {
            return Err(KeyFault::WrongKind {
                kind: self.kind,
                scheme: scheme.to_string(),
            });
        }
        let job = Arc::new(Job::new(scheme, message));
        {
            let mut inner = lock(&self.inner);
            if let Some(reason) = inner.state.reason() {
                return Err(self.resting(reason));
            }
            if inner.waiting.len() >= self.max_waiting {
                return Err(KeyFault::Busy {
                    waiting: inner.waiting.len(),
                });
            }
            inner.scheme = Some(job.scheme.clone());
            inner.waiting.push_back(Arc::clone(&job));
        }
        self.wake.notify_one();
        match job.wait(self.timeout) {
            Some(result) => result,
            None => {
                self.hangs();
                Err(KeyFault::Timeout(self.timeout))
            }
        }
    }

    /// Ends the thread after the current signature; waiting jobs get an error.
    pub(super) fn close(&self) {
        let waiting = {
            let mut inner = lock(&self.inner);
            inner.closed = true;
            std::mem::take(&mut inner.waiting)
        };
        self.wake.notify_one();
        send_off(waiting, &KeyFault::Unavailable("the program is ending".to_owned()));
    }

    /// The error for jobs queued on a key that has since failed: they may go to another key.
    fn resting(&self, reason: &KeyFault) -> KeyFault {
        KeyFault::Unavailable(format!("key {} gets no work at present: {reason}", self.name))
    }

    /// Handles a key that did not answer in time: it gets no more work, and its queued jobs go elsewhere.
    fn hangs(&self) {
        let fault = KeyFault::Timeout(self.timeout);
        let waiting = {
            let mut inner = lock(&self.inner);
            inner.counters.timeouts += 1;
            self.note(&mut inner, &fault)
        };
        send_off(waiting, &self.resting(&fault));
    }

    /// Updates the key's health after a fault; returns the jobs that must leave the queue.
    fn note(&self, inner: &mut Inner, fault: &KeyFault) -> VecDeque<Arc<Job>> {
        let settings = &self.settings;
        let now = settings.clock.steady();
        match inner
            .state
            .after(fault, now, settings.first_pause, settings.longest_pause)
        {
            Some(state) => {
                inner.state = state;
                self.wake.notify_one();
                std::mem::take(&mut inner.waiting)
            }
            None => VecDeque::new(),
        }
    }

    fn work(&self) {
        while let Some(task) = self.next() {
            match task {
                Task::Sign(job) => {
                    if job.begin() {
                        let result = self.ask(&job.scheme, &job.message, &job);
                        if !job.finish(result) {
                            lock(&self.inner).counters.late += 1;
                        }
                    }
                }
                Task::Test(scheme) => self.test(&scheme),
            }
        }
    }

    /// Waits for the next task; `None` once the pool is gone.
    fn next(&self) -> Option<Task> {
        let mut inner = lock(&self.inner);
        loop {
            if inner.closed {
                return None;
            }
            match inner.state {
                State::Healthy => {
                    if let Some(job) = inner.waiting.pop_front() {
                        return Some(Task::Sign(job));
                    }
                }
                State::Suspect { test_at, .. } => {
                    if self.settings.clock.steady() >= test_at {
                        let scheme = inner.scheme.clone();
                        return Some(Task::Test(scheme.unwrap_or_else(|| usual_scheme(self.kind).into())));
                    }
                    inner = self
                        .wake
                        .wait_timeout(inner, TICK)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0;
                    continue;
                }
                State::Out { .. } => {}
            }
            inner = self.wake.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Asks the key for a message's signature and records the outcome before the caller gets it.
    fn ask(&self, scheme: &OwnedScheme, message: &[u8], job: &Job) -> Result<Vec<u8>, KeyFault> {
        let (result, took) = self.call(scheme, message);
        let left = {
            let mut inner = lock(&self.inner);
            match &result {
                // An answer after the timeout does not prove health: the test signature decides.
                Ok(_) if job.is_abandoned() => VecDeque::new(),
                Ok(_) => {
                    inner.counters.signed += 1;
                    inner.rate.record(self.settings.clock.steady(), took);
                    VecDeque::new()
                }
                Err(fault) => {
                    inner.counters.failed += 1;
                    self.note(&mut inner, fault)
                }
            }
        };
        if let Err(fault) = &result {
            send_off(left, &self.resting(fault));
        }
        result
    }

    /// Asks a suspect key for a signature of the test text.
    fn test(&self, scheme: &OwnedScheme) {
        let started = Instant::now();
        let (result, _) = self.call(scheme, TEST_TEXT);
        // An answer too late for a message is too late for a test.
        let result = match result {
            Ok(_) if started.elapsed() > self.timeout => Err(KeyFault::Timeout(self.timeout)),
            other => other,
        };
        let mut inner = lock(&self.inner);
        inner.counters.tests += 1;
        match result {
            Ok(_) => inner.state = State::Healthy,
            Err(fault) => {
                // No job waits: a suspect key takes none. A fault that says nothing about the key's health (it is busy
                // with another program's work) is also a reason to wait.
                let fault = match fault {
                    KeyFault::Busy { .. } | KeyFault::WrongKind { .. } => KeyFault::Unavailable(fault.to_string()),
                    other => other,
                };
                self.note(&mut inner, &fault);
            }
        }
    }

    fn call(&self, scheme: &OwnedScheme, message: &[u8]) -> (Result<Vec<u8>, KeyFault>, Duration) {
        let started = Instant::now();
        // A driver that panics must not take the queue with it.
        let result = catch_unwind(AssertUnwindSafe(|| self.key.sign(scheme.borrow(), message)))
            .unwrap_or_else(|_| Err(KeyFault::Failed("its driver crashed".to_owned())));
        (result, started.elapsed())
    }
}

enum Task {
    Sign(Arc<Job>),
    Test(OwnedScheme),
}

fn send_off(jobs: VecDeque<Arc<Job>>, fault: &KeyFault) {
    for job in jobs {
        job.finish(Err(fault.clone()));
    }
}

/// A scheme that every key of the kind supports.
fn usual_scheme(kind: KeyKind) -> Scheme<'static> {
    match kind {
        KeyKind::Rsa { .. } => Scheme::RsaSha1,
        KeyKind::Sm2 => Scheme::Sm2Sm3 { user_id: SM2_USER_ID },
    }
}
