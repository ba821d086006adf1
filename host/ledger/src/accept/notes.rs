//! Trail entries for recorded documents.

use rusqlite::params;
use serde_json::json;

use crate::concerns;
use crate::fault::Fault;
use crate::hash::sha256;
use crate::input::NewDocument;
use crate::sealed::{self, ROW};
use crate::trail::{Entry, Trail};
use crate::view::Reason;

/// Notes an acceptance and the strings by which receipts find the document.
pub(super) fn accepted(
    trail: &Trail<'_>,
    id: i64,
    document: &NewDocument,
    outbox: Option<i64>,
    at: &str,
) -> Result<(), Fault> {
    let mut match_key = trail
        .tx
        .prepare_cached("INSERT OR IGNORE INTO match_keys (key, document) VALUES (?1, ?2)")?;
    for key in &document.match_keys {
        match_key.execute(params![key, id])?;
    }
    concerns::insert(trail, id, &document.concerns)?;
    trail.record(&Entry {
        at,
        document: Some(id),
        message: outbox,
        kind: "accepted",
        detail: json!({
            "message": document.message,
            "enterprise": document.enterprise,
            "key": document.key,
            "appType": document.app_type,
            "guid": document.guid,
            "source": document.source,
            "edition": document.edition,
            "contentHash": document.content_hash,
            "input": document.input,
            "valuesSha256": sha256(&document.values_json),
            "findingsSha256": sha256(&document.findings_json),
            "matchKeys": document.match_keys,
            ROW: sealed::document(trail.tx, id)?,
        }),
        pack_digest: Some(&document.pack_digest),
        ..Entry::default()
    })?;
    Ok(())
}

pub(super) fn drafted(trail: &Trail<'_>, id: i64, document: &NewDocument, at: &str) -> Result<(), Fault> {
    trail.record(&Entry {
        at,
        document: Some(id),
        kind: "drafted",
        detail: json!({
            "message": document.message,
            "enterprise": document.enterprise,
            "key": document.key,
            "source": document.source,
            "contentHash": document.content_hash,
            "valuesSha256": sha256(&document.values_json),
            "findingsSha256": sha256(&document.findings_json),
            ROW: sealed::document(trail.tx, id)?,
        }),
        pack_digest: Some(&document.pack_digest),
        ..Entry::default()
    })?;
    Ok(())
}

/// Notes a refusal of the row's content. Rule ids only: reason texts quote personal data.
pub(super) fn refused(
    trail: &Trail<'_>,
    id: i64,
    document: &NewDocument,
    values_json: &str,
    reasons: &[Reason],
    at: &str,
) -> Result<(), Fault> {
    let rules: Vec<&str> = reasons.iter().map(|r| r.rule.as_str()).collect();
    trail.record(&Entry {
        at,
        document: Some(id),
        kind: "refused",
        detail: json!({
            "message": document.message,
            "enterprise": document.enterprise,
            "key": document.key,
            "source": document.source,
            "rules": rules,
            "edition": document.edition,
            "valuesSha256": sha256(values_json),
            "findingsSha256": sha256(&document.findings_json),
        }),
        pack_digest: Some(&document.pack_digest),
        ..Entry::default()
    })?;
    Ok(())
}
