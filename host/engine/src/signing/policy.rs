//! Asks the signature policy of a pack with the configuration's choices, and reports the full answer.

use crate::config::Signing;
use crate::error::EngineError;
use cebridge_clock as clock;
use cebridge_findings::RuleSet;
use cebridge_rule_core::pack::Pack;
use cebridge_rule_core::policy::{TRANSITION_READING, VARIANT};
use cebridge_runtime::{Ineligibility, LoadedPack, PolicyDecision, PolicyKey, PolicyQuery, Requirement};
use cebridge_signature::{Certificate, KeyKind};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

/// A question to the policy.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Message code, for example `CEB311`.
    pub message: &'a str,
    /// Day of declaration, `YYYY-MM-DD`, China Standard Time.
    pub at: &'a str,
    /// Set if a document of the message is declared (appStatus 2).
    pub declares: bool,
    /// The certificate that would sign.
    pub certificate: Option<&'a CertificateView>,
    /// Customs district code of the port; empty when unknown.
    pub port: &'a str,
}

/// The facts about a certificate that the policy considers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CertificateView {
    /// Serial number, as `KeyName` carries it.
    pub serial: String,
    /// First day of validity, `YYYY-MM-DD`, China Standard Time.
    pub not_before: String,
    /// Last day of validity, `YYYY-MM-DD`, China Standard Time.
    pub not_after: String,
    /// Kind of its key: `rsa`, `sm2`, or `other` for one that no profile signs with.
    pub key: &'static str,
}

impl CertificateView {
    /// Reads the facts; days are China Standard Time, in which customs certificates begin at midnight.
    #[must_use]
    pub fn of(certificate: &Certificate) -> Self {
        let facts = certificate.facts();
        Self {
            serial: certificate.serial_hex(),
            not_before: day(facts.not_before),
            not_after: day(facts.not_after),
            key: match facts.key {
                Some(KeyKind::Rsa { .. }) => "rsa",
                Some(KeyKind::Sm2) => "sm2",
                None => "other",
            },
        }
    }
}

fn day(second: i64) -> String {
    // A certificate may end after the last day that `Timestamp` can hold.
    clock::day(Timestamp::from_second(second).unwrap_or(Timestamp::MAX))
}

/// A role that may sign.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignerView {
    /// English name of the role.
    pub role: String,
    /// Official Chinese name; empty if the pack has none.
    pub label: String,
    /// Fields of the message that hold the enterprise code of this signer, as paths below its root.
    pub fields: Vec<String>,
}

/// The answer: the JSON object of `policy`.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// Message code.
    pub message: String,
    /// Day of declaration.
    pub at: String,
    /// Edition that answers.
    pub edition: String,
    /// SHA-256 (hex) of the pack.
    pub pack: String,
    /// `required`, `optional` or `forbidden`.
    #[serde(rename = "need", serialize_with = "serialize_requirement")]
    pub requirement: Requirement,
    /// Last day on which a missing signature is accepted.
    pub until: Option<String>,
    /// Days from the day of declaration to that day.
    pub days_left: Option<i64>,
    /// Allowed profiles, preferred first.
    pub profiles: Vec<String>,
    /// The profile that would be used: the configured one if it is allowed, else the first.
    pub profile: Option<String>,
    /// Roles that may sign.
    pub signers: Vec<SignerView>,
    /// Clause that states the duty.
    pub clause: String,
    /// Every step, with its clause.
    pub notes: Vec<String>,
    /// The certificate that was asked about.
    pub certificate: Option<CertificateView>,
    /// Reason why the certificate can't sign.
    #[serde(skip)]
    pub ineligibility: Ineligibility,
    /// Rule source as `file:line`; empty if the pack states no duty.
    #[serde(skip)]
    pub source: String,
}

impl Answer {
    /// Returns `true` if the message may be signed with this certificate on this day.
    #[must_use]
    pub fn can_sign(&self) -> bool {
        self.requirement != Requirement::Forbidden
            && self.ineligibility == Ineligibility::None
            && self.profile.is_some()
    }

    /// Returns the verdict in words: `optional until 2018-09-30 (77 days left)`.
    #[must_use]
    pub fn verdict(&self) -> String {
        let requirement = requirement_name(self.requirement);
        match (&self.until, self.days_left) {
            (Some(until), Some(left)) => format!("{requirement} until {until} ({})", days(left)),
            _ => requirement.to_owned(),
        }
    }
}

/// `77 days left`, `1 day left`, `last day`.
pub(super) fn days(left: i64) -> String {
    match left {
        0 => "last day".to_owned(),
        1 => "1 day left".to_owned(),
        more => format!("{more} days left"),
    }
}

fn requirement_name(requirement: Requirement) -> &'static str {
    match requirement {
        Requirement::Required => "required",
        Requirement::Optional => "optional",
        Requirement::Forbidden => "forbidden",
    }
}

fn serialize_requirement<S: Serializer>(requirement: &Requirement, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(requirement_name(*requirement))
}

