//! `run`: the daemon.

use crate::Outcome;
use crate::args::Run;
use crate::context::{Context, Failure};
use crate::output::json_line;
use crate::service;
use cebridge_console::Tell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) fn run(context: &Context, args: &Run) -> Result<Outcome, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let engine = Arc::new(context.engine(true)?);
    engine.ready_to_declare()?;
    // A daemon that refuses every file for want of a key helps nobody.
    engine.signer()?;
    let json = context.json();
    let quiet = context.global.quiet;
    let tell: Tell = Arc::new(move |text: &str| {
        if json {
            // A log line that nobody reads any more must not stop the daemon.
            let _ = json_line(&serde_json::json!({ "at": jiff::Timestamp::now().to_string(), "event": text }));
        } else if !quiet {
            eprintln!("{} {text}", jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ"));
        }
    });
    // With --once the host ends by itself, so nobody should come to rely on it.
    let web = if args.once {
        None
    } else {
        service::start(&engine, &tell)?
    };
    cebridge_engine::daemon::run(&engine, &args.mapper, args.once, &stop, tell.as_ref())?;
    drop(web);
    Ok(Outcome::Good)
}
