//! `declare` and `submit`: map, check, sign and send.

use crate::Outcome;
use crate::args::{Declare, Submit};
use crate::context::{Context, Failure, Keys, moment, read};
use crate::output::{fates, json_line, line, table};
use cebridge_engine::Input;
use cebridge_engine::checks::configured_mapper;
use cebridge_engine::declare::{DeclareReport, Mode, Request, declare};
use cebridge_engine::existing_ledger;
use cebridge_engine::key_ends;
use cebridge_engine::send_due;
use cebridge_engine::{Engine, Origin};
use cebridge_keys::Agents;
use jiff::Timestamp;
use serde::Serialize;

pub(crate) fn run(context: &Context, args: &Declare) -> Result<Outcome, Failure> {
    let at = moment(args.at.as_deref())?;
    let inputs = inputs(&args.inputs)?;
    let gateway = context.gateway()?;
    let agents = gateway.as_ref().map(|gateway| gateway as &dyn Agents);
    let engine = context.engine_with(Keys::Of(args.enterprise.as_deref()), agents)?;
    let mapper = configured_mapper(&engine.config, &engine.packs.sandbox, &args.mapper)?;
    let bars = context.progress();
    let show = |stage, done, total| bars.show(stage, done, total);
    let request = Request {
        mapper: &mapper,
        mapper_name: &args.mapper,
        inputs: &inputs,
        at,
        enterprise: args.enterprise.as_deref(),
        mode: if args.dry_run {
            Mode::DryRun
        } else if args.draft {
            Mode::Draft
        } else {
            Mode::Declare
        },
        ahead: None,
    };
    let report = declare(&engine, &request, &show);
    bars.clear();
    let report = report?;
    keys_that_end(context, &engine, args.enterprise.as_deref(), at)?;
    finish(context, &engine, &report, request.mode, args.show)
}

/// `submit`: declares drafts and documents held at customs.
pub(crate) fn submit(context: &Context, args: &Submit) -> Result<Outcome, Failure> {
    existing_ledger(&context.config)?;
    let at = moment(args.at.as_deref())?;
    let gateway = context.gateway()?;
    let agents = gateway.as_ref().map(|gateway| gateway as &dyn Agents);
    let engine = context.engine_with(Keys::Of(args.enterprise.as_deref()), agents)?;
    let bars = context.progress();
    let show = |stage, done, total| bars.show(stage, done, total);
    let report = cebridge_engine::declare::submit(&engine, &args.key, args.enterprise.as_deref(), at, &show);
    bars.clear();
    let report = report?;
    if report.fates.is_empty() {
        context.note(&format!(
            "{} names no draft and nothing that is held at customs; `cebridge status {0}` says what is known of it",
            args.key
        ));
        return Ok(Outcome::Wrong);
    }
    keys_that_end(context, &engine, args.enterprise.as_deref(), at)?;
    finish(context, &engine, &report, Mode::Declare, false)
}

/// Warns of keys that will soon stop signing. What already bars a key is reported with the documents refused for it.
fn keys_that_end(context: &Context, engine: &Engine, whose: Option<&str>, at: Timestamp) -> Result<(), Failure> {
    for enterprise in engine.config.chosen_enterprises(whose)? {
        let ends = key_ends(engine, enterprise, at)?;
        ends.iter()
            .filter(|end| end.days > 0)
            .for_each(|end| context.note(&end.to_string()));
    }
    Ok(())
}

