//! Receipts on their way back: out of the envelope, to the document they answer, into the ledger.
//!
//! Receipts are read leniently: by namespace and local name, in any order, with unlisted states, and with anything that
//! transport clients wrap around them. Nothing that arrives is thrown away: the file is kept as received, an unreadable
//! one is set aside with the reason, and a receipt for an unknown document is kept as unmatched.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::keys;
use crate::outgoing::{first, first_of, text_of};
use crate::packs::Choice;
use cebridge_clock as clock;
use cebridge_ledger::{Arrival, FormatError, FormatErrorOutcome, NewReceipt, ReceiptOutcome};
use cebridge_message::{Arrived, ArrivedMessage, Element, Leniency, Limits, PlatformReply, Response, arrived};
use cebridge_rule_core::pack::Pack;
use cebridge_transport::{Incoming, Moved, Why};
use sha2::{Digest, Sha256};
use std::sync::PoisonError;

/// Maximum number of files read in one round.
const ROUND: usize = 256;

/// Result of one round of collecting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiptReport {
    /// Receipts that changed or confirmed a document's state.
    pub applied: usize,
    /// Receipts that are kept with a document but change nothing, such as complaints about a repeat.
    pub noted: usize,
    /// Receipts seen before.
    pub duplicates: usize,
    /// Receipts older than what is already known.
    pub older: usize,
    /// Receipts for documents unknown here.
    pub unmatched: usize,
    /// Files that are not receipts and were set aside, with the reason.
    pub set_aside: Vec<(String, String)>,
    /// Files that may still be being written and will be looked at again.
    pub unfinished: usize,
    /// `true` if one of them will soon have been unchanged long enough.
    pub still_settling: bool,
    /// Notes for the user about files that were read, one sentence each.
    pub notes: Vec<String>,
}

