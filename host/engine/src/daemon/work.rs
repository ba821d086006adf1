//! The steps of the daemon, and the lines it reports about them.

use crate::audit::head_line;
use crate::deliver::send_due;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::receipts::{ReceiptReport, collect};
use crate::round::{Busy, Tell};
use cebridge_clock as clock;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Interval at which a lasting failure is reported again.
const REMIND: Duration = Duration::from_secs(3600);

/// One thread's steps: a failure is reported once for each distinct text, and hourly while it lasts.
pub(super) struct Work<'t> {
    tell: Tell<'t>,
    stop: Arc<AtomicBool>,
    told: BTreeMap<String, Instant>,
    /// Time of the last count of all unanswered messages.
    counted_stuck: Option<Instant>,
    /// Time up to which unanswered messages have been reported.
    looked_stuck: Option<Timestamp>,
    /// Day on which the head of the chain was last reported.
    head_on: Option<String>,
    /// Receipts that could not be taken in the last round.
    pub(super) receipts_left: usize,
}

impl<'t> Work<'t> {
    pub(super) fn new(tell: Tell<'t>, engine: &Engine) -> Self {
        Self {
            tell,
            stop: Arc::clone(&engine.stop),
            told: BTreeMap::new(),
            counted_stuck: None,
            looked_stuck: None,
            head_on: None,
            receipts_left: 0,
        }
    }

    /// Runs a step; if it fails, the next round tries again.
    pub(super) fn attempt(&mut self, what: &str, step: impl FnOnce(&mut Self) -> Result<Busy, EngineError>) -> Busy {
        match step(self) {
            Ok(busy) => busy,
            // A step cut short by shutdown is not a failure.
            Err(_) if self.stop.load(Ordering::Relaxed) => Busy::Idle,
            Err(error) => {
                self.tell_once(format!("{what} failed, will be tried again: {error}"));
                Busy::Idle
            }
        }
    }

    pub(super) fn tell_once(&mut self, line: String) {
        let now = Instant::now();
        let due = self
            .told
            .get(&line)
            .is_none_or(|said| now.duration_since(*said) > REMIND);
        if due {
            (self.tell)(&line);
            self.told.insert(line, now);
        }
    }

    pub(super) fn receipts(&mut self, engine: &Engine) -> Result<Busy, EngineError> {
        let report = collect(engine)?;
        Ok(self.tell_receipts(&report))
    }

    fn tell_receipts(&mut self, report: &ReceiptReport) -> Busy {
        self.receipts_left = report.unfinished;
        for (name, reason) in &report.set_aside {
            (self.tell)(&format!("{name} set aside: {reason}"));
        }
        for note in &report.notes {
            self.tell_once(format!("receipts: {note}"));
        }
        if !report.is_empty() {
            (self.tell)(&format!(
                "receipts: {} applied, {} noted, {} older, {} seen before, {} unmatched, {} set aside",
                report.applied,
                report.noted,
                report.older,
                report.duplicates,
                report.unmatched,
                report.set_aside.len()
            ));
            return Busy::Now;
        }
        if report.still_settling { Busy::Soon } else { Busy::Idle }
    }

    pub(super) fn send(&mut self, engine: &Engine) -> Result<Busy, EngineError> {
        let report = send_due(engine)?;
        let receipts = if report.receipts.is_empty() {
            Busy::Idle
        } else {
            self.tell_receipts(&report.receipts)
        };
        if report.is_empty() {
            return Ok(receipts);
        }
        let why = report
            .last_error
            .as_ref()
            .map(|error| format!(": {error}"))
            .unwrap_or_default();
        let recalled = match report.recalled {
            0 => String::new(),
            n => format!(", {n} had already been handed over"),
        };
        (self.tell)(&format!(
            "sent {}{recalled}, to be tried again {}, given up {}{why}",
            report.sent, report.failed, report.dead
        ));
        Ok(if report.sent + report.recalled > 0 {
            Busy::Now
        } else {
            Busy::Idle
        })
    }

    /// Reports the head of the event chain, at the start and then once a day: kept elsewhere, it proves that the chain
    /// was not rewritten. A file of heads takes the line unchanged.
    pub(super) fn head(&mut self, engine: &Engine) -> Result<Busy, EngineError> {
        let today = clock::day(engine.clock.now());
        if self.head_on.as_ref() != Some(&today)
            && let Some(head) = engine.ledger.head()?
        {
            (self.tell)(&format!("the chain of events ends with {}", head_line(&head)));
            self.head_on = Some(today);
        }
        Ok(Busy::Idle)
    }

    /// Reports unanswered messages: all of them in one line at the start and each hour, and in between those that have
    /// become overdue since the last look.
    pub(super) fn stuck(&mut self, engine: &Engine) -> Result<Busy, EngineError> {
        let minutes = i64::from(engine.config.delivery.stuck_after);
        let now = engine.clock.now();
        let before = now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now);
        let all = self.counted_stuck.is_none_or(|at| at.elapsed() > REMIND);
        let after = self.looked_stuck.replace(before).filter(|_| !all);
        let stuck = engine.ledger.stuck(after, before)?;
        if all {
            self.counted_stuck = Some(Instant::now());
        }
        if let Some(first) = &stuck.first {
            let sent = first.sent_at.map(clock::spoken).unwrap_or_default();
            let which = match stuck.messages {
                1 => format!("{} {} was sent {sent}", first.message, first.cop_msg_id),
                more => format!(
                    "{more} messages, the first of them {} {} of {sent}, were sent",
                    first.message, first.cop_msg_id
                ),
            };
            (self.tell)(&format!(
                "{which} and no receipt came for {minutes} minutes; look at the platform before anything else, nothing is \
                 sent again by itself; `cebridge status --state waiting` lists the documents"
            ));
        }
        Ok(Busy::Idle)
    }
}
