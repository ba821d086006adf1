//! One intake folder: its files, its mapper, and the reports about them.

use super::breaker::{Breaker, Word};
use super::mapper::{MapperFile, Mappers, Shared};
use super::{Slot, absolute, report};
use crate::declare::{Mode, Request, declare};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::inputs::only_to_be_moved;
use crate::map::{Ahead, Input};
use crate::origin::Origin;
use crate::packs::Choice;
use crate::round::{Busy, Tell};
use cebridge_clock as clock;
use cebridge_runtime::{FaultCause, PluginFault};
use cebridge_transport::{Inbox, Incoming, Moved, Why};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{MutexGuard, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Maximum files read from one folder in one round.
const ROUND: usize = 16;
/// Period in which a file taken by an earlier process may still be written to. As long as the inbox's own memory.
const RECENT: SignedDuration = SignedDuration::from_mins(10);
/// First and longest pause before a file that could not be taken is retried.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Share of a mapper's memory from which on a file itself is why the memory does not suffice. Arbitrary: mappers hold
/// an input several times, as bytes, as values and as documents.
const LARGE: usize = 16;

/// One intake folder.
pub(crate) struct Desk<'t> {
    slot: Slot,
    inbox: Option<Inbox>,
    mapper: Shared,
    breaker: Breaker,
    told: BTreeSet<String>,
    tell: Tell<'t>,
    /// Files that could not be taken in the last round, and why.
    waiting: Vec<(String, String)>,
    /// Files that failed for a reason other than their content: time of the next try, and the pause after it.
    paused: BTreeMap<String, (Instant, Duration)>,
}

impl<'t> Desk<'t> {
    pub(crate) fn new(slot: Slot, mappers: &Mappers, tell: Tell<'t>) -> Self {
        Self {
            mapper: mappers.get(&slot.mapper),
            slot,
            inbox: None,
            breaker: Breaker::default(),
            told: BTreeSet::new(),
            tell,
            waiting: Vec::new(),
            paused: BTreeMap::new(),
        }
    }

    pub(crate) fn slot(&self) -> &Slot {
        &self.slot
    }

    /// Notes that a file was renamed into one of the folders, so it is complete.
    pub(crate) fn renamed_in(&self, path: &Path) {
        if let Some(inbox) = &self.inbox {
            inbox.renamed_in(path);
        }
    }

    /// Returns the files that could not be taken in the last round, and why.
    pub(crate) fn left(&self) -> &[(String, String)] {
        &self.waiting
    }

    /// Takes the files in the folder.
    pub(crate) fn round(&mut self, engine: &Engine) -> Busy {
        self.waiting.clear();
        match self.files(engine) {
            Ok(busy) => busy,
            Err(EngineError::Stopping) => Busy::Idle,
            Err(error) => {
                self.tell_once(format!(
                    "intake folder {} can't be used, will be tried again: {error}",
                    self.slot.folder.display()
                ));
                Busy::Idle
            }
        }
    }

