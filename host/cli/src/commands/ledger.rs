//! `status`, `receipts`, `retry` and `dead-letter`: reading the ledger.

use super::audit_show;
use super::in_force::InForce;
use crate::Outcome;
use crate::args::{Receipts, Retry, Status};
use crate::context::{Context, Failure, Keys};
use crate::output::{counts, json_line, line, reason, table};
use cebridge_engine::audit::story;
use cebridge_engine::engine::open_ledger;
use cebridge_engine::fate::{Stage, short_key};
use cebridge_engine::packs::words;
use cebridge_engine::receipts::collect;
use cebridge_engine::status::fate;
use cebridge_ledger::{DocumentView, Filter, Ledger, LedgerError, OutboxItem, ReceiptFilter, RetrySelector};
use serde::Serialize;
use std::collections::BTreeSet;

/// A document with everything that is known of it, in JSON.
#[derive(Serialize)]
struct Detailed<'a> {
    #[serde(flatten)]
    fate: cebridge_engine::fate::Fate,
    cop_msg_id: Option<&'a str>,
    sent_at: Option<&'a str>,
    updated_at: &'a str,
    return_status: Option<&'a str>,
    return_time: Option<&'a str>,
    assigned: &'a std::collections::BTreeMap<String, String>,
    pack_digest: &'a str,
    /// When the pack was in force, why, and who decided it; left out where that is not on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force: Option<&'a InForce>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    history: Vec<cebridge_ledger::Event>,
}

pub(crate) fn status(context: &Context, args: &Status) -> Result<Outcome, Failure> {
    let ledger = open_ledger(&context.config)?;
    let state = args.state.as_deref().map(parse_state).transpose()?;
    let whose = context.code_of(args.enterprise.as_deref())?;
    let mut views = match &args.key {
        Some(key) => ledger.find(key)?,
        None => ledger.list(&Filter {
            status: state,
            enterprise: whose.clone(),
            ..Filter::default()
        })?,
    };
    views.retain(|view| state.is_none_or(|state| view.status == state));
    views.retain(|view| whose.as_ref().is_none_or(|code| view.enterprise == *code));
    if let (Some(key), true) = (&args.key, views.is_empty()) {
        context.note(&format!("no document is known by {key}"));
        return Ok(Outcome::Wrong);
    }
    if context.json() {
        for view in &views {
            let row = InForce::row(&ledger, &view.edition, &view.pack_digest, &view.accepted_at)?;
            let in_force = row.map(InForce::from);
            json_line(&detailed(&ledger, view, args.history, in_force.as_ref())?)?;
        }
        return Ok(Outcome::Good);
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
    for view in &views {
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
            &view.updated_at,
            &reasons.join("\n"),
        ]);
    }
    line(&rows.to_string())?;
    let mut judged = BTreeSet::new();
    for view in views.iter().filter(|view| !view.pack_digest.is_empty()) {
        let (edition, digest) = (&view.edition, &view.pack_digest);
        let row = InForce::row(&ledger, edition, digest, &view.accepted_at)?;
        judged.insert(words(edition, digest, row.as_ref()));
    }
    judged
        .iter()
        .try_for_each(|words| line(&format!("judged by {words}")))?;
    if args.history {
        for view in &views {
            print_history(&ledger, view)?;
        }
    }
    if args.key.is_none() {
        let fates: Vec<_> = views.iter().map(fate).collect();
        line(&counts(&fates).to_string())?;
    }
    Ok(Outcome::Good)
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
        Failure::Other(format!("`{word}` is no state; there are {}", words.join(", ")))
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
        sent_at: view.sent_at.as_deref(),
        updated_at: &view.updated_at,
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
    let ledger = open_ledger(&context.config)?;
    let whose = context.code_of(args.enterprise.as_deref())?;
    let mut found = Vec::new();
    match &args.key {
        Some(key) => {
            let views = ledger.find(key)?;
            if views.is_empty() {
                context.note(&format!("no document is known by {key}"));
                return Ok(Outcome::Wrong);
            }
            for view in views {
                let filter = ReceiptFilter {
                    document: Some(view.id),
                    unmatched: args.unmatched,
                    enterprise: whose.clone(),
                    ..ReceiptFilter::default()
                };
                found.extend(ledger.receipts(&filter)?);
            }
        }
        None => {
            found = ledger.receipts(&ReceiptFilter {
                unmatched: args.unmatched,
                enterprise: whose,
                ..ReceiptFilter::default()
            })?
        }
    }
    if context.json() {
        found.iter().try_for_each(json_line)?;
        return Ok(Outcome::Good);
    }
    let mut rows = table(&["receipt", "document", "returnStatus", "returnTime", "returnInfo"]);
    for receipt in &found {
        rows.add_row([
            receipt.message.as_str(),
            receipt.key.as_deref().map_or("unmatched", short_key),
            &receipt.return_status,
            &receipt.return_time,
            &receipt.return_info,
        ]);
    }
    line(&rows.to_string())?;
    Ok(Outcome::Good)
}

pub(crate) fn retry(context: &Context, args: &Retry) -> Result<Outcome, Failure> {
    let engine = context.engine(Keys::None)?;
    // What lies in the inbox may be the answer.
    let receipts = collect(&engine)?;
    let now = engine.clock.now().to_string();
    let retried = match &args.key {
        None => engine.ledger.retry(&RetrySelector::All, &now),
        Some(key) => match engine.ledger.retry(&RetrySelector::Message(key.clone()), &now) {
            Err(LedgerError::Unknown { .. }) => engine.ledger.retry(&RetrySelector::Document(key.clone()), &now),
            other => other,
        },
    };
    let count = match retried {
        Err(LedgerError::Unknown { .. }) => {
            context.note(&format!(
                "no document is known by {}",
                args.key.as_deref().unwrap_or_default()
            ));
            return Ok(Outcome::Wrong);
        }
        // It can be done, but must not: that is an answer.
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
    let sent = cebridge_engine::deliver::send_due(&engine)?;
    let left = engine.ledger.unsent()?.len();
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
    let items: Vec<OutboxItem> = open_ledger(&context.config)?.dead_letters()?;
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
