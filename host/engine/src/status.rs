//! Reading the ledger for people: fates of documents.

use crate::fate::{Fate, short_key};
use cebridge_ledger::{DocumentView, Reason, Status};

/// The fate of a document as the ledger has it.
#[must_use]
pub fn fate(view: &DocumentView) -> Fate {
    let mut reasons = view.reasons.clone();
    if reasons.is_empty()
        && view.status == Status::Waiting
        && let Some(status) = &view.return_status
    {
        reasons.push(Reason {
            code: status.clone(),
            text: view.return_info.clone().unwrap_or_default(),
            ..Reason::default()
        });
    }
    Fate {
        message: view.message.clone(),
        key: short_key(&view.key).to_owned(),
        status: view.status.as_str().to_owned(),
        is_final: view.is_final,
        reasons,
        source: view.source.clone(),
        guid: view.guid.clone(),
        edition: view.edition.clone(),
        enterprise: view.enterprise.clone(),
    }
}
