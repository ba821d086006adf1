//! `run`: the daemon.

use crate::Outcome;
use crate::args::Run;
use crate::context::{Context, Failure, Keys};
use crate::output::json_line;
use crate::service;
use cebridge_console::Tell;
use cebridge_engine::intake::Slot;
use cebridge_keys::Agents;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) fn run(context: &Context, args: &Run) -> Result<Outcome, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let gateway = context.gateway()?;
    let agents = gateway.as_ref().map(|gateway| gateway as &dyn Agents);
    let engine = Arc::new(context.engine_with(Keys::Of(None), agents)?);
    engine.ready_to_declare(None)?;
    engine.ready_to_sign()?;
    let defaults = Slot::defaults(&args.mapper, args.enterprise.as_deref());
    if let Some(name) = &args.enterprise {
        engine.config.choose_enterprise(Some(name))?;
    }
    let json = context.json();
    let quiet = context.global.quiet;
    let tell: Tell = Arc::new(move |text: &str| {
        if json {
            // A log line that nobody reads any more must not stop the daemon.
            let _ = json_line(&serde_json::json!({ "at": jiff::Timestamp::now().to_string(), "event": text }));
        } else if !quiet {
            let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
            let _ = writeln!(std::io::stderr(), "{now} {text}");
        }
    });
    // With --once the host ends by itself, so nobody should come to rely on it.
    let web = if args.once {
        None
    } else {
        service::start(&engine, &tell)?
    };
    let left = cebridge_engine::daemon::run(&engine, &defaults, args.once, &stop, tell.as_ref())?;
    drop(web);
    drop(gateway);
    if !args.once || left.is_empty() {
        return Ok(Outcome::Good);
    }
    if left.unsent > 0 {
        tell(&format!(
            "left: {} messages are not sent; `cebridge status` says why",
            left.unsent
        ));
    }
    for (name, why) in &left.files {
        tell(&format!("left: {name}: {why}"));
    }
    Ok(Outcome::Wrong)
}
