//! Assigns each document to the enterprise that declares it.

use super::access::{Claim, Refusal};
use super::declaration::Declaration;
use super::outcome::Outcome;
use crate::batch::Owned;
use crate::config::Enterprise;
use crate::outgoing::OutgoingDocument;
use cebridge_findings::Finding;
use cebridge_rule_compiler::Grade;

/// The enterprise that declares a document.
enum Assigned<'a> {
    To(&'a Enterprise),
    /// To the only one that the document may be meant for, though an access rule speaks against it.
    Against(&'a Enterprise, Refusal),
    ToNobody(Refusal),
}

impl<'a> Declaration<'a> {
    /// Assigns each document to an enterprise: the one named, else the only one, else the configured one that may declare
    /// it. Refuses documents that none may declare, and applies the grades of the access rules.
    pub(super) fn assign<'d>(
        &self,
        documents: impl Iterator<Item = &'d OutgoingDocument>,
        outcome: &mut Outcome,
    ) -> Vec<Owned<'d>>
    where
        'a: 'd,
    {
        let mut owned = Vec::new();
        for document in documents {
            match self.owner(document) {
                Assigned::To(owner) => owned.push(Owned { document, owner }),
                Assigned::ToNobody(refusal) => {
                    outcome.refuse_unclaimed(self, document, None, vec![refusal.reason]);
                }
                Assigned::Against(owner, refusal) => match refusal.rule.severity(self.pack.rules()) {
                    Grade::Error => outcome.refuse(self, Owned { document, owner }, vec![refusal.reason]),
                    Grade::Warning => {
                        outcome.warn(document, [self.doubt(document, refusal)]);
                        owned.push(Owned { document, owner });
                    }
                    Grade::Off => owned.push(Owned { document, owner }),
                },
            }
        }
        owned
    }

    fn owner(&self, document: &OutgoingDocument) -> Assigned<'a> {
        let claim = Claim::from(document);
        let able: Vec<&'a Enterprise> = match self.sole() {
            Some(sole) => vec![sole],
            None => {
                let may = |one: &&Enterprise| self.access.refusal(one, claim).is_none();
                self.enterprises().iter().filter(may).collect()
            }
        };
        match able[..] {
            [owner] => match self.access.refusal(owner, claim) {
                None => Assigned::To(owner),
                Some(refusal) => Assigned::Against(owner, refusal),
            },
            [] => self.unclaimed(claim),
            _ => Assigned::ToNobody(self.access.several(&able, claim)),
        }
    }

    /// A document that none may declare is refused to the one enterprise that it names, with what that one lacks.
    fn unclaimed(&self, claim: Claim<'_>) -> Assigned<'a> {
        let all = self.enterprises();
        let mut named = all.iter().filter(|one| self.access.is_named(one, claim));
        if let (Some(owner), None) = (named.next(), named.next())
            && let Some(refusal) = self.access.refusal(owner, claim)
        {
            return Assigned::Against(owner, refusal);
        }
        Assigned::ToNobody(self.access.nobody(all, claim))
    }

    /// The finding about a document that is sent although an access rule speaks against it.
    fn doubt(&self, document: &OutgoingDocument, refusal: Refusal) -> Finding {
        let Refusal { rule, reason } = refusal;
        Finding {
            path: reason.path,
            message: reason.text,
            code: Some(reason.code).filter(|code| !code.is_empty()),
            clause: self.access.codes(&document.message).clause,
            ..rule.finding(self.pack.rules())
        }
    }
}
