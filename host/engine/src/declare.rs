//! From ERP data to accepted messages: map, assign, validate, compare, plan, assemble, sign, envelope, ledger.
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
mod declaration;
mod group;
mod judge;
mod known;
mod outcome;
mod plan;
mod record;
mod records;
mod request;
mod sign;
mod submit;

pub use request::{DeclareReport, Mode, Prepared, Progress, Request, UNMAPPED, Warning};
pub use submit::submit;

use crate::config::Enterprise;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::fate::Fate;
use crate::inputs::{self, Reader};
use crate::map::Input;
use crate::packs::Choice;
pub(crate) use access::{Access, Claim, means_role, role_word};
use cebridge_clock as clock;
use cebridge_findings::Finding;
use cebridge_ledger::{LedgerError, Reason, Status};
use cebridge_message::{Document, Limits};
use declaration::Declaration;
use group::Group;
use outcome::Outcome;
use records::Step;
use std::collections::BTreeSet;

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

/// Returns the named enterprise. Fails if the configuration lacks anything a declaration needs.
fn named<'e>(engine: &'e Engine, enterprise: Option<&str>) -> Result<Option<&'e Enterprise>, EngineError> {
    let chosen = engine.ready_to_declare(enterprise)?;
    Ok(enterprise.and(Some(chosen)))
}

/// Declares the inputs of a group: maps them, then takes their records through the stages step by step.
fn run(
    engine: &Engine,
    request: &Request<'_>,
    named: Option<&Enterprise>,
    group: Group<'_>,
    progress: Progress<'_>,
) -> Result<DeclareReport, EngineError> {
    let _holds = group.holds;
    let rows = group.rows.iter().map(|row| row.id).collect();
    let mut declaration = Declaration::new(engine, named, group.pack, group.at)?;
    declaration.of_inputs(rows, group.earlier);
    let mut report = DeclareReport {
        notes: group.notes,
        inputs: declaration.rows.clone(),
        packs: BTreeSet::from([(declaration.edition(), declaration.pack.rules().digest().to_owned())]),
        ..DeclareReport::default()
    };
    let inputs: Vec<Input> = group.inputs.into_iter().cloned().collect();
    let records = match declaration.map(request, &inputs, progress) {
        Ok(records) => records,
        // A call cut short because the host is stopping says nothing about the input.
        Err(error @ (EngineError::Input { .. } | EngineError::Plugin(_))) if engine.stopping().is_ok() => {
            declaration.close_inputs(&error)?;
            return Err(error);
        }
        Err(error) => return Err(error),
    };
    let from: Vec<usize> = group.rows.iter().map(|row| row.next_record).collect();
    for step in records::steps(records, &from) {
        // Between two steps nothing is half-done: the input resumes here at the next start.
        engine.stopping()?;
        report.add(take(&declaration, request.mode, &step, progress)?);
    }
    Ok(report)
}

/// Takes a step of records through all stages. A step that loses a race against another process is retried: by then
/// the ledger shows what the other one accepted.
fn take(
    declaration: &Declaration<'_>,
    mode: Mode,
    step: &Step,
    progress: Progress<'_>,
) -> Result<DeclareReport, EngineError> {
    let mut races = 0;
    loop {
        match stages(declaration, mode, step, progress) {
            Err(error) if is_race(&error) && races < RACES => races += 1,
            done => return done,
        }
    }
}

/// The stages of a declaration, from the records of an ERP to messages in the ledger. Each takes the documents that are
/// left and returns those that go on; what becomes of the others is noted in the outcome.
fn stages(
    declaration: &Declaration<'_>,
    mode: Mode,
    step: &Step,
    progress: Progress<'_>,
) -> Result<DeclareReport, EngineError> {
    let mut outcome = Outcome::default();
    for problem in step.records.iter().flat_map(|record| &record.problems) {
        outcome.refuse_unmapped(declaration, problem);
    }
    let mapped = step.records.iter().flat_map(|record| &record.documents);
    let owned = declaration.assign(mapped, &mut outcome);
    if mode == Mode::Draft {
        declaration.keep(&owned, &outcome, step)?;
        outcome.taken(declaration, &owned, Status::Draft);
        return Ok(outcome.report);
    }
    let new = declaration.drop_known(owned, &mut outcome)?;
    let valid = declaration.judge(new, &mut outcome, progress)?;
    let consistent = declaration.compare(valid, &mut outcome, progress)?;
    let planned = declaration.plan(consistent, &mut outcome, progress)?;
    let whole = outcome.hold_siblings(declaration, planned);
    let accepted = declaration.sign(whole, &mut outcome, progress)?;
    if mode == Mode::Declare {
        // Calls cut short because the host is stopping look like plugin faults.
        declaration.engine.stopping()?;
        declaration.accept(&accepted, &outcome, step)?;
    }
    outcome.taken(declaration, &accepted, Status::Waiting);
    if mode == Mode::DryRun {
        outcome.report.fates.iter_mut().for_each(Fate::only_tried);
    }
    Ok(outcome.report)
}

/// Reads a message that this program wrote.
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

/// Returns `true` if another process accepted the same document first.
#[must_use]
pub fn is_race(error: &EngineError) -> bool {
    matches!(error, EngineError::Ledger(LedgerError::Duplicate { .. }))
}
