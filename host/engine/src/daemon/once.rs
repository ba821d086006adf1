//! `run --once`: runs the daemon's steps one after the other until nothing more can be done now.

use super::Left;
use super::keys::KeyWatch;
use super::work::Work;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::intake::{Desk, Intake};
use crate::packs::Offers;
use crate::round::{Busy, Tell};
use cebridge_transport::FolderWatch;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Longest pause between two rounds while a file is about to be unchanged for long enough.
const SOON: Duration = Duration::from_millis(100);
/// Longest wait for changing files while nothing else is done. Arbitrary.
const ENDLESS: Duration = Duration::from_secs(60);

pub(super) fn run(engine: &Engine, intake: &Intake<'_>, tell: Tell<'_>) -> Result<Left, EngineError> {
    let folders: [PathBuf; 2] = [
        intake.folder().to_owned(),
        engine.config.path(&engine.config.paths.inbox),
    ];
    let watch = FolderWatch::new(&folders)?;
    let mut offers = Offers::at_once(&engine.config);
    let mut work = Work::new(tell, engine);
    let mut desks: Vec<Desk<'_>> = Vec::new();
    work.attempt("matching receipts that came before their documents", |_| {
        engine.ledger.rematch_unmatched(engine.clock.now())?;
        Ok(Busy::Idle)
    });
    work.attempt("looking at how long keys last", |_| {
        let lines = KeyWatch::new(&engine.config).ends(engine)?;
        lines.iter().for_each(|line| tell(line));
        Ok(Busy::Idle)
    });
    tell("ready");
    work.attempt("reading the head of the chain", |work| work.head(engine));
    let mut moved = Instant::now();
    loop {
        for path in watch.take_renamed() {
            desks.iter().for_each(|desk| desk.renamed_in(&path));
            engine.transport.renamed_in(&path);
        }
        let mut busy = Busy::Idle;
        for line in offers.look(&engine.packs) {
            tell(&line);
            busy = Busy::Now;
        }
        busy = busy.max(work.attempt("receipts", |work| work.receipts(engine)));
        busy = busy.max(work.attempt("intake", |_| {
            let known: Vec<_> = desks.iter().map(|desk| desk.slot().clone()).collect();
            for desk in intake.new_desks(engine, &known)? {
                watch.watch(&desk.slot().folder)?;
                desks.push(desk);
            }
            Ok(Busy::Idle)
        }));
        for desk in &mut desks {
            busy = busy.max(desk.round(engine));
        }
        busy = busy.max(work.attempt("sending", |work| work.send(engine)));
        work.attempt("looking for stuck messages", |work| work.stuck(engine));
        if busy == Busy::Now {
            moved = Instant::now();
        }
        // A file that is written to forever must not keep the run from ending.
        let idle = busy == Busy::Idle || busy == Busy::Soon && moved.elapsed() > ENDLESS;
        if idle || engine.stopping().is_err() {
            break;
        }
        if busy == Busy::Soon {
            watch.wait(SOON);
        }
    }
    tell("stopped");
    let mut files: Vec<_> = desks.iter().flat_map(|desk| desk.left().to_vec()).collect();
    if work.receipts_left > 0 {
        let reason = "they may still be written; they are looked at again";
        files.push((format!("{} receipt files", work.receipts_left), reason.to_owned()));
    }
    Ok(Left {
        unsent: engine.ledger.unsent()?.messages,
        files,
    })
}
