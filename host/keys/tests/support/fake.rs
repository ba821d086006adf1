//! A key scripted by a test; it counts its calls and checks that it is called by one thread at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use cebridge_clock::{Clock, ManualClock};
use cebridge_keys::{OpenKey, PoolSettings};
use cebridge_signature::{KeyFault, KeyKind, Scheme, SigningKey};
use jiff::Timestamp;

/// Behaviour of one call.
#[derive(Debug, Clone)]
pub enum Act {
    Sign,
    Slow(Duration),
    Fail(KeyFault),
    /// No answer until [`FakeKey::release`].
    Hang,
    Panic,
}

#[derive(Debug)]
pub struct FakeKey {
    name: String,
    kind: KeyKind,
    acts: Mutex<VecDeque<Act>>,
    /// Behaviour once the acts are used up.
    then: Mutex<Act>,
    messages: Mutex<HashMap<Vec<u8>, usize>>,
    outcomes: Mutex<Vec<Option<KeyFault>>>,
    busy: AtomicBool,
    released: Mutex<bool>,
    wake: Condvar,
}

impl FakeKey {
    pub fn new(name: &str, acts: impl IntoIterator<Item = Act>, then: Act) -> Arc<FakeKey> {
        FakeKey::of_kind(name, KeyKind::Rsa { bits: 2048 }, acts, then)
    }

    pub fn of_kind(name: &str, kind: KeyKind, acts: impl IntoIterator<Item = Act>, then: Act) -> Arc<FakeKey> {
        Arc::new(FakeKey {
            name: name.to_owned(),
            kind,
            acts: Mutex::new(acts.into_iter().collect()),
            then: Mutex::new(then),
            messages: Mutex::default(),
            outcomes: Mutex::default(),
            busy: AtomicBool::new(false),
            released: Mutex::new(false),
            wake: Condvar::new(),
        })
    }

    /// Calls so far, tests included.
    pub fn calls(&self) -> usize {
        self.messages.lock().unwrap().values().sum()
    }

    /// Calls for one message.
    pub fn calls_for(&self, message: &[u8]) -> usize {
        self.messages.lock().unwrap().get(message).copied().unwrap_or(0)
    }

    /// Outcomes of the calls that have ended, in order.
    pub fn outcomes(&self) -> Vec<Option<KeyFault>> {
        self.outcomes.lock().unwrap().clone()
    }

    /// Lets a hanging call answer.
    pub fn release(&self) {
        *self.released.lock().unwrap() = true;
        self.wake.notify_all();
    }

    pub fn open(self: &Arc<FakeKey>, max_waiting: usize, timeout: Duration) -> OpenKey {
        OpenKey {
            name: self.name.clone(),
            key: Arc::clone(self) as Arc<dyn SigningKey>,
            certificate: None,
            chain: Vec::new(),
            max_waiting,
            timeout,
        }
    }

    fn act(&self, act: Act, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        match act {
            Act::Sign => {}
            Act::Slow(time) => std::thread::sleep(time),
            Act::Fail(fault) => return Err(fault),
            Act::Hang => {
                let mut released = self.released.lock().unwrap();
                while !*released {
                    released = self.wake.wait(released).unwrap();
                }
            }
            Act::Panic => panic!("a driver that crashes (expected in this test)"),
        }
        Ok(value(&self.name, message))
    }
}

/// A fake key's answer.
pub fn value(key: &str, message: &[u8]) -> Vec<u8> {
    [key.as_bytes(), b"/", message].concat()
}

impl SigningKey for FakeKey {
    fn kind(&self) -> KeyKind {
        self.kind
    }

    fn sign(&self, _scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        assert!(!self.busy.swap(true, Ordering::SeqCst), "two calls at the same time");
        *self.messages.lock().unwrap().entry(message.to_vec()).or_default() += 1;
        let next = self.acts.lock().unwrap().pop_front();
        let act = next.unwrap_or_else(|| self.then.lock().unwrap().clone());
        self.busy.store(!matches!(act, Act::Panic), Ordering::SeqCst);
        let result = self.act(act, message);
        self.outcomes.lock().unwrap().push(result.as_ref().err().cloned());
        self.busy.store(false, Ordering::SeqCst);
        result
    }
}

/// Settings with their own clock; the first pause is one second.
pub fn settings() -> (Arc<ManualClock>, PoolSettings) {
    let clock = Arc::new(ManualClock::at(Timestamp::UNIX_EPOCH));
    let settings = PoolSettings {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..PoolSettings::default()
    };
    (clock, settings)
}

/// Waits until something holds, at most ten seconds.
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("never happened: {what}");
}
