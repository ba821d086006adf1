//! The threads of the daemon.

use super::bell::Bell;
use super::keys::KeyWatch;
use super::reload::{Host, Reload};
use super::work::Work;
use crate::error::EngineError;
use crate::intake::{Desk, Intake, Slot};
use crate::packs::{Choice, Offers};
use crate::requests;
use crate::round::{Busy, Tell};
use crate::running::Running;
use cebridge_clock as clock;
use cebridge_transport::FolderWatch;
use std::path::{Path, PathBuf};
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

/// Polling interval when no file system event arrives.
const PULSE: Duration = Duration::from_millis(500);
/// The same while a file is about to be unchanged for long enough.
const SOON: Duration = Duration::from_millis(100);
/// Polling interval of this thread for requests to stop or reload.
const LISTEN: Duration = Duration::from_millis(100);
/// Interval of the daemon's heartbeat in the ledger.
const BEAT: Duration = Duration::from_secs(2);

pub(super) fn run(running: &Running, intake: &Intake<'_>, reload: &Reload, tell: Tell<'_>) -> Result<(), EngineError> {
    let host = Host::new(running, reload);
    let engine = host.engine();
    let bell = Bell::default();
    let mut offers = Offers::new(&engine.config);
    // Creates the folder, if it can, before it is looked at.
    let watch = FolderWatch::new(&[offers.folder()]).ok();
    host.announce()?;
    for line in offers.look(&engine.packs) {
        tell(&line);
    }
    // Puts the pack on record from the start, not only with the first document.
    engine.packs.choose(&Choice::Day(clock::day(engine.clock.now())))?;
    let started = std::thread::scope(|scope| {
        let (host, bell) = (&host, &bell);
        let run = || -> Result<(), EngineError> {
            spawn(scope, host, "packs", move || packs(host, &mut offers, watch, tell))?;
            spawn(scope, host, "receipts", move || receipts(host, tell))?;
            spawn(scope, host, "sending", move || sending(host, bell, tell))?;
            spawn(scope, host, "intake", move || folders(scope, host, intake, bell, tell))?;
            tell("ready");
            listen(host, tell);
            Ok(())
        };
        let done = run();
        // Threads that were already started must end in any case.
        host.stop();
        bell.ring();
        done
    });
    host.depart();
    tell("stopped");
    started
}

fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    host: &'scope Host<'scope>,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) -> Result<(), EngineError> {
    let thread = Builder::new().name(name.to_owned());
    let guarded = move || {
        let _guard = Guard(host);
        work();
    };
    thread.spawn_scoped(scope, guarded).map_err(|source| EngineError::Io {
        action: "cannot start a thread for",
        path: name.into(),
        source,
    })?;
    Ok(())
}

/// Ends the daemon if one thread panics, so that it does not seem to run while part of it is dead.
struct Guard<'h>(&'h Host<'h>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

/// Waits for the stop signal, takes up changed configuration and keys, and sends heartbeats.
fn listen(host: &Host<'_>, tell: Tell<'_>) {
    let mut beaten = Instant::now();
    let mut work = Work::new(tell, &host.engine());
    let mut keys = KeyWatch::new(&host.engine().config);
    while !host.stopping() {
        work.attempt("looking at how long keys last", |_| {
            keys.ends(&host.engine())?.iter().for_each(|line| tell(line));
            Ok(Busy::Idle)
        });
        std::thread::sleep(LISTEN);
        for line in host.reload() {
            tell(&line);
        }
        for line in keys.take_up(host) {
            tell(&line);
        }
        if beaten.elapsed() >= BEAT {
            beaten = Instant::now();
            work.attempt("saying in the ledger that the daemon lives", |_| {
                host.announce()?;
                Ok(Busy::Idle)
            });
        }
    }
}

fn packs(host: &Host<'_>, offers: &mut Offers, mut watch: Option<FolderWatch>, tell: Tell<'_>) {
    let mut work = Work::new(tell, &host.engine());
    while !host.stopping() {
        let engine = host.engine();
        let folder = offers.folder().to_owned();
        for path in renamed(&mut watch, &folder, &mut work) {
            offers.renamed_in(&path);
        }
        for line in offers.look(&engine.packs) {
            tell(&line);
        }
        work.attempt("following the packs on record", |_| {
            engine.packs.follow()?;
            engine.packs.news().iter().for_each(|line| tell(line));
            Ok(Busy::Idle)
        });
        work.attempt("answering commands", |_| {
            for line in requests::serve(&engine.ledger, &engine.packs, engine.clock.as_ref())? {
                tell(&line);
            }
            Ok(Busy::Idle)
        });
        pause(watch.as_ref(), PULSE / 2);
    }
}