    fn open(&self, engine: &Engine) -> Result<Inbox, EngineError> {
        let slot = &self.slot;
        let rules = engine.config.intake.rules(engine.config.paths.access);
        let inbox = Inbox::new(
            slot.folder.clone(),
            slot.home.join("done"),
            slot.home.join("bad"),
            rules,
        );
        let now = engine.clock.now();
        let since = now.checked_sub(RECENT).unwrap_or(now);
        // A file that grew was taken several times. Compare only its last state, or it would look changed.
        let mut taken = BTreeMap::new();
        for (place, stamp, sha256) in engine.ledger.inputs_since(since)? {
            taken.insert(place, (stamp, sha256));
        }
        for (place, (stamp, sha256)) in taken {
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

    fn files(&mut self, engine: &Engine) -> Result<Busy, EngineError> {
        if self.inbox.is_none() {
            self.inbox = Some(self.open(engine)?);
        }
        let Some(inbox) = &self.inbox else {
            return Ok(Busy::Idle);
        };
        // Read before the scan: a process that finishes with a file later than this still had it during the scan.
        let seen_at = engine.clock.now();
        let scan = inbox.scan(ROUND)?;
        let mut busy = Busy::Idle;
        for (name, reason) in &scan.set_aside {
            self.note_set_aside(engine, name, reason)?;
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
                // Deferred files were reported when they were deferred.
                Why::Deferred => {}
                // Without the time left, which would make every round report a new line.
                Why::Stuck { ref problem, .. } => self.tell_once(format!("{}: taken, but {problem}", waiting.name)),
                _ => self.tell_once(format!("{}: {}", waiting.name, waiting.why)),
            }
            self.waiting.push((waiting.name, waiting.why.to_string()));
        }
        if !scan.ready.is_empty() && self.mapper().has_changed() {
            self.breaker.try_now();
        }
        // While a file is judged and recorded, the mapper reads the next one.
        std::thread::scope(|scope| {
            let mut next: Option<ScopedJoinHandle<'_, Ahead>> = None;
            for (at, file) in scan.ready.iter().enumerate() {
                engine.stopping()?;
                // A panic in the mapper is ignored here: the file's own turn reports the problem.
                let ahead = next.take().and_then(|thread| thread.join().ok());
                next = scan
                    .ready
                    .get(at + 1)
                    .and_then(|file| self.map_ahead(scope, engine, file));
                busy = busy.max(self.turn(engine, file, seen_at, ahead.as_ref())?);
            }
            Ok(busy)
        })
    }

    /// Starts mapping a file before its turn, unless something speaks against it.
    fn map_ahead<'scope>(
        &self,
        scope: &'scope Scope<'scope, '_>,
        engine: &'scope Engine,
        file: &'scope Incoming,
    ) -> Option<ScopedJoinHandle<'scope, Ahead>> {
        let paused = self.paused.contains_key(&file.stamp) || self.breaker.rests().is_some();
        let mapper = (!paused)
            .then(|| self.mapper().plugin(engine, self.tell).ok())
            .flatten()?;
        let at = engine.clock.now();
        let pack = engine.packs.choose(&Choice::Day(clock::day(at))).ok()?;
        let input = self.input(file, None);
        if only_to_be_moved(engine, &input.origin, &file.sha256).ok()?.is_some() {
            return None;
        }
        let name = self.slot.mapper.clone();
        let work = move || Ahead::map(&engine.config, pack.rules(), &mapper, &name, input, at);
        let thread = std::thread::Builder::new().name(format!("ahead {}", self.slot.mapper));
        thread.spawn_scoped(scope, work).ok()
    }

    fn input(&self, file: &Incoming, seen_at: Option<Timestamp>) -> Input {
        Input {
            name: file.name.clone(),
            content: file.bytes.clone(),
            origin: Origin {
                place: absolute(&self.slot.folder.join(&file.name)).display().to_string(),
                stamp: file.stamp.clone(),
                seen_at,
            },
        }
    }

    /// Takes a complete file, unless it or its mapper rests.
    fn turn(
        &mut self,
        engine: &Engine,
        file: &Incoming,
        seen_at: Timestamp,
        ahead: Option<&Ahead>,
    ) -> Result<Busy, EngineError> {
        if let Some(word) = self.breaker.hourly() {
            self.say(&word);
        }
        if let Some(why) = self.breaker.rests() {
            self.waiting.push((file.name.clone(), why));
            return Ok(Busy::Idle);
        }
        // A file that can't be taken now must not hold up the others either.
        if self
            .paused
            .get(&file.stamp)
            .is_some_and(|(until, _)| Instant::now() < *until)
        {
            self.waiting
                .push((file.name.clone(), "it failed a moment ago".to_owned()));
            return Ok(Busy::Idle);
        }
        match self.take(engine, file, seen_at, ahead) {
            Ok(done) => {
                self.paused.remove(&file.stamp);
                Ok(done)
            }
            Err(EngineError::Stopping) => Err(EngineError::Stopping),
            Err(error) => {
                let pause = self.paused.get(&file.stamp).map_or(FIRST_PAUSE, |(_, pause)| *pause);
                let next = (pause * 2).min(LONGEST_PAUSE);
                self.paused.insert(file.stamp.clone(), (Instant::now() + pause, next));
                self.tell_once(format!("{} can't be taken, will be tried again: {error}", file.name));
                self.waiting.push((file.name.clone(), error.to_string()));
                Ok(Busy::Idle)
            }
        }
    }

    fn take(
        &mut self,
        engine: &Engine,
        file: &Incoming,
        seen_at: Timestamp,
        ahead: Option<&Ahead>,
    ) -> Result<Busy, EngineError> {
        let input = self.input(file, Some(seen_at));
        if let Some(input) = only_to_be_moved(engine, &input.origin, &file.sha256)? {
            self.move_away(engine, file, &[input])?;
            return Ok(Busy::Idle);
        }
        let loaded = self.mapper().plugin(engine, self.tell);
        let mapper = match loaded {
            Ok(mapper) => mapper,
            Err(error) => {
                let word = self.breaker.failed_to_load(&error.to_string());
                self.say(&word);
                self.waiting.push((file.name.clone(), error.to_string()));
                return Ok(Busy::Idle);
            }
        };
        let request = Request {
            mapper: &mapper,
            mapper_name: &self.slot.mapper,
            inputs: &[input],
            at: ahead.map_or_else(|| engine.clock.now(), |ahead| ahead.at),
            enterprise: self.slot.enterprise.as_deref(),
            mode: Mode::Declare,
            ahead,
        };
        let done = declare(engine, &request, &|_, _, _| {});
        // A mapper that was cut short by shutdown is not at fault, and the file stays.
        engine.stopping()?;
        if !matches!(done, Err(EngineError::Plugin(_))) {
            let word = self.breaker.worked();
            self.say(&word);
        }
        match done {
            Ok(done) => {
                report::tell(self.tell, engine, &file.name, &done);
                self.move_away(engine, file, &done.inputs)?;
                Ok(Busy::Now)
            }
            Err(EngineError::Taken { .. }) => Ok(Busy::Idle),
            Err(EngineError::Plugin(fault)) if is_too_large(file, &fault) => {
                // Neither time nor another try helps, and the mapper is not at fault.
                let reason = format!(
                    "it has {} MiB, which is too large for its mapper; split it: {fault}",
                    file.bytes.len() >> 20
                );
                self.set_aside(engine, file, &reason)?;
                Ok(Busy::Now)
            }
            Err(EngineError::Plugin(fault)) => {
                let busy = self.not_readable(engine, file, &fault.to_string())?;
                let word = self.breaker.failed(&fault.to_string());
                self.say(&word);
                Ok(busy)
            }
            Err(error @ EngineError::Input { .. }) => self.not_readable(engine, file, &error.to_string()),
            Err(error) => Err(error),
        }
    }

    /// Leaves an unreadable file alone while it may still be written, and sets it aside after that.
    fn not_readable(&mut self, engine: &Engine, file: &Incoming, reason: &str) -> Result<Busy, EngineError> {
        let Some(inbox) = &self.inbox else {
            return Ok(Busy::Idle);
        };
        if inbox.is_young(file) {
            inbox.defer(file);
            self.waiting.push((file.name.clone(), Why::Deferred.to_string()));
            self.tell_once(format!("{}: {}: {reason}", file.name, Why::Deferred));
            return Ok(Busy::Idle);
        }
        self.set_aside(engine, file, reason)?;
        Ok(Busy::Now)
    }

    fn set_aside(&mut self, engine: &Engine, file: &Incoming, reason: &str) -> Result<(), EngineError> {
        let Some(inbox) = &self.inbox else {
            return Ok(());
        };
        match inbox.reject(file, reason) {
            Ok(Moved::Away(_)) => self.note_set_aside(engine, &file.name, reason)?,
            Ok(Moved::Changed | Moved::Gone) => {}
            Err(error) => self.tell_once(format!("{}: {reason}; {error}", file.name)),
        }
        Ok(())
    }

    fn note_set_aside(&self, engine: &Engine, name: &str, reason: &str) -> Result<(), EngineError> {
        (self.tell)(&format!("{name} set aside: {reason}"));
        let detail = serde_json::json!({ "file": name, "reason": reason }).to_string();
        let at = engine.clock.now();
        engine.ledger.record_event("intake", "file-set-aside", &detail, at)?;
        Ok(())
    }

    /// Moves a taken file away. It is never taken again even if this fails, as its input is on record.
    fn move_away(&mut self, engine: &Engine, file: &Incoming, inputs: &[i64]) -> Result<(), EngineError> {
        let Some(inbox) = &self.inbox else {
            return Ok(());
        };
        match inbox.acknowledge(file) {
            Ok(Moved::Away(_) | Moved::Gone) => {
                for input in inputs {
                    engine.ledger.input_moved(*input, engine.clock.now())?;
                }
            }
            Ok(Moved::Changed) => (self.tell)(&format!(
                "{}: changed while it was taken; it is taken again when it stays unchanged",
                file.name
            )),
            Err(error) => {
                self.tell_once(format!(
                    "{}: taken, but it can't be moved away and is not taken again: {error}",
                    file.name
                ));
                self.waiting
                    .push((file.name.clone(), format!("taken, but it can't be moved away: {error}")));
            }
        }
        Ok(())
    }

    fn mapper(&self) -> MutexGuard<'_, MapperFile> {
        self.mapper.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, word: &Word) {
        if let Some(text) = word.text(&self.slot.mapper, &self.slot.folder) {
            (self.tell)(&text);
        }
    }

    fn tell_once(&mut self, line: String) {
        if self.told.insert(line.clone()) {
            (self.tell)(&line);
        }
    }
}

/// Returns `true` if the mapper ran out of memory because the file is large.
fn is_too_large(file: &Incoming, fault: &PluginFault) -> bool {
    matches!(fault.cause, FaultCause::Memory { limit, .. } if file.bytes.len() > limit / LARGE)
}
