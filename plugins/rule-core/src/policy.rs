//! The signature policy: if, until when, how and by whom a message is signed, with the reason for every step.
//!
//! One pure function of pack and query, run in the sandbox and by the native twin. Days are texts `YYYY-MM-DD` in China
//! Standard Time, so they compare as text.

use crate::pack::{GuestPack, Pack};
use crate::signature::{CertificateRule, Reading, SignatureProfile, SignatureRule, Transition};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Name of the setting that chooses among the readings of a transition.
pub const TRANSITION_READING: &str = "transition-reading";
/// Name of the setting that chooses a variant profile for the port.
pub const VARIANT: &str = "variant";

/// The part of a pack that the policy reads.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Edition, for the notes.
    pub edition: &'a str,
    /// Signing duties.
    pub rules: &'a [SignatureRule],
    /// Rule for certificates by day of issue.
    pub certificates: Option<&'a CertificateRule>,
    /// Algorithm profiles.
    pub profiles: &'a [SignatureProfile],
}

/// A query to the policy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<'a> {
    /// Message code.
    pub message: &'a str,
    /// Day of declaration.
    pub at: &'a str,
    /// `true` if a document of the message is declared (appStatus 2).
    pub declares: bool,
    /// First day of the certificate; empty if unknown.
    pub certificate_from: &'a str,
    /// Last day of the certificate; empty if unknown.
    pub certificate_until: &'a str,
    /// Kind of the key: `rsa`, `sm2`, `other` for one that fits no profile, or empty if unknown.
    pub key: &'a str,
    /// Customs district code of the port; empty if unknown.
    pub port: &'a str,
    /// Choices made by configuration: [`TRANSITION_READING`], [`VARIANT`].
    pub choices: &'a [(String, String)],
}

/// Signing requirement of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must be signed.
    Required,
    /// It may be signed.
    Optional,
    /// It must not be signed.
    Forbidden,
}

/// Reason why the key in question can't sign the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// No obstacle.
    None,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate has expired.
    Expired,
    /// None of the allowed profiles fits the certificate or the key.
    Profile,
}

/// The policy's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Signing requirement.
    pub need: Need,
    /// Last day on which a missing signature is accepted; empty if no day is set.
    pub until: String,
    /// Allowed profiles, preferred first. If empty without an obstacle, the pack defines no profiles.
    pub profiles: Vec<String>,
    /// Reason why no profile is left.
    pub obstacle: Obstacle,
    /// Roles that may sign.
    pub signers: Vec<String>,
    /// Clause of the duty.
    pub clause: String,
    /// Every step, with its clause.
    pub notes: Vec<String>,
}

impl GuestPack {
    /// Returns the part that the signature policy reads.
    #[must_use]
    pub fn policy(&self) -> Policy<'_> {
        Policy {
            edition: &self.manifest.edition,
            rules: &self.signature,
            certificates: self.certificates.as_ref(),
            profiles: &self.profiles,
        }
    }
}

impl Pack {
    /// Returns the part that the signature policy reads.
    #[must_use]
    pub fn policy(&self) -> Policy<'_> {
        Policy {
            edition: &self.manifest.edition,
            rules: &self.signature,
            certificates: self.certificates.as_ref(),
            profiles: &self.profiles,
        }
    }
}

