//! From ERP data to accepted messages: map, assign, validate, compare, apply policy, assemble, sign, envelope, ledger.
//!
//! Each input gets a ledger row before anything from it is recorded, and goes through the stages a few hundred records
//! at a time. Each document is declared by exactly one enterprise that may declare it. Documents are judged in messages
//! of up to a hundred with a placeholder signature, then compared with the documents they belong to. Those that pass
//! are assembled again, signed, judged once more as they will be sent, and recorded in one transaction together with
//! the refusals and the input's progress. Before that transaction nothing is accepted; after it nothing is lost, and
//! after a crash the input resumes there, under the rules it began with.

mod access;
mod assign;
mod certificate;
mod compare;
mod group;
mod judge;
mod known;
mod policy;
mod record;
mod records;
mod request;
mod sign;
mod submit;

pub use request::{DeclareReport, Mode, Prepared, Progress, Request, UNMAPPED, Warning};
pub use submit::submit;

use crate::assemble;
use crate::config::Enterprise;
use crate::draft::Draft;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::fate::{Fate, FateWarning, Stage, short_key};
use crate::host_rules::HostRule;
use crate::inputs::{self, Reader};
use crate::map::{Input, Problem, map_inputs};
use crate::packs::Choice;
pub(crate) use access::{Access, Claim, means_role, role_word};
use cebridge_clock as clock;
use cebridge_ledger::{LedgerError, NewDocument, Reason, Status};
use cebridge_message::{Document, Layout, Limits};
use cebridge_runtime::{Finding, LoadedPack};
use group::Group;
use jiff::Timestamp;
use records::{Record, Step};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Retries of a step that lost a race against another process. Arbitrary.
const RACES: u32 = 5;

/// Maps, judges, signs and, depending on the request's mode, accepts the documents of these inputs.
///
/// # Errors
/// An input that the mapper can't read at all or that another process is taking, an incomplete configuration, a full
/// disk. What was recorded before the error stays recorded, and the same input resumes from there.
pub fn declare(engine: &Engine, request: &Request<'_>, progress: Progress<'_>) -> Result<DeclareReport, EngineError> {
    let named = named(engine, request.enterprise)?;
    engine.packs.follow()?;
    if let Some(reason) = engine.packs.standstill() {
        return Err(EngineError::Standstill(reason));
    }
    let pack = engine.packs.choose(&Choice::Day(clock::day(request.at)))?;
    if request.mode == Mode::DryRun {
        let all = Group::fresh(request, &pack);
        return run(engine, request, named, all, progress);
    }
    let reader = Reader {
        mapper: request.mapper_name,
        mapper_digest: request.mapper.digest(),
        enterprise: request.enterprise,
    };
    let mut fresh = Group::none(&pack, request.at);
    let mut groups = Vec::new();
    for input in request.inputs {
        let opened = inputs::open_patiently(engine, input, &reader, &pack, request.at)?;
        if opened.resumed {
            groups.push(Group::of(input, opened));
        } else {
            fresh.add(input, opened);
        }
    }
    if !fresh.inputs.is_empty() {
        groups.push(fresh);
    }
    let mut report = DeclareReport::default();
    for group in groups {
        report.add(run(engine, request, named, group, progress)?);
    }
    Ok(report)
}

/// Returns the position of the named enterprise. Fails if the configuration lacks anything a declaration needs.
fn named(engine: &Engine, enterprise: Option<&str>) -> Result<Option<usize>, EngineError> {
    let chosen = engine.ready_to_declare(enterprise)?;
    let position = || engine.config.all_enterprises().iter().position(|one| one == chosen);
    Ok(enterprise.and_then(|_| position()))
}

