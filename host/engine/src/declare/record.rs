//! What the ledger is told: accepted documents with their messages, and refused ones with the reasons.

use super::{UNMAPPED, Work};
use crate::draft::Draft;
use crate::error::EngineError;
use cebridge_ledger::{NewDocument, NewMessage};
use cebridge_runtime::Finding;
use std::collections::BTreeMap;

impl Work<'_> {
    pub(super) fn accept(&mut self, accepted: &[Draft]) -> Result<(), EngineError> {
        let at = self.at_text();
        for (document, reasons) in &self.refusals {
            self.engine.ledger.record_refused(document, reasons, &at)?;
        }
        if accepted.is_empty() {
            return Ok(());
        }
        let mut warnings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for warning in &self.report.warnings {
            warnings
                .entry(warning.guid.as_str())
                .or_default()
                .push(&warning.finding);
        }
        let documents: Vec<NewDocument> = accepted
            .iter()
            .map(|draft| {
                let found = warnings.get(draft.guid.as_str());
                let json = found.and_then(|found| serde_json::to_string(found).ok());
                self.record(draft, json.as_deref().unwrap_or("[]"))
            })
            .collect();
        let messages: Vec<NewMessage> = self
            .report
            .messages
            .iter()
            .map(|prepared| prepared.record.clone())
            .collect();
        self.engine.ledger.accept(&documents, &messages, &at)?;
        // A receipt may have come before its document was known here.
        self.engine.ledger.rematch_unmatched(&at)?;
        Ok(())
    }

    /// An ERP record that became no document is recorded all the same: somebody will ask for it.
    pub(super) fn unmapped(&self, source: &str) -> NewDocument {
        NewDocument {
            message: UNMAPPED.to_owned(),
            key: source.to_owned(),
            enterprise: self.code_of(self.named.or((self.enterprises.len() == 1).then_some(0))),
            source: source.to_owned(),
            edition: self.edition(),
            pack_digest: self.pack.digest().to_owned(),
            values_json: "{}".to_owned(),
            findings_json: "[]".to_owned(),
            at: self.at_text(),
            ..NewDocument::default()
        }
    }

    pub(super) fn record(&self, draft: &Draft, findings_json: &str) -> NewDocument {
        NewDocument {
            message: draft.message.clone(),
            key: draft.key.clone(),
            match_keys: draft.match_keys.clone(),
            enterprise: self.code_of(draft.enterprise),
            guid: draft.guid.clone(),
            app_type: draft.app_type.clone(),
            source: draft.source.clone(),
            edition: self.edition(),
            pack_digest: self.pack.digest().to_owned(),
            content_hash: draft.content_hash.clone(),
            values_json: crate::values::json(&draft.element),
            at: self.at_text(),
            findings_json: findings_json.to_owned(),
            key_free_before: self.key_free_before(draft),
        }
    }
}
