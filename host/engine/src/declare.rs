//! From ERP data to accepted messages: map, validate, assemble, sign, envelope, ledger.
//!
//! Documents are judged in messages of up to a hundred with a stand-in for the signature; those that pass are
//! assembled anew, signed, judged once more as they will be sent, and recorded in one transaction. Until that
//! transaction nothing is accepted; after it nothing is lost.

use crate::assemble;
use crate::catalogue::{direction, documents_per_message};
use crate::clock;
use crate::draft::Draft;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::fate::{Fate, host_rule, short_key};
use crate::map::{Input, map_inputs};
use crate::packs::Choice;
use crate::{by_message, new_guid};
use cebridge_ledger::{Intake, LedgerError, NewDocument, NewMessage, Reason, Status};
use cebridge_message::{Document, Envelope, Layout, Limits, wrap};
use cebridge_runtime::{Finding, Grade, LoadedPack, MapperPlugin, Need, PolicyQuery};
use cebridge_signature::{Place, Profile};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The evaluator stops at this many findings for one message; a chunk that reaches it is judged in halves.
const FINDING_LIMIT: usize = 1000;

/// A message that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Message code.
    pub message: String,
    /// Signed message.
    pub xml: Vec<u8>,
    /// What the ledger will get.
    pub record: NewMessage,
}

/// A finding about a document that is sent all the same.
#[derive(Debug, Clone)]
pub struct Warning {
    /// Guid of the document.
    pub guid: String,
    /// Its business key for people.
    pub key: String,
    /// The finding.
    pub finding: Finding,
}

/// What `declare` did, or would do.
#[derive(Debug, Default)]
pub struct DeclareReport {
    /// One entry for each document, in the order of the input.
    pub fates: Vec<Fate>,
    /// Messages, in the order of sending.
    pub messages: Vec<Prepared>,
    /// Warnings about documents that are sent all the same.
    pub warnings: Vec<Warning>,
    /// Documents that were accepted before and are left alone.
    pub already_accepted: usize,
}

/// What stands in place of a message code for an ERP record that became no document.
pub const UNMAPPED: &str = "ERP";

/// How far a long piece of work is: stage, done, of how many.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

/// Maps, judges, signs and (unless `dry_run`) accepts the documents of these inputs.
///
/// # Errors
/// An input that the mapper can't read at all, a configuration that lacks something, a full disk: nothing is accepted.
pub fn declare(
    engine: &Engine,
    mapper: &MapperPlugin,
    mapper_name: &str,
    inputs: &[Input],
    at: Timestamp,
    dry_run: bool,
    progress: Progress<'_>,
) -> Result<DeclareReport, EngineError> {
    engine.ready_to_declare()?;
    let day = clock::day(at);
    let pack = engine.packs.choose(&Choice::Day(day.clone()))?;
    let mut work = Work {
        engine,
        pack,
        day,
        at,
        report: DeclareReport::default(),
        refused: BTreeMap::new(),
        refusals: Vec::new(),
        layouts: BTreeMap::new(),
    };
    let drafts = work.map(mapper, mapper_name, inputs, progress)?;
    let drafts = work.drop_known(drafts)?;
    let drafts = work.judge(drafts, progress)?;
    let drafts = work.hold_back(drafts);
    let accepted = work.sign(drafts, progress)?;
    if !dry_run {
        work.accept(&accepted)?;
    }
    work.tell(accepted);
    Ok(work.report)
}

struct Work<'a> {
    engine: &'a Engine,
    pack: Arc<LoadedPack>,
    day: String,
    at: Timestamp,
    report: DeclareReport,
    /// Sources with a refused document, and which one.
    refused: BTreeMap<String, String>,
    /// What the ledger will be told about refused documents.
    refusals: Vec<(NewDocument, Vec<Reason>)>,
    layouts: BTreeMap<String, Layout>,
}

