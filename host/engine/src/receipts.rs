//! Receipts on their way back: out of the envelope, to the document they answer, into the ledger.
//!
//! ```text
//! Incoming ─► Arrived ─► Answers ─► recorded ─► acknowledged
//!        └───────┴──────────┴─► set aside, with the reason
//! ```
//!
//! Receipts are read leniently: by namespace and local name, in any order, with unlisted states, and with anything that
//! transport clients wrap around them. Nothing that arrives is thrown away: the file is kept as received, an unreadable
//! one is set aside with the reason, and a receipt for an unknown document is kept as unmatched.

mod answers;
mod report;

pub(crate) use answers::{record_digest, reply_digest};
pub(crate) use report::ReceiptReport;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::packs::Choice;
use answers::Answers;
use cebridge_clock as clock;
use cebridge_ledger::{Arrival, FormatError};
use cebridge_message::{Arrived, Leniency, Limits, arrived};
use cebridge_transport::{Incoming, Moved, Why};
use std::sync::PoisonError;

/// Maximum number of files read in one round.
const ROUND: usize = 256;

/// Collects every complete file in the inbox.
///
/// # Errors
/// The inbox can't be read, or the ledger can't be written; files that were not recorded stay where they are.
pub fn collect(engine: &Engine) -> Result<ReceiptReport, EngineError> {
    let _turn = engine.receiving.lock().unwrap_or_else(PoisonError::into_inner);
    let mut report = ReceiptReport::default();
    loop {
        let scan = engine.transport.receive(ROUND)?;
        for (name, reason) in scan.set_aside {
            set_aside(engine, &mut report, name, reason)?;
        }
        report.notes.extend(
            scan.grown
                .into_iter()
                .map(|name| format!("{name}: written to after it was taken; it is read again")),
        );
        let unfinished = scan
            .waiting
            .iter()
            .filter(|waiting| matches!(waiting.why, Why::Young | Why::Deferred));
        // Recounted at each scan; files deferred just now wait in the next one.
        report.unfinished = unfinished.count();
        report.still_settling = scan.waiting.iter().any(|waiting| waiting.why == Why::Young);
        if scan.ready.is_empty() {
            return Ok(report);
        }
        for file in &scan.ready {
            if engine.stopping().is_err() {
                return Ok(report);
            }
            take(engine, file, &mut report)?;
        }
    }
}

/// Takes one file: an envelope around a receipt, a bare receipt, or a platform reply.
fn take(engine: &Engine, file: &Incoming, report: &mut ReceiptReport) -> Result<(), EngineError> {
    let answers = match arrived(&file.bytes, &Limits::RECEIPT) {
        // A receipt that is still being written is cut off; once complete, it can be read.
        Err(_) if engine.transport.is_young(file) => {
            engine.transport.defer(file);
            report.unfinished += 1;
            return Ok(());
        }
        Err(error) => Err(error.to_string()),
        Ok(Arrived::Reply(read)) => {
            forgiven(file, &read.leniencies, report);
            Ok(Answers::of_reply(&read.reply))
        }
        Ok(Arrived::Message(message)) => {
            forgiven(file, &message.leniencies, report);
            let pack = engine.packs.choose(&Choice::Day(clock::day(engine.clock.now())))?;
            Answers::of_message(&engine.packs, pack.rules().pack(), &message).map_err(|error| error.to_string())
        }
    };
    let moved = match answers {
        Ok(answers) => {
            record(engine, file, &answers, report)?;
            engine.transport.acknowledge(file)
        }
        Err(reason) => {
            let moved = engine.transport.reject(file, &reason);
            if matches!(moved, Ok(Moved::Away(_))) {
                set_aside(engine, report, file.name.clone(), reason)?;
            }
            moved
        }
    };
    // A file that can't be moved away is still recorded; the transport keeps trying.
    if let Err(error) = moved {
        report.notes.push(format!("{}: {error}", file.name));
    }
    Ok(())
}

/// Records the answers of a file, each with the documents it is about.
fn record(engine: &Engine, file: &Incoming, answers: &Answers, report: &mut ReceiptReport) -> Result<(), EngineError> {
    let at = engine.clock.now();
    let arrival = Arrival {
        name: &file.name,
        bytes: &file.bytes,
    };
    for refused in &answers.refused {
        let error = FormatError {
            cop_msg_id: &refused.cop_msg_id,
            code: &refused.code,
            info: &refused.info,
            digest: &refused.digest,
        };
        report.count_error(&engine.ledger.apply_format_error(&error, &arrival, at)?);
    }
    if !answers.receipts.is_empty() {
        for outcome in engine.ledger.apply_receipts(&answers.receipts, &arrival, at)? {
            report.count(&outcome);
        }
    }
    Ok(())
}

/// Records that a file was set aside, in the ledger and in the report.
fn set_aside(engine: &Engine, report: &mut ReceiptReport, name: String, reason: String) -> Result<(), EngineError> {
    let detail = serde_json::json!({ "file": name, "reason": reason }).to_string();
    engine
        .ledger
        .record_event("receipts", "file-set-aside", &detail, engine.clock.now())?;
    report.set_aside.push((name, reason));
    Ok(())
}

fn forgiven(file: &Incoming, leniencies: &[Leniency], report: &mut ReceiptReport) {
    if !leniencies.is_empty() {
        let what: Vec<String> = leniencies.iter().map(ToString::to_string).collect();
        report
            .notes
            .push(format!("{}: read leniently: {}", file.name, what.join("; ")));
    }
}