fn run(
    engine: &Engine,
    request: &Request<'_>,
    named: Option<usize>,
    group: Group<'_>,
    progress: Progress<'_>,
) -> Result<DeclareReport, EngineError> {
    let _holds = group.holds;
    let mut work = Work::new(engine, named, group.pack, group.at)?;
    work.earlier = group.earlier;
    work.rows = group.rows.iter().map(|row| row.id).collect();
    let mut report = DeclareReport {
        notes: group.notes,
        inputs: work.rows.clone(),
        packs: BTreeSet::from([(work.edition(), work.pack.digest().to_owned())]),
        ..DeclareReport::default()
    };
    let owned: Vec<Input> = group.inputs.into_iter().cloned().collect();
    let records = match work.map(request, &owned, progress) {
        Ok(records) => records,
        // A call cut short because the host is stopping says nothing about the input.
        Err(error @ (EngineError::Input { .. } | EngineError::Plugin(_))) if engine.stopping().is_ok() => {
            work.close_inputs(&error)?;
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    let from: Vec<usize> = group.rows.iter().map(|row| row.next_record).collect();
    for step in records::steps(records, &from) {
        // Between two steps nothing is half-done: the input resumes here at the next start.
        engine.stopping()?;
        report.add(work.step(request.mode, &step, progress)?);
    }
    Ok(report)
}

struct Work<'a> {
    engine: &'a Engine,
    /// The configured enterprises; drafts refer to them by position.
    enterprises: &'a [Enterprise],
    /// The enterprise named on the command line or by the folder.
    named: Option<usize>,
    access: Access,
    pack: Arc<LoadedPack>,
    day: String,
    at: Timestamp,
    /// Ledger rows of the inputs; empty in a dry run.
    rows: Vec<i64>,
    /// For each input, earlier inputs whose documents are not declared again.
    earlier: Vec<Vec<i64>>,
    layouts: BTreeMap<String, Layout>,
    report: DeclareReport,
    /// Sources with a refused document, and that document.
    refused: BTreeMap<String, String>,
    /// Refused documents and their reasons, for the ledger.
    refusals: Vec<(NewDocument, Vec<Reason>)>,
    /// The seal of each document, by guid.
    seals: BTreeMap<String, policy::Seal>,
}

impl<'a> Work<'a> {
    fn new(
        engine: &'a Engine,
        named: Option<usize>,
        pack: Arc<LoadedPack>,
        at: Timestamp,
    ) -> Result<Self, EngineError> {
        let enterprises = engine.config.all_enterprises();
        let access = Access::new(Arc::clone(&pack));
        enterprises.iter().try_for_each(|one| access.check_roles(one))?;
        Ok(Self {
            engine,
            enterprises,
            named,
            access,
            pack,
            day: clock::day(at),
            at,
            rows: Vec::new(),
            earlier: Vec::new(),
            layouts: BTreeMap::new(),
            report: DeclareReport::default(),
            refused: BTreeMap::new(),
            refusals: Vec::new(),
            seals: BTreeMap::new(),
        })
    }

    fn map(
        &mut self,
        request: &Request<'_>,
        inputs: &[Input],
        progress: Progress<'_>,
    ) -> Result<Vec<Vec<Record>>, EngineError> {
        progress("map", 0, inputs.len() as u64);
        let (mapper, name) = (request.mapper, request.mapper_name);
        let ahead = request.ahead.and_then(|ahead| ahead.take(&self.pack, mapper, self.at));
        let now = || map_inputs(&self.engine.config, &self.pack, mapper, name, inputs, self.at);
        let mut mapped = ahead.unwrap_or_else(now)?;
        progress("map", inputs.len() as u64, inputs.len() as u64);
        self.layouts = std::mem::take(&mut mapped.layouts);
        Ok(records::records(&mut mapped, inputs.len()))
    }

    /// Closes the rows of the inputs with the error: an input that can't be read is finished.
    fn close_inputs(&self, error: &EngineError) -> Result<(), EngineError> {
        let at = self.at_text();
        for row in &self.rows {
            self.engine.ledger.close_input(*row, &error.to_string(), &at)?;
        }
        Ok(())
    }

    /// Takes a step of records through all stages. A step that loses a race against another process is retried: by then
    /// the ledger shows what the other one accepted.
    fn step(&mut self, mode: Mode, step: &Step, progress: Progress<'_>) -> Result<DeclareReport, EngineError> {
        let mut races = 0;
        loop {
            self.report = DeclareReport::default();
            self.refused.clear();
            self.refusals.clear();
            self.seals.clear();
            match self.stages(mode, step, progress) {
                Err(error) if is_race(&error) && races < RACES => races += 1,
                Err(error) => return Err(error),
                Ok(()) => return Ok(std::mem::take(&mut self.report)),
            }
        }
    }

    fn stages(&mut self, mode: Mode, step: &Step, progress: Progress<'_>) -> Result<(), EngineError> {
        for problem in step.records.iter().flat_map(|record| &record.problems) {
            self.refuse_unmapped(problem);
        }
        let drafts: Vec<Draft> = step.records.iter().flat_map(|record| record.drafts.clone()).collect();
        let drafts = self.assign(drafts);
        if mode == Mode::Draft {
            self.keep(&drafts, step)?;
            self.tell(drafts, Status::Draft);
            return Ok(());
        }
        let drafts = self.drop_known(drafts)?;
        let drafts = self.judge(drafts, progress)?;
        let drafts = self.compare(drafts, progress)?;
        let drafts = self.apply_policy(drafts, progress)?;
        let drafts = self.hold_back(drafts);
        let accepted = self.sign(drafts, progress)?;
        if mode == Mode::Declare {
            // Calls cut short because the host is stopping look like plugin faults.
            self.engine.stopping()?;
            self.accept(&accepted, step)?;
        }
        self.tell(accepted, Status::Waiting);
        if mode == Mode::DryRun {
            self.report.fates.iter_mut().for_each(Fate::only_tried);
        }
        Ok(())
    }

    fn refuse_unmapped(&mut self, problem: &Problem) {
        let path = format!("{}, row {}, {}", problem.input, problem.row, problem.field);
        let reason = Reason {
            rule: problem.rule.id().into(),
            path,
            text: problem.message.clone(),
            ..Reason::default()
        };
        let record = self.unmapped(problem);
        self.refusals.push((record, vec![reason.clone()]));
        let whose = self.code_of(self.named.or((self.enterprises.len() == 1).then_some(0)));
        self.refuse(UNMAPPED, &problem.source, &problem.source, &whose, vec![reason]);
    }

    /// Documents of one ERP record are accepted or refused together: an inventory is not declared without its order.
    fn hold_back(&mut self, drafts: Vec<Draft>) -> Vec<Draft> {
        let (held, free): (Vec<_>, Vec<_>) = drafts
            .into_iter()
            .partition(|draft| self.refused.contains_key(&draft.source));
        for draft in held {
            let cause = self.refused.get(&draft.source).cloned().unwrap_or_default();
            let text = format!("not sent, because {cause} of the same record was refused");
            let reason = Reason {
                rule: HostRule::HeldBack.id().into(),
                text,
                ..Reason::default()
            };
            self.refuse_draft(&draft, vec![reason]);
        }
        free
    }

    fn tell(&mut self, accepted: Vec<Draft>, status: Status) {
        let edition = self.edition();
        let enterprises = self.enterprises;
        let mut warnings: BTreeMap<&str, Vec<FateWarning>> = BTreeMap::new();
        for warning in &self.report.warnings {
            let found = FateWarning::of(&warning.finding);
            warnings.entry(warning.guid.as_str()).or_default().push(found);
        }
        let fates: Vec<Fate> = accepted
            .into_iter()
            .map(|draft| Fate {
                message: draft.message,
                key: short_key(&draft.key).to_owned(),
                status: status.as_str().to_owned(),
                stage: (status == Status::Waiting).then_some(Stage::Unsent),
                warnings: warnings.remove(draft.guid.as_str()).unwrap_or_default(),
                source: draft.source,
                guid: draft.guid,
                edition: edition.clone(),
                enterprise: code_at(enterprises, draft.enterprise),
                ..Fate::default()
            })
            .collect();
        self.report.fates.extend(fates);
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

    /// Writes the unsigned message of these documents, all of one enterprise.
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

    /// The enterprise at a position. Every document is assigned one before it is judged.
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

/// Customs code of the enterprise at a position; empty if it does not exist.
fn code_at(enterprises: &[Enterprise], at: Option<usize>) -> String {
    at.and_then(|at| enterprises.get(at))
        .map(|one| one.code.clone())
        .unwrap_or_default()
}

fn parse(message: &str, xml: &[u8]) -> Result<Document, EngineError> {
    Document::parse(xml, &Limits::MESSAGE).map_err(|error| EngineError::Assembly {
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

/// Returns `true` if another process accepted the same document first.
#[must_use]
pub fn is_race(error: &EngineError) -> bool {
    matches!(error, EngineError::Ledger(LedgerError::Duplicate { .. }))
}

/// Sources that occur in a report, for counting.
#[must_use]
pub fn sources(report: &DeclareReport) -> BTreeSet<&str> {
    report.fates.iter().map(|fate| fate.source.as_str()).collect()
}