impl Work<'_> {
    fn map(
        &mut self,
        mapper: &MapperPlugin,
        mapper_name: &str,
        inputs: &[Input],
        progress: Progress<'_>,
    ) -> Result<Vec<Draft>, EngineError> {
        progress("map", 0, inputs.len() as u64);
        let mapped = map_inputs(&self.engine.config, &self.pack, mapper, mapper_name, inputs, self.at)?;
        self.layouts = mapped.layouts;
        for problem in mapped.problems {
            let path = format!("{}, row {}, {}", problem.input, problem.row, problem.field);
            let reason = Reason {
                rule: problem.rule.into(),
                path,
                text: problem.message,
                ..Reason::default()
            };
            self.refusals
                .push((self.unmapped(&problem.source), vec![reason.clone()]));
            self.refuse(UNMAPPED, &problem.source, &problem.source, vec![reason]);
        }
        progress("map", inputs.len() as u64, inputs.len() as u64);
        Ok(mapped.drafts)
    }

    /// Leaves out what is already accepted, and refuses a key that is taken by other content.
    fn drop_known(&mut self, drafts: Vec<Draft>) -> Result<Vec<Draft>, EngineError> {
        let mut seen: BTreeMap<(String, String, String), String> = BTreeMap::new();
        let mut rest = Vec::new();
        for draft in drafts {
            let place = (draft.message.clone(), draft.key.clone(), draft.app_type.clone());
            let known = self
                .engine
                .ledger
                .lookup(&draft.message, &draft.key, &draft.app_type, &draft.content_hash)?;
            let taken_by = match (known, seen.get(&place)) {
                (Some(Intake::AlreadyAccepted(id)), _) => {
                    self.report.already_accepted += 1;
                    if let Some(view) = self.engine.ledger.document(id)? {
                        self.report.fates.push(crate::status::fate(&view));
                    }
                    continue;
                }
                (Some(Intake::Conflict { guid, .. }), _) => Some(format!("the document with guid {guid}")),
                (_, Some(source)) => Some(format!("record {source} of this input")),
                _ => None,
            };
            if let Some(taken_by) = taken_by {
                let text = format!(
                    "the key {} is already declared by {taken_by}, with other content; declare a change (appType 2) or correct the key",
                    short_key(&draft.key)
                );
                let reason = Reason {
                    rule: host_rule::DUPLICATE.into(),
                    text,
                    ..Reason::default()
                };
                self.refuse_draft(&draft, vec![reason]);
                continue;
            }
            seen.insert(place, draft.source.clone());
            rest.push(draft);
        }
        Ok(rest)
    }

    fn judge(&mut self, drafts: Vec<Draft>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let total = drafts.len() as u64;
        let mut passed = Vec::new();
        let mut done = 0;
        let wanted = self.engine.config.declare.documents_per_message;
        for (message, group) in by_message(drafts) {
            for chunk in chunks(group, documents_per_message(self.pack.pack(), &message, wanted)) {
                done += chunk.len() as u64;
                passed.extend(self.judge_chunk(&message, chunk)?);
                progress("validate", done, total);
            }
        }
        Ok(passed)
    }

    fn judge_chunk(&mut self, message: &str, mut chunk: Vec<Draft>) -> Result<Vec<Draft>, EngineError> {
        let xml = assemble::with_placeholder(&self.write(message, &chunk.iter().collect::<Vec<_>>())?);
        let document = parse(message, &xml)?;
        let raw = match self.pack.judge(&document) {
            Ok(raw) => raw,
            // A plugin that fails on a chunk is asked document by document, so that one poisonous document
            // is quarantined and the others go on.
            Err(fault) if chunk.len() == 1 => {
                let reason = Reason {
                    rule: host_rule::PLUGIN.into(),
                    text: fault.to_string(),
                    ..Reason::default()
                };
                for draft in &chunk {
                    self.refuse_draft(draft, vec![reason.clone()]);
                }
                return Ok(Vec::new());
            }
            Err(_) => return self.judge_halves(message, chunk),
        };
        if raw.len() >= FINDING_LIMIT && chunk.len() > 1 {
            return self.judge_halves(message, chunk);
        }
        let mut findings: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
        for finding in &raw {
            let text = self.pack.explain(&document, finding);
            if text.severity == Grade::Off {
                continue;
            }
            match document_index(&document, finding.node) {
                Some(index) if index < chunk.len() => findings.entry(index).or_default().push(text),
                _ if text.is_error() => {
                    let reasons = format!("{} {}: {}", text.rule, text.path, text.message);
                    return Err(EngineError::Assembly {
                        message: message.to_owned(),
                        reasons,
                    });
                }
                _ => {}
            }
        }
        let mut passed = Vec::new();
        for (index, draft) in chunk.drain(..).enumerate() {
            let found = findings.remove(&index).unwrap_or_default();
            if found.iter().any(Finding::is_error) {
                let errors = found
                    .iter()
                    .filter(|finding| finding.is_error())
                    .map(reason_of)
                    .collect();
                self.refuse_draft(&draft, errors);
            } else {
                self.report.warnings.extend(found.into_iter().map(|finding| Warning {
                    guid: draft.guid.clone(),
                    key: short_key(&draft.key).to_owned(),
                    finding,
                }));
                passed.push(draft);
            }
        }
        Ok(passed)
    }

    fn judge_halves(&mut self, message: &str, mut chunk: Vec<Draft>) -> Result<Vec<Draft>, EngineError> {
        let second = chunk.split_off(chunk.len() / 2);
        let mut passed = self.judge_chunk(message, chunk)?;
        passed.extend(self.judge_chunk(message, second)?);
        Ok(passed)
    }

    /// Documents of one ERP record stand or fall together: an inventory is not declared without its order.
    fn hold_back(&mut self, drafts: Vec<Draft>) -> Vec<Draft> {
        let (held, free): (Vec<_>, Vec<_>) = drafts
            .into_iter()
            .partition(|draft| self.refused.contains_key(&draft.source));
        for draft in held {
            let cause = self.refused.get(&draft.source).cloned().unwrap_or_default();
            let text = format!("not sent, because {cause} of the same record was refused");
            let reason = Reason {
                rule: host_rule::HELD_BACK.into(),
                text,
                ..Reason::default()
            };
            self.refuse_draft(&draft, vec![reason]);
        }
        free
    }

    fn sign(&mut self, drafts: Vec<Draft>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let total = drafts.len() as u64;
        let mut accepted: Vec<Draft> = Vec::new();
        let wanted = self.engine.config.declare.documents_per_message;
        for (message, group) in by_message(drafts) {
            for chunk in chunks(group, documents_per_message(self.pack.pack(), &message, wanted)) {
                let first = accepted.len();
                let prepared = self.sign_chunk(&message, &chunk, (first..first + chunk.len()).collect())?;
                self.report.messages.push(prepared);
                accepted.extend(chunk);
                progress("sign", accepted.len() as u64, total);
            }
        }
        Ok(accepted)
    }

    fn sign_chunk(&mut self, message: &str, chunk: &[Draft], documents: Vec<usize>) -> Result<Prepared, EngineError> {
        let engine = self.engine;
        let refs: Vec<&Draft> = chunk.iter().collect();
        let guid = new_guid();
        let unsigned = self.write_with_guid(message, &guid, &refs)?;
        let signer = engine.signer()?;
        let profile = self.profile(message)?;
        let layout = self.layouts.get(message);
        let place = layout.map_or(Place::Last, assemble::place_of);
        let xml = signer
            .sign(&unsigned, profile, place)
            .map_err(|source| EngineError::Sign {
                message: message.to_owned(),
                source,
            })?;
        self.check_signed(message, &xml)?;
        let receiver = engine.config.enterprise.receiver(direction(self.pack.pack(), message));
        let cop_msg_id = new_guid();
        let envelope = wrap(&Envelope {
            cop_msg_id: cop_msg_id.clone(),
            sender_id: engine.config.enterprise.dxp_id.clone(),
            receiver_ids: vec![receiver.to_owned()],
            creat_time: clock::date_time(self.at),
            msg_type: format!("{message}Message"),
            data: xml.clone(),
            file_name: None,
            biz_keys: Vec::new(),
        })
        .map_err(|error| EngineError::Assembly {
            message: message.to_owned(),
            reasons: error.to_string(),
        })?;
        let record = NewMessage {
            guid,
            cop_msg_id,
            message: message.to_owned(),
            envelope,
            body_sha256: hex::encode(Sha256::digest(&xml)),
            key_serial: signer.key_name().unwrap_or_default().to_owned(),
            profile: profile.name().to_owned(),
            pack_digest: self.pack.digest().to_owned(),
            edition: self.edition(),
            documents,
        };
        Ok(Prepared {
            message: message.to_owned(),
            xml,
            record,
        })
    }

    /// The last look at the bytes that will be sent.
    fn check_signed(&self, message: &str, xml: &[u8]) -> Result<(), EngineError> {
        let document = parse(message, xml)?;
        let wrong: Vec<String> = self
            .pack
            .explain_all(&document, &self.pack.judge(&document)?)
            .into_iter()
            .filter(Finding::is_error)
            .map(|finding| format!("{} {}: {}", finding.rule, finding.path, finding.message))
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(EngineError::Assembly {
            message: message.to_owned(),
            reasons: wrong.join("; "),
        })
    }

    /// The configured profile where the policy allows it, else the first allowed one that the host can do.
    fn profile(&self, message: &str) -> Result<Profile, EngineError> {
        let decision = self.pack.signature_policy(&PolicyQuery {
            message: message.to_owned(),
            at: self.day.clone(),
            declares: true,
            certificate_from: self
                .engine
                .signer()?
                .certificate()
                .map(|c| c.not_before())
                .unwrap_or_default(),
        })?;
        let not_configured = |hint: String| EngineError::NotConfigured {
            what: "signing.profile",
            hint,
        };
        if decision.need == Need::Forbidden {
            return Err(not_configured(format!(
                "{message} must not be signed ({})",
                decision.clause
            )));
        }
        let allowed = decision.profiles.join(", ");
        let wanted = self.engine.config.signing.profile.as_deref();
        if let Some(name) = wanted {
            if !decision.profiles.iter().any(|profile| profile == name) {
                return Err(not_configured(format!(
                    "{message} may be signed by {allowed}, not by {name} ({})",
                    decision.clause
                )));
            }
            return Profile::from_name(name).ok_or_else(|| not_configured(format!("this build can't sign by {name}")));
        }
        decision
            .profiles
            .iter()
            .find_map(|name| Profile::from_name(name))
            .ok_or_else(|| {
                not_configured(format!(
                    "{message} may be signed by {allowed}, of which this build can do none"
                ))
            })
    }

    fn accept(&mut self, accepted: &[Draft]) -> Result<(), EngineError> {
        let at = self.at_text();
        for (document, reasons) in &self.refusals {
            self.engine.ledger.record_refused(document, reasons, &at)?;
        }
        if accepted.is_empty() {
            return Ok(());
        }
        let mut warnings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for warning in &self.report.warnings {
            warnings
                .entry(warning.guid.as_str())
                .or_default()
                .push(&warning.finding);
        }
        let documents: Vec<NewDocument> = accepted
            .iter()
            .map(|draft| {
                let found = warnings.get(draft.guid.as_str());
                let json = found.and_then(|found| serde_json::to_string(found).ok());
                self.record(draft, json.as_deref().unwrap_or("[]"))
            })
            .collect();
        let messages: Vec<NewMessage> = self
            .report
            .messages
            .iter()
            .map(|prepared| prepared.record.clone())
            .collect();
        self.engine.ledger.accept(&documents, &messages, &at)?;
        // A receipt may have come before its document was known here.
        self.engine.ledger.rematch_unmatched(&at)?;
        Ok(())
    }

    fn tell(&mut self, accepted: Vec<Draft>) {
        let edition = self.edition();
        self.report.fates.extend(accepted.into_iter().map(|draft| Fate {
            message: draft.message,
            key: short_key(&draft.key).to_owned(),
            status: Status::Waiting.as_str().to_owned(),
            is_final: false,
            reasons: Vec::new(),
            source: draft.source,
            guid: draft.guid,
            edition: edition.clone(),
        }));
    }

    fn refuse_draft(&mut self, draft: &Draft, reasons: Vec<Reason>) {
        self.refusals.push((self.record(draft, "[]"), reasons.clone()));
        self.refuse(&draft.message, &draft.key, &draft.source, reasons);
    }

    fn refuse(&mut self, message: &str, key: &str, source: &str, reasons: Vec<Reason>) {
        let cause = if message == UNMAPPED {
            "the mapping".to_owned()
        } else {
            format!("{message} {}", short_key(key))
        };
        self.refused.entry(source.to_owned()).or_insert(cause);
        self.report.fates.push(Fate::refused(message, key, source, reasons));
    }

    /// An ERP record that became no document is recorded all the same: somebody will ask for it.
    fn unmapped(&self, source: &str) -> NewDocument {
        NewDocument {
            message: UNMAPPED.to_owned(),
            key: source.to_owned(),
            source: source.to_owned(),
            edition: self.edition(),
            pack_digest: self.pack.digest().to_owned(),
            values_json: "{}".to_owned(),
            findings_json: "[]".to_owned(),
            at: self.at_text(),
            ..NewDocument::default()
        }
    }

    fn record(&self, draft: &Draft, findings_json: &str) -> NewDocument {
        NewDocument {
            message: draft.message.clone(),
            key: draft.key.clone(),
            match_keys: draft.match_keys.clone(),
            guid: draft.guid.clone(),
            app_type: draft.app_type.clone(),
            source: draft.source.clone(),
            edition: self.edition(),
            pack_digest: self.pack.digest().to_owned(),
            content_hash: draft.content_hash.clone(),
            values_json: crate::values::json(&draft.element),
            at: self.at_text(),
            findings_json: findings_json.to_owned(),
        }
    }

    fn write(&mut self, message: &str, drafts: &[&Draft]) -> Result<Vec<u8>, EngineError> {
        self.write_with_guid(message, "00000000-0000-4000-8000-000000000000", drafts)
    }

    fn write_with_guid(&mut self, message: &str, guid: &str, drafts: &[&Draft]) -> Result<Vec<u8>, EngineError> {
        let wrong = |reasons: String| EngineError::Assembly {
            message: message.to_owned(),
            reasons,
        };
        let layout = self
            .layouts
            .get(message)
            .ok_or_else(|| wrong("the catalogue has no such message".to_owned()))?;
        assemble::message(layout, &self.engine.config.enterprise, guid, drafts)
            .map_err(|error| wrong(error.to_string()))
    }

    fn edition(&self) -> String {
        self.pack.pack().manifest.edition.clone()
    }

    fn at_text(&self) -> String {
        self.engine.clock.now().to_string()
    }
}

