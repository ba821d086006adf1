//! Sending what the ledger holds: at least once, with fixed ids, retried with growing waits.

use crate::engine::Engine;
use crate::error::EngineError;
use cebridge_transport::Outgoing;
use jiff::{SignedDuration, Timestamp};

/// Longest wait between two attempts, in seconds.
const LONGEST_WAIT: u64 = 3600;
/// How long one process keeps a message to itself while sending it, in seconds: what a killed process had in hand
/// waits this long.
const LEASE: i64 = 40;
/// How long a claim is worked off, in seconds. What is left of it then waits for the end of its lease, so that a slow
/// transport never sends what another process may have taken over.
const WORK: i64 = 10;
/// Messages claimed at a time: few, because what is left of a claim has lost an attempt for nothing.
const CLAIM: usize = 8;

/// What one round of sending did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendReport {
    /// Messages handed to the transport.
    pub sent: usize,
    /// Messages that will be tried again.
    pub failed: usize,
    /// Messages given up.
    pub dead: usize,
    /// Why the last one of those did not go.
    pub last_error: Option<String>,
}

/// Sends everything that is due.
///
/// # Errors
/// The ledger can't be read or written. A transport that refuses is no error here: the message is tried again.
pub fn send_due(engine: &Engine) -> Result<SendReport, EngineError> {
    let worker = format!("{}-{:?}", std::process::id(), std::thread::current().id());
    let mut report = SendReport::default();
    loop {
        let now = engine.clock.now();
        let items = engine.ledger.claim_outbox(&now.to_string(), &worker, LEASE, CLAIM)?;
        if items.is_empty() {
            return Ok(report);
        }
        let stop = now.checked_add(SignedDuration::from_secs(WORK)).unwrap_or(now);
        for item in items {
            if engine.clock.now() > stop {
                break;
            }
            let sent = engine.transport.send(&Outgoing {
                cop_msg_id: &item.cop_msg_id,
                msg_type: &format!("{}Message", item.message),
                sender: written(&item.envelope, SENDER).unwrap_or_default(),
                receiver: written(&item.envelope, RECEIVER).unwrap_or_default(),
                bytes: &item.envelope,
            });
            let now = engine.clock.now();
            match sent {
                Ok(()) => {
                    engine.ledger.mark_sent(item.id, &now.to_string())?;
                    report.sent += 1;
                }
                Err(error) => {
                    let attempts = u32::try_from(item.attempts).unwrap_or(u32::MAX);
                    let give_up = !error.is_temporary() || attempts >= engine.config.delivery.attempts;
                    let retry_at = (!give_up)
                        .then(|| next_attempt(now, attempts, engine.config.delivery.first_wait, &item.cop_msg_id));
                    let at = retry_at.map(|at| at.to_string());
                    engine
                        .ledger
                        .mark_failed(item.id, &error.to_string(), at.as_deref(), &now.to_string())?;
                    if give_up {
                        report.dead += 1
                    } else {
                        report.failed += 1
                    }
                    report.last_error = Some(error.to_string());
                }
            }
        }
    }
}

/// The end of a tag of the envelope.
const SENDER: &str = "SenderId>";
const RECEIVER: &str = "ReceiverId>";

/// What stands in an envelope of our own writing. What was accepted is sent by whom and where it was addressed to,
/// whatever the configuration says by now.
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
