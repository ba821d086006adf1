//! Decides whether and how each document will be signed, before anything is assembled.
//!
//! Documents of one message with the same seal go together; those for a port with its own profile go separately.

use super::judge::NO_GUID;
use super::{Progress, Warning, Work, parse, reason_of};
use crate::config::Enterprise;
use crate::draft::{Draft, first};
use crate::error::EngineError;
use crate::fate::short_key;
use crate::signing::{Answer, CertificateView, Question, SignRule, ask, finding, profile};
use cebridge_keys::KeyPool;
use cebridge_runtime::{Finding, Grade, Need, Obstacle};
use cebridge_signature::Profile;
use std::collections::BTreeMap;

/// The form in which a message is sent: signed or unsigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seal {
    /// Signed with this profile, by one of these keys of the enterprise.
    Signed {
        /// The profile.
        profile: Profile,
        /// Names of the keys that may sign with it.
        keys: Vec<String>,
    },
    /// Without a signature.
    Unsigned,
}

/// Decision of the policy on a document: its seal, unless it is refused, and the finding to report.
#[derive(Debug, Clone)]
struct Ruling {
    seal: Option<Seal>,
    finding: Option<Finding>,
}

/// The facts that decide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    /// Position of the enterprise in the configuration.
    enterprise: Option<usize>,
    message: String,
    /// Empty unless the port has its own profile.
    port: String,
    /// `true` if the document is declared.
    declares: bool,
}