fn parse(message: &str, xml: &[u8]) -> Result<Document, EngineError> {
    Document::parse(xml, &Limits::default()).map_err(|error| EngineError::Assembly {
        message: message.to_owned(),
        reasons: error.to_string(),
    })
}

/// Which business document of the message a node belongs to: the position among the root's children.
fn document_index(document: &Document, node: u32) -> Option<usize> {
    let mut at = node;
    while let Some(entry) = document.node(at) {
        if at == 0 {
            return None;
        }
        if entry.parent == 0 {
            break;
        }
        at = entry.parent;
    }
    document.children(0).position(|child| child == at)
}

fn reason_of(finding: &Finding) -> Reason {
    // The chunk's numbering of documents means nothing to the reader; the place inside the document does.
    let path = match finding.path.split_once('/') {
        Some((first, rest)) => format!("{}/{rest}", first.split('[').next().unwrap_or(first)),
        None => finding.path.clone(),
    };
    Reason {
        code: finding.code.clone().unwrap_or_default(),
        rule: finding.rule.clone(),
        path,
        text: finding.message.clone(),
    }
}

fn chunks(drafts: Vec<Draft>, size: usize) -> Vec<Vec<Draft>> {
    let mut out: Vec<Vec<Draft>> = Vec::new();
    for draft in drafts {
        match out.last_mut() {
            Some(chunk) if chunk.len() < size => chunk.push(draft),
            _ => out.push(vec![draft]),
        }
    }
    out
}

/// A race with another process that accepted the same document first.
#[must_use]
pub fn is_race(error: &EngineError) -> bool {
    matches!(error, EngineError::Ledger(LedgerError::Duplicate { .. }))
}

/// Sources that occur in a report, for counting.
#[must_use]
pub fn sources(report: &DeclareReport) -> BTreeSet<&str> {
    report.fates.iter().map(|fate| fate.source.as_str()).collect()
}