impl Policy<'_> {
    /// Answers a query.
    #[must_use]
    pub fn decide(&self, query: &Query<'_>) -> Decision {
        let Some(rule) = self.rules.iter().find(|rule| rule.message == query.message) else {
            return self.no_rule(query);
        };
        let mut notes = Vec::new();
        let (need, until) = need(rule, query, self.edition, &mut notes);
        let (profiles, obstacle) = match need {
            Need::Forbidden => (Vec::new(), Obstacle::None),
            Need::Required | Need::Optional => self.profiles(rule.profiles.clone(), query, &mut notes),
        };
        Decision {
            need,
            until,
            profiles,
            obstacle,
            signers: rule.signers.clone(),
            clause: rule.clause.clone(),
            notes,
        }
    }

    /// A message without a signing duty may be signed or not, with any official profile.
    fn no_rule(&self, query: &Query<'_>) -> Decision {
        let mut notes = Vec::new();
        notes.push(format!(
            "edition {} states no duty to sign {}",
            self.edition, query.message
        ));
        let official = self.profiles.iter().filter(|profile| profile.official);
        let official: Vec<String> = official.map(|profile| profile.name.clone()).collect();
        let (profiles, obstacle) = if official.is_empty() {
            (official, Obstacle::None)
        } else {
            self.profiles(official, query, &mut notes)
        };
        Decision {
            need: Need::Optional,
            until: String::new(),
            profiles,
            obstacle,
            signers: Vec::new(),
            clause: String::new(),
            notes,
        }
    }

    /// Narrows the message's profiles to those that this certificate and key may use at this port.
    fn profiles(&self, listed: Vec<String>, query: &Query<'_>, notes: &mut Vec<String>) -> (Vec<String>, Obstacle) {
        notes.push(format!("edition {} lists {}", self.edition, listed.join(", ")));
        let (from, until) = (query.certificate_from, query.certificate_until);
        if !from.is_empty() && query.at < from {
            notes.push(format!(
                "the certificate is valid from {from} only, so it cannot sign on {}",
                query.at
            ));
            return (Vec::new(), Obstacle::NotYetValid);
        }
        if !until.is_empty() && query.at > until {
            notes.push(format!(
                "the certificate expired on {until}, so it cannot sign on {}",
                query.at
            ));
            return (Vec::new(), Obstacle::Expired);
        }
        let mut allowed = self.by_issue(listed, query, notes);
        self.put_variant(&mut allowed, query, notes);
        if !query.key.is_empty() {
            let before = allowed.join(", ");
            allowed.retain(|name| self.scheme_of(name).is_none_or(|scheme| scheme == query.key));
            let key = query.key.to_ascii_uppercase();
            if allowed.is_empty() {
                notes.push(format!("a key of the kind {key} can sign by none of {before}"));
            } else if allowed.join(", ") != before {
                notes.push(format!("a key of the kind {key} can sign by {}", allowed.join(", ")));
            }
        }
        let obstacle = if allowed.is_empty() {
            Obstacle::Profile
        } else {
            Obstacle::None
        };
        (allowed, obstacle)
    }

    /// Filters by day of issue; a certificate's first day of validity serves as such.
    fn by_issue(&self, listed: Vec<String>, query: &Query<'_>, notes: &mut Vec<String>) -> Vec<String> {
        let Some(rule) = self.certificates else {
            return listed;
        };
        let (from, day) = (query.certificate_from, rule.issued_from.as_str());
        if from.is_empty() {
            notes.push(format!(
                "no certificate is known: one issued on {day} or later signs by {} only ({})",
                rule.profiles.join(", "),
                rule.clause
            ));
            return listed;
        }
        if from >= day {
            let mut allowed = listed;
            allowed.retain(|name| rule.profiles.contains(name));
            notes.push(format!(
                "the certificate was issued on {from}; from {day} on certificates sign by {} only ({})",
                rule.profiles.join(", "),
                rule.clause
            ));
            return allowed;
        }
        let mut allowed = listed;
        for name in &rule.older_also {
            if !allowed.contains(name) {
                allowed.push(name.clone());
            }
        }
        let end = match query.certificate_until {
            "" => "it expires",
            until => until,
        };
        notes.push(format!(
            "the certificate was issued on {from}, before {day}: until {end} it may also sign by {} ({})",
            rule.older_also.join(", "),
            rule.clause
        ));
        allowed
    }

    /// A variant applies only if configured, and replaces the profile that it varies.
    fn put_variant(&self, allowed: &mut [String], query: &Query<'_>, notes: &mut Vec<String>) {
        let Some(name) = choice(query, VARIANT) else {
            return;
        };
        let place = if query.port.is_empty() { "no port" } else { query.port };
        let variant = self.profiles.iter().find(|profile| profile.name == name);
        let Some(variant) = variant.filter(|profile| !profile.variant_of.is_empty()) else {
            notes.push(format!(
                "{name}, configured for {place}, is no variant that this pack knows: it is left out"
            ));
            return;
        };
        match allowed.iter().position(|known| *known == variant.variant_of) {
            Some(at) => {
                notes.push(format!(
                    "port {place}: by configuration {name} stands in place of {}; {}",
                    variant.variant_of, variant.source
                ));
                if let Some(slot) = allowed.get_mut(at) {
                    *slot = name.to_string();
                }
            }
            None => notes.push(format!(
                "{name}, configured for port {place}, stands in place of {}, which is not allowed here: it is left out",
                variant.variant_of
            )),
        }
    }

    fn scheme_of(&self, name: &str) -> Option<&str> {
        let profile = self.profiles.iter().find(|profile| profile.name == name)?;
        Some(&profile.scheme)
    }
}

