//! `status`, `receipts`, `retry` and `dead-letter`: reading the ledger.

use super::audit_show;
use super::in_force::InForce;
use crate::Outcome;
use crate::args::{Receipts, Retry, Status};
use crate::context::{Context, Failure, Keys, moment};
use crate::output::{count_table, json_line, line, reason, table};
use cebridge_clock as clock;
use cebridge_engine::audit::story;
use cebridge_engine::collect_receipts;
use cebridge_engine::existing_ledger;
use cebridge_engine::fate;
use cebridge_engine::packs::{Forces, words};
use cebridge_engine::{Stage, short_key};
use cebridge_ledger::{
    DocumentView, Filter, Ledger, LedgerError, OutboxItem, ReceiptFilter, ReceiptView, RetrySelector,
};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// A document with everything known about it, in JSON.
#[derive(Serialize)]
struct Detailed<'a> {
    #[serde(flatten)]
    fate: cebridge_engine::Fate,
    cop_msg_id: Option<&'a str>,
    #[serde(serialize_with = "clock::utc::serialize")]
    sent_at: Option<Timestamp>,
    #[serde(serialize_with = "clock::utc::serialize")]
    updated_at: Timestamp,
    return_status: Option<&'a str>,
    return_time: Option<&'a str>,
    assigned: &'a std::collections::BTreeMap<String, String>,
    pack_digest: &'a str,
    /// Period in which the pack was in force, the reason, and who decided it; omitted if not on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force: Option<&'a InForce>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<cebridge_ledger::Event>,
}

/// Rows of a table if no limit is given.
const SHOWN: usize = 100;
/// Documents or receipts read at a time, so that memory does not grow with the ledger.
const PAGE: usize = 500;

/// Returns the maximum number to list; `None` means all.
fn most(context: &Context, limit: Option<usize>) -> Option<usize> {
    match limit {
        Some(0) => None,
        None => (!context.json()).then_some(SHOWN),
        some => some,
    }
}

pub(crate) fn status(context: &Context, args: &Status) -> Result<Outcome, Failure> {
    let ledger = existing_ledger(&context.config)?;
    let state = args.state.as_deref().map(parse_state).transpose()?;
    let whose = context.code_of(args.enterprise.as_deref())?;
    if let Some(made_at) = ledger.untouched_copy_of()? {
        context.note(&format!(
            "this ledger is the backup of {}; the next command that writes to it holds the messages that were not sent \
             by then",
            clock::spoken(made_at)
        ));
    }
    let mut forces = Forces::new(&ledger);
    if let Some(key) = &args.key {
        let mut views = ledger.find(key)?;
        views.retain(|view| state.is_none_or(|state| view.status == state));
        views.retain(|view| whose.as_ref().is_none_or(|code| view.enterprise == *code));
        if views.is_empty() {
            context.note(&format!("no document matches {key}"));
            return Ok(Outcome::Wrong);
        }
        print_documents(context, &ledger, &mut forces, &views, args.history)?;
        return Ok(Outcome::Good);
    }
    let since = args.since.as_deref().map(|since| moment(Some(since))).transpose()?;
    let all = Filter {
        status: state,
        enterprise: whose,
        message: args.message.as_deref().map(str::to_ascii_uppercase),
        since,
        ..Filter::default()
    };
    let mut left = most(context, args.limit);
    let mut listed = 0;
    let mut page = Filter {
        limit: Some(left.unwrap_or(PAGE).min(PAGE)),
        ..all.clone()
    };
    loop {
        let views = ledger.list(&page)?;
        listed += views.len();
        let last = views.last().map(|view| view.id);
        if last.is_some() || listed == 0 {
            print_documents(context, &ledger, &mut forces, &views, args.history)?;
        }
        left = left.map(|left| left.saturating_sub(views.len()));
        page.limit = Some(left.unwrap_or(PAGE).min(PAGE));
        match last {
            Some(id) if left != Some(0) => page.before_id = Some(id),
            _ => break,
        }
    }
    if !context.json() {
        let counts = ledger.counts(&all)?;
        let counted = counts
            .iter()
            .map(|((message, status), count)| ((message.as_str(), status.as_str()), *count));
        line(&count_table(counted).to_string())?;
        let total: u64 = counts.values().sum();
        if let Some(message) = args.message.as_ref().filter(|_| total == 0) {
            context.note(&format!(
                "no document matches; messages are written as CEB621, here {message:?}"
            ));
        }
        if total > listed as u64 {
            context.note(&format!(
                "the newest {listed} of {total} documents; --limit 0 lists all, --state, --message and --since choose"
            ));
        }
    }
    Ok(Outcome::Good)
}

