//! `simulator`: the customs side over directories.

use crate::Outcome;
use crate::args::SimulatorArgs;
use crate::context::{Context, Failure, moment, read};
use crate::output::json_line;
use cebridge_clock::{Clock, StartedClock, day};
use cebridge_engine::packs::{Choice, Packs};
use cebridge_engine::signing::accepted_on;
use cebridge_signature::Certificate;
use cebridge_simulator::{Customs, Faults, Round, SimulatorError};
use cebridge_transport::{DirectoryTransport, FolderWatch, InboxRules};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) fn run(context: &Context, args: &SimulatorArgs) -> Result<Outcome, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let paths = &context.config.paths;
    let from = args.from.clone().unwrap_or_else(|| context.config.path(&paths.outbox));
    let to = args.to.clone().unwrap_or_else(|| context.config.path(&paths.inbox));
    let trust = match &args.trust {
        Some(path) => Certificate::all_from_pem(&String::from_utf8_lossy(&read(path)?))?,
        None => Vec::new(),
    };
    let faults = Faults::new(args.repeat, args.shuffle, args.lose)
        .with_late(args.late.unwrap_or_default())
        .with_odd(args.odd.as_ref().map(|forms| forms.0.clone()).unwrap_or_default());
    let clock = Arc::new(StartedClock::at(moment(args.at.as_deref())?));
    let packs = Arc::new(Packs::open(&context.config)?);
    let profiles = accepted_on(&packs, &context.config.signing, &day(clock.now()), &[])?;
    let mut customs = customs(packs, from.clone(), to.clone(), trust, faults)?
        .with_taxes(args.taxes)
        .with_release(!args.no_release)
        .with_profiles(profiles)
        .with_clock(clock);
    if let Some(pause) = args.slow {
        customs = customs.with_slow_writing(to, pause.unsigned_abs());
    }
    if let Some(state) = &args.state {
        customs = customs.with_state(state).map_err(SimulatorError::from)?;
    }
    let watch = FolderWatch::new(std::slice::from_ref(&from))?;
    context.note(&format!(
        "customs simulator: reads {}; SIGTERM or Ctrl-C ends it",
        from.display()
    ));
    while !stop.load(Ordering::Relaxed) {
        let round = customs.round()?;
        if round != Round::default() {
            tell(context, round)?;
        } else if args.once && customs.idle() {
            if args.state.is_none() {
                context.note("what customs stored is forgotten now; --state DIR keeps it for the next run");
            }
            break;
        } else {
            watch.wait(Duration::from_millis(500));
        }
    }
    Ok(Outcome::Good)
}

/// The customs side over a pair of folders.
pub(crate) fn customs(
    packs: Arc<Packs>,
    from: PathBuf,
    to: PathBuf,
    trust: Vec<Certificate>,
    faults: Faults,
) -> Result<Customs, Failure> {
    // The gateway renames its envelopes into place, so they need not settle.
    let rules = InboxRules {
        settle: Duration::ZERO,
        ..InboxRules::default()
    };
    let transport = DirectoryTransport::new(to, from.clone(), from.join("done"), from.join("bad"), rules);
    let pack_of = move |day: &str| packs.choose(&Choice::Day(day.to_owned())).ok();
    Ok(Customs::new(Box::new(pack_of), Box::new(transport), trust, faults))
}

fn tell(context: &Context, round: Round) -> Result<(), Failure> {
    if context.json() {
        return json_line(&serde_json::json!({
            "envelopes": round.envelopes, "stored": round.stored, "released": round.released,
            "returned": round.returned, "receipts": round.receipts,
        }));
    }
    context.note(&format!(
        "{} envelopes, {} documents stored, {} inventories released, {} turned back, {} receipts",
        round.envelopes, round.stored, round.released, round.returned, round.receipts
    ));
    Ok(())
}
