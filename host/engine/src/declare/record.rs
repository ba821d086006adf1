//! Ledger entries of a declaration: accepted documents with their messages, and refused ones with the reasons.

use super::records::Step;
use super::{UNMAPPED, Work};
use crate::draft::{Draft, first};
use crate::error::EngineError;
use crate::map::Problem;
use cebridge_ledger::{Batch, Concern, Effect, NewDocument, NewMessage, Progress};
use cebridge_rule_core::pack;
use cebridge_runtime::Finding;
use rayon::prelude::*;
use std::collections::BTreeMap;

impl Work<'_> {
    /// Records a step: what is accepted, what was refused, and how far its inputs have come.
    pub(super) fn accept(&mut self, accepted: &[Draft], step: &Step) -> Result<(), EngineError> {
        let at = self.at_text();
        let mut warnings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for warning in &self.report.warnings {
            warnings
                .entry(warning.guid.as_str())
                .or_default()
                .push(&warning.finding);
        }
        let this = &*self;
        let documents: Vec<NewDocument> = accepted
            .par_iter()
            .map(|draft| {
                let found = warnings.get(draft.guid.as_str());
                let json = found.and_then(|found| serde_json::to_string(found).ok());
                this.record(draft, json.as_deref().unwrap_or("[]"))
            })
            .collect();
        let messages: Vec<NewMessage> = self
            .report
            .messages
            .iter()
            .map(|prepared| prepared.record.clone())
            .collect();
        let batch = Batch {
            documents: &documents,
            messages: &messages,
            refusals: &self.refusals,
            progress: &self.progress(step),
            ..Batch::default()
        };
        self.engine.ledger.record(&batch, &at)?;
        Ok(())
    }

    /// Keeps the documents of a step as drafts.
    pub(super) fn keep(&mut self, drafts: &[Draft], step: &Step) -> Result<(), EngineError> {
        let documents: Vec<NewDocument> = drafts.iter().map(|draft| self.record(draft, "[]")).collect();
        let batch = Batch {
            drafts: &documents,
            refusals: &self.refusals,
            progress: &self.progress(step),
            ..Batch::default()
        };
        self.engine.ledger.record(&batch, &self.at_text())?;
        Ok(())
    }

    fn progress(&self, step: &Step) -> Vec<Progress> {
        let mark = |&(input, next_record, done): &(usize, usize, bool)| {
            Some(Progress {
                input: *self.rows.get(input)?,
                next_record,
                done,
            })
        };
        step.reaches.iter().filter_map(mark).collect()
    }

    /// Returns the entry of an ERP record that yielded no document: it is recorded anyway, as users will ask for it.
    pub(super) fn unmapped(&self, problem: &Problem) -> NewDocument {
        NewDocument {
            message: UNMAPPED.to_owned(),
            key: problem.source.clone(),
            enterprise: self.code_of(self.named.or((self.enterprises.len() == 1).then_some(0))),
            source: problem.source.clone(),
            edition: self.edition(),
            pack_digest: self.pack.digest().to_owned(),
            values_json: "{}".to_owned(),
            findings_json: "[]".to_owned(),
            at: self.at_text(),
            input: self.rows.get(problem.at).copied(),
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
            app_status: first(&draft.element, "appStatus").unwrap_or_default().to_owned(),
            concerns: self.concerns(draft),
            input: self.rows.get(draft.input).copied(),
            draft: draft.kept,
        }
    }

    /// Returns the documents that this one is about: those with the numbers it names.
    fn concerns(&self, draft: &Draft) -> Vec<Concern> {
        let packs = &self.engine.packs;
        let Some(concern) = packs.concern(self.pack.pack(), draft.index, &draft.message) else {
            return Vec::new();
        };
        let effect = match concern.effect {
            pack::Effect::Withdraws => Effect::Withdraws,
            pack::Effect::Notes => Effect::Notes,
        };
        let named = |name: &String| {
            let value = first(&draft.element, name).filter(|text| !text.trim().is_empty())?;
            Some(Concern {
                message: concern.message.clone(),
                name: name.clone(),
                value: value.trim().to_owned(),
                effect,
            })
        };
        concern.by.iter().filter_map(named).collect()
    }
}
