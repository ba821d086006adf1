//! Receipts on their way back: out of the envelope, to the document that they answer, into the ledger.
//!
//! Receipts are read leniently: by namespace and local name, in any order, with states nobody has listed. Nothing
//! that arrives is thrown away: what can't be read is set aside with its reason, what answers no known document is
//! kept as unmatched.

use crate::clock;
use crate::draft::first;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::keys::{self, ASSIGNED};
use crate::packs::Choice;
use cebridge_ledger::{FormatErrorOutcome, NewReceipt, ReceiptOutcome, Status};
use cebridge_message::{Document, Element, Limits, PlatformReply, unwrap};
use cebridge_rule_core::pack::{Outcome, Pack};
use cebridge_transport::Incoming;
use sha2::{Digest, Sha256};

/// Most files read in one round.
const ROUND: usize = 256;

/// What one round of collecting did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReceiptReport {
    /// Receipts that changed or confirmed a document's state.
    pub applied: usize,
    /// Receipts seen before.
    pub duplicates: usize,
    /// Receipts that are older than what is known.
    pub older: usize,
    /// Receipts for documents nobody knows here.
    pub unmatched: usize,
    /// Files that are no receipts, set aside.
    pub rejected: usize,
}

/// Collects everything that lies in the inbox.
///
/// # Errors
/// The inbox can't be read, or the ledger can't be written; files that were not recorded stay where they are.
pub fn collect(engine: &Engine) -> Result<ReceiptReport, EngineError> {
    let mut report = ReceiptReport::default();
    loop {
        let incoming = engine.transport.receive(ROUND)?;
        if incoming.is_empty() {
            return Ok(report);
        }
        for file in &incoming {
            match take(engine, &file.bytes)? {
                Ok(one) => {
                    report.add(one);
                    engine.transport.acknowledge(file)?;
                }
                Err(reason) => {
                    report.rejected += 1;
                    reject(engine, file, &reason)?;
                }
            }
        }
    }
}

fn reject(engine: &Engine, file: &Incoming, reason: &str) -> Result<(), EngineError> {
    let detail = serde_json::json!({ "file": file.name, "reason": reason }).to_string();
    engine
        .ledger
        .record_event("receipts", "file-set-aside", &detail, &engine.clock.now().to_string())?;
    engine.transport.reject(file, reason)?;
    Ok(())
}

impl ReceiptReport {
    fn add(&mut self, other: Self) {
        self.applied += other.applied;
        self.duplicates += other.duplicates;
        self.older += other.older;
        self.unmatched += other.unmatched;
        self.rejected += other.rejected;
    }
}

/// Takes one file: an envelope around a receipt, a bare receipt, or a platform reply. The inner error says why it is
/// none of these.
fn take(engine: &Engine, bytes: &[u8]) -> Result<Result<ReceiptReport, String>, EngineError> {
    let limits = Limits::default();
    let inner = match unwrap(bytes, &limits) {
        Ok(envelope) => envelope.data,
        // No envelope: perhaps a receipt that a folder client has unpacked already, or a DxpRep.
        Err(_) => bytes.to_vec(),
    };
    let document = match Document::parse(&inner, &limits) {
        Ok(document) => document,
        Err(error) => return Ok(Err(format!("it is no readable XML: {error}"))),
    };
    if document.root_name().local == "DxpRep" {
        return platform_reply(engine, &inner, &limits);
    }
    let pack = engine.packs.choose(&Choice::Day(clock::day(engine.clock.now())))?;
    let pack = pack.pack();
    let root = document.root_name().local.clone();
    let Some(code) = root.strip_suffix("Message") else {
        return Ok(Err(format!(
            "<{root}> is no message of edition {}",
            pack.manifest.edition
        )));
    };
    let Some(index) = pack.message(code) else {
        return Ok(Err(format!(
            "<{root}> is no message of edition {}",
            pack.manifest.edition
        )));
    };
    let Some(text) = pack.messages.get(index).filter(|text| text.kind == "receipt") else {
        return Ok(Err(format!("{code} is not a receipt")));
    };
    let mut report = ReceiptReport::default();
    let now = engine.clock.now().to_string();
    let mut receipts = Vec::new();
    let notice = keys::is_notice(pack, index);
    let documents = pack.program.local_name(text.document);
    for record in document
        .children(0)
        .map(|child| Element::from_document(&document, child))
    {
        if code == "CEB900" {
            format_error(engine, &record, &mut report)?;
        } else if record.child("returnStatus").is_some() || documents == Some(&record.name) {
            receipts.push(if notice {
                notice_of(pack, index, code, &record)
            } else {
                receipt_of(pack, index, code, &text.outcomes, &record)
            });
        }
    }
    for outcome in engine.ledger.apply_receipts(&receipts, &now)? {
        count(outcome, &mut report);
    }
    Ok(Ok(report))
}

fn count(outcome: ReceiptOutcome, report: &mut ReceiptReport) {
    match outcome {
        ReceiptOutcome::Applied { .. } => report.applied += 1,
        ReceiptOutcome::Older { .. } => report.older += 1,
        ReceiptOutcome::Duplicate => report.duplicates += 1,
        ReceiptOutcome::Unmatched => report.unmatched += 1,
    }
}

