//! Judges drafts in messages of up to a hundred, with a placeholder for the signature.

use super::{Progress, Warning, Work, chunks, parse, reason_of};
use crate::assemble;
use crate::catalogue::documents_per_message;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::fate::short_key;
use crate::host_rules::HostRule;
use crate::{Batch, batches};
use cebridge_ledger::Reason;
use cebridge_message::Document;
use cebridge_runtime::{Finding, Grade};
use rayon::prelude::*;

/// The evaluator stops at this many findings for one message; a chunk that reaches it is judged in halves.
const FINDING_LIMIT: usize = 1000;
/// Placeholder for the guid of the message, which is assigned when it is signed.
pub(super) const NO_GUID: &str = "00000000-0000-4000-8000-000000000000";

/// Findings of one document, or why it could not be judged.
type Verdict = Result<Vec<Finding>, Reason>;

impl Work<'_> {
    pub(super) fn judge(&mut self, drafts: Vec<Draft>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let total = drafts.len() as u64;
        let wanted = self.engine.config.declare.documents_per_message;
        let mut all = Vec::new();
        for Batch {
            enterprise,
            message,
            drafts,
        } in batches(drafts)
        {
            let size = documents_per_message(self.pack.pack(), &message, wanted);
            for chunk in chunks(drafts, size) {
                all.push((enterprise, message.clone(), chunk));
            }
        }
        // Messages do not depend on each other, so they are judged in parallel; findings are reported in their order.
        let this = &*self;
        let verdicts: Vec<Result<Vec<Verdict>, EngineError>> = all
            .par_iter()
            .map(|(enterprise, message, chunk)| this.judge_chunk(*enterprise, message, chunk))
            .collect();
        let mut passed = Vec::new();
        let mut done = 0;
        for ((_, _, chunk), verdicts) in all.into_iter().zip(verdicts) {
            done += chunk.len() as u64;
            for (draft, verdict) in chunk.into_iter().zip(verdicts?) {
                passed.extend(self.take_verdict(draft, verdict));
            }
            progress("validate", done, total);
        }
        Ok(passed)
    }

    /// Returns the document if it may be sent.
    fn take_verdict(&mut self, draft: Draft, verdict: Verdict) -> Option<Draft> {
        let found = match verdict {
            Ok(found) => found,
            Err(fault) => {
                self.refuse_draft(&draft, vec![fault]);
                return None;
            }
        };
        if found.iter().any(Finding::is_error) {
            let errors = found.iter().filter(|finding| finding.is_error());
            self.refuse_draft(&draft, errors.map(reason_of).collect());
            return None;
        }
        self.report.warnings.extend(found.into_iter().map(|finding| Warning {
            guid: draft.guid.clone(),
            key: short_key(&draft.key).to_owned(),
            finding,
        }));
        Some(draft)
    }

    /// Returns one verdict for each document of a message.
    fn judge_chunk(
        &self,
        enterprise: Option<usize>,
        message: &str,
        chunk: &[Draft],
    ) -> Result<Vec<Verdict>, EngineError> {
        let halves = || {
            let (first, second) = chunk.split_at(chunk.len() / 2);
            let mut verdicts = self.judge_chunk(enterprise, message, first)?;
            verdicts.extend(self.judge_chunk(enterprise, message, second)?);
            Ok(verdicts)
        };
        self.engine.stopping()?;
        let drafts: Vec<&Draft> = chunk.iter().collect();
        let xml = assemble::with_placeholder(&self.write(enterprise, message, NO_GUID, &drafts)?);
        let document = parse(message, &xml)?;
        let raw = match self.pack.judge(&document) {
            Ok(raw) => raw,
            // A chunk on which a plugin fails is split, down to single documents, so that one poisonous
            // document is quarantined and the others go on.
            Err(fault) if chunk.len() == 1 => {
                return Ok(vec![Err(Reason {
                    rule: HostRule::Plugin.id().into(),
                    text: fault.to_string(),
                    ..Reason::default()
                })]);
            }
            Err(_) => return halves(),
        };
        if raw.len() >= FINDING_LIMIT && chunk.len() > 1 {
            return halves();
        }
        let mut findings: Vec<Vec<Finding>> = vec![Vec::new(); chunk.len()];
        for finding in &raw {
            let text = self.pack.explain(&document, finding);
            if text.severity == Grade::Off {
                continue;
            }
            match document_index(&document, finding.node).and_then(|index| findings.get_mut(index)) {
                Some(found) => found.push(text),
                None if text.is_error() => {
                    let reasons = format!("{} {}: {}", text.rule, text.path, text.message);
                    return Err(EngineError::Assembly {
                        message: message.to_owned(),
                        reasons,
                    });
                }
                None => {}
            }
        }
        Ok(findings.into_iter().map(Ok).collect())
    }
}

/// Returns the business document that a node belongs to, as its position among the root's children.
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
