//! Assigns each document to the enterprise that declares it.

use super::access::Refusal;
use super::{Warning, Work};
use crate::draft::Draft;
use crate::fate::short_key;
use cebridge_ledger::Reason;
use cebridge_runtime::{Finding, Grade};

/// Consequence of a broken access rule for a document, by the grade of the rule.
enum Graded {
    Refused(Reason),
    Doubted(Box<Warning>),
    Ignored,
}

impl Work<'_> {
    /// Applies the grade of the rule. A document without an enterprise can't be declared, whatever the grade.
    fn graded(&self, draft: &Draft, refusal: Refusal) -> Graded {
        let Refusal { rule, reason } = refusal;
        let severity = rule.severity(&self.pack);
        if draft.enterprise.is_none() {
            return Graded::Refused(reason);
        }
        match severity {
            Grade::Error => Graded::Refused(reason),
            Grade::Off => Graded::Ignored,
            Grade::Warning => Graded::Doubted(Box::new(Warning {
                guid: draft.guid.clone(),
                key: short_key(&draft.key).to_owned(),
                finding: Finding {
                    layer: "business".to_owned(),
                    severity,
                    regraded_from: rule.regraded_from(&self.pack),
                    field: None,
                    line: 0,
                    column: 0,
                    value: None,
                    message: reason.text,
                    message_zh: rule.facts().zh.to_owned(),
                    code: Some(reason.code).filter(|code| !code.is_empty()),
                    clause: self.access.codes(&draft.message).clause,
                    source: String::new(),
                    pack: self.pack.digest().to_owned(),
                    path: reason.path,
                    rule: reason.rule,
                },
            })),
        }
    }

    /// Assigns each draft to an enterprise: the one named, else the only one, else the configured one that may declare
    /// it. Drafts that none may declare are refused.
    pub(super) fn assign(&mut self, drafts: Vec<Draft>) -> Vec<Draft> {
        let all = self.enterprises;
        let mut rest = Vec::with_capacity(drafts.len());
        for mut draft in drafts {
            let able: Vec<usize> = match self.named.or((all.len() == 1).then_some(0)) {
                Some(named) => vec![named],
                None => (0..all.len())
                    .filter(|&at| {
                        all.get(at)
                            .is_some_and(|one| self.access.refusal(one, (&draft).into()).is_none())
                    })
                    .collect(),
            };
            let refusal = match able[..] {
                [at] => {
                    draft.enterprise = Some(at);
                    all.get(at).and_then(|one| self.access.refusal(one, (&draft).into()))
                }
                [] => Some(self.unclaimed(&mut draft)),
                _ => {
                    let able: Vec<_> = able.iter().filter_map(|&at| all.get(at)).collect();
                    Some(self.access.several(&able, (&draft).into()))
                }
            };
            match refusal.map(|refusal| self.graded(&draft, refusal)) {
                Some(Graded::Refused(reason)) => self.refuse_draft(&draft, vec![reason]),
                Some(Graded::Doubted(warning)) => {
                    self.report.warnings.push(*warning);
                    rest.push(draft);
                }
                Some(Graded::Ignored) | None => rest.push(draft),
            }
        }
        rest
    }

    /// Returns the reason for a document that none may declare; if it names one enterprise, what that one lacks.
    fn unclaimed(&self, draft: &mut Draft) -> Refusal {
        let all = self.enterprises;
        let mut named = (0..all.len()).filter(|&at| {
            all.get(at)
                .is_some_and(|one| self.access.is_named(one, (&*draft).into()))
        });
        if let (Some(at), None) = (named.next(), named.next())
            && let Some(refusal) = all.get(at).and_then(|one| self.access.refusal(one, (&*draft).into()))
        {
            draft.enterprise = Some(at);
            return refusal;
        }
        self.access.nobody(all, (&*draft).into())
    }
}
