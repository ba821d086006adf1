//! A simulated card: a software key behind a PIN with a retry counter.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cebridge_signature::{Certificate, KeyFault, KeyKind, SM2_USER_ID, Scheme, SigningKey};
use serde::Serialize;
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::faults::{Fault, FaultKind, Plan};

/// Digest of an RSA card; which one real cards use is not documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RsaDigest {
    /// SHA-1.
    #[default]
    Sha1,
    /// SHA-256.
    Sha256,
}

/// Specification of a simulated card.
pub struct CardSpec {
    /// The key.
    pub key: Arc<dyn SigningKey>,
    /// The key's certificate.
    pub certificate: Certificate,
    /// The right PIN.
    pub pin: Zeroizing<String>,
    /// Card number (卡号), 13 digits on real cards.
    pub card_id: String,
    /// Wrong PINs in a row that lock the card.
    pub tries: u32,
    /// Most signatures per minute; real cards make about 250.
    pub rate: Option<u32>,
    /// Digest of an RSA card.
    pub rsa_digest: RsaDigest,
}

impl fmt::Debug for CardSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardSpec")
            .field("card_id", &self.card_id)
            .field("certificate", &self.certificate)
            .finish_non_exhaustive()
    }
}

/// Counts of a card's activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CardCounters {
    /// Signatures asked for.
    pub sign_calls: u64,
    /// PIN attempts, right or wrong.
    pub pin_tries: u64,
    /// Wrong PINs still allowed.
    pub tries_left: u32,
    /// Signatures made.
    pub signed: u64,
}

/// A simulated card. It keeps its state when the service in front of it is restarted.
#[derive(Debug)]
pub struct SimulatedCard {
    spec: CardSpec,
    state: Mutex<State>,
    /// The card does one thing at a time.
    busy: tokio::sync::Mutex<Instant>,
}

#[derive(Debug)]
struct State {
    counters: CardCounters,
    plan: Plan,
    light_calls: u64,
}

/// An answer's data, or its error text.
pub(crate) type Outcome = Result<Vec<String>, String>;

impl SimulatedCard {
    /// A card whose light is on and whose counter is full.
    #[must_use]
    pub fn new(spec: CardSpec) -> Arc<SimulatedCard> {
        let counters = CardCounters {
            sign_calls: 0,
            pin_tries: 0,
            tries_left: spec.tries,
            signed: 0,
        };
        let state = State {
            counters,
            plan: Plan::default(),
            light_calls: 0,
        };
        Arc::new(SimulatedCard {
            spec,
            state: Mutex::new(state),
            busy: tokio::sync::Mutex::new(Instant::now()),
        })
    }

    /// The counts so far.
    #[must_use]
    pub fn counters(&self) -> CardCounters {
        self.state().counters
    }

    /// Switches a fault on.
    pub fn add_fault(&self, fault: Fault) {
        let mut state = self.state();
        let done = state.counters.sign_calls;
        state.plan.add(fault, done);
    }

    /// Switches all faults off.
    pub fn clear_faults(&self) {
        self.state().plan.clear();
    }

    /// Switches the light on, as a restart of the client program does.
    pub fn light_on(&self) {
        self.state().plan.remove(FaultKind::LightOff);
    }

    pub(crate) fn certificate(&self) -> &Certificate {
        &self.spec.certificate
    }

    pub(crate) fn card_id(&self) -> &str {
        &self.spec.card_id
    }

    /// Counts a signature request and returns the faults that apply to it.
    pub(crate) fn begin_sign(&self) -> Vec<FaultKind> {
        let mut state = self.state();
        state.counters.sign_calls += 1;
        state.plan.at(state.counters.sign_calls).collect()
    }

    /// Returns `true` if a new connection gets no greeting.
    pub(crate) fn keeps_silent(&self) -> bool {
        let mut state = self.state();
        let next = state.counters.sign_calls + 1;
        let silent = state.plan.at(next).any(|kind| kind == FaultKind::NoGreeting);
        if silent {
            state.plan.remove(FaultKind::NoGreeting);
        }
        silent
    }

    /// Fails while the light is off, for a signature with its faults or for a question about the card.
    pub(crate) fn light(&self, signature: Option<&[FaultKind]>) -> Result<(), String> {
        let mut state = self.state();
        let off = match signature {
            Some(faults) => faults.contains(&FaultKind::LightOff),
            None => state.plan.light_stays_off(state.counters.sign_calls + 1),
        };
        if !off {
            return Ok(());
        }
        state.light_calls += 1;
        let code = if state.light_calls % 2 == 1 { 50070 } else { 50200 };
        Err(format!("读取卡信息失败 Err:Custom{code}"))
    }

    /// Signs if the PIN is right, at the card's rate.
    pub(crate) async fn sign(&self, message: &str, pin: &str) -> Outcome {
        let mut free = self.busy.lock().await;
        sleep_until(*free).await;
        self.try_pin(pin)?;
        let scheme = match (self.spec.key.kind(), self.spec.rsa_digest) {
            (KeyKind::Sm2, _) => Scheme::Sm2Sm3 { user_id: SM2_USER_ID },
            (KeyKind::Rsa { .. }, RsaDigest::Sha1) => Scheme::RsaSha1,
            (KeyKind::Rsa { .. }, RsaDigest::Sha256) => Scheme::RsaSha256,
        };
        let value = self.spec.key.sign(scheme, message.as_bytes());
        let value = value.map_err(|fault: KeyFault| format!("签名失败 {fault}"))?;
        if let Some(rate) = self.spec.rate.filter(|rate| *rate > 0) {
            // The answer comes when the card is done; the next signature may begin then.
            *free = Instant::now() + Duration::from_secs(60) / rate;
            sleep_until(*free).await;
        }
        self.state().counters.signed += 1;
        let line = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value);
        Ok(vec![line, self.spec.certificate.serial_hex()])
    }

    fn try_pin(&self, pin: &str) -> Result<(), String> {
        let mut state = self.state();
        let counters = &mut state.counters;
        if counters.tries_left == 0 {
            return Err("卡已锁定".to_owned());
        }
        counters.pin_tries += 1;
        if pin == self.spec.pin.as_str() {
            counters.tries_left = self.spec.tries;
            return Ok(());
        }
        counters.tries_left -= 1;
        match counters.tries_left {
            0 => Err("卡已锁定".to_owned()),
            left => Err(format!("密码错误，剩余{left}次")),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
