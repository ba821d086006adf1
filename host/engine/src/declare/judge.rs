//! Judges documents in messages of up to a hundred, with a placeholder for the signature.

use super::declaration::Declaration;
use super::outcome::Outcome;
use super::{Progress, parse, reason_of};
use crate::assemble;
use crate::batch::{Batch, Owned, batches};
use crate::catalogue::documents_per_message;
use crate::error::EngineError;
use crate::host_rules::HostRule;
use cebridge_findings::Finding;
use cebridge_ledger::Reason;
use cebridge_message::Document;
use cebridge_rule_compiler::Grade;
use rayon::prelude::*;

/// The evaluator stops at this many findings for one message; a chunk that reaches it is judged in halves.
const FINDING_LIMIT: usize = 1000;
/// Placeholder for the guid of the message, which is assigned when it is signed.
pub(super) const NO_GUID: &str = "00000000-0000-4000-8000-000000000000";

/// Findings of one document, or why it could not be judged.
type Verdict = Result<Vec<Finding>, Reason>;

impl Declaration<'_> {
    /// Judges documents by the rules of the pack; those with errors are refused.
    pub(super) fn judge<'d>(
        &self,
        documents: Vec<Owned<'d>>,
        outcome: &mut Outcome,
        progress: Progress<'_>,
    ) -> Result<Vec<Owned<'d>>, EngineError> {
        let total = documents.len() as u64;
        let wanted = self.engine.config.declare.documents_per_message;
        let batches = batches(documents);
        let chunks: Vec<(&Batch<'d, Owned<'d>>, &[Owned<'d>])> = batches
            .iter()
            .flat_map(|batch| {
                let size = documents_per_message(self.pack.rules().pack(), batch.message, wanted);
                batch.documents.chunks(size).map(move |chunk| (batch, chunk))
            })
            .collect();
        // Messages do not depend on each other, so they are judged in parallel; findings are reported in their order.
        let verdicts: Vec<Result<Vec<Verdict>, EngineError>> = chunks
            .par_iter()
            .map(|(batch, chunk)| self.judge_chunk(batch, chunk))
            .collect();
        let mut passed = Vec::new();
        let mut done = 0;
        for ((_, chunk), verdicts) in chunks.into_iter().zip(verdicts) {
            done += chunk.len() as u64;
            for (document, verdict) in chunk.iter().zip(verdicts?) {
                match verdict.map(refusal_or_warnings) {
                    Err(fault) => outcome.refuse(self, *document, vec![fault]),
                    Ok(Err(reasons)) => outcome.refuse(self, *document, reasons),
                    Ok(Ok(warnings)) => {
                        outcome.warn(document, warnings);
                        passed.push(*document);
                    }
                }
            }
            progress("validate", done, total);
        }
        Ok(passed)
    }

    /// Returns one verdict for each document of a message.
    fn judge_chunk<'d>(&self, batch: &Batch<'d, Owned<'d>>, chunk: &[Owned<'d>]) -> Result<Vec<Verdict>, EngineError> {
        let halves = || {
            let (first, second) = chunk.split_at(chunk.len() / 2);
            let mut verdicts = self.judge_chunk(batch, first)?;
            verdicts.extend(self.judge_chunk(batch, second)?);
            Ok(verdicts)
        };
        self.engine.stopping()?;
        let xml = assemble::with_placeholder(&batch.write(self.pack.rules().pack(), NO_GUID, chunk)?);
        let document = parse(batch.message, &xml)?;
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
            let text = self.pack.rules().explain(&document, finding);
            if text.severity == Grade::Off {
                continue;
            }
            match document_index(&document, finding.node).and_then(|index| findings.get_mut(index)) {
                Some(found) => found.push(text),
                None if text.is_error() => {
                    let reasons = format!("{} {}: {}", text.rule, text.path, text.message);
                    return Err(EngineError::Assembly {
                        message: batch.message.to_owned(),
                        reasons,
                    });
                }
                None => {}
            }
        }
        Ok(findings.into_iter().map(Ok).collect())
    }
}

/// Splits findings: the reasons for a refusal if there are errors, else the warnings.
fn refusal_or_warnings(found: Vec<Finding>) -> Result<Vec<Finding>, Vec<Reason>> {
    let reasons: Vec<Reason> = found.iter().filter(|one| one.is_error()).map(reason_of).collect();
    if reasons.is_empty() { Ok(found) } else { Err(reasons) }
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
