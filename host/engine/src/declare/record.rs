//! Ledger entries of a declaration: accepted documents with their messages, and refused ones with the reasons.

use super::UNMAPPED;
use super::declaration::Declaration;
use super::outcome::Outcome;
use super::records::Step;
use crate::batch::Owned;
use crate::error::EngineError;
use crate::map::Problem;
use crate::numbers;
use crate::outgoing::{OutgoingDocument, first, first_of};
use crate::own_words;
use cebridge_findings::Finding;
use cebridge_ledger::{Batch, Concern, Effect, NewDocument, NewMessage, Progress};
use cebridge_rule_core::pack;
use rayon::prelude::*;
use std::collections::BTreeMap;

impl Declaration<'_> {
    /// Records a step: what is accepted, what was refused, and how far its inputs have come.
    pub(super) fn accept(&self, accepted: &[Owned<'_>], outcome: &Outcome, step: &Step) -> Result<(), EngineError> {
        let mut warnings: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for warning in &outcome.report.warnings {
            warnings
                .entry(warning.guid.as_str())
                .or_default()
                .push(&warning.finding);
        }
        let documents: Vec<NewDocument> = accepted
            .par_iter()
            .map(|one| {
                let found = warnings.get(one.guid.as_str());
                let json = found.and_then(|found| serde_json::to_string(found).ok());
                self.record(one, &one.owner.code, json.as_deref().unwrap_or("[]"))
            })
            .collect();
        let messages: Vec<NewMessage> = outcome
            .report
            .messages
            .iter()
            .map(|prepared| prepared.record.clone())
            .collect();
        let batch = Batch {
            documents: &documents,
            messages: &messages,
            refusals: &outcome.refusals,
            progress: &self.progress(step),
            ..Batch::default()
        };
        self.engine.ledger.record(&batch, self.now())?;
        Ok(())
    }

    /// Keeps the documents of a step as drafts.
    pub(super) fn keep(&self, kept: &[Owned<'_>], outcome: &Outcome, step: &Step) -> Result<(), EngineError> {
        let documents: Vec<NewDocument> = kept.iter().map(|one| self.record(one, &one.owner.code, "[]")).collect();
        let batch = Batch {
            drafts: &documents,
            refusals: &outcome.refusals,
            progress: &self.progress(step),
            ..Batch::default()
        };
        self.engine.ledger.record(&batch, self.now())?;
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
    pub(super) fn unmapped(&self, problem: &Problem, enterprise: &str) -> NewDocument {
        NewDocument {
            message: UNMAPPED.to_owned(),
            key: problem.source.clone(),
            enterprise: enterprise.to_owned(),
            source: problem.source.clone(),
            edition: self.edition(),
            pack_digest: self.pack.rules().digest().to_owned(),
            values_json: "{}".to_owned(),
            findings_json: "[]".to_owned(),
            at: Some(self.now()),
            input: self.rows.get(problem.at).copied(),
            ..NewDocument::default()
        }
    }

    /// Returns the entry of a document; `enterprise` is the customs code of its owner, empty if it has none.
    pub(super) fn record(&self, document: &OutgoingDocument, enterprise: &str, findings_json: &str) -> NewDocument {
        let roles = &self.pack.rules().pack().fields;
        let values_json = crate::values::json(&document.element);
        NewDocument {
            message: document.message.clone(),
            key: document.key.clone(),
            match_keys: document.match_keys.clone(),
            enterprise: enterprise.to_owned(),
            guid: document.guid.clone(),
            app_type: document.app_type.clone(),
            source: document.source.clone(),
            edition: self.edition(),
            pack_digest: self.pack.rules().digest().to_owned(),
            content_hash: document.content_hash.clone(),
            numbers: numbers::searchable(roles, &values_json),
            values_json,
            at: Some(self.now()),
            findings_json: findings_json.to_owned(),
            key_free_before: self.key_free_before(document),
            app_status: own_words::state(roles, first_of(&document.element, &roles.state.fields)),
            concerns: self.concerns(document),
            input: self.rows.get(document.input).copied(),
            draft: document.kept,
        }
    }

    /// Returns the documents that this one is about: those with the numbers it names.
    fn concerns(&self, document: &OutgoingDocument) -> Vec<Concern> {
        let packs = &self.engine.packs;
        let Some(concern) = packs.concern(self.pack.rules().pack(), document.index, &document.message) else {
            return Vec::new();
        };
        let effect = match concern.effect {
            pack::Effect::Withdraws => Effect::Withdraws,
            pack::Effect::Notes => Effect::Notes,
        };
        let named = |name: &String| {
            let value = first(&document.element, name).filter(|text| !text.trim().is_empty())?;
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
