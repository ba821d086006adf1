//! A pack's data about signatures: duties with their transitions, certificates, algorithm profiles and signers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Signing duty of a message.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignatureRule {
    /// Message code.
    pub message: String,
    /// `required`, `optional` or `forbidden`. `required` covers messages with a declared document (appStatus 2).
    pub need: String,
    /// `required` also covers messages that declare nothing (appStatus 1): the schema demands the signature.
    pub always: bool,
    /// Allowed algorithm profiles, preferred first.
    pub profiles: Vec<String>,
    /// Roles that may sign: names of [`SignerRole`]s.
    pub signers: Vec<String>,
    /// Clause or notice.
    pub clause: String,
    /// The period in which the duty is not yet enforced.
    pub transition: Option<Transition>,
    /// Rule source as `file:line`.
    pub source: String,
}

impl SignatureRule {
    /// Returns the duty in words: `required, in transition from 2018-06-30 to 2018-09-30 (chinese-text)`.
    #[must_use]
    pub fn duty(&self) -> String {
        let mut text = self.need.clone();
        if self.always {
            text.push_str(" even before declaration");
        }
        if let Some(transition) = &self.transition {
            let ends: Vec<String> = transition
                .readings
                .iter()
                .map(|reading| format!("{} ({})", reading.until, reading.name))
                .collect();
            text.push_str(&format!(
                ", in transition from {} to {}",
                transition.from,
                ends.join(" or ")
            ));
        }
        text
    }
}

impl CertificateRule {
    /// Returns the rule in words: `issued from 2022-07-01: sm2-sm3; older ones also rsa-sha1`.
    #[must_use]
    pub fn words(&self) -> String {
        format!(
            "issued from {}: {}; older ones also {}",
            self.issued_from,
            self.profiles.join(", "),
            self.older_also.join(", ")
        )
    }
}

/// A period in which a missing signature is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Transition {
    /// First day, `YYYY-MM-DD`, China Standard Time.
    pub from: String,
    /// Readings of its end, the default first. Never empty.
    pub readings: Vec<Reading>,
    /// Clause or notice.
    pub clause: String,
}

/// One reading of a transition's end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// Name by which it is chosen, for example `chinese-text`.
    pub name: String,
    /// Last day of the transition, `YYYY-MM-DD`, China Standard Time.
    pub until: String,
    /// Source of the reading.
    pub clause: String,
}

/// Profiles that a certificate may sign with, by day of issue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CertificateRule {
    /// Certificates issued on this day or later count as new, `YYYY-MM-DD`, China Standard Time.
    pub issued_from: String,
    /// The only profiles of new certificates.
    pub profiles: Vec<String>,
    /// Profiles that older ones may keep using, in addition to those of the message, until they expire.
    pub older_also: Vec<String>,
    /// Clause or notice.
    pub clause: String,
}

/// An algorithm combination as data, so that a new one does not require a new host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignatureProfile {
    /// Name, for example `sm2-sm3`.
    pub name: String,
    /// URI in `SignatureMethod/@Algorithm`.
    pub signature_uri: String,
    /// URI in `DigestMethod/@Algorithm`.
    pub digest_uri: String,
    /// Hash of the digest: `sha1`, `sha256` or `sm3`. An RSA signature uses the same hash inside; an SM2 signature
    /// always uses SM3.
    pub digest: String,
    /// Algorithm of the key: `rsa` (PKCS#1 v1.5) or `sm2`.
    pub scheme: String,
    /// Encoding of the value: `raw` (RSA: as is; SM2: r‖s) or `der` (SM2 only).
    pub encoding: String,
    /// SM2: the user id that enters Z; empty for RSA.
    pub user_id: String,
    /// `true` if a notice or specification names it.
    pub official: bool,
    /// For a variant: the profile it replaces at ports for which this is configured; empty otherwise.
    pub variant_of: String,
    /// Its source.
    pub source: String,
}

/// A role that may sign, and the field of each message that names its signer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignerRole {
    /// English name, as the duties use it.
    pub name: String,
    /// Official Chinese name.
    pub zh: String,
    /// Message code, and the path below its root of the field with the signer's enterprise code. One entry for each
    /// message that this role may sign.
    pub fields: Vec<(String, String)>,
}

impl SignerRole {
    /// Returns the fields of a message that hold the code of this signer, as paths below the root.
    pub fn fields_of<'a>(&'a self, message: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.fields.iter().filter(move |(code, _)| code == message);
        own.map(|(_, path)| path.as_str())
    }
}