/// Returns the files renamed in a folder since the last call. A folder that can't be created or watched is tried again on
/// each call; its thread goes on without events.
fn renamed(watch: &mut Option<FolderWatch>, folder: &Path, work: &mut Work<'_>) -> Vec<PathBuf> {
    if watch.is_none() {
        work.attempt("watching a folder", |_| {
            *watch = Some(FolderWatch::new(&[folder])?);
            Ok(Busy::Idle)
        });
    }
    watch.as_ref().map(FolderWatch::take_renamed).unwrap_or_default()
}

fn pause(watch: Option<&FolderWatch>, time: Duration) {
    match watch {
        Some(watch) => drop(watch.wait(time)),
        None => std::thread::sleep(time),
    }
}

fn receipts(host: &Host<'_>, tell: Tell<'_>) {
    let mut work = Work::new(tell, &host.engine());
    let own = host.own_ledger(&mut work);
    let folder = host.engine().config.path(&host.engine().config.paths.inbox);
    let mut watch = None;
    work.attempt("matching receipts that came before their documents", |_| {
        let engine = host.engine_with(own.as_ref());
        engine.ledger.rematch_unmatched(engine.clock.now())?;
        Ok(Busy::Idle)
    });
    while !host.stopping() {
        let engine = host.engine_with(own.as_ref());
        for path in renamed(&mut watch, &folder, &mut work) {
            engine.transport.renamed_in(&path);
        }
        match work.attempt("receipts", |work| work.receipts(&engine)) {
            Busy::Now => {}
            Busy::Soon => pause(watch.as_ref(), SOON),
            Busy::Idle => pause(watch.as_ref(), PULSE),
        }
    }
}

fn sending(host: &Host<'_>, bell: &Bell, tell: Tell<'_>) {
    /// Interval of the search for unanswered messages, which are minutes old anyway.
    const STUCK: Duration = Duration::from_secs(10);
    let mut work = Work::new(tell, &host.engine());
    let own = host.own_ledger(&mut work);
    let mut looked: Option<Instant> = None;
    while !host.stopping() {
        let engine = host.engine_with(own.as_ref());
        let busy = work.attempt("sending", |work| work.send(&engine));
        if looked.is_none_or(|at| at.elapsed() > STUCK) {
            looked = Some(Instant::now());
            work.attempt("looking for stuck messages", |work| work.stuck(&engine));
            work.attempt("reading the head of the chain", |work| work.head(&engine));
        }
        match busy {
            Busy::Now => {}
            Busy::Soon => bell.wait(SOON),
            Busy::Idle => bell.wait(PULSE),
        }
    }
}

/// Gives each intake folder its own thread, including folders that appear later.
fn folders<'scope, 'env: 'scope>(
    scope: &'scope Scope<'scope, 'env>,
    host: &'scope Host<'scope>,
    intake: &'scope Intake<'scope>,
    bell: &'scope Bell,
    tell: Tell<'scope>,
) {
    let mut known: Vec<Slot> = Vec::new();
    let mut work = Work::new(tell, &host.engine());
    while !host.stopping() {
        let engine = host.engine();
        work.attempt("intake", |_| {
            for desk in intake.new_desks(&engine, &known)? {
                let (slot, name) = (desk.slot().clone(), desk.slot().mapper.clone());
                spawn(scope, host, &format!("intake {name}"), move || {
                    folder(host, desk, bell, tell)
                })?;
                known.push(slot);
            }
            Ok(Busy::Idle)
        });
        std::thread::sleep(PULSE.min(LISTEN));
    }
}

fn folder(host: &Host<'_>, mut desk: Desk<'_>, bell: &Bell, tell: Tell<'_>) {
    let mut work = Work::new(tell, &host.engine());
    let own = host.own_ledger(&mut work);
    let mut watch = None;
    while !host.stopping() {
        let folder = desk.slot().folder.clone();
        for path in renamed(&mut watch, &folder, &mut work) {
            desk.renamed_in(&path);
        }
        let busy = desk.round(&host.engine_with(own.as_ref()));
        if busy == Busy::Now {
            bell.ring();
            continue;
        }
        pause(watch.as_ref(), if busy == Busy::Soon { SOON } else { PULSE });
    }
}
