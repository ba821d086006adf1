//! Reading the ledger for people: fates of documents.

use crate::clock::local;
use crate::fate::{Fate, FateWarning, Stage, short_key};
use cebridge_ledger::{DocumentView, OutboxState, Reason, Status};
use cebridge_runtime::Finding;

/// The fate of a document as the ledger has it.
#[must_use]
pub fn fate(view: &DocumentView) -> Fate {
    let stage = stage(view);
    let mut reasons = view.reasons.clone();
    if view.status == Status::Waiting && reasons.is_empty() {
        reasons.extend(waits_for(view, stage));
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

/// How far a waiting document has come; nothing for the others.
#[must_use]
pub fn stage(view: &DocumentView) -> Option<Stage> {
    (view.status == Status::Waiting).then_some(match (view.outbox, &view.heard_at) {
        (_, Some(_)) => Stage::AtCustoms,
        (Some(OutboxState::Sent), None) => Stage::Sent,
        _ => Stage::Unsent,
    })
}

/// What a document waits for that has nothing to complain about.
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
            let until = local(view.in_hand_until.as_ref()?);
            return Some(text(format!(
                "a process has it in hand to send it; if that one has ended, it is sent after {until}"
            )));
        };
        let next = next_attempt(view, stage).map(|at| format!("; next attempt {}", local(&at)));
        return Some(text(format!("not sent yet: {error}{}", next.unwrap_or_default())));
    }
    view.return_status.as_ref().map(|status| Reason {
        code: status.clone(),
        text: view.return_info.clone().unwrap_or_default(),
        ..Reason::default()
    })
}

/// When a message that failed is tried next.
fn next_attempt(view: &DocumentView, stage: Option<Stage>) -> Option<String> {
    (stage == Some(Stage::Unsent) && view.send_error.is_some())
        .then(|| view.due_at.clone())
        .flatten()
}

/// The rules that the document breaks and was accepted all the same.
fn warnings(view: &DocumentView) -> Vec<FateWarning> {
    // Rows of drafts and refused documents have none; an older form of findings is no reason to hide the document.
    let found: Vec<Finding> = serde_json::from_str(&view.findings_json).unwrap_or_default();
    found.iter().map(FateWarning::of).collect()
}
