//! Sends what the ledger holds: at least once, with fixed ids, retried with growing waits.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::process;
use crate::receipts::{ReceiptReport, collect};
use cebridge_ledger::{Claim, OutboxItem};
use cebridge_transport::{Handover, Outgoing, TransportError};
use jiff::{SignedDuration, Timestamp};
use std::sync::atomic::{AtomicU64, Ordering};

/// Longest wait between two attempts, in seconds.
const LONGEST_WAIT: u64 = 3600;
/// A next attempt further ahead than this, in seconds, was set by a wrong clock: the longest wait, its spread, and a
/// minute of clock skew.
const FURTHEST: i64 = 3600 + 900 + 60;
/// Lease of a process on a message it is sending, in seconds. Messages leased by a killed process wait this long.
const LEASE: i64 = 40;
/// Time spent on one claim, in seconds. The rest is then given back, so that a slow transport never sends what another
/// process may have taken over.
const WORK: i64 = 10;
/// Messages claimed at a time. Arbitrary.
const CLAIM: usize = 8;

/// Result of one round of sending.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendReport {
    /// Messages handed to the transport.
    pub sent: usize,
    /// Messages that had already been handed over, but were not recorded as such until now.
    pub recalled: usize,
    /// Messages that will be tried again.
    pub failed: usize,
    /// Messages given up.
    pub dead: usize,
    /// Error of the last message that failed or was given up.
    pub last_error: Option<String>,
    /// Receipts read before anything was resent.
    pub receipts: ReceiptReport,
}

impl SendReport {
    /// Returns `true` if nothing was sent or tried.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sent + self.recalled + self.failed + self.dead == 0
    }
}

/// Sends everything that is due.
///
/// A message that was tried before is resent only after the inbox has been read: an answer there proves that it
/// arrived. The intent is recorded before a message is handed over; if the outcome is not on record, because the
/// process was killed or the disk failed, the transport is asked for it.
///
/// # Errors
/// The ledger can't be read or written, or the inbox can't be read. A refusal by the transport is not an error here:
/// the message is tried again.
pub fn send_due(engine: &Engine) -> Result<SendReport, EngineError> {
    let worker = format!("{}#{}", process::name(), thread_number());
    end_leases_of_the_dead(engine)?;
    let mut report = SendReport::default();
    loop {
        if engine.stopping().is_err() {
            return Ok(report);
        }
        let now = engine.clock.now();
        let claim = Claim {
            worker: &worker,
            lease_seconds: LEASE,
            longest_wait: FURTHEST,
            limit: CLAIM,
            repeats: may_repeat(engine, now, &mut report.receipts)?,
        };
        let items = engine.ledger.claim_outbox(&claim, now)?;
        if items.is_empty() {
            return Ok(report);
        }
        let stop = now.checked_add(SignedDuration::from_secs(WORK)).unwrap_or(now);
        send_claimed(engine, &worker, &items, stop, &mut report)?;
    }
}

/// Returns `true` if messages that were tried before may be resent: the inbox has been read and holds no answer to
/// them. A file still being written may hold one; that is waited for, but not forever.
fn may_repeat(engine: &Engine, now: Timestamp, receipts: &mut ReceiptReport) -> Result<bool, EngineError> {
    let due = |at: Timestamp| engine.ledger.repeats_due(at, LEASE, FURTHEST);
    if !due(now)? {
        return Ok(true);
    }
    receipts.add(collect(engine)?);
    if receipts.unfinished == 0 {
        return Ok(true);
    }
    let longest = i64::from(engine.config.receipts.settle) + i64::from(engine.config.receipts.patience);
    let long_ago = now.checked_sub(SignedDuration::from_secs(longest)).unwrap_or(now);
    Ok(due(long_ago)?)
}

/// Hands over the claimed messages until time runs out.
fn send_claimed(
    engine: &Engine,
    worker: &str,
    items: &[OutboxItem],
    stop: Timestamp,
    report: &mut SendReport,
) -> Result<(), EngineError> {
    let mut sent = Vec::new();
    let mut ready = Vec::new();
    for item in items {
        match prepare(engine, item) {
            Ok(Handover::Done) => {
                report.recalled += 1;
                sent.push(item.id);
            }
            Ok(Handover::NotDone | Handover::Unknown) => ready.push(item.id),
            Err(error) => fail(engine, item, &error, report)?,
        }
    }
    let begun = engine.ledger.hand_over(&ready, worker, engine.clock.now())?;
    let mut left = Vec::new();
    for item in items.iter().filter(|item| begun.contains(&item.id)) {
        if engine.clock.now() > stop || engine.stopping().is_err() {
            left.push(item.id);
            continue;
        }
        match engine.transport.hand_over(&outgoing(item)) {
            Ok(()) => {
                report.sent += 1;
                sent.push(item.id);
            }
            Err(error) => fail(engine, item, &error, report)?,
        }
    }
    engine.ledger.mark_sent(&sent, engine.clock.now())?;
    engine.ledger.unclaim(&left, worker)?;
    Ok(())
}

