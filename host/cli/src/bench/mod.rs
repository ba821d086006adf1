//! `bench`: measures this build on this machine, as ratios to baselines run in alternation.

mod folder;
mod measure;
mod sample;
mod signing;

use crate::Outcome;
use crate::args::Bench;
use crate::context::{Context, Failure};
use crate::output::{json_line, line, table};
use cebridge_clock as clock;
use cebridge_clock::SystemClock;
use cebridge_engine::Engine;
use cebridge_engine::Input;
use cebridge_engine::config::Config;
use cebridge_engine::declare::{Mode, Request, declare};
use cebridge_engine::load_mapper;
use cebridge_engine::packs::{Choice, Packs};
use cebridge_engine::send_due;
use cebridge_engine::signers::Signers;
use cebridge_keys::OpenKey;
use cebridge_message::{Document, Limits};
use cebridge_signature::generate_sm2_identity;
use cebridge_simulator::shop;
use measure::{Effort, Row, compare};
use sample::messages;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

pub(crate) fn run(context: &Context, args: &Bench) -> Result<Outcome, Failure> {
    let effort = if args.brief {
        Effort { samples: 15, slice: 2 }
    } else {
        Effort { samples: 60, slice: 5 }
    };
    let bars = context.progress();
    let mut rows = Vec::new();
    let parts = [
        judging,
        signing::signing,
        signing::canonicalising,
        declaring,
        folder::validating,
    ];
    for (done, part) in parts.iter().enumerate() {
        bars.show("bench", done as u64, parts.len() as u64);
        rows.extend(part(context, &effort)?);
    }
    bars.clear();
    let mut out = table(&["what", "ours", "baseline", "ratio", "goal"]);
    for row in &rows {
        let ratio = row.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
        if context.json() {
            json_line(&serde_json::json!({
                "what": row.what, "ours": row.ours, "baseline": row.baseline, "ratio": row.ratio, "goal": row.goal,
            }))?;
        }
        out.add_row([&row.what, &row.ours, &row.baseline, &ratio, row.goal]);
    }
    if !context.json() {
        line(&out.to_string())?;
        line("Medians; ours and baseline run in turns within one process. Differences under 8 % mean nothing.")?;
    }
    Ok(Outcome::Good)
}

fn judging(context: &Context, effort: &Effort) -> Result<Vec<Row>, Failure> {
    let packs = Packs::open(&context.config)?;
    let pack = packs.choose(&Choice::Day(clock::day(jiff::Timestamp::now())))?;
    let limits = Limits::MESSAGE;
    let parse = |xml: &[u8]| Document::parse(xml, &limits).map_err(|error| Failure::Other(error.to_string()));
    let mut rows = Vec::new();
    for (documents, goal) in [(1, "≤ 1.5"), (100, "≤ 1.1")] {
        let (xml, _) = messages(context, &packs, documents)?;
        let times = effort.pair(
            || {
                drop(black_box(
                    Document::parse(&xml, &limits).map(|document| pack.judge(&document)),
                ))
            },
            || {
                drop(black_box(
                    Document::parse(&xml, &limits).map(|document| pack.rules().judge_native(&document)),
                ))
            },
        );
        let what = format!("parse and judge CEB621 with {documents} documents, fresh sandbox / native twin");
        rows.push(compare(&what, times, goal));
        let batch = pack.rules().bind(&parse(&xml)?);
        let mut instance = pack.instance()?;
        let times = effort.pair(
            || drop(black_box(instance.judge_batch(&batch))),
            || drop(black_box(pack.rules().judge_batch_native(&batch))),
        );
        let what = format!("rules alone, {documents} documents, reused sandbox / native twin");
        rows.push(compare(&what, times, "≤ 1.5"));
    }
    Ok(rows)
}

fn declaring(context: &Context, effort: &Effort) -> Result<Vec<Row>, Failure> {
    let orders = if effort.is_brief() { 60 } else { 250 };
    let mut rates = Vec::new();
    for per_message in [1, 100] {
        let home = tempfile::tempdir()?;
        let mut config = Config {
            base: home.path().to_owned(),
            ..Config::default()
        };
        config.enterprise.code = "4403960DM1".to_owned();
        config.enterprise.name = "Bench".to_owned();
        config.enterprise.dxp_id = "DXPENT0000099901".to_owned();
        config.declare.documents_per_message = per_message;
        config.rules = context.config.rules.clone();
        let (key, certificate, _) = generate_sm2_identity("CN=Bench")?;
        let signers = Signers::single(&config, OpenKey::in_memory("bench", key, certificate))?;
        let engine = Engine::open(config, signers, Arc::new(SystemClock))?;
        let mapper = load_mapper(&engine.packs.sandbox, "shop")?;
        let input = Input {
            name: "bench".to_owned(),
            content: shop::generate(orders, 7).json.into_bytes(),
            ..Input::default()
        };
        let start = Instant::now();
        let request = Request {
            mapper: &mapper,
            mapper_name: "shop",
            inputs: &[input],
            at: engine.clock.now(),
            enterprise: None,
            mode: Mode::Declare,
            ahead: None,
        };
        let report = declare(&engine, &request, &|_, _, _| {})?;
        send_due(&engine)?;
        rates.push(report.fates.len() as f64 / start.elapsed().as_secs_f64());
    }
    let (Some(one), Some(hundred)) = (rates.first(), rates.get(1)) else {
        return Ok(Vec::new());
    };
    Ok(vec![Row {
        what: format!("declare, documents per second, 100 / 1 documents a message ({orders} orders, map to sent)"),
        ours: format!("{hundred:.0}/s"),
        baseline: format!("{one:.0}/s"),
        ratio: Some(hundred / one),
        goal: "",
    }])
}
