//! The threads of the daemon.

use super::bell::Bell;
use super::keys::KeyWatch;
use super::reload::{Host, Reload};
use super::work::Work;
use super::{Busy, Tell};
use crate::clock;
use crate::error::EngineError;
use crate::intake::{Desk, Intake, Slot};
use crate::packs::{Choice, Offers};
use crate::requests;
use crate::running::Running;
use cebridge_transport::FolderWatch;
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

/// Longest time between two looks when no file system event arrives.
const PULSE: Duration = Duration::from_millis(500);
/// The same while a file is about to be still long enough.
const SOON: Duration = Duration::from_millis(100);
/// How often this thread looks at what was asked of it.
const LISTEN: Duration = Duration::from_millis(100);
/// How often the daemon says in the ledger that it lives.
const BEAT: Duration = Duration::from_secs(2);

pub(super) fn run(running: &Running, intake: &Intake<'_>, reload: &Reload, tell: Tell<'_>) -> Result<(), EngineError> {
    let host = Host::new(running, reload);
    let engine = host.engine();
    let bell = Bell::default();
    let config = &engine.config;
    let mut offers = Offers::new(config);
    // A folder that can't be made or watched is looked at again and again; it stops nobody else.
    let watch = FolderWatch::new(&[offers.folder().to_owned()])?;
    let inbox = FolderWatch::new(&[config.path(&config.paths.inbox)])?;
    host.announce()?;
    for line in offers.look(&engine.packs) {
        tell(&line);
    }
    // On record from the start, not only from the first document on.
    engine.packs.choose(&Choice::Day(clock::day(engine.clock.now())))?;
    let started = std::thread::scope(|scope| {
        let (host, bell) = (&host, &bell);
        let run = || -> Result<(), EngineError> {
            spawn(scope, host, "packs", move || packs(host, &mut offers, &watch, tell))?;
            spawn(scope, host, "receipts", move || receipts(host, &inbox, tell))?;
            spawn(scope, host, "sending", move || sending(host, bell, tell))?;
            spawn(scope, host, "intake", move || folders(scope, host, intake, bell, tell))?;
            tell("ready");
            listen(host, tell);
            Ok(())
        };
        let done = run();
        // Those that were started end in any case.
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

/// A defect in one thread ends the daemon, so that nobody believes it at work while part of it is not.
struct Guard<'h>(&'h Host<'h>);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

/// Listens for the end and for changes of the configuration, and says that the daemon lives.
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

fn packs(host: &Host<'_>, offers: &mut Offers, watch: &FolderWatch, tell: Tell<'_>) {
    let mut work = Work::new(tell, &host.engine());
    while !host.stopping() {
        let engine = host.engine();
        for path in watch.take_renamed() {
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
        watch.wait(PULSE / 2);
    }
}

fn receipts(host: &Host<'_>, watch: &FolderWatch, tell: Tell<'_>) {
    let mut work = Work::new(tell, &host.engine());
    let own = host.own_ledger(&mut work);
    work.attempt("matching receipts that came before their documents", |_| {
        let engine = host.engine_with(own.as_ref());
        engine.ledger.rematch_unmatched(&engine.clock.now().to_string())?;
        Ok(Busy::Idle)
    });
    while !host.stopping() {
        let engine = host.engine_with(own.as_ref());
        for path in watch.take_renamed() {
            engine.transport.renamed_in(&path);
        }
        match work.attempt("receipts", |work| work.receipts(&engine)) {
            Busy::Now => {}
            Busy::Soon => drop(watch.wait(SOON)),
            Busy::Idle => drop(watch.wait(PULSE)),
        }
    }
}

fn sending(host: &Host<'_>, bell: &Bell, tell: Tell<'_>) {
    /// How often it is looked for messages without an answer: they are minutes old.
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

/// Gives each intake folder a thread of its own, also those that appear later.
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
        if watch.is_none() {
            work.attempt("watching an intake folder", |_| {
                watch = Some(FolderWatch::new(&[desk.slot().folder.clone()])?);
                Ok(Busy::Idle)
            });
        }
        for path in watch.as_ref().map(FolderWatch::take_renamed).unwrap_or_default() {
            desk.renamed_in(&path);
        }
        let busy = desk.round(&host.engine_with(own.as_ref()));
        if busy == Busy::Now {
            bell.ring();
            continue;
        }
        let pause = if busy == Busy::Soon { SOON } else { PULSE };
        match &watch {
            Some(watch) => drop(watch.wait(pause)),
            None => std::thread::sleep(pause),
        }
    }
}
