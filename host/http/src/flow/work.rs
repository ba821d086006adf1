//! Processes a request: signs once, uploads until customs has it or the two minutes are over.

use std::sync::Arc;
use std::time::Duration;

use cebridge_pay179::{ANSWER_WITHIN_MS, CODE_DONE, CODE_FAILED, ServiceTime, SignFault, Unsigned};

use super::Flow;
use super::store::{Record, State};

/// Outcome of an attempt.
enum Step {
    /// There is nothing left to do.
    Done,
    /// Try again; `left` milliseconds remain.
    Again { left: i64 },
}

impl Flow {
    /// Processes a session in the background.
    pub(super) fn start(self: &Arc<Self>, session_id: String) {
        let flow = Arc::clone(self);
        self.handle.spawn(async move {
            let mut wait = flow.options.first_wait;
            let longest = wait.saturating_mul(16);
            loop {
                let Ok(permit) = Arc::clone(&flow.room).acquire_owned().await else {
                    return;
                };
                let (worker, session) = (Arc::clone(&flow), session_id.clone());
                let step = tokio::task::spawn_blocking(move || worker.attempt(&session)).await;
                drop(permit);
                let left = match step {
                    Ok(Step::Again { left }) => left,
                    Ok(Step::Done) => return,
                    Err(_) => {
                        (flow.tell)(&format!(
                            "payment data: session {session_id} failed, it is tried at the next start"
                        ));
                        return;
                    }
                };
                let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
                // Checks once more at the deadline itself, so that being late is recorded.
                tokio::time::sleep(wait.min(left + Duration::from_millis(1))).await;
                wait = wait.saturating_mul(2).min(longest);
            }
        });
    }

    fn attempt(&self, session_id: &str) -> Step {
        match self.store.read(session_id) {
            Ok(Some(mut record)) if record.state == State::Accepted => {
                let left = record
                    .received_at
                    .saturating_add(ANSWER_WITHIN_MS)
                    .saturating_sub(self.parts.clock.now().as_millisecond());
                if left <= 0 {
                    let last = if record.reason.is_empty() {
                        "no attempt was made".to_owned()
                    } else {
                        record.reason.clone()
                    };
                    return self.end(record, State::Late, format!("the two minutes passed; last: {last}"));
                }
                match self.payload(&mut record) {
                    Ok(payload) => self.send(record, &payload, left),
                    Err(step) => step,
                }
            }
            Ok(_) => Step::Done,
            Err(error) => {
                (self.tell)(&format!("payment data: {error}"));
                Step::Done
            }
        }
    }

    /// Returns the signed payload; made and put on disk at the first attempt.
    fn payload(&self, record: &mut Record) -> Result<String, Step> {
        if let Some(payload) = &record.payload {
            return Ok(payload.clone());
        }
        let failed = |record: &Record, reason: String| self.end(record.clone(), State::Failed, reason);
        let prepared = self
            .prepared(&record.order_no)
            .map_err(|reason| failed(record, reason))?;
        let time = ServiceTime::from_millis(self.parts.clock.now().as_millisecond());
        let signed = Unsigned::new(&record.session_id, prepared, time)
            .map_err(|error| error.to_string())
            .and_then(|unsigned| match self.parts.signer.sign(&unsigned) {
                Ok(payload) => Ok(Ok(payload)),
                Err(SignFault::Key(fault)) if fault.may_retry() => Ok(Err(fault.to_string())),
                Err(fault) => Err(fault.to_string()),
            });
        match signed {
            Ok(Ok(payload)) => {
                record.payload = Some(payload.clone());
                match self.store.write(record) {
                    Ok(()) => Ok(payload),
                    Err(error) => Err(self.again(record.clone(), error.to_string())),
                }
            }
            Ok(Err(reason)) => Err(self.again(record.clone(), reason)),
            Err(reason) => Err(failed(record, reason)),
        }
    }

    fn send(&self, mut record: Record, payload: &str, left: i64) -> Step {
        record.attempts += 1;
        let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
        match self.parts.upload.upload(payload, left.min(self.options.upload_timeout)) {
            Ok(reply) if reply.code == CODE_DONE => self.end(record, State::Delivered, String::new()),
            // 20000 only says that it failed, so that may pass; the codes above it are verdicts on the data.
            Ok(reply) if reply.code == CODE_FAILED => {
                self.again(record, format!("customs: {} {}", reply.code, reply.message))
            }
            Ok(reply) => self.end(
                record,
                State::Refused,
                format!("customs: {} {}", reply.code, reply.message),
            ),
            Err(reason) => self.again(record, reason),
        }
    }

    fn again(&self, mut record: Record, reason: String) -> Step {
        (self.tell)(&format!(
            "payment data: session {}, order {}: {reason}; tried again",
            record.session_id, record.order_no
        ));
        record.reason = reason;
        if let Err(error) = self.store.write(&record) {
            (self.tell)(&format!("payment data: {error}"));
        }
        let deadline = record.received_at.saturating_add(ANSWER_WITHIN_MS);
        Step::Again {
            left: deadline.saturating_sub(self.parts.clock.now().as_millisecond()).max(0),
        }
    }

    fn end(&self, mut record: Record, state: State, reason: String) -> Step {
        record.state = state;
        record.reason = reason;
        record.ended_at = Some(self.parts.clock.now().as_millisecond());
        let (session, order) = (&record.session_id, &record.order_no);
        (self.tell)(&match state {
            State::Delivered => format!("payment data: order {order} delivered to customs (session {session})"),
            _ => format!(
                "payment data: order {order} NOT delivered (session {session}): {}",
                record.reason
            ),
        });
        if let Err(error) = self.store.write(&record) {
            // The record stays open until the next start; at worst, customs gets the same bytes again.
            (self.tell)(&format!("payment data: {error}"));
        }
        Step::Done
    }
}
