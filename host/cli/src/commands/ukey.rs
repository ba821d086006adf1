//! `ukey-agent` and `ukey-simulator`: the agent beside a customs card, and a simulated card service.

use crate::Outcome;
use crate::args::{UkeyAgent, UkeySimulatorArgs};
use crate::context::{Context, Failure, read};
use crate::output::{json_line, line};
use cebridge_signature::{Certificate, KeyError, PrivateKey, generate_sm2_identity};
use cebridge_ukey::simulator::{CardSpec, Fault, RsaDigest, SimulatedCard, UkeySimulator};
use cebridge_ukey::{Agent, AgentConfig, AgentEvent, AgentTimes, CardConfig, TlsFiles};
use std::io::{BufRead, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use zeroize::Zeroizing;

/// Environment variable of the PIN; without it, a prompt asks.
const PIN_VARIABLE: &str = "CEBRIDGE_UKEY_PIN";
/// Default PIN of a simulated card.
const SIMULATED_PIN: &str = "88888888";

pub(crate) fn agent(context: &Context, args: &UkeyAgent) -> Result<Outcome, Failure> {
    let config = AgentConfig {
        gateway: args.gateway.clone(),
        tls: TlsFiles {
            ca: args.ca.clone(),
            certificate: args.cert.clone(),
            key: args.key.clone(),
        },
        card: CardConfig {
            service: args.service.clone(),
            ..CardConfig::default()
        },
        times: AgentTimes::default(),
    };
    let (json, quiet) = (context.json(), context.global.quiet);
    let observer = move |event: &AgentEvent| {
        if json {
            // If the reader of the events is gone, the agent carries on.
            let _ = json_line(event);
        } else if !quiet {
            complain!("{event}");
        }
    };
    let agent = Agent::new(config, pin()?, Arc::new(observer)).map_err(|error| Failure::Other(error.to_string()))?;
    context.note(&format!(
        "agent: connects {} to {}; SIGTERM or Ctrl-C ends it",
        args.service, args.gateway
    ));
    serve(agent.run())
}

/// Reads the PIN from the environment or a prompt, never from an argument.
fn pin() -> Result<Zeroizing<String>, Failure> {
    if let Ok(pin) = std::env::var(PIN_VARIABLE) {
        return Ok(Zeroizing::new(pin));
    }
    if std::io::stdin().is_terminal() {
        return Ok(Zeroizing::new(rpassword::prompt_password("PIN of the card: ")?));
    }
    // The agent reports what to do about it.
    Ok(Zeroizing::default())
}

pub(crate) fn simulator(context: &Context, args: &UkeySimulatorArgs) -> Result<Outcome, Failure> {
    let (key, certificate) = match (&args.key, &args.cert) {
        (Some(key), Some(certificate)) => identity(key, certificate)?,
        _ => {
            let (key, certificate, _) = generate_sm2_identity("CN=Simulated card,O=Example")?;
            (key, certificate)
        }
    };
    let pin = match std::env::var(&args.pin_env) {
        Ok(pin) => Zeroizing::new(pin),
        Err(_) => {
            context.note(&format!("{} is not set: the PIN is {SIMULATED_PIN}", args.pin_env));
            Zeroizing::new(SIMULATED_PIN.to_owned())
        }
    };
    let card = SimulatedCard::new(CardSpec {
        key: Arc::new(key),
        certificate,
        pin,
        card_id: args.card_id.clone(),
        tries: args.tries,
        rate: args.rate,
        rsa_digest: RsaDigest::default(),
    });
    for fault in &args.fault {
        card.add_fault(*fault);
    }
    let quiet = context.global.quiet;
    let observer = move |told: &str| {
        if !quiet {
            complain!("{told}");
        }
    };
    let runtime = runtime()?;
    let start = UkeySimulator::start(args.listen, Arc::clone(&card), Arc::new(observer));
    let simulator = runtime
        .block_on(start)
        .map_err(|error| Failure::Other(format!("cannot listen on {}: {error}", args.listen)))?;
    let service = format!("ws://{}", simulator.address());
    if context.json() {
        json_line(&serde_json::json!({ "service": service, "card_id": args.card_id }))?;
    } else {
        line(&format!("card {} behind {service}", args.card_id))?;
    }
    context.note("on stdin: a fault, `clear`, `light-on` or `status`; SIGTERM or Ctrl-C ends it");
    let json = context.json();
    std::thread::spawn(move || {
        for order in std::io::stdin().lock().lines().map_while(Result::ok) {
            obey(order.trim(), &card, json);
        }
    });
    serve_in(&runtime, simulator.run())
}

/// Reads a key and its certificate from PEM files.
fn identity(key: &Path, certificate: &Path) -> Result<(PrivateKey, Certificate), Failure> {
    let password = std::env::var("CEBRIDGE_KEY_PASSWORD").ok().map(Zeroizing::new);
    let text = Zeroizing::new(read(key)?);
    let key = PrivateKey::from_pem(
        &String::from_utf8_lossy(&text),
        password.as_ref().map(|password| password.as_str()),
    )?;
    let certificate = Certificate::from_pem(&String::from_utf8_lossy(&read(certificate)?))?;
    if certificate.public_key() != Some(&key.public_key()?) {
        let serial = certificate.serial_hex();
        return Err(KeyError::CertificateMismatch { serial }.into());
    }
    Ok((key, certificate))
}

/// Executes one command from stdin.
fn obey(order: &str, card: &SimulatedCard, json: bool) {
    match order {
        "" => {}
        "clear" => card.clear_faults(),
        "light-on" => card.light_on(),
        "status" => {
            let counters = card.counters();
            // If the reader is gone, the simulator carries on.
            let _ = match json {
                true => json_line(&counters),
                false => line(&format!(
                    "{} signatures asked for, {} made, {} PINs tried, {} tries left",
                    counters.sign_calls, counters.signed, counters.pin_tries, counters.tries_left
                )),
            };
        }
        fault => match fault.parse::<Fault>() {
            Ok(fault) => card.add_fault(fault),
            Err(error) => complain!("{error}"),
        },
    }
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn serve(work: impl Future<Output = ()>) -> Result<Outcome, Failure> {
    serve_in(&runtime()?, work)
}

/// Runs until SIGTERM or Ctrl-C.
fn serve_in(runtime: &Runtime, work: impl Future<Output = ()>) -> Result<Outcome, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let stopped = async {
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    runtime.block_on(async {
        tokio::select! {
            () = work => {}
            () = stopped => {}
        }
    });
    Ok(Outcome::Good)
}