fn need(rule: &SignatureRule, query: &Query<'_>, edition: &str, notes: &mut Vec<String>) -> (Need, String) {
    let code = query.message;
    let stated = match rule.need.as_str() {
        "required" => Need::Required,
        "forbidden" => Need::Forbidden,
        _ => Need::Optional,
    };
    let words = match stated {
        Need::Required => "must be signed when a document is declared (appStatus 2)",
        Need::Optional => "may be signed",
        Need::Forbidden => "must not be signed",
    };
    notes.push(format!("edition {edition}: {code} {words} ({})", rule.clause));
    if stated != Need::Required {
        return (stated, String::new());
    }
    if !query.declares {
        if rule.always {
            notes.push(format!(
                "no document is declared, but the schema of {code} demands the signature all the same"
            ));
        } else {
            notes.push("no document is declared (appStatus 1): a signature is not demanded yet".to_string());
            return (Need::Optional, String::new());
        }
    }
    match &rule.transition {
        Some(transition) => in_transition(transition, query, notes),
        None => (Need::Required, String::new()),
    }
}

fn in_transition(transition: &Transition, query: &Query<'_>, notes: &mut Vec<String>) -> (Need, String) {
    let Some(reading) = reading(transition, query, notes) else {
        return (Need::Required, String::new());
    };
    let (at, from, until) = (query.at, transition.from.as_str(), reading.until.as_str());
    let other: Vec<String> = transition
        .readings
        .iter()
        .filter(|other| other.name != reading.name)
        .map(|other| format!("; {} reads {}", other.name, other.until))
        .collect();
    let source = format!(
        "{}; {}: {}{}",
        transition.clause,
        reading.name,
        reading.clause,
        other.concat()
    );
    if at > until {
        notes.push(format!("the transition from {from} to {until} is over ({source})"));
        return (Need::Required, String::new());
    }
    if at < from {
        // A duty that is not in force yet can't demand more than its own transition does.
        notes.push(format!(
            "the duty begins on {from}, with a transition until {until}: a missing signature is accepted ({source})"
        ));
    } else {
        notes.push(format!(
            "in transition from {from} to {until}: a missing signature is accepted ({source})"
        ));
    }
    (Need::Optional, until.to_string())
}

/// Returns the chosen reading, else the first one.
fn reading<'t>(transition: &'t Transition, query: &Query<'_>, notes: &mut Vec<String>) -> Option<&'t Reading> {
    let first = transition.readings.first();
    let Some(name) = choice(query, TRANSITION_READING) else {
        return first;
    };
    let chosen = transition.readings.iter().find(|reading| reading.name == name);
    if chosen.is_none() {
        notes.push(format!(
            "the transition has no reading named {name}: its first one holds"
        ));
    }
    chosen.or(first)
}

fn choice<'q>(query: &Query<'q>, name: &str) -> Option<&'q str> {
    let found = query.choices.iter().find(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
}
