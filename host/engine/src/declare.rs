//! From ERP data to accepted messages: map, assign, validate, compare, signature policy, assemble, sign, envelope, ledger.
//!
//! Each document is declared by one enterprise, and only one that may declare it. Documents are judged in messages of up
//! to a hundred with a stand-in for the signature, then compared with the documents they belong to; those that pass are
//! assembled anew, signed, judged once more as they will be sent, and recorded in one transaction. Until that transaction
//! nothing is accepted; after it nothing is lost.

mod access;
mod assign;
mod certificate;
mod compare;
mod judge;
mod policy;
mod record;
mod sign;

use crate::assemble;
use crate::clock;
use crate::config::Enterprise;
use crate::draft::Draft;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::fate::{Fate, host_rule, short_key};
use crate::map::{Input, map_inputs};
use crate::packs::Choice;
pub(crate) use access::{Access, Claim};
use cebridge_ledger::{DocumentView, Intake, LedgerError, NewDocument, NewMessage, Reason, Status};
use cebridge_message::{Document, Layout, Limits};
use cebridge_runtime::{Finding, LoadedPack, MapperPlugin};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A message that is ready to be sent.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Message code.
    pub message: String,
    /// The message as it will be sent: signed, or unsigned where the policy lets it.
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

/// Who holds a business key that a document of the same content has, when it is not the document's own enterprise.
const ANOTHER: &str = "another enterprise of this host";

/// How far a long piece of work is: stage, done, of how many.
pub type Progress<'a> = &'a dyn Fn(&'static str, u64, u64);

/// What is to be declared.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The mapper that reads the inputs.
    pub mapper: &'a MapperPlugin,
    /// Name under which the configuration has its settings.
    pub mapper_name: &'a str,
    /// ERP data.
    pub inputs: &'a [Input],
    /// Time of declaration: the edition in force then judges.
    pub at: Timestamp,
    /// The enterprise that declares, by id or code. Without it the only one, or the one that the document names.
    pub enterprise: Option<&'a str>,
    /// Stop before anything is accepted.
    pub dry_run: bool,
}

/// Maps, judges, signs and (unless `dry_run`) accepts the documents of these inputs.
///
/// # Errors
/// An input that the mapper can't read at all, a configuration that lacks something, a full disk: nothing is accepted.
pub fn declare(engine: &Engine, request: &Request<'_>, progress: Progress<'_>) -> Result<DeclareReport, EngineError> {
    let enterprises = engine.config.all_enterprises();
    let named = request.enterprise.map(|name| engine.ready_to_declare(Some(name)));
    let named = match named.transpose()? {
        Some(chosen) => enterprises.iter().position(|one| one == chosen),
        None => engine.ready_to_declare(None).map(|_| None)?,
    };
    let day = clock::day(request.at);
    let pack = engine.packs.choose(&Choice::Day(day.clone()))?;
    let access = Access::new(Arc::clone(&pack));
    enterprises.iter().try_for_each(|one| access.check_roles(one))?;
    let mut work = Work {
        engine,
        enterprises,
        named,
        access,
        pack,
        day,
        at: request.at,
        report: DeclareReport::default(),
        refused: BTreeMap::new(),
        refusals: Vec::new(),
        layouts: BTreeMap::new(),
        seals: BTreeMap::new(),
    };
    let drafts = work.map(request, progress)?;
    let drafts = work.assign(drafts);
    let drafts = work.drop_known(drafts)?;
    let drafts = work.judge(drafts, progress)?;
    let drafts = work.compare(drafts, progress)?;
    let drafts = work.apply_policy(drafts, progress)?;
    let drafts = work.hold_back(drafts);
    let accepted = work.sign(drafts, progress)?;
    if !request.dry_run {
        work.accept(&accepted)?;
    }
    work.tell(accepted);
    Ok(work.report)
}

struct Work<'a> {
    engine: &'a Engine,
    /// Those of the configuration; drafts name them by position.
    enterprises: &'a [Enterprise],
    /// The one that was named on the command line or by the folder.
    named: Option<usize>,
    access: Access,
    pack: Arc<LoadedPack>,
    day: String,
    at: Timestamp,
    report: DeclareReport,
    /// Sources with a refused document, and which one.
    refused: BTreeMap<String, String>,
    /// What the ledger will be told about refused documents.
    refusals: Vec<(NewDocument, Vec<Reason>)>,
    layouts: BTreeMap<String, Layout>,
    /// How each document leaves, by its guid.
    seals: BTreeMap<String, policy::Seal>,
}

