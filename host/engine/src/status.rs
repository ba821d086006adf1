//! Fates of documents, read from the ledger for display.

use crate::codes;
use crate::fate::{Fate, FateWarning, Stage, short_key};
use cebridge_clock as clock;
use cebridge_findings::Finding;
use cebridge_ledger::{DocumentView, OutboxState, Reason, Status};
use jiff::Timestamp;

/// The fate of a document according to the ledger.
#[must_use]
pub fn fate(view: &DocumentView) -> Fate {
    let stage = stage(view);
    let mut reasons = view.reasons.clone();
    if view.status == Status::Waiting && reasons.is_empty() {
        reasons.extend(waits_for(view, stage));
    }
    for reason in &mut reasons {
        speak(&view.message, reason);
    }
    Fate {
        message: view.message.clone(),
        key: short_key(&view.key).to_owned(),
        status: view.status.as_str().to_owned(),
        stage,
        is_final: view.is_final,
        reasons,
        next_attempt: next_attempt(view, stage),
        warnings: warnings(view),
        source: view.source.clone(),
        guid: view.guid.clone(),
        edition: view.edition.clone(),
        enterprise: view.enterprise.clone(),
    }
}

/// Adds the meaning of a reason's code if its text does not give it.
fn speak(message: &str, reason: &mut Reason) {
    // A reason from a receipt after the deciding one is prefixed with the deciding one's code.
    let told = reason
        .text
        .strip_prefix("reported after ")
        .map_or(reason.text.as_str(), |rest| {
            rest.split_once(':').map_or("", |(_, text)| text)
        });
    if let Some(meaning) = codes::unsaid(message, &reason.code, told) {
        let colon = if told.len() < reason.text.len() { ":" } else { "" };
        reason.text = format!("{}{colon} {meaning}", reason.text.trim())
            .trim_start()
            .to_owned();
    }
}

/// Progress of a waiting document; `None` for all others.
#[must_use]
pub(crate) fn stage(view: &DocumentView) -> Option<Stage> {
    (view.status == Status::Waiting).then_some(match (view.outbox, &view.heard_at) {
        (_, Some(_)) => Stage::AtCustoms,
        (Some(OutboxState::Sent), None) => Stage::Sent,
        _ => Stage::Unsent,
    })
}

/// Reason a document without complaints is still waiting.
fn waits_for(view: &DocumentView, stage: Option<Stage>) -> Option<Reason> {
    let text = |text: String| Reason {
        text,
        ..Reason::default()
    };
    if view.held {
        return Some(Reason {
            code: view.return_status.clone().unwrap_or_default(),
            text: "held at customs, not declared (暂存); `cebridge submit` declares it".to_owned(),
            ..Reason::default()
        });
    }
    if stage == Some(Stage::Unsent) {
        let Some(error) = &view.send_error else {
            let until = clock::spoken(view.in_hand_until?);
            return Some(text(format!(
                "a process is sending it; if that process has ended, it will be sent after {until}"
            )));
        };
        let next = next_attempt(view, stage).map(|at| format!("; next attempt {}", clock::spoken(at)));
        return Some(text(format!("not sent yet: {error}{}", next.unwrap_or_default())));
    }
    view.return_status.as_ref().map(|status| Reason {
        code: status.clone(),
        text: view.return_info.clone().unwrap_or_default(),
        ..Reason::default()
    })
}

/// Time of the next attempt for a failed message.
fn next_attempt(view: &DocumentView, stage: Option<Stage>) -> Option<Timestamp> {
    (stage == Some(Stage::Unsent) && view.send_error.is_some())
        .then_some(view.due_at)
        .flatten()
}

/// Broken rules that did not keep the document from being accepted.
fn warnings(view: &DocumentView) -> Vec<FateWarning> {
    // Drafts and refused documents have none. An older format of findings must not hide the document.
    let found: Vec<Finding> = serde_json::from_str(&view.findings_json).unwrap_or_default();
    found.iter().map(FateWarning::of).collect()
}