impl ReceiptReport {
    /// Returns `true` if nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let nothing = Self {
            unfinished: self.unfinished,
            still_settling: self.still_settling,
            ..Self::default()
        };
        *self == nothing
    }

    /// Adds the result of a later round, in which unfinished files were looked at again.
    pub(crate) fn add(&mut self, later: Self) {
        self.applied += later.applied;
        self.noted += later.noted;
        self.duplicates += later.duplicates;
        self.older += later.older;
        self.unmatched += later.unmatched;
        self.set_aside.extend(later.set_aside);
        self.notes.extend(later.notes);
        self.unfinished = later.unfinished;
        self.still_settling = later.still_settling;
    }

    fn count(&mut self, outcome: &ReceiptOutcome) {
        match outcome {
            ReceiptOutcome::Applied { .. } => self.applied += 1,
            ReceiptOutcome::Noted { .. } => self.noted += 1,
            ReceiptOutcome::Older { .. } => self.older += 1,
            ReceiptOutcome::Duplicate => self.duplicates += 1,
            ReceiptOutcome::Unmatched => self.unmatched += 1,
        }
    }

    fn count_error(&mut self, outcome: &FormatErrorOutcome) {
        match outcome {
            FormatErrorOutcome::Applied { .. } => self.applied += 1,
            FormatErrorOutcome::Duplicate => self.duplicates += 1,
            FormatErrorOutcome::Unmatched => self.unmatched += 1,
        }
    }
}

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
    let read = match arrived(&file.bytes, &Limits::RECEIPT) {
        // A receipt that is still being written is cut off; once complete, it can be read.
        Err(_) if engine.transport.is_young(file) => {
            engine.transport.defer(file);
            report.unfinished += 1;
            return Ok(());
        }
        Err(error) => Err(error.to_string()),
        Ok(Arrived::Reply(read)) => {
            forgiven(file, &read.leniencies, report);
            platform_reply(engine, file, &read.reply, report)?;
            Ok(())
        }
        Ok(Arrived::Message(message)) => {
            forgiven(file, &message.leniencies, report);
            receipts(engine, file, &message, report)?
        }
    };
    let moved = match read {
        Ok(()) => engine.transport.acknowledge(file),
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

/// Digest under which a record of a receipt message is kept.
pub(crate) fn record_digest(code: &str, values_json: &str) -> String {
    hex::encode(Sha256::digest(format!("{code}|{values_json}")))
}

/// Digest under which a platform answer is kept.
pub(crate) fn reply_digest(response: &Response) -> String {
    let info = response.info.as_deref().unwrap_or_default();
    let id = &response.original.cop_msg_id;
    let text = format!("DxpRep|{id}|{}|{info}|{}", response.code, response.notice_time);
    hex::encode(Sha256::digest(text))
}

/// Records that a file was set aside, in the ledger and in the report.
fn set_aside(engine: &Engine, report: &mut ReceiptReport, name: String, reason: String) -> Result<(), EngineError> {
    let detail = serde_json::json!({ "file": name, "reason": reason }).to_string();
    engine
        .ledger
        .record_event("receipts", "file-set-aside", &detail, &engine.clock.now().to_string())?;
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

fn arrival(file: &Incoming) -> Arrival<'_> {
    Arrival {
        name: &file.name,
        bytes: &file.bytes,
    }
}

/// Takes the records of a receipt message. The inner error says why it is not one.
fn receipts(
    engine: &Engine,
    file: &Incoming,
    message: &ArrivedMessage,
    report: &mut ReceiptReport,
) -> Result<Result<(), String>, EngineError> {
    let pack = engine.packs.choose(&Choice::Day(clock::day(engine.clock.now())))?;
    let pack = pack.rules().pack();
    let root = &message.root;
    let Some((index, code)) = pack.message_of_root(root) else {
        let edition = &pack.manifest.edition;
        return Ok(Err(format!("<{root}> is no message of edition {edition}")));
    };
    let Some(text) = pack.messages.get(index).filter(|text| text.kind == "receipt") else {
        return Ok(Err(format!("{code} is not a receipt")));
    };
    let now = engine.clock.now().to_string();
    let mut receipts = Vec::new();
    let notice = keys::is_notice(pack, index);
    let documents = pack.program.local_name(text.document);
    for record in &message.records {
        if let Some(by) = pack.fields.refusal(code) {
            message_refused(engine, file, (pack, code, by), record, report)?;
        } else if text_of(record, &pack.fields.status).is_some() || documents == Some(&record.name) {
            receipts.push(if notice {
                notice_of(pack, index, code, record)
            } else {
                receipt_of(engine, pack, index, code, record)
            });
        }
    }
    if !receipts.is_empty() {
        for outcome in engine.ledger.apply_receipts(&receipts, &arrival(file), &now)? {
            report.count(&outcome);
        }
    }
    Ok(Ok(()))
}

fn receipt_of(engine: &Engine, pack: &Pack, index: usize, code: &str, record: &Element) -> NewReceipt {
    let roles = &pack.fields;
    let value = |names: &[String]| text_of(record, names).unwrap_or_default().to_owned();
    let values_json = crate::values::json(record);
    let (status, info) = (value(&roles.status), value(&roles.info));
    let said = engine.packs.said(pack, index, code, &status, &info);
    NewReceipt {
        digest: record_digest(code, &values_json),
        message: code.to_owned(),
        match_keys: keys::of_receipt(pack, index, |local| record.text_at(local).map(str::to_owned)),
        guid_hints: bracketed_guids(&info),
        return_time: value(&roles.returned),
        values_json,
        rank: said.map_or(-1, |said| said.rank),
        means: said.map(|said| (said.meaning, said.is_final)),
        assigns: filled(&roles.assigned, record),
        return_status: status,
        return_info: info,
    }
}

/// News about a document that does not answer it: kept with the document, without changing its state.
fn notice_of(pack: &Pack, index: usize, code: &str, record: &Element) -> NewReceipt {
    let values_json = crate::values::json(record);
    NewReceipt {
        digest: record_digest(code, &values_json),
        message: code.to_owned(),
        match_keys: keys::of_notice(pack, index, |local| first(record, local).map(str::to_owned)),
        return_time: first_of(record, &pack.fields.returned).unwrap_or_default().to_owned(),
        return_info: told(pack, index, record),
        values_json,
        rank: -1,
        assigns: filled(&pack.fields.told, record),
        ..NewReceipt::default()
    }
}

/// One-line summary of a notice: its key fields and its news.
fn told(pack: &Pack, index: usize, record: &Element) -> String {
    let mut names: Vec<&str> = keys::key_fields(pack, index);
    names.extend(pack.fields.news.iter().map(String::as_str));
    let parts = filled(&names, record);
    let parts: Vec<String> = parts.into_iter().map(|(name, text)| format!("{name} {text}")).collect();
    parts.join(", ")
}

/// The named fields that have text in the record.
fn filled(names: &[impl AsRef<str>], record: &Element) -> Vec<(String, String)> {
    names
        .iter()
        .map(AsRef::as_ref)
        .filter_map(|name| Some((name.to_owned(), first(record, name)?.to_owned())))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

/// Guids in square brackets: the specification's samples name the answered document this way.
fn bracketed_guids(info: &str) -> Vec<String> {
    info.split('[')
        .skip(1)
        .filter_map(|part| part.split(']').next())
        .filter(|text| text.len() == 36)
        .map(str::to_owned)
        .collect()
}

/// A message was refused as a whole; the field `by` names it.
fn message_refused(
    engine: &Engine,
    file: &Incoming,
    (pack, code, by): (&Pack, &str, &str),
    record: &Element,
    report: &mut ReceiptReport,
) -> Result<(), EngineError> {
    let value = |names: &[String]| text_of(record, names).unwrap_or_default();
    let json = crate::values::json(record);
    let error = FormatError {
        cop_msg_id: record.text_at(by).unwrap_or_default(),
        code: value(&pack.fields.status),
        info: value(&pack.fields.info),
        digest: &record_digest(code, &json),
    };
    apply(engine, file, &error, report)
}

fn apply(
    engine: &Engine,
    file: &Incoming,
    error: &FormatError<'_>,
    report: &mut ReceiptReport,
) -> Result<(), EngineError> {
    let at = engine.clock.now().to_string();
    let outcome = engine.ledger.apply_format_error(error, &arrival(file), &at)?;
    report.count_error(&outcome);
    Ok(())
}

/// DxpRep: the platform could not hand the envelope over.
fn platform_reply(
    engine: &Engine,
    file: &Incoming,
    reply: &PlatformReply,
    report: &mut ReceiptReport,
) -> Result<(), EngineError> {
    for response in &reply.responses {
        let info = response.info.as_deref().unwrap_or_default();
        let id = &response.original.cop_msg_id;
        // 0000 and blanks report success; only an error code says something about the documents.
        if response.code.trim_matches('0').is_empty() {
            continue;
        }
        let error = FormatError {
            cop_msg_id: id,
            code: &response.code,
            info,
            digest: &reply_digest(response),
        };
        apply(engine, file, &error, report)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_guids_in_brackets_are_hints() {
        let guid = "4CDE1CFD-EDED-46B1-946C-B8022E42FC94";
        assert_eq!(
            bracketed_guids(&format!("stored [{guid}] [short] ]")),
            vec![guid.to_owned()]
        );
        assert!(bracketed_guids("[[[").is_empty());
    }
}