fn print_documents(
    context: &Context,
    ledger: &Ledger,
    forces: &mut Forces<'_>,
    views: &[DocumentView],
    history: bool,
) -> Result<(), Failure> {
    if context.json() {
        for view in views {
            let row = forces.row(&view.edition, &view.pack_digest, view.accepted_at)?;
            let in_force = row.map(InForce::from);
            json_line(&detailed(ledger, view, history, in_force.as_ref())?)?;
        }
        return Ok(());
    }
    let mut rows = table(&[
        "message",
        "key",
        "enterprise",
        "status",
        "returnStatus",
        "numbers",
        "updated",
        "reasons",
    ]);
    let mut judged = BTreeSet::new();
    for view in views {
        let fate = fate(view);
        let mut reasons: Vec<String> = fate.reasons.iter().map(reason).collect();
        if !fate.warnings.is_empty() {
            reasons.push(format!("{} warnings (--history lists them)", fate.warnings.len()));
        }
        let state = match fate.stage {
            Some(stage) => format!("{}, {}", fate.status, stage_words(stage)),
            None => fate.status.clone(),
        };
        let numbers: Vec<String> = view
            .assigned
            .iter()
            .map(|(name, value)| format!("{name} {value}"))
            .collect();
        rows.add_row([
            fate.message.as_str(),
            &fate.key,
            &fate.enterprise,
            &state,
            view.return_status.as_deref().unwrap_or(""),
            &numbers.join("\n"),
            &clock::spoken(view.updated_at),
            &reasons.join("\n"),
        ]);
        if !view.pack_digest.is_empty() {
            let (edition, digest) = (&view.edition, &view.pack_digest);
            let row = forces.row(edition, digest, view.accepted_at)?;
            judged.insert(words(edition, digest, row));
        }
    }
    line(&rows.to_string())?;
    judged
        .iter()
        .try_for_each(|words| line(&format!("judged by {words}")))?;
    if history {
        for view in views {
            print_history(ledger, view)?;
        }
    }
    Ok(())
}

fn stage_words(stage: Stage) -> &'static str {
    match stage {
        Stage::Unsent => "unsent",
        Stage::Sent => "sent",
        Stage::AtCustoms => "at customs",
    }
}

fn parse_state(word: &str) -> Result<cebridge_ledger::Status, Failure> {
    cebridge_ledger::Status::parse(word).ok_or_else(|| {
        let words: Vec<&str> = cebridge_ledger::Status::ALL
            .iter()
            .map(|status| status.as_str())
            .collect();
        Failure::Other(format!(
            "`{word}` is not a state; valid states are {}",
            words.join(", ")
        ))
    })
}

fn detailed<'a>(
    ledger: &Ledger,
    view: &'a DocumentView,
    history: bool,
    in_force: Option<&'a InForce>,
) -> Result<Detailed<'a>, Failure> {
    Ok(Detailed {
        fate: fate(view),
        cop_msg_id: view.cop_msg_id.as_deref(),
        sent_at: view.sent_at,
        updated_at: view.updated_at,
        return_status: view.return_status.as_deref(),
        return_time: view.return_time.as_deref(),
        assigned: &view.assigned,
        pack_digest: &view.pack_digest,
        in_force,
        history: if history { ledger.history(view.id)? } else { Vec::new() },
    })
}

fn print_history(ledger: &Ledger, view: &DocumentView) -> Result<(), Failure> {
    line(&format!("{} {}", view.message, short_key(&view.key)))?;
    for warning in fate(view).warnings {
        line(&format!(
            "  warning {} {}: {}",
            warning.rule, warning.path, warning.text
        ))?;
    }
    audit_show::history(&story(ledger.history(view.id)?))
}

pub(crate) fn receipts(context: &Context, args: &Receipts) -> Result<Outcome, Failure> {
    let ledger = existing_ledger(&context.config)?;
    let whose = context.code_of(args.enterprise.as_deref())?;
    let all = ReceiptFilter {
        unmatched: args.unmatched,
        enterprise: whose,
        ..ReceiptFilter::default()
    };
    if let Some(key) = &args.key {
        let views = ledger.find(key)?;
        if views.is_empty() {
            context.note(&format!("no document matches {key}"));
            return Ok(Outcome::Wrong);
        }
        let mut found = Vec::new();
        for view in views {
            found.extend(ledger.receipts(&ReceiptFilter {
                document: Some(view.id),
                ..all.clone()
            })?);
        }
        print_receipts(context, &found)?;
        return Ok(Outcome::Good);
    }
    let mut left = most(context, args.limit);
    let mut page = ReceiptFilter {
        limit: Some(left.unwrap_or(PAGE).min(PAGE)),
        ..all
    };
    loop {
        let found = ledger.receipts(&page)?;
        let last = found.last().map(|receipt| receipt.id);
        if last.is_some() || page.before_id.is_none() {
            print_receipts(context, &found)?;
        }
        left = left.map(|left| left.saturating_sub(found.len()));
        page.limit = Some(left.unwrap_or(PAGE).min(PAGE));
        match last {
            Some(id) if left != Some(0) => page.before_id = Some(id),
            Some(_) if args.limit.is_none() => {
                context.note(&format!("the newest {SHOWN} receipts; --limit 0 lists all"));
                break;
            }
            _ => break,
        }
    }
    Ok(Outcome::Good)
}

