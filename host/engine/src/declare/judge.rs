//! Judging drafts in messages of up to a hundred, with a stand-in for the signature.

use super::{Progress, Warning, Work, chunks, parse, reason_of};
use crate::assemble;
use crate::catalogue::documents_per_message;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::fate::{host_rule, short_key};
use crate::{Batch, batches};
use cebridge_ledger::Reason;
use cebridge_message::Document;
use cebridge_runtime::{Finding, Grade};
use std::collections::BTreeMap;

/// The evaluator stops at this many findings for one message; a chunk that reaches it is judged in halves.
const FINDING_LIMIT: usize = 1000;
/// Stands for the guid of the message, which it gets when it is signed.
const NO_GUID: &str = "00000000-0000-4000-8000-000000000000";

impl Work<'_> {
    pub(super) fn judge(&mut self, drafts: Vec<Draft>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let total = drafts.len() as u64;
        let mut passed = Vec::new();
        let mut done = 0;
        let wanted = self.engine.config.declare.documents_per_message;
        for Batch {
            enterprise,
            message,
            drafts,
        } in batches(drafts)
        {
            for chunk in chunks(drafts, documents_per_message(self.pack.pack(), &message, wanted)) {
                done += chunk.len() as u64;
                passed.extend(self.judge_chunk(enterprise, &message, chunk)?);
                progress("validate", done, total);
            }
        }
        Ok(passed)
    }

    fn judge_chunk(
        &mut self,
        enterprise: Option<usize>,
        message: &str,
        mut chunk: Vec<Draft>,
    ) -> Result<Vec<Draft>, EngineError> {
        let drafts: Vec<&Draft> = chunk.iter().collect();
        let xml = assemble::with_placeholder(&self.write(enterprise, message, NO_GUID, &drafts)?);
        let document = parse(message, &xml)?;
        let raw = match self.pack.judge(&document) {
            Ok(raw) => raw,
            // A plugin that fails on a chunk is asked document by document, so that one poisonous document
            // is quarantined and the others go on.
            Err(fault) if chunk.len() == 1 => {
                let reason = Reason {
                    rule: host_rule::PLUGIN.into(),
                    text: fault.to_string(),
                    ..Reason::default()
                };
                for draft in &chunk {
                    self.refuse_draft(draft, vec![reason.clone()]);
                }
                return Ok(Vec::new());
            }
            Err(_) => return self.judge_halves(enterprise, message, chunk),
        };
        if raw.len() >= FINDING_LIMIT && chunk.len() > 1 {
            return self.judge_halves(enterprise, message, chunk);
        }
        let mut findings: BTreeMap<usize, Vec<Finding>> = BTreeMap::new();
        for finding in &raw {
            let text = self.pack.explain(&document, finding);
            if text.severity == Grade::Off {
                continue;
            }
            match document_index(&document, finding.node) {
                Some(index) if index < chunk.len() => findings.entry(index).or_default().push(text),
                _ if text.is_error() => {
                    let reasons = format!("{} {}: {}", text.rule, text.path, text.message);
                    return Err(EngineError::Assembly {
                        message: message.to_owned(),
                        reasons,
                    });
                }
                _ => {}
            }
        }
        let mut passed = Vec::new();
        for (index, draft) in chunk.drain(..).enumerate() {
            let found = findings.remove(&index).unwrap_or_default();
            if found.iter().any(Finding::is_error) {
                let errors = found
                    .iter()
                    .filter(|finding| finding.is_error())
                    .map(reason_of)
                    .collect();
                self.refuse_draft(&draft, errors);
            } else {
                self.report.warnings.extend(found.into_iter().map(|finding| Warning {
                    guid: draft.guid.clone(),
                    key: short_key(&draft.key).to_owned(),
                    finding,
                }));
                passed.push(draft);
            }
        }
        Ok(passed)
    }

    fn judge_halves(
        &mut self,
        enterprise: Option<usize>,
        message: &str,
        mut chunk: Vec<Draft>,
    ) -> Result<Vec<Draft>, EngineError> {
        let second = chunk.split_off(chunk.len() / 2);
        let mut passed = self.judge_chunk(enterprise, message, chunk)?;
        passed.extend(self.judge_chunk(enterprise, message, second)?);
        Ok(passed)
    }
}

/// Which business document of the message a node belongs to: the position among the root's children.
fn document_index(document: &Document, node: u32) -> Option<usize> {
    let mut at = node;
    while let Some(entry) = document.node(at) {
        if at == 0 {
            return None;
        }
        if entry.parent == 0 {
            break;
        }
        at = entry.parent;
    }
    document.children(0).position(|child| child == at)
}
