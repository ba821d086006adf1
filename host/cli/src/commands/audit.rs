//! `ledger`: checks the ledger, prints its head, exports it and backs it up.

use super::audit_show;
use crate::Outcome;
use crate::args::{Backup, Check, Export, Head, LedgerCommand};
use crate::context::{Context, Failure, Terminal};
use crate::output::{counted, json_line, line};
use cebridge_clock as clock;
use cebridge_engine::audit::{self, Checked, Request, Seal};
use cebridge_ledger::Problem;
use jiff::Timestamp;

pub(crate) fn run(context: &Context, command: &LedgerCommand) -> Result<Outcome, Failure> {
    match command {
        LedgerCommand::Check(args) => check(context, args),
        LedgerCommand::Head(args) => head(context, args),
        LedgerCommand::Show(args) => audit_show::run(context, args),
        LedgerCommand::Export(args) => export(context, args),
        LedgerCommand::Keygen { output } => {
            let (public, digest) = audit::keygen(output)?;
            if context.json() {
                let (key, public) = (output.display().to_string(), public.display().to_string());
                json_line(&serde_json::json!({ "key": key, "public": public, "sha256": digest }))?;
            } else {
                line(&format!(
                    "{}: keep it; {}: for auditors, who should hear its SHA-256 from you: {digest}",
                    output.display(),
                    public.display()
                ))?;
            }
            Ok(Outcome::Good)
        }
        LedgerCommand::Backup(args) => back_up(context, args),
    }
}

fn check(context: &Context, args: &Check) -> Result<Outcome, Failure> {
    let heads = match &args.head {
        Some(path) => audit::read_heads(path)?,
        None => Vec::new(),
    };
    let bars = context.progress();
    let progress = |stage: &'static str, done: u64, total: u64| bars.show(stage, done, total);
    let checked = audit::check(&context.config, args.which.ledger.as_deref(), &heads, &progress)?;
    bars.clear();
    if context.json() {
        json_line(&checked)?;
    } else {
        describe(&checked, heads.len())?;
    }
    Ok(Outcome::good_if(checked.ok))
}

fn describe(checked: &Checked, heads: usize) -> Result<(), Failure> {
    let report = &checked.report;
    for problem in &report.problems {
        line(&in_a_line(problem))?;
    }
    let verdict = match report.problems.len() {
        0 => "nothing was changed".to_owned(),
        1 => "1 PROBLEM".to_owned(),
        more => format!("{more} PROBLEMS"),
    };
    let parts = [
        counted(report.events, "event"),
        counted(report.documents, "document"),
        counted(report.messages, "message"),
        counted(report.receipts, "receipt"),
        counted(report.packs, "pack"),
        counted(heads as u64, "head"),
    ];
    line(&format!("{}: {verdict}; {}", checked.file, parts.join(", ")))?;
    match &report.head {
        Some(head) => line(&format!(
            "the chain ends with event {} of {}, {}",
            head.event,
            clock::spoken(head.at),
            head.chain
        )),
        None if report.events > 0 => line("the time of the last event in the chain can't be read"),
        None => line("the chain has no event yet"),
    }
}

/// Formats a problem, with its kind unless its subject begins with that word.
fn in_a_line(problem: &Problem) -> String {
    let kind = problem.kind.as_str();
    match problem.what.starts_with(kind) {
        true => format!("{}: {}", problem.what, problem.text),
        false => format!("{kind}: {}: {}", problem.what, problem.text),
    }
}

fn head(context: &Context, args: &Head) -> Result<Outcome, Failure> {
    let ledger = audit::open_to_read(&context.config, args.which.ledger.as_deref())?;
    let head = audit::head(&ledger)?;
    match &args.output {
        Some(path) => audit::write_head(&head, path)?,
        None => line(&audit::head_line(&head))?,
    }
    Ok(Outcome::Good)
}

/// Problems that an export names. Arbitrary.
const SHOWN: usize = 5;

fn export(context: &Context, args: &Export) -> Result<Outcome, Failure> {
    let config = &context.config;
    let name = args.enterprise.as_deref();
    let enterprise = name.map(|name| config.choose_enterprise(Some(name))).transpose()?;
    let ledger = audit::open_to_read(config, args.which.ledger.as_deref())?;
    let seal = Seal::choose(config, enterprise, args.key.as_deref(), &Terminal)?;
    let bars = context.progress();
    let progress = |stage: &'static str, done: u64, total: u64| bars.show(stage, done, total);
    let checked = audit::check(config, args.which.ledger.as_deref(), &[], &progress)?;
    let request = Request {
        problems: checked.report.problems.len(),
        from: args.from,
        to: args.to,
        enterprise,
    };
    let done = audit::export(config, &ledger, &request, &seal, &args.output, &progress)?;
    bars.clear();
    // What was tampered with is exported as it is, but not without a word.
    for problem in checked.report.problems.iter().take(SHOWN) {
        complain!("PROBLEM: {}", in_a_line(problem));
    }
    if !checked.ok {
        complain!(
            "the ledger was changed: what is exported is not what was recorded; `cebridge ledger check` names everything"
        );
    }
    if context.json() {
        json_line(&done)?;
        return Ok(Outcome::good_if(checked.ok));
    }
    let parts = [
        counted(done.documents, "document"),
        counted(done.messages, "message"),
        counted(done.receipts, "receipt file"),
        counted(done.packs, "pack"),
        counted(done.certificates, "certificate"),
        counted(done.events, "event"),
    ];
    line(&format!(
        "{}: {}; {}, signed by {}",
        done.file,
        parts.join(", "),
        counted(done.bytes, "byte"),
        done.signed_by
    ))?;
    if !done.packs_missing.is_empty() {
        context.note(&format!(
            "NOT in the export: {} no longer in any archive; its README.txt names them",
            counted(done.packs_missing.len() as u64, "pack")
        ));
    }
    context.note("README.txt in it says how to check it with sha256sum, openssl and xmlsec1");
    Ok(Outcome::good_if(checked.ok))
}

fn back_up(context: &Context, args: &Backup) -> Result<Outcome, Failure> {
    let bars = context.progress();
    let progress = |stage: &'static str, done: u64, total: u64| bars.show(stage, done, total);
    let named = args.which.ledger.as_deref();
    let copy = audit::back_up(&context.config, named, &args.output, Timestamp::now(), &progress)?;
    bars.clear();
    if context.json() {
        json_line(&copy)?;
        return Ok(Outcome::Good);
    }
    let documents = match copy.documents {
        Some(count) => format!("{count} documents"),
        None => "a ledger of an earlier version, of which the file and the chain were checked".to_owned(),
    };
    let head = copy.head.as_ref().map(audit::head_line).unwrap_or_default();
    line(&format!("{}: {} bytes, {documents}; sound", copy.file, copy.bytes))?;
    line(&format!("the chain in it ends with {head}"))?;
    context.note(&format!(
        "{} messages in it are not sent. When it is put back, they are held until `cebridge retry`: they may have been sent \
         since",
        copy.unsent
    ));
    Ok(Outcome::Good)
}
