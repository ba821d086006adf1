//! Which enterprise declares which document.

use super::Work;
use crate::draft::Draft;

impl Work<'_> {
    /// Gives each draft to its enterprise: the one that was named, else the only one, else the one of those configured
    /// that may declare it. Those that nobody may declare are refused.
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
            let reason = match able[..] {
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
            match reason {
                Some(reason) => self.refuse_draft(&draft, vec![reason]),
                None => rest.push(draft),
            }
        }
        rest
    }

    /// The reason for a document that nobody may declare. Where it names one enterprise, that one is told what it lacks.
    fn unclaimed(&self, draft: &mut Draft) -> cebridge_ledger::Reason {
        let all = self.enterprises;
        let mut named = (0..all.len()).filter(|&at| {
            all.get(at)
                .is_some_and(|one| self.access.is_named(one, (&*draft).into()))
        });
        if let (Some(at), None) = (named.next(), named.next())
            && let Some(reason) = all.get(at).and_then(|one| self.access.refusal(one, (&*draft).into()))
        {
            draft.enterprise = Some(at);
            return reason;
        }
        self.access.nobody(all, (&*draft).into())
    }
}
