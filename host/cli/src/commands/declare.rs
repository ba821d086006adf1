//! `declare`: map, check, sign and send ERP data.

use crate::args::Declare;
use crate::context::{Context, Failure, Keys, moment, read};
use crate::output::{fates, json_line, line, table};
use crate::{Outcome, context};
use cebridge_engine::declare::{DeclareReport, Request, declare};
use cebridge_engine::deliver::send_due;
use cebridge_engine::engine::load_mapper;
use cebridge_engine::map::Input;
use cebridge_keys::Agents;
use serde::Serialize;

pub(crate) fn run(context: &Context, args: &Declare) -> Result<Outcome, Failure> {
    let at = moment(args.at.as_deref())?;
    let inputs = inputs(&args.inputs)?;
    let gateway = context.gateway()?;
    let agents = gateway.as_ref().map(|gateway| gateway as &dyn Agents);
    let engine = context.engine_with(Keys::Of(args.enterprise.as_deref()), agents)?;
    let mapper = load_mapper(&engine.packs.sandbox, &args.mapper)?;
    let bars = context.progress();
    let show = |stage, done, total| bars.show(stage, done, total);
    let request = Request {
        mapper: &mapper,
        mapper_name: &args.mapper,
        inputs: &inputs,
        at,
        enterprise: args.enterprise.as_deref(),
        dry_run: args.dry_run,
    };
    let report = declare(&engine, &request, &show);
    bars.clear();
    let report = report?;
    for warning in &report.warnings {
        let found = &warning.finding;
        context.detail(&format!(
            "{}: warning {} {}: {}",
            warning.key, found.rule, found.path, found.message
        ));
    }
    fates(context, &report.fates)?;
    if args.dry_run {
        print_messages(context, &report)?;
    } else {
        let sent = send_due(&engine)?;
        if let Some(error) = &sent.last_error {
            eprintln!("not everything could be sent yet: {error}; `cebridge run` or `cebridge retry` goes on");
        }
        context.note(&format!(
            "{} messages accepted; {} sent, {} to be tried again, {} given up; {} documents were known before; \
             {} warnings (-v shows them)",
            report.messages.len(),
            sent.sent,
            sent.failed,
            sent.dead,
            report.already_accepted,
            report.warnings.len()
        ));
    }
    Ok(Outcome::good_if(
        !report.fates.iter().any(|fate| fate.status == "refused"),
    ))
}

pub(crate) fn inputs(paths: &[std::path::PathBuf]) -> Result<Vec<Input>, Failure> {
    paths
        .iter()
        .map(|path| {
            Ok(Input {
                name: path.display().to_string(),
                content: read(path)?,
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
    xml: std::borrow::Cow<'a, str>,
}

fn print_messages(context: &context::Context, report: &DeclareReport) -> Result<(), Failure> {
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
                xml: String::from_utf8_lossy(&prepared.xml),
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
        for prepared in &report.messages {
            line(&String::from_utf8_lossy(&prepared.xml))?;
        }
        context.note("dry run: nothing was recorded, nothing was sent");
    }
    Ok(())
}
