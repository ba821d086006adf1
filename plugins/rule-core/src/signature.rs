//! What a pack says about signatures: duties with their transitions, certificates, algorithm profiles and signers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Whether a message must be signed, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignatureRule {
    /// Message code.
    pub message: String,
    /// `required`, `optional` or `forbidden`. `required` means messages with a document that is declared (appStatus 2).
    pub need: String,
    /// `required` holds for messages that declare nothing (appStatus 1), too: the schema demands the signature.
    pub always: bool,
    /// Allowed algorithm profiles, preferred first.
    pub profiles: Vec<String>,
    /// Who may sign: names of [`SignerRole`]s.
    pub signers: Vec<String>,
    /// Clause or notice.
    pub clause: String,
    /// The period in which the duty is not yet enforced.
    pub transition: Option<Transition>,
    /// Rule source as `file:line`.
    pub source: String,
}

impl SignatureRule {
    /// The duty in words: `required, in transition from 2018-06-30 to 2018-09-30 (chinese-text)`.
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
    /// The rule in words: `issued from 2022-07-01: sm2-sm3; older ones also rsa-sha1`.
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
    /// How its end is read, the reading that holds without a choice first. Never empty.
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
    /// Where the reading comes from.
    pub clause: String,
}

/// Which profiles a certificate may sign by, by the day of its issue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CertificateRule {
    /// Certificates issued on this day or later are new ones, `YYYY-MM-DD`, China Standard Time.
    pub issued_from: String,
    /// The only profiles of new certificates.
    pub profiles: Vec<String>,
    /// What older ones may go on using, beside the profiles of the message, until they expire.
    pub older_also: Vec<String>,
    /// Clause or notice.
    pub clause: String,
}

/// An algorithm combination as data, so that a new one needs no new host.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SignatureProfile {
    /// Name, for example `sm2-sm3`.
    pub name: String,
    /// URI in `SignatureMethod/@Algorithm`.
    pub signature_uri: String,
    /// URI in `DigestMethod/@Algorithm`.
    pub digest_uri: String,
    /// Hash of the digest: `sha1`, `sha256` or `sm3`. The hash inside an RSA signature is the same one; that inside an
    /// SM2 signature is always SM3.
    pub digest: String,
    /// What the key does: `rsa` (PKCS#1 v1.5) or `sm2`.
    pub scheme: String,
    /// How the value is written: `raw` (RSA: as it is; SM2: r‖s) or `der` (SM2 only).
    pub encoding: String,
    /// SM2: the user id that goes into Z; empty for RSA.
    pub user_id: String,
    /// A notice or specification names it.
    pub official: bool,
    /// A variant: it stands in place of this profile at ports for which the configuration says so; empty otherwise.
    pub variant_of: String,
    /// Where it comes from.
    pub source: String,
}

/// Who may sign, and by which field each message shows it.
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
    /// The field of a message that holds the code of this signer, as a path below the root.
    pub fn fields_of<'a>(&'a self, message: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.fields.iter().filter(move |(code, _)| code == message);
        own.map(|(_, path)| path.as_str())
    }
}
