//! Whether and how each document will be signed, decided before anything is assembled.
//!
//! Documents of one message that leave in the same way go together; for a port with a profile of its own they go apart.

use super::{Progress, Warning, Work, reason_of};
use crate::draft::{Draft, first};
use crate::error::EngineError;
use crate::fate::short_key;
use crate::signing::{Answer, CertificateView, Question, SignRule, ask, finding, profile};
use cebridge_runtime::{Finding, Grade, Need, Obstacle};
use cebridge_signature::Profile;
use std::collections::BTreeMap;

/// How a message leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seal {
    /// Signed by this profile.
    Signed(Profile),
    /// Without a signature.
    Unsigned,
}

/// What the policy means for a document: how it leaves, unless it is refused, and what is told.
#[derive(Debug, Clone)]
struct Ruling {
    seal: Option<Seal>,
    finding: Option<Finding>,
}

/// What decides: message, port (where one has a profile of its own), and whether the document is declared.
type Case = (String, String, bool);

impl Work<'_> {
    /// Refuses what must not or can't be signed, and keeps for the others how they leave.
    pub(super) fn apply_policy(
        &mut self,
        drafts: Vec<Draft>,
        progress: Progress<'_>,
    ) -> Result<Vec<Draft>, EngineError> {
        let signer = self.engine.signer().ok();
        let certificate = signer.and_then(|signer| signer.certificate());
        let certificate = certificate.map(CertificateView::of);
        let ports = ports(&drafts);
        let mut rulings: BTreeMap<Case, Ruling> = BTreeMap::new();
        let mut passed = Vec::with_capacity(drafts.len());
        progress("policy", 0, drafts.len() as u64);
        for draft in drafts {
            let port = own_port(&draft).or_else(|| ports.get(&draft.source).cloned());
            let port = port.filter(|port| self.engine.config.signing.ports.contains_key(port));
            let case: Case = (
                draft.message.clone(),
                port.unwrap_or_default(),
                // A document without a state is sent to be declared.
                first(&draft.element, "appStatus").is_none_or(|status| status == "2"),
            );
            let ruling = match rulings.get(&case) {
                Some(known) => known.clone(),
                None => {
                    let ruling = self.ruling(&case, certificate.as_ref(), signer.is_some())?;
                    rulings.insert(case, ruling.clone());
                    ruling
                }
            };
            self.obey(draft, ruling, &mut passed);
        }
        Ok(passed)
    }

    fn obey(&mut self, draft: Draft, ruling: Ruling, passed: &mut Vec<Draft>) {
        let Some(seal) = ruling.seal else {
            self.refuse_draft(&draft, ruling.finding.iter().map(reason_of).collect());
            return;
        };
        self.report.warnings.extend(ruling.finding.map(|finding| Warning {
            guid: draft.guid.clone(),
            key: short_key(&draft.key).to_owned(),
            finding,
        }));
        self.seals.insert(draft.guid.clone(), seal);
        passed.push(draft);
    }

    fn ruling(
        &self,
        (message, port, declares): &Case,
        certificate: Option<&CertificateView>,
        has_key: bool,
    ) -> Result<Ruling, EngineError> {
        let answer = ask(
            &self.pack,
            &self.engine.config.signing,
            &Question {
                message,
                at: &self.day,
                declares: *declares,
                certificate,
                port,
            },
        )?;
        Ok(match (answer.need, has_key) {
            (Need::Forbidden, true) => self.told(SignRule::Forbidden, &answer, Some(Seal::Unsigned)),
            (Need::Required, false) => self.told(SignRule::Need, &answer, Some(Seal::Unsigned)),
            (Need::Optional, false) if answer.until.is_some() => {
                self.told(SignRule::Optional, &answer, Some(Seal::Unsigned))
            }
            (Need::Forbidden | Need::Optional, false) => Ruling {
                seal: Some(Seal::Unsigned),
                finding: None,
            },
            (Need::Required | Need::Optional, true) => self.with_key(&answer),
        })
    }

    /// The first allowed profile that this program can sign by.
    fn with_key(&self, answer: &Answer) -> Ruling {
        let rule = match answer.obstacle {
            Obstacle::Expired | Obstacle::NotYetValid => SignRule::Certificate,
            Obstacle::None | Obstacle::Profile => SignRule::Profile,
        };
        // A configured profile is the only one that may be taken.
        let rest = match self.engine.config.signing.profile {
            Some(_) => &[][..],
            None => &answer.profiles[..],
        };
        let usable = answer
            .profile
            .iter()
            .chain(rest)
            .find_map(|name| profile(self.pack.pack(), name));
        match usable {
            Some(profile) if answer.can_sign() => Ruling {
                seal: Some(Seal::Signed(profile)),
                finding: None,
            },
            _ => self.told(rule, answer, self.all_the_same(answer).map(Seal::Signed)),
        }
    }

    /// What would sign if the configuration lets the rule pass: the configured profile, else the first one that the
    /// edition names and the key can do.
    fn all_the_same(&self, answer: &Answer) -> Option<Profile> {
        let pack = self.pack.pack();
        let key = answer.certificate.as_ref().map(|certificate| certificate.key);
        let of_message = pack.signature.iter().filter(|rule| rule.message == answer.message);
        let known = pack.profiles.iter().filter(|profile| profile.official);
        let mut names = of_message
            .flat_map(|rule| &rule.profiles)
            .chain(known.map(|profile| &profile.name));
        let fits = |name: &&String| {
            let profile = pack.profiles.iter().find(|profile| profile.name == **name);
            key.is_none_or(|key| profile.is_none_or(|profile| profile.scheme == key))
        };
        match &self.engine.config.signing.profile {
            Some(wanted) => profile(pack, wanted),
            None => names.find_map(|name| Some(name).filter(fits).and_then(|name| profile(pack, name))),
        }
    }

    /// A rule is not met: by its grade the document is refused, or leaves like this.
    fn told(&self, rule: SignRule, answer: &Answer, otherwise: Option<Seal>) -> Ruling {
        let finding = finding(&self.pack, rule, answer);
        let seal = otherwise.filter(|_| !finding.is_error());
        // Where nothing can sign, the document is refused whatever the grade, and the reader is told why.
        let told = seal.is_none() || finding.severity != Grade::Off;
        Ruling {
            seal,
            finding: Some(finding).filter(|_| told),
        }
    }

    /// Groups documents of one message by the way they leave, in the order of their first one.
    ///
    /// # Errors
    /// A document about which nothing was decided: it must not leave.
    pub(super) fn by_seal(&self, drafts: Vec<Draft>) -> Result<Vec<(Seal, Vec<Draft>)>, EngineError> {
        let mut groups: Vec<(Seal, Vec<Draft>)> = Vec::new();
        for draft in drafts {
            let undecided = || EngineError::Assembly {
                message: draft.message.clone(),
                reasons: format!("nothing was decided about the signature of {}", draft.guid),
            };
            let seal = self.seals.get(&draft.guid).cloned().ok_or_else(undecided)?;
            match groups.iter_mut().find(|(known, _)| *known == seal) {
                Some((_, group)) => group.push(draft),
                None => groups.push((seal, vec![draft])),
            }
        }
        Ok(groups)
    }
}

/// `customsCode` 申报海关代码 of a document, else its `portCode` 口岸海关代码.
fn own_port(draft: &Draft) -> Option<String> {
    let value = |name| first(&draft.element, name).filter(|value| !value.is_empty());
    value("customsCode").or_else(|| value("portCode")).map(str::to_owned)
}

/// The port of each ERP record: orders, payments and waybills name none and follow the inventory of their record.
fn ports(drafts: &[Draft]) -> BTreeMap<String, String> {
    let known = drafts
        .iter()
        .filter_map(|draft| Some((draft.source.clone(), own_port(draft)?)));
    known.collect()
}
