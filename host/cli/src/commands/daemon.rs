//! `run`: the daemon.

use crate::Outcome;
use crate::args::Run;
use crate::context::{Context, Failure, Keys};
use crate::output::json_line;
use cebridge_clock as clock;
use cebridge_engine::Running;
use cebridge_engine::Slot;
use cebridge_engine::checks;
use cebridge_engine::config::Config;
use cebridge_engine::daemon::{self, Reload};
use cebridge_http::Tell;
use cebridge_keys::{Agents, Environment};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) fn run(context: &Context, args: &Run) -> Result<Outcome, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let json = context.json();
    let quiet = context.global.quiet;
    let tell: Tell = Arc::new(move |text: &str| {
        if json {
            // A log line that can't be written any more must not stop the daemon.
            let _ = json_line(&serde_json::json!({ "at": jiff::Timestamp::now().to_string(), "event": text }));
        } else if !quiet {
            let now = clock::spoken(jiff::Timestamp::now());
            let _ = writeln!(std::io::stderr(), "{now} {text}");
        }
    });
    if !args.once {
        end_in_time(&stop, &tell);
    }
    let path = context.global.config.as_deref();
    let mappers = [args.mapper.clone()];
    if !checks::files(&context.config, &Environment).faults.is_empty() {
        // The configuration has to be fixed anyway, so report all faults at once.
        let (_, report) = checks::everything(path, &mappers, &Environment)?;
        checks::refuse(report.faults)?;
    }
    let gateway = context.gateway()?;
    let agents = gateway.as_ref().map(|gateway| gateway as &dyn Agents);
    let mut engine = context.bare_engine(Keys::Of(None), agents)?;
    engine.stop = Arc::clone(&stop);
    let found = checks::of_work(&engine.config, &engine.packs, &mappers);
    found.remarks.iter().for_each(|remark| tell(remark));
    checks::refuse(found.faults)?;
    engine.ready_to_declare(None)?;
    engine.ready_to_sign()?;
    let defaults = Slot::defaults(&args.mapper, args.enterprise.as_deref());
    if let Some(name) = &args.enterprise {
        engine.config.choose_enterprise(Some(name))?;
    }
    let running = Running::new(engine.clone());
    // With --once the host exits on its own, so nothing should come to rely on its services.
    let web = if args.once {
        None
    } else {
        cebridge_http::start(&running, &tell)?
    };
    let tell_engine = |text: &str| tell(text);
    if !args.once {
        let done = daemon::run(&running, &defaults, &reload(context, &mappers)?, &tell_engine);
        drop(web);
        drop(gateway);
        return done.map(|()| Outcome::Good).map_err(Failure::from);
    }
    let left = daemon::run_once(&engine, &defaults, &tell_engine)?;
    if left.is_empty() {
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

/// Longest time a shutdown may take: a thread may be waiting for a dead share or a slow disk. Its work is done again at
/// the next start, as after a kill.
const LONGEST_END: Duration = Duration::from_secs(4);

/// Ends the process [`LONGEST_END`] after it was asked to stop, whatever its threads are waiting for.
fn end_in_time(stop: &Arc<AtomicBool>, tell: &Tell) {
    let (stop, tell) = (Arc::clone(stop), Arc::clone(tell));
    std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(LONGEST_END);
        tell("stopped while an operation was still waiting for a disk or a share; it will be redone at the next start");
        std::process::exit(0);
    });
}

/// Builds the reload of the configuration, triggered by a change of its file or by SIGHUP.
fn reload(context: &Context, mappers: &[String]) -> Result<Reload, Failure> {
    let asked = Arc::new(AtomicBool::new(false));
    #[cfg(unix)]
    signal_hook::flag::register(signal_hook::consts::SIGHUP, Arc::clone(&asked))?;
    let path = context.global.config.clone();
    let file = Config::file(path.as_deref());
    Ok(Reload {
        source: Box::new(move || Config::examine(path.as_deref())),
        mappers: mappers.to_vec(),
        file,
        asked,
    })
}