/// Sends the accepted messages and reports the fate of everything.
fn finish(
    context: &Context,
    engine: &Engine,
    report: &DeclareReport,
    mode: Mode,
    show: bool,
) -> Result<Outcome, Failure> {
    for note in &report.notes {
        context.note(note);
    }
    fates(context, &report.fates)?;
    print_warnings(context, report);
    let warnings = report.warnings.len();
    match mode {
        Mode::DryRun => {
            print_messages(context, report, show)?;
            context.note(&format!(
                "dry run: {} messages and {warnings} warnings; nothing was recorded, nothing was sent{}",
                report.messages.len(),
                if show { "" } else { " (--show prints the messages)" },
            ));
        }
        Mode::Draft => {
            let kept = report.fates.iter().filter(|fate| fate.status == "draft").count();
            context.note(&format!("{kept} drafts kept; `cebridge submit KEY` declares them"));
        }
        Mode::Declare => {
            let sent = send_due(engine)?;
            if let Some(error) = &sent.last_error {
                complain!(
                    "not everything could be sent yet: {error}; `cebridge run` or `cebridge retry` will continue"
                );
            }
            context.note(&format!(
                "{} messages accepted; {} sent, {} to be tried again, {} given up; {} documents were known before; \
                 {warnings} warnings",
                report.messages.len(),
                sent.sent + sent.recalled,
                sent.failed,
                sent.dead,
                report.already_accepted,
            ));
        }
    }
    Ok(Outcome::good_if(
        !report.fates.iter().any(|fate| fate.status == "refused"),
    ))
}

/// Maximum number of warnings printed without `-v`. Arbitrary.
const WARNINGS: usize = 20;

/// Prints to stderr the warnings about documents that are sent anyway; JSON output also lists them with each document.
fn print_warnings(context: &Context, report: &DeclareReport) {
    for (number, warning) in report.warnings.iter().enumerate() {
        let found = &warning.finding;
        let text = format!(
            "{}: warning {} {}: {}",
            warning.key, found.rule, found.path, found.message
        );
        if number < WARNINGS {
            context.note(&text);
        } else {
            context.detail(&text);
        }
    }
    if report.warnings.len() > WARNINGS {
        context.note(&format!(
            "… {} warnings in all (-v shows every one)",
            report.warnings.len()
        ));
    }
}

pub(crate) fn inputs(paths: &[std::path::PathBuf]) -> Result<Vec<Input>, Failure> {
    paths
        .iter()
        .map(|path| {
            Ok(Input {
                name: path.display().to_string(),
                content: read(path)?,
                origin: Origin {
                    place: std::path::absolute(path)
                        .unwrap_or_else(|_| path.clone())
                        .display()
                        .to_string(),
                    // A file passed by hand is taken as it is, not as a longer version of an earlier one.
                    stamp: String::new(),
                    seen_at: None,
                },
            })
        })
        .collect()
}

#[derive(Serialize)]
struct WouldSend<'a> {
    would_send: &'a str,
    enterprise: &'a str,
    documents: usize,
    cop_msg_id: &'a str,
    edition: &'a str,
    profile: &'a str,
    key_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    xml: Option<std::borrow::Cow<'a, str>>,
}

fn print_messages(context: &Context, report: &DeclareReport, show: bool) -> Result<(), Failure> {
    let mut rows = table(&[
        "would send",
        "enterprise",
        "documents",
        "edition",
        "bytes",
        "profile",
        "KeyName",
    ]);
    for prepared in &report.messages {
        let record = &prepared.record;
        if context.json() {
            json_line(&WouldSend {
                would_send: &prepared.message,
                enterprise: &record.enterprise,
                documents: record.documents.len(),
                cop_msg_id: &record.cop_msg_id,
                edition: &record.edition,
                profile: &record.profile,
                key_name: &record.key_serial,
                xml: show.then(|| String::from_utf8_lossy(&prepared.xml)),
            })?;
        } else {
            rows.add_row([
                prepared.message.clone(),
                record.enterprise.clone(),
                record.documents.len().to_string(),
                record.edition.clone(),
                prepared.xml.len().to_string(),
                record.profile.clone(),
                record.key_serial.clone(),
            ]);
        }
    }
    if !context.json() {
        line(&rows.to_string())?;
        for prepared in report.messages.iter().filter(|_| show) {
            line(&String::from_utf8_lossy(&prepared.xml))?;
        }
    }
    Ok(())
}