/// Asks the policy of a pack.
///
/// # Errors
/// A pack that fails, or a setting that names a reading or variant that the pack does not have.
pub fn ask(pack: &LoadedPack, signing: &Signing, question: &Question<'_>) -> Result<Answer, EngineError> {
    let choices = choices(pack.rules().pack(), signing, question.port)?;
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let certificate = question.certificate;
    let decision = pack.signature_policy(&PolicyQuery {
        message: question.message.to_owned(),
        at: question.at.to_owned(),
        declares: question.declares,
        certificate_from: text(certificate.map(|c| &c.not_before)),
        certificate_until: text(certificate.map(|c| &c.not_after)),
        key: match certificate.map(|c| c.key) {
            None => PolicyKey::Unknown,
            Some("rsa") => PolicyKey::Rsa,
            Some("sm2") => PolicyKey::Sm2,
            Some(_) => PolicyKey::Other,
        },
        port: question.port.to_owned(),
        choices,
    })?;
    Ok(answer(pack.rules(), signing, question, decision))
}

fn answer(pack: &RuleSet, signing: &Signing, question: &Question<'_>, decision: PolicyDecision) -> Answer {
    let mut notes = decision.notes;
    let profile = chosen(pack.pack(), signing, &decision.profiles);
    if let (Some(wanted), None, false) = (&signing.profile, &profile, decision.profiles.is_empty()) {
        let allowed = decision.profiles.join(", ");
        notes.push(format!(
            "signing.profile of the configuration is {wanted}, which is not one of {allowed}"
        ));
    }
    let rules = &pack.pack().signature;
    let source = rules.iter().find(|rule| rule.message == question.message);
    Answer {
        message: question.message.to_owned(),
        at: question.at.to_owned(),
        edition: pack.edition().to_owned(),
        pack: pack.digest().to_owned(),
        requirement: decision.need,
        days_left: days_between(question.at, &decision.until),
        until: Some(decision.until).filter(|until| !until.is_empty()),
        profile,
        profiles: decision.profiles,
        signers: decision
            .signers
            .into_iter()
            .map(|role| signer(pack.pack(), question.message, role))
            .collect(),
        clause: decision.clause,
        notes,
        certificate: question.certificate.cloned(),
        ineligibility: decision.obstacle,
        source: source.map(|rule| rule.source.clone()).unwrap_or_default(),
    }
}

fn signer(pack: &Pack, message: &str, role: String) -> SignerView {
    let known = pack.roles.iter().find(|known| known.name == role);
    SignerView {
        label: known.map(|known| known.zh.clone()).unwrap_or_default(),
        fields: known
            .map(|known| known.fields_of(message).map(str::to_owned).collect())
            .unwrap_or_default(),
        role,
    }
}

/// Returns the configured profile if it is allowed, or the variant that replaces it; without one the first.
fn chosen(pack: &Pack, signing: &Signing, allowed: &[String]) -> Option<String> {
    let Some(wanted) = &signing.profile else {
        return allowed.first().cloned();
    };
    let stands_for = |name: &String| {
        let profile = pack.profiles.iter().find(|profile| profile.name == *name);
        profile.is_some_and(|profile| profile.variant_of == *wanted)
    };
    allowed.iter().find(|name| *name == wanted || stands_for(name)).cloned()
}

/// Returns the choices of the configuration, checked against the pack.
fn choices(pack: &Pack, signing: &Signing, port: &str) -> Result<Vec<(String, String)>, EngineError> {
    let mut choices = Vec::new();
    if let Some(reading) = &signing.transition_reading {
        let transitions = pack.signature.iter().filter_map(|rule| rule.transition.as_ref());
        let mut known: Vec<&str> = transitions
            .flat_map(|transition| transition.readings.iter().map(|reading| reading.name.as_str()))
            .collect();
        known.sort_unstable();
        known.dedup();
        // Most editions have no transition at all, so there is nothing to check the setting against.
        if !known.is_empty() && !known.contains(&reading.as_str()) {
            return Err(EngineError::Setting {
                what: "signing.transition-reading of the configuration".to_owned(),
                value: reading.clone(),
                hint: format!(
                    "edition {} reads its transition as {}",
                    pack.manifest.edition,
                    known.join(" or ")
                ),
            });
        }
        choices.push((TRANSITION_READING.to_owned(), reading.clone()));
    }
    if let Some(variant) = signing.ports.get(port) {
        let known: Vec<&str> = pack
            .profiles
            .iter()
            .filter(|profile| !profile.variant_of.is_empty())
            .map(|profile| profile.name.as_str())
            .collect();
        if !known.contains(&variant.as_str()) {
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            return Err(EngineError::Setting {
                what: format!("signing.ports.{port} of the configuration"),
                value: variant.clone(),
                hint: format!("the variants that edition {} has are: {known}", pack.manifest.edition),
            });
        }
        choices.push((VARIANT.to_owned(), variant.clone()));
    }
    Ok(choices)
}

fn days_between(from: &str, to: &str) -> Option<i64> {
    let (from, to): (Date, Date) = (from.parse().ok()?, to.parse().ok()?);
    from.until(to).ok().map(|span| i64::from(span.get_days()))
}

#[cfg(test)]
mod tests {
    use super::{days, days_between};

    #[test]
    fn days_are_counted_over_months() {
        assert_eq!(days_between("2018-07-15", "2018-09-30"), Some(77));
        assert_eq!(days_between("2018-09-30", "2018-09-30"), Some(0));
        assert_eq!(days_between("2018-09-30", ""), None);
        assert_eq!([days(0), days(1), days(77)], ["last day", "1 day left", "77 days left"]);
    }
}