fn print_receipts(context: &Context, found: &[ReceiptView]) -> Result<(), Failure> {
    if context.json() {
        return found.iter().try_for_each(json_line);
    }
    let mut rows = table(&["receipt", "document", "returnStatus", "returnTime", "returnInfo"]);
    for receipt in found {
        rows.add_row([
            receipt.message.as_str(),
            receipt.key.as_deref().map_or("unmatched", short_key),
            &receipt.return_status,
            &receipt.return_time,
            &receipt.return_info,
        ]);
    }
    line(&rows.to_string())
}

pub(crate) fn retry(context: &Context, args: &Retry) -> Result<Outcome, Failure> {
    existing_ledger(&context.config)?;
    let engine = context.engine(Keys::None)?;
    // The inbox may already hold the answer.
    let receipts = collect_receipts(&engine)?;
    let now = engine.clock.now();
    let retried = match &args.key {
        None => engine.ledger.retry(&RetrySelector::All, now),
        Some(key) => match engine.ledger.retry(&RetrySelector::Message(key.clone()), now) {
            Err(LedgerError::Unknown { .. }) => engine.ledger.retry(&RetrySelector::Document(key.clone()), now),
            other => other,
        },
    };
    let count = match retried {
        Err(LedgerError::Unknown { .. }) => {
            context.note(&format!(
                "no document matches {}",
                args.key.as_deref().unwrap_or_default()
            ));
            return Ok(Outcome::Wrong);
        }
        // A retry is possible but not allowed: that is an answer, not a failure.
        Err(error @ (LedgerError::Replaced { .. } | LedgerError::AtCustoms { .. })) => {
            if context.json() {
                json_line(&serde_json::json!({ "retried": 0, "refused": error.to_string() }))?;
            } else {
                complain!("cebridge: {error}");
            }
            return Ok(Outcome::Wrong);
        }
        retried => retried?,
    };
    let sent = cebridge_engine::send_due(&engine)?;
    let left = engine.ledger.unsent()?.messages;
    let held = engine.ledger.held()?;
    if held > 0 && args.key.is_none() {
        context.note(&format!(
            "{held} messages are held after the restore and are not sent: look for each on the platform; \
             `cebridge retry COPMSGID` sends one that is not there (`cebridge dead-letter` lists them)"
        ));
    }
    if context.json() {
        json_line(&serde_json::json!({
            "retried": count, "sent": sent.sent, "failed": sent.failed, "dead": sent.dead, "unsent": left,
        }))?;
    } else {
        if !receipts.is_empty() {
            context.note(&format!(
                "{} receipts were read first",
                receipts.applied + receipts.noted
            ));
        }
        if let Some(error) = &sent.last_error {
            context.note(&format!("not everything could be sent: {error}"));
        }
        line(&format!(
            "{count} messages taken up again, {} sent, {} given up, {left} still to be sent",
            sent.sent + sent.recalled,
            sent.dead
        ))?;
    }
    Ok(Outcome::good_if(
        (count > 0 || args.key.is_none()) && left == 0 && sent.dead == 0,
    ))
}

pub(crate) fn dead_letters(context: &Context) -> Result<Outcome, Failure> {
    let items: Vec<OutboxItem> = existing_ledger(&context.config)?.dead_letters()?;
    if context.json() {
        items.iter().try_for_each(json_line)?;
        return Ok(Outcome::Good);
    }
    let mut rows = table(&[
        "message",
        "enterprise",
        "CopMsgId",
        "attempts",
        "last error",
        "documents",
    ]);
    for item in &items {
        let keys: Vec<&str> = item.keys.iter().map(|key| short_key(key)).collect();
        rows.add_row([
            item.message.as_str(),
            &item.enterprise,
            &item.cop_msg_id,
            &item.attempts.to_string(),
            item.last_error.as_deref().unwrap_or(""),
            &keys.join(" "),
        ]);
    }
    line(&rows.to_string())?;
    Ok(Outcome::Good)
}
