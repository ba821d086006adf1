//! The first step: a mapper plugin turns ERP data into business documents.

use crate::batch::{Owned, batches};
use crate::catalogue::documents_per_message;
use crate::config::{Config, Enterprise};
use crate::error::EngineError;
use crate::host_rules::HostRule;
use crate::mappers::settings_of;
use crate::new_guid;
use crate::origin::Origin;
use crate::outgoing::OutgoingDocument;
use crate::packs::{Choice, Packs};
use cebridge_clock as clock;
use cebridge_findings::RuleSet;
use cebridge_message::Layout;
use cebridge_runtime::{MapError, MapperPlugin, mapping};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// One input with its bytes.
#[derive(Debug, Clone, Default)]
pub struct Input {
    /// Display name, for example the file name.
    pub name: String,
    /// Content.
    pub content: Vec<u8>,
    /// Its origin.
    pub origin: Origin,
}

/// An ERP record that did not become a document.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// Input that contains it.
    pub input: String,
    /// Position of that input.
    #[serde(skip)]
    pub at: usize,
    /// Name of the record.
    pub source: String,
    /// Row of the record, from 1; 0 when unknown.
    pub row: u32,
    /// Field of the record; empty if the record as a whole is meant.
    pub field: String,
    /// The problem and the remedy.
    pub message: String,
    /// `HOST-MAPPING`, or `HOST-PLUGIN` when the mapper itself is at fault.
    pub rule: HostRule,
}

/// Result of mapping the inputs.
#[derive(Debug, Default)]
pub(crate) struct Mapped {
    /// Documents, in the order of the input.
    pub documents: Vec<OutgoingDocument>,
    /// Records that could not be mapped.
    pub problems: Vec<Problem>,
}

/// Runs the mapper over the inputs, each in a fresh sandbox.
///
/// # Errors
/// An input that the mapper can't read at all, or a mapper that fails.
pub(crate) fn map_inputs(
    config: &Config,
    pack: &RuleSet,
    mapper: &MapperPlugin,
    mapper_name: &str,
    inputs: &[Input],
    at: Timestamp,
) -> Result<Mapped, EngineError> {
    let settings = settings_of(config, mapper.describe(), mapper_name);
    let mut out = Mapped::default();
    let mut layouts: BTreeMap<String, Arc<Layout>> = BTreeMap::new();
    for (at_input, input) in inputs.iter().enumerate() {
        let given = mapping::Input {
            name: input.name.clone(),
            content: input.content.clone(),
            settings: settings.clone(),
            at: clock::time14(at),
        };
        let mapped = aside(|| mapper.map(&given)).map_err(|error| match error {
            MapError::Fault(fault) => EngineError::Plugin(fault),
            unreadable => EngineError::Input {
                input: input.name.clone(),
                reason: unreadable.to_string(),
            },
        })?;
        out.problems.extend(mapped.problems.into_iter().map(|problem| Problem {
            input: input.name.clone(),
            at: at_input,
            source: problem.source,
            row: problem.row,
            field: problem.field,
            message: problem.message,
            rule: HostRule::Mapping,
        }));
        for document in mapped.documents {
            let layout = layouts
                .entry(document.message.clone())
                .or_insert_with(|| Arc::new(pack.layout(&document.message).unwrap_or_default()));
            out.add(pack, layout, (at_input, input), &document);
        }
    }
    Ok(out)
}

/// An input mapped ahead of its turn, with the mapper, rules and time used.
#[derive(Debug)]
pub struct Ahead {
    mapper: String,
    pack: String,
    /// The time of declaration.
    pub(crate) at: Timestamp,
    mapped: Mutex<Option<Result<Mapped, EngineError>>>,
}

