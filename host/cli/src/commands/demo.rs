//! `demo`: the whole main job on sample data, from scratch, against the built-in customs simulator.

use super::simulator::customs;
use crate::Outcome;
use crate::args::Demo;
use crate::context::{Context, Failure, write, write_secret};
use crate::output::{counts, fates, line};
use cebridge_clock::SystemClock;
use cebridge_engine::Engine;
use cebridge_engine::Fate;
use cebridge_engine::Input;
use cebridge_engine::collect_receipts;
use cebridge_engine::config::Config;
use cebridge_engine::declare::{Mode, Request, UNMAPPED, declare};
use cebridge_engine::fate;
use cebridge_engine::load_mapper;
use cebridge_engine::send_due;
use cebridge_engine::signers::Signers;
use cebridge_keys::OpenKey;
use cebridge_ledger::Filter;
use cebridge_signature::{Certificate, PrivateKey, generate_sm2_identity};
use cebridge_simulator::{Faults, shop};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Consecutive rounds without news after which the demo stops waiting.
const QUIET_ROUNDS: u32 = 8;

pub(crate) fn run(context: &Context, args: &Demo) -> Result<Outcome, Failure> {
    let folder = Folder::new(args.keep.clone())?;
    let home = folder.path();
    let say = |text: &str| context.note(text);

    say("1. An enterprise from nothing: a key, a certificate, a configuration");
    let (key, certificate) = prepare(home)?;
    let config = Config::load(Some(&home.join("cebridge.toml")))?;
    let signers = Signers::single(&config, OpenKey::in_memory("demo", key, certificate.clone()))?;
    let engine = Engine::open(config, signers, Arc::new(SystemClock))?;

    say(&format!(
        "2. {} orders from a sample shop ERP, some of them faulty",
        args.orders
    ));
    let shop = shop::generate(args.orders as usize, args.seed);
    write(&home.join("erp/orders.json"), shop.json.as_bytes())?;

    say("3. Map, check against the rules in force, sign, accept");
    let mapper = load_mapper(&engine.packs.sandbox, "shop")?;
    let input = Input {
        name: "erp/orders.json".to_owned(),
        content: shop.json.into_bytes(),
        ..Input::default()
    };
    let bars = context.progress();
    let show = |stage, done, total| bars.show(stage, done, total);
    let request = Request {
        mapper: &mapper,
        mapper_name: "shop",
        inputs: &[input],
        at: engine.clock.now(),
        enterprise: None,
        mode: Mode::Declare,
        ahead: None,
    };
    let report = declare(&engine, &request, &show);
    bars.clear();
    let report = report?;

    say("4. Send to customs, and collect what customs answers");
    let sent = send_due(&engine)?;
    exchange(&engine, home, certificate)?;

    let mut all: Vec<Fate> = engine.ledger.list(&Filter::default())?.iter().map(fate).collect();
    all.sort_by(|a, b| (&a.source, order_of(&a.message)).cmp(&(&b.source, order_of(&b.message))));
    fates(context, &all)?;
    if !context.json() {
        line(&counts(&all).to_string())?;
        line(&summary(&all, args.orders, sent.sent, report.warnings.len()))?;
    }
    match &args.keep {
        Some(folder) => say(&format!(
            "Everything is kept in {0}; look on with `cebridge --config {0}/cebridge.toml status`",
            folder.display()
        )),
        None => say("`--keep DIR` keeps ERP data, keys, ledger, envelopes and receipts to look at"),
    }
    Ok(Outcome::Good)
}

/// The demo's folder: the one to keep if given, else temporary.
enum Folder {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Folder {
    fn new(keep: Option<PathBuf>) -> Result<Self, Failure> {
        let Some(path) = keep else {
            return Ok(Self::Temporary(tempfile::tempdir()?));
        };
        let empty = match std::fs::read_dir(&path) {
            Ok(mut entries) => entries.next().is_none(),
            Err(_) => true,
        };
        if !empty {
            return Err(Failure::Other(format!(
                "{} is not empty; the demo starts from nothing",
                path.display()
            )));
        }
        Ok(Self::Kept(path))
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }
}

fn prepare(home: &Path) -> Result<(PrivateKey, Certificate), Failure> {
    for folder in ["erp", "keys"] {
        let path = home.join(folder);
        std::fs::create_dir_all(&path).map_err(|source| Failure::File {
            action: "cannot create",
            path,
            source,
        })?;
    }
    let (key, certificate, pems) = generate_sm2_identity("CN=Demo Enterprise,O=Invented for the demonstration")?;
    write_secret(&home.join("keys/enterprise.key.pem"), pems.key_pem.as_bytes())?;
    write(&home.join("keys/enterprise.cert.pem"), pems.certificate_pem.as_bytes())?;
    write(&home.join("cebridge.toml"), CONFIG.as_bytes())?;
    Ok((key, certificate))
}

const CONFIG: &str = r#"# Made by `cebridge demo`.
[enterprise]
code = "4403960DM1"
name = "示例跨境电商服务有限公司"
dxp-id = "DXPENT0000099901"

[receipts]
settle = 0   # the simulator renames its receipts into place

[signing]
key = "keys/enterprise.key.pem"
certificate = "keys/enterprise.cert.pem"
"#;

/// Runs customs and enterprise in turn until every document is final or nothing moves any more.
fn exchange(engine: &Engine, home: &Path, certificate: Certificate) -> Result<(), Failure> {
    let paths = &engine.config.paths;
    let mut customs = customs(
        Arc::clone(&engine.packs),
        home.join(&paths.outbox),
        home.join(&paths.inbox),
        vec![certificate],
        Faults::default(),
    )?;
    let mut quiet = 0;
    while quiet < QUIET_ROUNDS {
        let round = customs.round()?;
        let receipts = collect_receipts(engine)?;
        let open = engine.ledger.list(&Filter {
            is_final: Some(false),
            limit: Some(1),
            ..Filter::default()
        })?;
        if open.is_empty() {
            break;
        }
        quiet = if round.receipts == 0 && receipts.is_empty() {
            quiet + 1
        } else {
            0
        };
    }
    Ok(())
}

fn order_of(message: &str) -> (u8, &str) {
    (u8::from(message != UNMAPPED), message)
}

fn summary(fates: &[Fate], orders: u32, messages: usize, warnings: usize) -> String {
    let count = |wanted: &[&str]| {
        let mut sources: Vec<&str> = fates
            .iter()
            .filter(|fate| wanted.contains(&fate.status.as_str()))
            .map(|fate| fate.source.as_str())
            .collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    };
    let refused = count(&["refused"]);
    let returned = count(&["returned"]);
    let open = count(&["waiting", "dead-letter"]);
    let mut released = count(&["released"]);
    released.retain(|source| !refused.contains(source) && !returned.contains(source) && !open.contains(source));
    format!(
        "{orders} orders: {} released, {} refused before sending, {} returned by customs, {} still open. \
         {} documents in all, {messages} messages sent, {warnings} warnings.",
        released.len(),
        refused.len(),
        returned.len(),
        open.len(),
        fates.len(),
    )
}
