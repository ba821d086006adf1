//! ERP files: taken whole and once, declared, and moved away.

mod slots;

pub use slots::Slot;

use crate::daemon::{Busy, Tell};
use crate::declare::{DeclareReport, Mode, Request, declare};
use crate::engine::{Engine, load_mapper};
use crate::error::EngineError;
use crate::fate::Fate;
use crate::inputs::{Origin, only_to_be_moved};
use crate::map::Input;
use cebridge_runtime::MapperPlugin;
use cebridge_transport::{FolderWatch, Inbox, Incoming, Moved, Why};
use jiff::SignedDuration;
use slots::slots;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Files read from one folder in one round.
const ROUND: usize = 16;
/// Warnings of one file that are written to the log. Arbitrary.
const WARNINGS: usize = 20;
/// How long after it was taken a file of an earlier process may still be written to. As long as the folder's own memory.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

/// The intake folders of a daemon.
pub(crate) struct Intake<'a> {
    engine: &'a Engine,
    defaults: &'a Slot,
    folder: PathBuf,
    inboxes: BTreeMap<PathBuf, Inbox>,
    mappers: BTreeMap<String, MapperPlugin>,
    told: BTreeSet<String>,
    tell: Tell<'a>,
    /// Files that could not be taken in the last round, and why.
    waiting: Vec<(String, Why)>,
    /// Files that failed for another reason than their content: when they are tried again, and the pause after that.
    paused: BTreeMap<(PathBuf, String), (Instant, Duration)>,
}

/// First and longest pause before a file that could not be taken is tried again.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