impl Ahead {
    /// Maps an input.
    pub(crate) fn map(
        config: &Config,
        pack: &RuleSet,
        mapper: &MapperPlugin,
        mapper_name: &str,
        input: Input,
        at: Timestamp,
    ) -> Self {
        let mapped = map_inputs(config, pack, mapper, mapper_name, &[input], at);
        Self {
            mapper: mapper.digest().to_owned(),
            pack: pack.digest().to_owned(),
            at,
            mapped: Mutex::new(Some(mapped)),
        }
    }

    /// Returns the documents, once, if they were made by this mapper, under these rules and for this time.
    pub(crate) fn take(
        &self,
        pack: &RuleSet,
        mapper: &MapperPlugin,
        at: Timestamp,
    ) -> Option<Result<Mapped, EngineError>> {
        let fits = self.mapper == mapper.digest() && self.pack == pack.digest() && self.at == at;
        let mut mapped = self.mapped.lock().unwrap_or_else(PoisonError::into_inner);
        mapped.take().filter(|_| fits)
    }
}

/// Runs a mapper on its own low-priority thread: one that loops must not slow down everything else.
fn aside<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let gently = || {
        give_way();
        work()
    };
    std::thread::scope(|scope| match scope.spawn(gently).join() {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic),
    })
}

/// Lowers this thread's priority, if the system supports thread priorities.
fn give_way() {
    /// Between normal threads (0) and those that run only when nothing else does (19).
    #[cfg(target_os = "linux")]
    const GENTLE: i32 = 10;
    #[cfg(target_os = "linux")]
    // If this fails, mapping still works; it only competes with other threads.
    let _ = rustix::process::setpriority_process(None, GENTLE);
}

impl Mapped {
    fn add(
        &mut self,
        pack: &RuleSet,
        layout: &Arc<Layout>,
        (at, input): (usize, &Input),
        document: &mapping::Document,
    ) {
        match OutgoingDocument::new(pack.pack(), layout, document, new_guid()) {
            Ok(mut document) => {
                document.input = at;
                self.documents.push(document);
            }
            Err(fault) => self.problems.push(Problem {
                input: input.name.clone(),
                at,
                source: document.source.clone(),
                row: document.row,
                field: String::new(),
                message: fault.to_string(),
                rule: HostRule::Plugin,
            }),
        }
    }
}

/// An unsigned message made by `map`.
#[derive(Debug, Clone)]
pub struct MappedMessage {
    /// Suggested file name, for example `CEB311-001.xml`.
    pub file: String,
    /// Number of documents inside.
    pub documents: usize,
    /// The message.
    pub xml: Vec<u8>,
}

/// Result of `map`.
#[derive(Debug, Default)]
pub struct MapReport {
    /// Messages, in the order of sending.
    pub messages: Vec<MappedMessage>,
    /// Records that could not be mapped.
    pub problems: Vec<Problem>,
}

/// Maps inputs to unsigned messages of this enterprise; nothing is judged, recorded or sent.
///
/// # Errors
/// As [`map_inputs`], or no edition in force.
pub fn map(
    config: &Config,
    enterprise: &Enterprise,
    packs: &Packs,
    mapper: &MapperPlugin,
    mapper_name: &str,
    inputs: &[Input],
    at: Timestamp,
) -> Result<MapReport, EngineError> {
    let pack = packs.choose(&Choice::Day(clock::day(at)))?;
    let mapped = map_inputs(config, pack.rules(), mapper, mapper_name, inputs, at)?;
    let mut report = MapReport {
        problems: mapped.problems,
        ..MapReport::default()
    };
    let all = mapped.documents.iter();
    for batch in batches(all.map(|document| Owned {
        document,
        owner: enterprise,
    })) {
        let per_message =
            documents_per_message(pack.rules().pack(), batch.message, config.declare.documents_per_message);
        for (number, chunk) in batch.documents.chunks(per_message).enumerate() {
            report.messages.push(MappedMessage {
                file: format!("{}-{:03}.xml", batch.message, number + 1),
                documents: chunk.len(),
                xml: batch.write(pack.rules().pack(), &new_guid(), chunk)?,
            });
        }
    }
    Ok(report)
}