impl<'a> Work<'a> {
    fn map(&mut self, request: &Request<'_>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let inputs = request.inputs;
        progress("map", 0, inputs.len() as u64);
        let (mapper, name) = (request.mapper, request.mapper_name);
        let mapped = map_inputs(&self.engine.config, &self.pack, mapper, name, inputs, self.at)?;
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
            let whose = self.code_of(self.named.or((self.enterprises.len() == 1).then_some(0)));
            self.refuse(UNMAPPED, &problem.source, &problem.source, &whose, vec![reason]);
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
            let known = self.engine.ledger.lookup(
                &draft.message,
                &draft.key,
                &draft.app_type,
                &draft.content_hash,
                &self.key_free_before(&draft),
            )?;
            let taken_by = match (known, seen.get(&place)) {
                (Some(Intake::AlreadyAccepted(id)), _) => {
                    let view = self.engine.ledger.document(id)?;
                    // Rows of ledgers that knew one enterprise only say nothing about it.
                    let other = |view: &DocumentView| {
                        !view.enterprise.is_empty() && view.enterprise != self.code_of(draft.enterprise)
                    };
                    match view {
                        Some(view) if other(&view) => Some(ANOTHER.to_owned()),
                        view => {
                            self.report.already_accepted += 1;
                            self.report.fates.extend(view.as_ref().map(crate::status::fate));
                            continue;
                        }
                    }
                }
                (Some(Intake::Conflict { guid, .. }), _) => Some(format!("the document with guid {guid}")),
                (_, Some(source)) => Some(format!("record {source} of this input")),
                _ => None,
            };
            if let Some(taken_by) = taken_by {
                let content = if taken_by == ANOTHER {
                    ""
                } else {
                    ", with other content"
                };
                let text = format!(
                    "the key {} is already declared by {taken_by}{content}; declare a change (appType 2) or correct the key",
                    short_key(&draft.key)
                );
                let reason = Reason {
                    code: self.code_of_key(&draft),
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

    fn tell(&mut self, accepted: Vec<Draft>) {
        let edition = self.edition();
        let enterprises = self.enterprises;
        self.report.fates.extend(accepted.into_iter().map(|draft| Fate {
            message: draft.message,
            key: short_key(&draft.key).to_owned(),
            status: Status::Waiting.as_str().to_owned(),
            is_final: false,
            reasons: Vec::new(),
            source: draft.source,
            guid: draft.guid,
            edition: edition.clone(),
            enterprise: code_at(enterprises, draft.enterprise),
        }));
    }

    fn refuse_draft(&mut self, draft: &Draft, reasons: Vec<Reason>) {
        self.refusals.push((self.record(draft, "[]"), reasons.clone()));
        let whose = self.code_of(draft.enterprise);
        self.refuse(&draft.message, &draft.key, &draft.source, &whose, reasons);
    }

    fn refuse(&mut self, message: &str, key: &str, source: &str, whose: &str, reasons: Vec<Reason>) {
        let cause = if message == UNMAPPED {
            "the mapping".to_owned()
        } else {
            format!("{message} {}", short_key(key))
        };
        self.refused.entry(source.to_owned()).or_insert(cause);
        self.report
            .fates
            .push(Fate::refused(message, key, source, whose, reasons));
    }

    /// The unsigned message of these documents, all of one enterprise.
    fn write(
        &self,
        enterprise: Option<usize>,
        message: &str,
        guid: &str,
        drafts: &[&Draft],
    ) -> Result<Vec<u8>, EngineError> {
        let wrong = |reasons: String| EngineError::Assembly {
            message: message.to_owned(),
            reasons,
        };
        let layout = self
            .layouts
            .get(message)
            .ok_or_else(|| wrong("the catalogue has no such message".to_owned()))?;
        let enterprise = self.enterprise(enterprise, message)?;
        assemble::message(layout, enterprise, guid, drafts).map_err(|error| wrong(error.to_string()))
    }

    /// The enterprise at a position. Every document has one before it is judged.
    fn enterprise(&self, at: Option<usize>, message: &str) -> Result<&'a Enterprise, EngineError> {
        at.and_then(|at| self.enterprises.get(at))
            .ok_or_else(|| EngineError::Assembly {
                message: message.to_owned(),
                reasons: "no enterprise declares it".to_owned(),
            })
    }

    fn code_of(&self, at: Option<usize>) -> String {
        code_at(self.enterprises, at)
    }

    fn edition(&self) -> String {
        self.pack.pack().manifest.edition.clone()
    }

    fn at_text(&self) -> String {
        self.engine.clock.now().to_string()
    }
}

/// Customs code of the enterprise at a position; empty when there is none.
fn code_at(enterprises: &[Enterprise], at: Option<usize>) -> String {
    at.and_then(|at| enterprises.get(at))
        .map(|one| one.code.clone())
        .unwrap_or_default()
}

fn parse(message: &str, xml: &[u8]) -> Result<Document, EngineError> {
    Document::parse(xml, &Limits::default()).map_err(|error| EngineError::Assembly {
        message: message.to_owned(),
        reasons: error.to_string(),
    })
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