impl<'a> Intake<'a> {
    /// Makes the folder.
    ///
    /// # Errors
    /// It can't be made, or the mapper of files directly in it can't be loaded.
    pub(crate) fn open(engine: &'a Engine, defaults: &'a Slot, tell: Tell<'a>) -> Result<Self, EngineError> {
        let folder = engine.config.path(&engine.config.paths.intake);
        std::fs::create_dir_all(&folder).map_err(|source| EngineError::Io {
            action: "cannot create",
            path: folder.clone(),
            source,
        })?;
        let mut intake = Self {
            engine,
            defaults,
            folder,
            inboxes: BTreeMap::new(),
            mappers: BTreeMap::new(),
            told: BTreeSet::new(),
            tell,
            waiting: Vec::new(),
            paused: BTreeMap::new(),
        };
        intake.mapper(&defaults.mapper)?;
        Ok(intake)
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file was renamed into one of the folders: it is whole.
    pub(crate) fn renamed_in(&self, path: &Path) {
        self.inboxes.values().for_each(|inbox| inbox.renamed_in(path));
    }

    /// What could not be taken in the last round, and why.
    pub(crate) fn left(&self) -> Vec<(String, String)> {
        let text = |(name, why): &(String, Why)| (name.clone(), why.to_string());
        self.waiting.iter().map(text).collect()
    }

    /// Takes what lies in the folders.
    pub(crate) fn round(&mut self, watch: &FolderWatch) -> Result<Busy, EngineError> {
        let mut busy = Busy::Idle;
        self.waiting.clear();
        for slot in slots(&self.engine.config, &self.folder, self.defaults)? {
            // A folder that can't be used holds up no other one.
            match self.folder_round(&slot, watch) {
                Ok(done) => busy = busy.max(done),
                Err(error) => self.tell_once(format!(
                    "intake folder {} can't be used, will be tried again: {error}",
                    slot.folder.display()
                )),
            }
        }
        Ok(busy)
    }

    fn inbox(&self, slot: &Slot) -> Result<Inbox, EngineError> {
        let inbox = Inbox::new(
            slot.folder.clone(),
            slot.home.join("done"),
            slot.home.join("bad"),
            self.engine.config.intake.rules(),
        );
        let now = self.engine.clock.now();
        let since = now.checked_sub(RECENT).unwrap_or(now);
        for (place, stamp, sha256) in self.engine.ledger.inputs_since(&since.to_string())? {
            let place = Path::new(&place);
            let (Some(folder), Some(name)) = (place.parent(), place.file_name()) else {
                continue;
            };
            if folder == absolute(&slot.folder) {
                inbox.watch_moved(&name.to_string_lossy(), &stamp, &sha256)?;
            }
        }
        Ok(inbox)
    }

    fn folder_round(&mut self, slot: &Slot, watch: &FolderWatch) -> Result<Busy, EngineError> {
        if !self.inboxes.contains_key(&slot.folder) {
            let inbox = self.inbox(slot)?;
            self.inboxes.insert(slot.folder.clone(), inbox);
            watch.watch(&slot.folder)?;
        }
        let Some(inbox) = self.inboxes.get(&slot.folder) else {
            return Ok(Busy::Idle);
        };
        let scan = inbox.scan(ROUND)?;
        let mut busy = Busy::Idle;
        for (name, reason) in &scan.set_aside {
            self.note_set_aside(name, reason)?;
            busy = Busy::Now;
        }
        for name in &scan.grown {
            (self.tell)(&format!(
                "{name}: written to after it was taken; what was added is taken now"
            ));
        }
        for waiting in scan.waiting {
            match waiting.why {
                Why::Young => busy = busy.max(Busy::Soon),
                // Deferred files were named when they were looked at.
                Why::Deferred => {}
                _ => self.tell_once(format!("{}: {}", waiting.name, waiting.why)),
            }
            self.waiting.push((waiting.name, waiting.why));
        }
        for file in &scan.ready {
            // Nor does a file that can't be taken now.
            let place = (slot.folder.clone(), file.stamp.clone());
            if self
                .paused
                .get(&place)
                .is_some_and(|(until, _)| Instant::now() < *until)
            {
                self.waiting
                    .push((file.name.clone(), Why::Unreadable("it failed a moment ago".to_owned())));
                continue;
            }
            match self.take(slot, file) {
                Ok(done) => {
                    self.paused.remove(&place);
                    busy = busy.max(done);
                }
                Err(error) => {
                    let pause = self.paused.get(&place).map_or(FIRST_PAUSE, |(_, pause)| *pause);
                    let next = (pause * 2).min(LONGEST_PAUSE);
                    self.paused.insert(place, (Instant::now() + pause, next));
                    self.tell_once(format!("{} can't be taken, will be tried again: {error}", file.name));
                    self.waiting
                        .push((file.name.clone(), Why::Unreadable(error.to_string())));
                }
            }
        }
        Ok(busy)
    }

    fn take(&mut self, slot: &Slot, file: &Incoming) -> Result<Busy, EngineError> {
        let origin = Origin {
            place: absolute(&slot.folder.join(&file.name)).display().to_string(),
            stamp: file.stamp.clone(),
        };
        if let Some(input) = only_to_be_moved(self.engine, &origin, &file.sha256)? {
            self.move_away(slot, file, &[input])?;
            return Ok(Busy::Idle);
        }
        let input = Input {
            name: file.name.clone(),
            content: file.bytes.clone(),
            origin,
        };
        match self.declare(slot, input) {
            Ok(report) => {
                self.report(file, &report);
                self.move_away(slot, file, &report.inputs)?;
                Ok(Busy::Now)
            }
            Err(EngineError::Taken { .. }) => Ok(Busy::Idle),
            Err(error @ (EngineError::Input { .. } | EngineError::Plugin(_))) => {
                self.not_readable(slot, file, &error.to_string())
            }
            Err(error) => Err(error),
        }
    }

    fn declare(&mut self, slot: &Slot, input: Input) -> Result<DeclareReport, EngineError> {
        let engine = self.engine;
        let request = Request {
            mapper: self.mapper(&slot.mapper)?,
            mapper_name: &slot.mapper,
            inputs: &[input],
            at: engine.clock.now(),
            enterprise: slot.enterprise.as_deref(),
            mode: Mode::Declare,
        };
        declare(engine, &request, &|_, _, _| {})
    }

    /// A file that makes no sense is left alone while it may still be written, and set aside after that.
    fn not_readable(&mut self, slot: &Slot, file: &Incoming, reason: &str) -> Result<Busy, EngineError> {
        let Some(inbox) = self.inboxes.get(&slot.folder) else {
            return Ok(Busy::Idle);
        };
        if inbox.is_young(file) {
            inbox.defer(file);
            self.waiting.push((file.name.clone(), Why::Deferred));
            self.tell_once(format!("{}: {}: {reason}", file.name, Why::Deferred));
            return Ok(Busy::Idle);
        }
        match inbox.reject(file, reason) {
            Ok(Moved::Away(_)) => self.note_set_aside(&file.name, reason)?,
            Ok(Moved::Changed | Moved::Gone) => {}
            Err(error) => self.tell_once(format!("{}: {reason}; {error}", file.name)),
        }
        Ok(Busy::Now)
    }

    fn note_set_aside(&mut self, name: &str, reason: &str) -> Result<(), EngineError> {
        (self.tell)(&format!("{name} set aside: {reason}"));
        let detail = serde_json::json!({ "file": name, "reason": reason }).to_string();
        let at = self.engine.clock.now().to_string();
        self.engine
            .ledger
            .record_event("intake", "file-set-aside", &detail, &at)?;
        Ok(())
    }

    /// What is taken is never taken again: its input is on record, whether or not the file can be moved.
    fn move_away(&mut self, slot: &Slot, file: &Incoming, inputs: &[i64]) -> Result<(), EngineError> {
        let Some(inbox) = self.inboxes.get(&slot.folder) else {
            return Ok(());
        };
        match inbox.acknowledge(file) {
            Ok(Moved::Away(_) | Moved::Gone) => {
                for input in inputs {
                    self.engine.ledger.input_moved(*input)?;
                }
            }
            Ok(Moved::Changed) => (self.tell)(&format!(
                "{}: changed while it was taken; it is taken again when it stays unchanged",
                file.name
            )),
            Err(error) => self.tell_once(format!(
                "{}: taken, but it can't be moved away and is not taken again: {error}",
                file.name
            )),
        }
        Ok(())
    }

    fn report(&self, file: &Incoming, report: &DeclareReport) {
        let refused: Vec<&Fate> = report.fates.iter().filter(|fate| fate.status == "refused").collect();
        let editions: BTreeSet<&str> = report
            .fates
            .iter()
            .map(|fate| fate.edition.as_str())
            .filter(|edition| !edition.is_empty())
            .collect();
        for note in &report.notes {
            (self.tell)(note);
        }
        (self.tell)(&format!(
            "{}: {} documents, {} accepted, {} refused, {} known before, {} warnings, {} messages, edition {}",
            file.name,
            report.fates.len(),
            report.fates.len() - refused.len() - report.already_accepted,
            refused.len(),
            report.already_accepted,
            report.warnings.len(),
            report.messages.len(),
            editions.into_iter().collect::<Vec<_>>().join(", "),
        ));
        for fate in refused {
            let reasons: Vec<String> = fate
                .reasons
                .iter()
                .map(|r| format!("{} {} {}", r.rule, r.path, r.text))
                .collect();
            (self.tell)(&format!(
                "{}: {} {} refused: {}",
                file.name,
                fate.message,
                fate.key,
                reasons.join("; ")
            ));
        }
        for warning in report.warnings.iter().take(WARNINGS) {
            let found = &warning.finding;
            (self.tell)(&format!(
                "{}: {} warning {} {}: {}",
                file.name, warning.key, found.rule, found.path, found.message
            ));
        }
        if report.warnings.len() > WARNINGS {
            let more = report.warnings.len() - WARNINGS;
            (self.tell)(&format!("{}: {more} more warnings, see `cebridge status`", file.name));
        }
    }

    fn tell_once(&mut self, line: String) {
        if self.told.insert(line.clone()) {
            (self.tell)(&line);
        }
    }

    fn mapper(&mut self, name: &str) -> Result<&MapperPlugin, EngineError> {
        if !self.mappers.contains_key(name) {
            let plugin = load_mapper(&self.engine.packs.sandbox, name)?;
            self.mappers.insert(name.to_owned(), plugin);
        }
        self.mappers.get(name).ok_or_else(|| EngineError::NotConfigured {
            what: "the mapper",
            hint: name.to_owned(),
        })
    }
}

/// A path that is the same from wherever the daemon is started.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
