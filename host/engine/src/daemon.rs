//! The daemon's rounds: packs, receipts, intake and sending, until it is told to stop.
//!
//! Every step is a transaction of its own, so stopping between two steps leaves nothing half-done. Receipts come before
//! sending: an answer proves that a message arrived.

use crate::deliver::{SendReport, send_due};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::intake::{Intake, Slot};
use crate::receipts::{ReceiptReport, collect};
use crate::reload::PackFolder;
use cebridge_transport::FolderWatch;
use jiff::SignedDuration;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Longest time between two rounds when no file system event arrives.
const PULSE: Duration = Duration::from_millis(500);
/// The same while a file is about to be still long enough.
const SOON: Duration = Duration::from_millis(100);

/// How long `--once` waits for files to be still while nothing else is done. Arbitrary.
const ENDLESS: Duration = Duration::from_secs(60);

/// How the daemon reports what it does: one line for each event, for people.
pub type Tell<'a> = &'a dyn Fn(&str);

/// What was left when the daemon ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Left {
    /// Messages that could not be sent yet.
    pub unsent: usize,
    /// Files that could not be taken yet, or not be moved away, with the reason.
    pub files: Vec<(String, String)>,
}

impl Left {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a round found to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Busy {
    /// Nothing.
    Idle,
    /// A file is there that will be still long enough in a moment.
    Soon,
    /// Something was done, and another round is worth it at once.
    Now,
}

/// Works until `stop` is set, or with `once` until nothing is left that can be done now.
///
/// `defaults` says which mapper and which enterprise files have that lie in no folder of one.
///
/// # Errors
/// Only what makes all further work impossible, such as a folder that can't be created. Anything else is reported,
/// recorded and tried again.
pub fn run(
    engine: &Engine,
    defaults: &Slot,
    once: bool,
    stop: &AtomicBool,
    tell: Tell<'_>,
) -> Result<Left, EngineError> {
    let mut daemon = Daemon::new(engine, defaults, tell)?;
    tell("ready");
    let mut moved = Instant::now();
    loop {
        let busy = daemon.round();
        if busy == Busy::Now {
            moved = Instant::now();
        }
        // A file that is written without end holds up no one who wants to be done.
        let idle = busy == Busy::Idle || busy == Busy::Soon && moved.elapsed() > ENDLESS;
        if stop.load(Ordering::Relaxed) || (once && idle) {
            break;
        }
        match busy {
            Busy::Now => {}
            Busy::Soon => drop(daemon.watch.wait(SOON)),
            Busy::Idle => drop(daemon.watch.wait(PULSE)),
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    tell("stopped");
    daemon.left()
}

struct Daemon<'a> {
    engine: &'a Engine,
    intake: Intake<'a>,
    packs: PackFolder,
    watch: FolderWatch,
    told: BTreeSet<String>,
    tell: Tell<'a>,
    /// Receipts that could not be taken in the last round.
    receipts_left: usize,
}

impl<'a> Daemon<'a> {
    fn new(engine: &'a Engine, defaults: &'a Slot, tell: Tell<'a>) -> Result<Self, EngineError> {
        let config = &engine.config;
        let packs = config.path(&config.paths.packs);
        std::fs::create_dir_all(&packs).map_err(|source| EngineError::Io {
            action: "cannot create",
            path: packs.clone(),
            source,
        })?;
        let intake = Intake::open(engine, defaults, tell)?;
        let packs = PackFolder::new(packs);
        let folders: Vec<PathBuf> = vec![
            intake.folder().to_owned(),
            packs.folder().to_owned(),
            config.path(&config.paths.inbox),
        ];
        Ok(Self {
            engine,
            intake,
            packs,
            watch: FolderWatch::new(&folders)?,
            told: BTreeSet::new(),
            tell,
            receipts_left: 0,
        })
    }

    fn round(&mut self) -> Busy {
        for path in self.watch.take_renamed() {
            self.intake.renamed_in(&path);
            self.engine.transport.renamed_in(&path);
        }
        let mut busy = Busy::Idle;
        for line in self.packs.reload(self.engine) {
            (self.tell)(&line);
            busy = Busy::Now;
        }
        busy = busy.max(self.attempt("receipts", Self::receipts));
        busy = busy.max(self.attempt("intake", |daemon| daemon.intake.round(&daemon.watch)));
        busy = busy.max(self.attempt("sending", Self::send));
        self.attempt("looking for stuck messages", Self::tell_stuck);
        busy
    }

    /// Runs a step; a failure is reported once for each distinct text, and the next round tries again.
    fn attempt(&mut self, what: &str, step: impl FnOnce(&mut Self) -> Result<Busy, EngineError>) -> Busy {
        match step(self) {
            Ok(busy) => busy,
            Err(error) => {
                self.tell_once(format!("{what} failed, will be tried again: {error}"));
                Busy::Idle
            }
        }
    }

    fn tell_once(&mut self, line: String) {
        if self.told.insert(line.clone()) {
            (self.tell)(&line);
        }
    }

    fn receipts(&mut self) -> Result<Busy, EngineError> {
        let report = collect(self.engine)?;
        Ok(self.tell_receipts(&report))
    }

    fn tell_receipts(&mut self, report: &ReceiptReport) -> Busy {
        self.receipts_left = report.unfinished;
        for (name, reason) in &report.set_aside {
            (self.tell)(&format!("{name} set aside: {reason}"));
        }
        for note in &report.notes {
            self.tell_once(format!("receipts: {note}"));
        }
        if !report.is_empty() {
            (self.tell)(&format!(
                "receipts: {} applied, {} noted, {} older, {} seen before, {} unmatched, {} set aside",
                report.applied,
                report.noted,
                report.older,
                report.duplicates,
                report.unmatched,
                report.set_aside.len()
            ));
            return Busy::Now;
        }
        if report.still_settling { Busy::Soon } else { Busy::Idle }
    }

    fn send(&mut self) -> Result<Busy, EngineError> {
        let report = send_due(self.engine)?;
        let receipts = self.tell_receipts_of(&report);
        if report.is_empty() {
            return Ok(receipts);
        }
        let why = report
            .last_error
            .as_ref()
            .map(|error| format!(": {error}"))
            .unwrap_or_default();
        let recalled = match report.recalled {
            0 => String::new(),
            n => format!(", {n} found to be handed over before"),
        };
        (self.tell)(&format!(
            "sent {}{recalled}, to be tried again {}, given up {}{why}",
            report.sent, report.failed, report.dead
        ));
        Ok(if report.sent + report.recalled > 0 {
            Busy::Now
        } else {
            Busy::Idle
        })
    }

    /// What was read before sending; the step before has reported the rest.
    fn tell_receipts_of(&mut self, report: &SendReport) -> Busy {
        if report.receipts.is_empty() {
            return Busy::Idle;
        }
        self.tell_receipts(&report.receipts)
    }

    fn tell_stuck(&mut self) -> Result<Busy, EngineError> {
        let minutes = i64::from(self.engine.config.delivery.stuck_after);
        let now = self.engine.clock.now();
        let before = now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now);
        for item in self.engine.ledger.stuck(&before.to_string())? {
            self.tell_once(format!(
                "{} {} was sent {} and no receipt came; look at the platform before anything else, it is not sent again by itself",
                item.message,
                item.cop_msg_id,
                item.sent_at.as_deref().unwrap_or("")
            ));
        }
        Ok(Busy::Idle)
    }

    fn left(&self) -> Result<Left, EngineError> {
        let mut files = self.intake.left();
        if self.receipts_left > 0 {
            let reason = "they may still be written; they are looked at again";
            files.push((format!("{} receipt files", self.receipts_left), reason.to_owned()));
        }
        Ok(Left {
            unsent: self.engine.ledger.unsent()?.len(),
            files,
        })
    }
}

/// Name of a path for people.
#[must_use]
pub fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