fn receipt_of(pack: &Pack, index: usize, code: &str, outcomes: &[Outcome], record: &Element) -> NewReceipt {
    let value = |name: &str| record.text_at(name).unwrap_or_default().to_owned();
    let values_json = crate::values::json(record);
    let status = value("returnStatus");
    let found = outcomes.iter().position(|outcome| fits(outcome, &status));
    NewReceipt {
        digest: hex::encode(Sha256::digest(format!("{code}|{values_json}").as_bytes())),
        message: code.to_owned(),
        match_keys: keys::of_receipt(pack, index, |local| record.text_at(local).map(str::to_owned)),
        guid_hints: bracketed_guids(&value("returnInfo")),
        return_time: value("returnTime"),
        return_info: value("returnInfo"),
        raw: values_json.clone().into_bytes(),
        values_json,
        rank: found.and_then(|rank| i64::try_from(rank).ok()).unwrap_or(-1),
        becomes: found
            .and_then(|at| outcomes.get(at))
            .and_then(|o| Some((Status::parse(&o.means)?, o.is_final))),
        assigns: filled(&ASSIGNED, record),
        return_status: status,
    }
}

/// Numbers of notices that people search by.
const TOLD: [&str; 4] = ["taxNo", "entDutyNo", "declSeqNo", "entryId"];

/// News about a document that is no answer to it: it is kept with the document and changes nothing of its state.
fn notice_of(pack: &Pack, index: usize, code: &str, record: &Element) -> NewReceipt {
    let value = |name: &str| first(record, name).unwrap_or_default().to_owned();
    let values_json = crate::values::json(record);
    let times = ["returnTime", "opDate"];
    NewReceipt {
        digest: hex::encode(Sha256::digest(format!("{code}|{values_json}").as_bytes())),
        message: code.to_owned(),
        match_keys: keys::of_notice(pack, index, |local| first(record, local).map(str::to_owned)),
        return_time: times
            .map(value)
            .into_iter()
            .find(|time| !time.is_empty())
            .unwrap_or_default(),
        return_info: told(pack, index, record),
        raw: values_json.clone().into_bytes(),
        values_json,
        rank: -1,
        assigns: filled(&TOLD, record),
        ..NewReceipt::default()
    }
}

/// What a notice says, in one line: its key fields and its states.
fn told(pack: &Pack, index: usize, record: &Element) -> String {
    let mut names: Vec<&str> = keys::key_fields(pack, index);
    names.extend(["status", "decState", "entryId"]);
    let parts = filled(&names, record);
    let parts: Vec<String> = parts.into_iter().map(|(name, text)| format!("{name} {text}")).collect();
    parts.join(", ")
}

/// Those of these fields that the record has a text for.
fn filled(names: &[&str], record: &Element) -> Vec<(String, String)> {
    names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), first(record, name)?.to_owned())))
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn fits(outcome: &Outcome, status: &str) -> bool {
    let negative = || {
        status
            .strip_prefix('-')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
    };
    outcome.status == status || (outcome.status == "negative" && negative())
}

/// Guids in square brackets: the specification's samples name the answered document so.
fn bracketed_guids(info: &str) -> Vec<String> {
    info.split('[')
        .skip(1)
        .filter_map(|part| part.split(']').next())
        .filter(|text| text.len() == 36)
        .map(str::to_owned)
        .collect()
}

/// CEB900: the message as a whole was refused.
fn format_error(engine: &Engine, record: &Element, report: &mut ReceiptReport) -> Result<(), EngineError> {
    let value = |name: &str| record.text_at(name).unwrap_or_default();
    let json = crate::values::json(record);
    let digest = hex::encode(Sha256::digest(format!("CEB900|{json}").as_bytes()));
    let outcome = engine.ledger.apply_format_error(
        value("oriCopMsgId"),
        value("returnStatus"),
        value("returnInfo"),
        json.as_bytes(),
        &digest,
        &engine.clock.now().to_string(),
    )?;
    count_format(&outcome, report);
    Ok(())
}

fn count_format(outcome: &FormatErrorOutcome, report: &mut ReceiptReport) {
    match outcome {
        FormatErrorOutcome::Applied { .. } => report.applied += 1,
        FormatErrorOutcome::Duplicate => report.duplicates += 1,
        FormatErrorOutcome::Unmatched => report.unmatched += 1,
    }
}

/// DxpRep: the platform could not hand the envelope over.
fn platform_reply(
    engine: &Engine,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Result<ReceiptReport, String>, EngineError> {
    let reply = match PlatformReply::read(bytes, limits) {
        Ok(reply) => reply,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let mut report = ReceiptReport::default();
    for response in &reply.responses {
        let info = response.info.as_deref().unwrap_or_default();
        let id = &response.original.cop_msg_id;
        let digest = hex::encode(Sha256::digest(format!(
            "DxpRep|{id}|{}|{info}|{}",
            response.code, response.notice_time
        )));
        // 0000 and blanks report success; only an error code says something about the documents.
        if response.code.trim_matches('0').is_empty() {
            continue;
        }
        let at = engine.clock.now().to_string();
        let outcome = engine
            .ledger
            .apply_format_error(id, &response.code, info, bytes, &digest, &at)?;
        count_format(&outcome, &mut report);
    }
    Ok(Ok(report))
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

    #[test]
    fn negative_stands_for_every_negative_number_and_nothing_else() {
        let negative = Outcome {
            status: "negative".into(),
            means: "returned".into(),
            is_final: true,
        };
        assert!(fits(&negative, "-621004"));
        assert!(!fits(&negative, "-"));
        assert!(!fits(&negative, "100"));
    }
}
