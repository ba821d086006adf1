//! Plans whether and how each document will be signed, before anything is assembled.

use super::declaration::Declaration;
use super::judge::NO_GUID;
use super::outcome::Outcome;
use super::{Progress, parse, reason_of};
use crate::batch::{Batch, Owned};
use crate::config::Enterprise;
use crate::error::EngineError;
use crate::host_rules::HostRule;
use crate::outgoing::{OutgoingDocument, first_of};
use crate::signing::{Answer, CertificateView, Question, ask, finding, profile};
use cebridge_findings::Finding;
use cebridge_keys::KeyPool;
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::roles::FieldRoles;
use cebridge_runtime::{Ineligibility, Requirement};
use cebridge_signature::Profile;
use std::collections::BTreeMap;

/// The form in which a message is sent: signed or unsigned. Documents of one message have the same plan; those for a
/// port with its own profile go separately.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SigningPlan {
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

/// A document that will be sent, with its plan.
pub(super) struct Planned<'d> {
    pub(super) owned: Owned<'d>,
    pub(super) plan: SigningPlan,
}

impl<'d> AsRef<Owned<'d>> for Planned<'d> {
    fn as_ref(&self) -> &Owned<'d> {
        &self.owned
    }
}

/// Decision of the policy on a document.
#[derive(Debug, Clone)]
enum Ruling {
    Refused(Finding),
    /// It is sent by this plan; the finding, if any, is reported.
    Sent(SigningPlan, Option<Finding>),
}

impl Ruling {
    fn plan(&self) -> Option<&SigningPlan> {
        match self {
            Self::Sent(plan, _) => Some(plan),
            Self::Refused(_) => None,
        }
    }

    fn finding(&self) -> Option<&Finding> {
        match self {
            Self::Sent(_, finding) => finding.as_ref(),
            Self::Refused(finding) => Some(finding),
        }
    }
}

/// The facts that decide.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Case<'d> {
    /// Id of the enterprise.
    enterprise: &'d str,
    message: &'d str,
    /// Empty unless the port has its own profile.
    port: String,
    /// `true` if the document is declared.
    declares: bool,
}