impl Work<'_> {
    /// Refuses documents that must not or can't be signed, and notes the seal of the others.
    pub(super) fn apply_policy(
        &mut self,
        drafts: Vec<Draft>,
        progress: Progress<'_>,
    ) -> Result<Vec<Draft>, EngineError> {
        let ports = ports(&drafts);
        let mut rulings: BTreeMap<Case, Ruling> = BTreeMap::new();
        let mut passed = Vec::with_capacity(drafts.len());
        progress("policy", 0, drafts.len() as u64);
        for draft in drafts {
            let port = own_port(&draft).or_else(|| ports.get(&draft.source).cloned());
            let port = port.filter(|port| self.engine.config.signing.ports.contains_key(port));
            let case = Case {
                enterprise: draft.enterprise,
                message: draft.message.clone(),
                port: port.unwrap_or_default(),
                // A document without a state is sent to be declared.
                declares: first(&draft.element, "appStatus").is_none_or(|status| status == "2"),
            };
            let ruling = match rulings.get(&case) {
                Some(known) => known.clone(),
                None => {
                    let ruling = self.unless_unsigned_is_refused(self.ruling(&case)?, &draft)?;
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

    /// Applies the policy to the keys of the enterprise: the first one that may sign decides the profile, and others
    /// that may sign with it can take over.
    fn ruling(&self, case: &Case) -> Result<Ruling, EngineError> {
        let owner = self.enterprise(case.enterprise, &case.message)?;
        let Some(pool) = self.engine.keys(owner) else {
            return Ok(self.without_key(&self.ask(case, None)?));
        };
        let mut rulings = Vec::new();
        for key in pool.keys() {
            let certificate = key.certificate().map(CertificateView::of);
            let answer = self.ask(case, certificate.as_ref())?;
            rulings.push(match answer.need {
                Need::Forbidden => self.told(SignRule::Forbidden, &answer, Some(Seal::Unsigned)),
                Need::Required | Need::Optional => self.with_key(&answer, key.name()),
            });
        }
        let good = |ruling: &&Ruling| ruling.seal.is_some() && ruling.finding.is_none();
        let leaves = |ruling: &&Ruling| ruling.seal.is_some();
        let best = rulings.iter().find(good).or_else(|| rulings.iter().find(leaves));
        let Some(best) = best.or_else(|| rulings.first()) else {
            return Ok(self.without_key(&self.ask(case, None)?));
        };
        let mut ruling = best.clone();
        if let Some(Seal::Signed { profile, keys }) = &mut ruling.seal {
            *keys = rulings
                .iter()
                .filter(|other| other.finding.is_some() == best.finding.is_some())
                .filter_map(|other| match &other.seal {
                    Some(Seal::Signed { profile: same, keys }) if same == profile => Some(keys.clone()),
                    _ => None,
                })
                .flatten()
                .collect();
        }
        Ok(self.with_own_certificate(owner, case, ruling))
    }

    /// Drops keys whose certificates are another enterprise's, if the configuration makes that an error.
    fn with_own_certificate(&self, owner: &Enterprise, case: &Case, mut ruling: Ruling) -> Ruling {
        let Some(Seal::Signed { keys, .. }) = &mut ruling.seal else {
            return ruling;
        };
        let mut foreign = None;
        for key in self.engine.keys(owner).map(KeyPool::keys).unwrap_or_default() {
            let found = key
                .certificate()
                .and_then(|own| self.foreign_certificate(owner, &case.message, own))
                .filter(Finding::is_error);
            if found.is_some() {
                keys.retain(|name| name != key.name());
                foreign = found.or(foreign);
            }
        }
        match foreign.filter(|_| keys.is_empty()) {
            Some(finding) => Ruling {
                seal: None,
                finding: Some(finding),
            },
            None => ruling,
        }
    }

    fn ask(&self, case: &Case, certificate: Option<&CertificateView>) -> Result<Answer, EngineError> {
        ask(
            &self.pack,
            &self.engine.config.signing,
            &Question {
                message: &case.message,
                at: &self.day,
                declares: case.declares,
                certificate,
                port: &case.port,
            },
        )
    }

    fn without_key(&self, answer: &Answer) -> Ruling {
        match answer.need {
            Need::Required => self.told(SignRule::Need, answer, Some(Seal::Unsigned)),
            Need::Optional if answer.until.is_some() => self.told(SignRule::Optional, answer, Some(Seal::Unsigned)),
            Need::Forbidden | Need::Optional => Ruling {
                seal: Some(Seal::Unsigned),
                finding: None,
            },
        }
    }

    /// Seals with the first allowed profile that this program can sign with.
    fn with_key(&self, answer: &Answer, key: &str) -> Ruling {
        let signed = |profile| Seal::Signed {
            profile,
            keys: vec![key.to_owned()],
        };
        let rule = match answer.obstacle {
            Obstacle::Expired | Obstacle::NotYetValid => SignRule::Certificate,
            Obstacle::None | Obstacle::Profile => SignRule::Profile,
        };
        // A configured profile is the only one that may be used.
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
                seal: Some(signed(profile)),
                finding: None,
            },
            _ => self.told(rule, answer, self.all_the_same(answer).map(signed)),
        }
    }

    /// Returns the profile to sign with if the configuration lets the rule pass: the configured one, else the first one
    /// that the edition names and the key supports.
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

    /// Applies a rule that is not met: by its grade the document is refused, or leaves with the seal `otherwise`.
    fn told(&self, rule: SignRule, answer: &Answer, otherwise: Option<Seal>) -> Ruling {
        let finding = finding(&self.pack, rule, answer);
        let seal = otherwise.filter(|_| !finding.is_error());
        // Without a seal the document is refused whatever the grade, so the finding is always reported.
        let told = seal.is_none() || finding.severity != Grade::Off;
        Ruling {
            seal,
            finding: Some(finding).filter(|_| told),
        }
    }

    /// Refuses to leave a message unsigned whose signature the pack itself demands, whatever the grade of the host's rule:
    /// the finished message would not be valid. All documents of the case have the same answer, so one is judged.
    fn unless_unsigned_is_refused(&self, ruling: Ruling, draft: &Draft) -> Result<Ruling, EngineError> {
        if ruling.seal != Some(Seal::Unsigned) {
            return Ok(ruling);
        }
        let document = parse(
            &draft.message,
            &self.write(draft.enterprise, &draft.message, NO_GUID, &[draft])?,
        )?;
        let found = self.pack.explain_all(&document, &self.pack.judge(&document)?);
        // With a signature the document was valid.
        Ok(match found.into_iter().find(Finding::is_error) {
            Some(objection) => Ruling {
                seal: None,
                finding: Some(objection),
            },
            None => ruling,
        })
    }

    /// Groups documents of one message by their seal, in the order of their first one.
    ///
    /// # Errors
    /// A document about which nothing was decided: it must not be sent.
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

/// Returns `customsCode` 申报海关代码 of a document, else its `portCode` 口岸海关代码.
fn own_port(draft: &Draft) -> Option<String> {
    let value = |name| first(&draft.element, name).filter(|value| !value.is_empty());
    value("customsCode").or_else(|| value("portCode")).map(str::to_owned)
}

/// Returns the port of each ERP record: orders, payments and waybills name none and follow their record's inventory.
fn ports(drafts: &[Draft]) -> BTreeMap<String, String> {
    let known = drafts
        .iter()
        .filter_map(|draft| Some((draft.source.clone(), own_port(draft)?)));
    known.collect()
}
