//! Key status for people and programs, and why no key is available.

use std::time::Duration;

use cebridge_signature::{Certificate, KeyFault};
use serde::Serialize;

use super::PoolKey;
use super::health::Health;

/// One key of the pool at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub struct KeyStatus {
    /// Its name.
    pub name: String,
    /// Its kind, for example `RSA-2048` or `SM2`.
    pub kind: String,
    /// Serial number of its certificate, hexadecimal.
    pub serial: Option<String>,
    /// Last day of its certificate's validity, `YYYY-MM-DD` (UTC).
    pub not_after: Option<String>,
    /// Its health.
    pub health: Health,
    /// Reason if not healthy.
    pub reason: Option<String>,
    /// Milliseconds until a suspect key is tested again.
    pub test_in_ms: Option<u64>,
    /// Messages holding a place in its queue, including the current one.
    pub waiting: usize,
    /// Places in its queue.
    pub max_waiting: usize,
    /// Signatures in the last minute.
    pub per_minute: u32,
    /// Average duration of a signature in the last minute, in microseconds.
    pub mean_micros: Option<u64>,
    /// Signatures per minute possible at that speed.
    pub capacity_per_minute: Option<u64>,
    /// Signatures since the start.
    pub signed: u64,
    /// Faults since the start.
    pub failed: u64,
    /// Signatures given up because they took too long.
    pub timeouts: u64,
    /// Answers that came after the timeout and were dropped.
    pub late: u64,
    /// Test signatures requested while it was suspect.
    pub tests: u64,
}

pub(super) fn row(key: &PoolKey, now: Duration) -> KeyStatus {
    let view = key.queue.view(now);
    let mean_micros = view
        .mean
        .map(|mean| u64::try_from(mean.as_micros()).unwrap_or(u64::MAX));
    let in_ms = |at: Duration| u64::try_from(at.saturating_sub(now).as_millis()).unwrap_or(u64::MAX);
    KeyStatus {
        name: key.name().to_owned(),
        kind: key.kind().to_string(),
        serial: key.certificate().map(Certificate::serial_hex),
        not_after: key.certificate().map(Certificate::not_after),
        health: view.health,
        reason: view.reason.map(|reason| reason.to_string()),
        test_in_ms: view.test_at.map(in_ms),
        waiting: view.leases,
        max_waiting: key.queue.max_waiting,
        per_minute: view.per_minute,
        mean_micros,
        capacity_per_minute: mean_micros.and_then(|mean| 60_000_000_u64.checked_div(mean)),
        signed: view.counters.signed,
        failed: view.counters.failed,
        timeouts: view.counters.timeouts,
        late: view.counters.late,
        tests: view.counters.tests,
    }
}

/// Returns why none of these keys can be leased: their queues are full, none is healthy, or all are out.
pub(super) fn why_none(keys: &[&PoolKey], now: Duration) -> KeyFault {
    let views: Vec<_> = keys.iter().map(|key| (key.name(), key.queue.view(now))).collect();
    let healthy = || views.iter().filter(|(_, view)| view.health == Health::Healthy);
    if healthy().next().is_some() {
        return KeyFault::Busy {
            waiting: healthy().map(|(_, view)| view.leases).sum(),
        };
    }
    let reasons: Vec<String> = views
        .iter()
        .filter_map(|(name, view)| view.reason.as_ref().map(|reason| format!("{name}: {reason}")))
        .collect();
    let text = format!("no key is healthy ({})", reasons.join("; "));
    match views.iter().find(|(_, view)| view.health == Health::Suspect) {
        Some(_) => KeyFault::Unavailable(text),
        // Waiting no longer helps; the first reason shows what kind of help is needed.
        None => match views.first().and_then(|(_, view)| view.reason.clone()) {
            Some(KeyFault::Locked(_)) => KeyFault::Locked(text),
            Some(KeyFault::Pin(_)) => KeyFault::Pin(text),
            _ => KeyFault::Unavailable(text),
        },
    }
}