impl Declaration<'_> {
    /// Refuses documents that must not or can't be signed, and plans the signature of the others.
    pub(super) fn plan<'d>(
        &self,
        documents: Vec<Owned<'d>>,
        outcome: &mut Outcome,
        progress: Progress<'_>,
    ) -> Result<Vec<Planned<'d>>, EngineError> {
        let roles = &self.pack.rules().pack().fields;
        let ports = ports(roles, &documents);
        let mut rulings: BTreeMap<Case<'d>, Ruling> = BTreeMap::new();
        let mut planned = Vec::with_capacity(documents.len());
        progress("policy", 0, documents.len() as u64);
        for owned in documents {
            let Owned { document, owner } = owned;
            let port = own_port(roles, document).or_else(|| ports.get(document.source.as_str()).cloned());
            let port = port.filter(|port| self.engine.config.signing.ports.contains_key(port));
            let case = Case {
                enterprise: owner.id(),
                message: &document.message,
                port: port.unwrap_or_default(),
                // A document without a state is sent to be declared.
                declares: first_of(&document.element, &roles.state.fields)
                    .is_none_or(|state| state == roles.state.declared),
            };
            let ruling = match rulings.get(&case) {
                Some(known) => known.clone(),
                None => {
                    let ruling = self.unless_unsigned_is_refused(self.ruling(owner, &case)?, owned)?;
                    rulings.insert(case, ruling.clone());
                    ruling
                }
            };
            match ruling {
                Ruling::Refused(finding) => outcome.refuse(self, owned, vec![reason_of(&finding)]),
                Ruling::Sent(plan, finding) => {
                    outcome.warn(document, finding);
                    planned.push(Planned { owned, plan });
                }
            }
        }
        Ok(planned)
    }

    /// Applies the policy to the keys of the enterprise: the first one that may sign decides the profile, and others
    /// that may sign with it can take over.
    fn ruling(&self, owner: &Enterprise, case: &Case<'_>) -> Result<Ruling, EngineError> {
        let Some(pool) = self.engine.keys(owner) else {
            return Ok(self.without_key(&self.ask(case, None)?));
        };
        let mut rulings = Vec::new();
        for key in pool.keys() {
            let certificate = key.certificate().map(CertificateView::of);
            let answer = self.ask(case, certificate.as_ref())?;
            rulings.push(match answer.requirement {
                Requirement::Forbidden => self.violated(HostRule::SignForbidden, &answer, Some(SigningPlan::Unsigned)),
                Requirement::Required | Requirement::Optional => self.with_key(&answer, key.name()),
            });
        }
        let good = |ruling: &&Ruling| matches!(ruling, Ruling::Sent(_, None));
        let sent = |ruling: &&Ruling| ruling.plan().is_some();
        let best = rulings.iter().find(good).or_else(|| rulings.iter().find(sent));
        let Some(best) = best.or_else(|| rulings.first()) else {
            return Ok(self.without_key(&self.ask(case, None)?));
        };
        let Ruling::Sent(SigningPlan::Signed { profile, .. }, finding) = best else {
            return Ok(best.clone());
        };
        let keys = rulings
            .iter()
            .filter(|other| other.finding().is_some() == finding.is_some())
            .filter_map(|other| match other.plan() {
                Some(SigningPlan::Signed { profile: same, keys }) if same == profile => Some(keys.clone()),
                _ => None,
            })
            .flatten()
            .collect();
        Ok(self.with_own_certificate(owner, case, (profile.clone(), keys), finding.clone()))
    }

    /// Drops keys whose certificates are another enterprise's, if the configuration makes that an error.
    fn with_own_certificate(
        &self,
        owner: &Enterprise,
        case: &Case<'_>,
        (profile, mut keys): (Profile, Vec<String>),
        finding: Option<Finding>,
    ) -> Ruling {
        let mut foreign = None;
        for key in self.engine.keys(owner).map(KeyPool::keys).unwrap_or_default() {
            let found = key
                .certificate()
                .and_then(|own| self.foreign_certificate(owner, case.message, own))
                .filter(Finding::is_error);
            if found.is_some() {
                keys.retain(|name| name != key.name());
                foreign = found.or(foreign);
            }
        }
        match foreign.filter(|_| keys.is_empty()) {
            Some(foreign) => Ruling::Refused(foreign),
            None => Ruling::Sent(SigningPlan::Signed { profile, keys }, finding),
        }
    }

    fn ask(&self, case: &Case<'_>, certificate: Option<&CertificateView>) -> Result<Answer, EngineError> {
        ask(
            &self.pack,
            &self.engine.config.signing,
            &Question {
                message: case.message,
                at: &self.day,
                declares: case.declares,
                certificate,
                port: &case.port,
            },
        )
    }

    fn without_key(&self, answer: &Answer) -> Ruling {
        let rule = match answer.requirement {
            Requirement::Required => HostRule::SignNeed,
            Requirement::Optional if answer.until.is_some() => HostRule::SignOptional,
            Requirement::Forbidden | Requirement::Optional => return Ruling::Sent(SigningPlan::Unsigned, None),
        };
        self.violated(rule, answer, Some(SigningPlan::Unsigned))
    }

    /// Signs with the first allowed profile that this program can sign with.
    fn with_key(&self, answer: &Answer, key: &str) -> Ruling {
        let signed = |profile| SigningPlan::Signed {
            profile,
            keys: vec![key.to_owned()],
        };
        let rule = match answer.ineligibility {
            Ineligibility::Expired | Ineligibility::NotYetValid => HostRule::SignCertificate,
            Ineligibility::None | Ineligibility::Profile => HostRule::SignProfile,
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
            .find_map(|name| profile(self.pack.rules().pack(), name));
        match usable {
            Some(profile) if answer.can_sign() => Ruling::Sent(signed(profile), None),
            _ => self.violated(rule, answer, self.second_best(answer).map(signed)),
        }
    }

    /// Returns the profile to sign with if the configuration lets a violated rule pass: the configured one, else the first
    /// one that the edition names and the key supports.
    fn second_best(&self, answer: &Answer) -> Option<Profile> {
        let pack = self.pack.rules().pack();
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

    /// Applies a violated rule: by its grade the document is refused, or sent by the plan `otherwise`. Without such a
    /// plan it is refused whatever the grade.
    fn violated(&self, rule: HostRule, answer: &Answer, otherwise: Option<SigningPlan>) -> Ruling {
        let finding = finding(self.pack.rules(), rule, answer);
        match otherwise.filter(|_| !finding.is_error()) {
            Some(plan) => Ruling::Sent(plan, Some(finding).filter(|found| found.severity != Grade::Off)),
            None => Ruling::Refused(finding),
        }
    }

    /// Refuses to leave a message unsigned whose signature the pack itself demands, whatever the grade of the host's rule:
    /// the finished message would not be valid. All documents of the case have the same answer, so one is judged.
    fn unless_unsigned_is_refused(&self, ruling: Ruling, owned: Owned<'_>) -> Result<Ruling, EngineError> {
        if ruling.plan() != Some(&SigningPlan::Unsigned) {
            return Ok(ruling);
        }
        let xml = Batch::of(owned).write(self.pack.rules().pack(), NO_GUID, &[owned])?;
        let document = parse(&owned.message, &xml)?;
        let found = self.pack.rules().explain_all(&document, &self.pack.judge(&document)?);
        // With a signature the document was valid.
        Ok(found
            .into_iter()
            .find(Finding::is_error)
            .map_or(ruling, Ruling::Refused))
    }
}

/// Groups documents by their plan, in the order of each group's first one.
pub(super) fn by_plan(documents: Vec<Planned<'_>>) -> Vec<(SigningPlan, Vec<Owned<'_>>)> {
    let mut groups: Vec<(SigningPlan, Vec<Owned<'_>>)> = Vec::new();
    for Planned { owned, plan } in documents {
        match groups.iter_mut().find(|(known, _)| *known == plan) {
            Some((_, group)) => group.push(owned),
            None => groups.push((plan, vec![owned])),
        }
    }
    groups
}

/// Returns the port that a document names.
fn own_port(roles: &FieldRoles, document: &OutgoingDocument) -> Option<String> {
    let port = first_of(&document.element, &roles.port).filter(|port| !port.is_empty());
    port.map(str::to_owned)
}

/// Returns the port of each ERP record: orders, payments and waybills name none and follow their record's inventory.
fn ports<'d>(roles: &FieldRoles, documents: &[Owned<'d>]) -> BTreeMap<&'d str, String> {
    let known = documents
        .iter()
        .filter_map(|one| Some((one.document.source.as_str(), own_port(roles, one.document)?)));
    known.collect()
}