/// Prepares a message, unless it turns out to have been handed over already.
fn prepare(engine: &Engine, item: &OutboxItem) -> Result<Handover, TransportError> {
    let message = outgoing(item);
    if item.handing_over && engine.transport.recall(&message)? == Handover::Done {
        return Ok(Handover::Done);
    }
    engine.transport.prepare(&message)?;
    Ok(Handover::NotDone)
}

fn fail(
    engine: &Engine,
    item: &OutboxItem,
    error: &TransportError,
    report: &mut SendReport,
) -> Result<(), EngineError> {
    let now = engine.clock.now();
    let attempts = u32::try_from(item.attempts).unwrap_or(u32::MAX);
    let give_up = !error.is_temporary() || attempts >= engine.config.delivery.attempts;
    let retry_at = (!give_up).then(|| next_attempt(now, attempts, engine.config.delivery.first_wait, &item.cop_msg_id));
    engine.ledger.mark_failed(item.id, &error.to_string(), retry_at, now)?;
    if give_up {
        report.dead += 1;
    } else {
        report.failed += 1;
    }
    report.last_error = Some(error.to_string());
    Ok(())
}

fn outgoing(item: &OutboxItem) -> Outgoing<'_> {
    Outgoing {
        cop_msg_id: &item.cop_msg_id,
        msg_type: written(&item.envelope, MSG_TYPE).unwrap_or_default(),
        sender: written(&item.envelope, SENDER).unwrap_or_default(),
        receiver: written(&item.envelope, RECEIVER).unwrap_or_default(),
        bytes: &item.envelope,
    }
}

/// Frees the messages of processes that have ended on this host at once, not only when their leases expire.
fn end_leases_of_the_dead(engine: &Engine) -> Result<(), EngineError> {
    for owner in engine.ledger.lease_owners()? {
        let process = owner.rsplit_once('#').map_or(owner.as_str(), |(process, _)| process);
        if process::is_gone(process) {
            engine.ledger.end_leases(&owner, engine.clock.now())?;
        }
    }
    Ok(())
}

/// Number that distinguishes the threads of this process.
fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local!(static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
    NUMBER.with(|number| *number)
}

/// The end of an envelope tag.
const MSG_TYPE: &str = "MsgType>";
const SENDER: &str = "SenderId>";
const RECEIVER: &str = "ReceiverId>";

/// Reads a value from an envelope that we wrote. An accepted message keeps its sender and receiver, even if the
/// configuration has changed since.
fn written<'e>(envelope: &'e [u8], tag: &str) -> Option<&'e str> {
    let at = envelope
        .windows(tag.len())
        .position(|window| window == tag.as_bytes())?;
    let rest = envelope.get(at + tag.len()..)?;
    let end = rest.iter().position(|&byte| byte == b'<')?;
    std::str::from_utf8(rest.get(..end)?).ok()
}

/// Doubles the wait with each attempt, up to an hour, and spreads it by up to a quarter so that messages that failed
/// together do not come back together.
fn next_attempt(now: Timestamp, attempts: u32, first_wait: u32, id: &str) -> Timestamp {
    let doubled = u64::from(first_wait).saturating_mul(1 << attempts.saturating_sub(1).min(16));
    let wait = doubled.min(LONGEST_WAIT);
    let spread = id
        .bytes()
        .fold(7_u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let jitter = if wait >= 4 { spread % (wait / 4) } else { 0 };
    let seconds = i64::try_from(wait + jitter).unwrap_or(i64::MAX);
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sender_and_receiver_are_read_from_the_envelope() {
        let envelope = cebridge_message::Envelope {
            cop_msg_id: "A".into(),
            sender_id: "DXPENT0000000001".into(),
            receiver_ids: vec!["DXPEDCCEB0000003".into(), "DXPENT0000000002".into()],
            creat_time: "2026-05-01T00:00:00".into(),
            msg_type: "CEB303Message".into(),
            data: b"<a/>".to_vec(),
            file_name: None,
            biz_keys: Vec::new(),
        };
        let bytes = cebridge_message::wrap(&envelope).unwrap();
        assert_eq!(written(&bytes, RECEIVER), Some("DXPEDCCEB0000003"));
        assert_eq!(written(&bytes, SENDER), Some("DXPENT0000000001"));
        assert_eq!(written(&bytes, MSG_TYPE), Some("CEB303Message"));
        assert_eq!(written(b"<a/>", RECEIVER), None);
    }

    #[test]
    fn waits_double_and_end_at_an_hour() {
        let now: Timestamp = "2026-05-01T00:00:00Z".parse().unwrap();
        let wait = |attempts| next_attempt(now, attempts, 5, "A").duration_since(now).as_secs();
        assert!((5..=6).contains(&wait(1)), "{}", wait(1));
        assert!((10..=12).contains(&wait(2)), "{}", wait(2));
        assert!((3600..=4500).contains(&wait(30)), "{}", wait(30));
    }
}
