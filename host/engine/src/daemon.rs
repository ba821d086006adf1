//! The daemon's rounds: packs, intake, sending and receipts, until it is told to stop.
//!
//! Every step is a transaction of its own, so stopping between two steps leaves nothing half-done.

use crate::clock;
use crate::declare::{Request, declare, is_race};
use crate::deliver::{SendReport, send_due};
use crate::engine::{Engine, load_mapper};
use crate::error::EngineError;
use crate::intake::{Slot, slots};
use crate::map::Input;
use crate::receipts::collect;
use crate::reload::PackFolder;
use cebridge_runtime::MapperPlugin;
use cebridge_transport::{DirectoryTransport, FolderWatch, Incoming, Transport};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longest time between two rounds when no file system event arrives.
const PULSE: Duration = Duration::from_millis(500);
/// Files read from intake in one round.
const ROUND: usize = 16;

/// How long an ERP file must lie unchanged before it is taken, for programs that do not rename.
const SETTLE: Duration = Duration::from_millis(300);

/// How the daemon tells what it does: one line for each event, for people.
pub type Tell<'a> = &'a dyn Fn(&str);

/// Works until `stop` is set, or with `once` until nothing is left to do.
///
/// `defaults` says which mapper and which enterprise files have that lie in no folder of one.
///
/// # Errors
/// Only what makes all further work impossible, such as a folder that can't be created. Anything else is told,
/// recorded and tried again.
pub fn run(engine: &Engine, defaults: &Slot, once: bool, stop: &AtomicBool, tell: Tell<'_>) -> Result<(), EngineError> {
    let mut daemon = Daemon::new(engine, defaults, tell)?;
    let watch = FolderWatch::new(&daemon.watched())?;
    tell("ready");
    loop {
        let busy = daemon.round();
        if stop.load(Ordering::Relaxed) || (once && !busy) {
            break;
        }
        if !busy {
            watch.wait(PULSE);
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    tell("stopped");
    Ok(())
}

struct Daemon<'a> {
    engine: &'a Engine,
    defaults: &'a Slot,
    intake: PathBuf,
    packs: PackFolder,
    mappers: BTreeMap<String, MapperPlugin>,
    told: BTreeSet<String>,
    tell: Tell<'a>,
}

impl<'a> Daemon<'a> {
    fn new(engine: &'a Engine, defaults: &'a Slot, tell: Tell<'a>) -> Result<Self, EngineError> {
        let config = &engine.config;
        let intake = config.path(&config.paths.intake);
        let packs = config.path(&config.paths.packs);
        for folder in [&intake, &packs] {
            std::fs::create_dir_all(folder).map_err(|source| EngineError::Io {
                action: "cannot create",
                path: folder.clone(),
                source,
            })?;
        }
        let mut daemon = Self {
            engine,
            defaults,
            intake,
            packs: PackFolder::new(packs),
            mappers: BTreeMap::new(),
            told: BTreeSet::new(),
            tell,
        };
        daemon.mapper(&defaults.mapper)?;
        Ok(daemon)
    }

    fn watched(&self) -> Vec<PathBuf> {
        let config = &self.engine.config;
        let mut folders = vec![
            self.intake.clone(),
            self.packs.folder().to_owned(),
            config.path(&config.paths.inbox),
        ];
        folders.extend(config.enterprises.iter().map(|one| self.intake.join(one.id())));
        folders
    }

    /// One round; true when something was done and another round is worth it at once.
    fn round(&mut self) -> bool {
        let mut busy = false;
        for line in self.packs.reload(self.engine) {
            (self.tell)(&line);
            busy = true;
        }
        busy |= self.attempt("intake", Self::intake_round);
        busy |= self.attempt("sending", |daemon| {
            let report = send_due(daemon.engine)?;
            let sent = report.sent;
            if report != SendReport::default() {
                let why = report.last_error.map(|error| format!(": {error}")).unwrap_or_default();
                (daemon.tell)(&format!(
                    "sent {}, to be tried again {}, given up {}{why}",
                    report.sent, report.failed, report.dead
                ));
            }
            Ok(sent > 0)
        });
        busy |= self.attempt("receipts", |daemon| {
            let report = collect(daemon.engine)?;
            if report != Default::default() {
                (daemon.tell)(&format!(
                    "receipts: {} applied, {} older, {} seen before, {} unmatched, {} set aside",
                    report.applied, report.older, report.duplicates, report.unmatched, report.rejected
                ));
            }
            Ok(report != Default::default())
        });
        self.attempt("looking for stuck messages", Self::tell_stuck);
        busy
    }

    /// Runs a step; a failure is told once for each distinct text, and the next round tries again.
    fn attempt(&mut self, what: &str, step: impl FnOnce(&mut Self) -> Result<bool, EngineError>) -> bool {
        match step(self) {
            Ok(busy) => busy,
            Err(error) => {
                let line = format!("{what} failed, will be tried again: {error}");
                if self.told.insert(line.clone()) {
                    (self.tell)(&line);
                }
                false
            }
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

    fn intake_round(&mut self) -> Result<bool, EngineError> {
        let mut busy = false;
        for slot in slots(&self.engine.config, &self.intake, self.defaults)? {
            let inbox = DirectoryTransport::new(
                slot.folder.join(".unused"),
                slot.folder.clone(),
                slot.home.join("done"),
                slot.home.join("bad"),
            )
            .settle(SETTLE);
            for file in inbox.receive(ROUND)? {
                busy |= self.take(&slot, &inbox, &file)?;
            }
        }
        Ok(busy)
    }

    fn take(&mut self, slot: &Slot, inbox: &DirectoryTransport, file: &Incoming) -> Result<bool, EngineError> {
        let engine = self.engine;
        let tell = self.tell;
        let at = engine.clock.now();
        let input = Input {
            name: file.name.clone(),
            content: file.bytes.clone(),
        };
        let outcome = self.mapper(&slot.mapper).and_then(|plugin| {
            let request = Request {
                mapper: plugin,
                mapper_name: &slot.mapper,
                inputs: &[input],
                at,
                enterprise: slot.enterprise.as_deref(),
                dry_run: false,
            };
            declare(engine, &request, &|_, _, _| {})
        });
        match outcome {
            Ok(report) => {
                let refused = report.fates.iter().filter(|fate| fate.status == "refused").count();
                tell(&format!(
                    "{}: {} documents, {} accepted, {} refused, {} known before, {} messages, edition of {}",
                    file.name,
                    report.fates.len(),
                    report.fates.len() - refused - report.already_accepted,
                    refused,
                    report.already_accepted,
                    report.messages.len(),
                    clock::day(at),
                ));
                for fate in report.fates.iter().filter(|fate| fate.status == "refused") {
                    let reasons: Vec<String> = fate
                        .reasons
                        .iter()
                        .map(|r| format!("{} {} {}", r.rule, r.path, r.text))
                        .collect();
                    tell(&format!(
                        "{}: {} {} refused: {}",
                        file.name,
                        fate.message,
                        fate.key,
                        reasons.join("; ")
                    ));
                }
                inbox.acknowledge(file)?;
                Ok(true)
            }
            Err(error) if is_race(&error) => Ok(true),
            Err(error @ (EngineError::Input { .. } | EngineError::Plugin(_))) => {
                tell(&format!("{} set aside: {error}", file.name));
                let detail = serde_json::json!({ "file": file.name, "reason": error.to_string() }).to_string();
                engine
                    .ledger
                    .record_event("intake", "file-set-aside", &detail, &at.to_string())?;
                inbox.reject(file, &error.to_string())?;
                Ok(true)
            }
            Err(error) => Err(error),
        }
    }

    fn tell_stuck(&mut self) -> Result<bool, EngineError> {
        let minutes = i64::from(self.engine.config.delivery.stuck_after);
        let now = self.engine.clock.now();
        let before = now.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(now);
        for item in self.engine.ledger.stuck(&before.to_string())? {
            let line = format!(
                "{} {} was sent {} and no receipt came; look at the platform before anything else, it is not sent again by itself",
                item.message,
                item.cop_msg_id,
                item.sent_at.as_deref().unwrap_or("")
            );
            if self.told.insert(line.clone()) {
                (self.tell)(&line);
            }
        }
        Ok(false)
    }
}

/// Name of a path for people.
#[must_use]
pub fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}
