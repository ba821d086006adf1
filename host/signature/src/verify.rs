//! Strict verification of signed messages: one form of signature is accepted, and every deviation
//! has its own reason.

use cebridge_xml::ErrorKind;

use crate::certificate::{Certificate, CertificateError};
use crate::collect::{Sibling, SignedParts};
use crate::dsig::Element;
use crate::form;
use crate::key_info;
use crate::parts::Parts;
use crate::place::Place;
use crate::profile::Profiles;
use crate::public_key::PublicKey;
use crate::signing_key::KeyKind;
use crate::trust::is_trusted;
use crate::verdict::{Reason, ReasonCode, Verdict};
use crate::xml_error::XmlErrorKind;

/// The element that follows the signature in export messages.
const EXTENSION: &str = "ExtendMessage";

/// Conditions a signature must meet.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Trusted issuers, or trusted signers themselves; if empty, trust is not checked.
    pub trust: &'a [Certificate],
    /// Day on which certificates must be valid, `YYYY-MM-DD`; without it, validity is only reported.
    pub now: Option<&'a str>,
    /// Required position of the signature; by default, last or directly before `ExtendMessage`.
    pub place: Option<Place<'a>>,
    /// Smallest RSA modulus accepted, in bits. Never less than 1024, which the oldest cards in use carry.
    pub min_rsa_bits: usize,
    /// Accepted algorithms; by default, the official ones.
    pub profiles: Option<&'a Profiles>,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            trust: &[],
            now: None,
            place: None,
            min_rsa_bits: 1024,
            profiles: None,
        }
    }
}

/// Verifies the signature of a UTF-8 message (a byte order mark is tolerated).
///
/// `trust` holds trusted issuers, or trusted signers themselves; if it is empty, trust is not
/// checked. `now` (`YYYY-MM-DD`) is the day on which certificates must be valid; without it,
/// validity is only reported. [`verify_with`] takes more conditions.
#[must_use]
pub fn verify(xml: &[u8], trust: &[Certificate], now: Option<&str>) -> Verdict {
    verify_with(
        xml,
        &Options {
            trust,
            now,
            ..Options::default()
        },
    )
}

/// Verifies the signature of a UTF-8 message (a byte order mark is tolerated).
///
/// Comments and processing instructions inside the root are refused: a comment between the halves of a value is
/// invisible to the signature, but not to every reader. CDATA sections are allowed, because canonical form and data
/// resolve them the same way.
#[must_use]
pub fn verify_with(xml: &[u8], options: &Options<'_>) -> Verdict {
    SignedParts::read(xml).verify(options)
}

impl SignedParts {
    /// Verifies the signature.
    #[must_use]
    pub fn verify(&self, options: &Options<'_>) -> Verdict {
        Case::new(options, None).decide(self)
    }
}

/// Verifies a message that was just signed, with the signature in any place. `own_key` replaces the certificate if the
/// message has none; `own` is the signer's certificate, which is not parsed again if the message carries the same
/// bytes.
pub(crate) fn examine(
    xml: &[u8],
    own_key: Option<&PublicKey>,
    own: Option<&Certificate>,
    profiles: &Profiles,
) -> Verdict {
    let options = Options {
        profiles: Some(profiles),
        ..Options::default()
    };
    let mut case = Case::new(&options, own_key);
    case.known = own;
    case.any_place = true;
    case.decide(&SignedParts::read(xml))
}

/// A parsed signature and the readable certificates sent with it.
struct Judged {
    parts: Parts,
    certificates: Vec<Certificate>,
}

struct Case<'c> {
    options: &'c Options<'c>,
    own_key: Option<&'c PublicKey>,
    known: Option<&'c Certificate>,
    any_place: bool,
    verdict: Verdict,
    /// Set once digest and value were both checked.
    checked: bool,
}

impl<'c> Case<'c> {
    fn new(options: &'c Options<'c>, own_key: Option<&'c PublicKey>) -> Case<'c> {
        Case {
            options,
            own_key,
            known: None,
            any_place: false,
            verdict: Verdict::default(),
            checked: false,
        }
    }

    fn add(&mut self, code: ReasonCode, detail: impl Into<String>) {
        self.verdict.reasons.push(Reason::new(code, detail));
    }

    fn decide(mut self, found: &SignedParts) -> Verdict {
        let now = self.day();
        self.judge(found, now);
        if self.verdict.reasons.is_empty() && !self.checked {
            // Cannot happen as long as every gap adds a reason; a missed one must not count as valid.
            self.add(ReasonCode::Malformed, "the signature could not be checked");
        }
        self.verdict.valid = self.verdict.reasons.is_empty();
        self.verdict
    }

    /// Refuses an invalid day: comparing it would be meaningless.
    fn day(&mut self) -> Option<&'c str> {
        let now = self.options.now?;
        let shape = now.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if now.len() == 10 && shape {
            return Some(now);
        }
        let detail = format!("{now:?} is not a day of the form YYYY-MM-DD");
        self.add(ReasonCode::Malformed, detail);
        None
    }

    fn judge(&mut self, found: &SignedParts, now: Option<&str>) {
        if let Some(fault) = &found.fault {
            let code = match fault.kind {
                XmlErrorKind::Xml(ErrorKind::TooLarge { .. }) => ReasonCode::TooLarge,
                _ => ReasonCode::Malformed,
            };
            return self.add(code, fault.to_string());
        }
        let Some(element) = &found.element else {
            return self.add(ReasonCode::NoSignature, "the message carries no Signature");
        };
        if found.signatures > 1 {
            let detail = format!("{} Signatures; exactly one is accepted", found.signatures);
            return self.add(ReasonCode::SeveralSignatures, detail);
        }
        if let Some(detail) = self.misplaced(found) {
            return self.add(ReasonCode::WrongPlace, detail);
        }
        if let Some(line) = found.comment {
            self.add(
                ReasonCode::Comment,
                format!("line {line}: a comment, which no signature covers"),
            );
        }
        if let Some(line) = found.instruction {
            self.add(
                ReasonCode::Instruction,
                format!("line {line}: a processing instruction"),
            );
        }
        let judged = self.take_apart(element);
        self.verdict.profile.clone_from(&judged.parts.profile);
        self.verdict.key_name.clone_from(&judged.parts.key_name);
        self.signer(&judged, now);
        self.mathematics(found, &judged);
    }

    /// Explains why the signature is misplaced, if it is.
    fn misplaced(&self, found: &SignedParts) -> Option<String> {
        if found.depth != 2 {
            return Some("the Signature is not a child of the root element".to_owned());
        }
        if self.any_place {
            return None;
        }
        let wanted = match self.options.place {
            Some(Place::Last) => None,
            Some(Place::Before(name)) => Some(name),
            None => Some(EXTENSION),
        };
        let is_wanted = |sibling: &Sibling| sibling.own && wanted == Some(sibling.name.as_str());
        if let Some(wrong) = found
            .after
            .iter()
            .enumerate()
            .find(|(index, next)| *index > 0 || !is_wanted(next))
        {
            return Some(format!("{} follows the Signature", wrong.1.name));
        }
        let explicit = self.options.place.is_some();
        match &found.before {
            Some(before) if explicit && found.after.is_empty() && is_wanted(before) => {
                Some(format!("the Signature must come before {}", before.name))
            }
            _ => None,
        }
    }

    fn take_apart(&mut self, element: &Element) -> Judged {
        let official;
        let profiles = match self.options.profiles {
            Some(profiles) => profiles,
            None => {
                official = Profiles::official();
                &official
            }
        };
        let parts = form::read(element, profiles, &mut self.verdict.reasons);
        if parts.certificates.is_empty() && self.own_key.is_none() {
            self.add(ReasonCode::CertificateMissing, "no X509Certificate in KeyInfo");
        }
        let (certificates, problems) = certificates(&parts, self.known);
        self.verdict.reasons.extend(problems);
        Judged { parts, certificates }
    }

    /// Checks the signer's certificate, which is the first one.
    fn signer(&mut self, judged: &Judged, now: Option<&str>) {
        let Some((signer, others)) = judged.certificates.split_first() else {
            return;
        };
        match signer.public_key() {
            None => {
                let detail = format!(
                    "the certificate holds a key of an unknown kind (algorithm {})",
                    signer.key_algorithm()
                );
                self.add(ReasonCode::CertificateMalformed, detail);
            }
            Some(key) => self.key(key, judged),
        }
        for reason in key_info::contradictions(&judged.parts, signer) {
            self.add(reason.code, reason.detail);
        }
        let (not_before, not_after) = (signer.not_before(), signer.not_after());
        if now.is_some_and(|now| now < not_before.as_str()) {
            let detail = format!("the certificate is valid from {not_before}");
            self.add(ReasonCode::NotYetValid, detail);
        }
        if now.is_some_and(|now| now > not_after.as_str()) {
            let detail = format!("the certificate was valid until {not_after}");
            self.add(ReasonCode::CertificateExpired, detail);
        }
        self.verdict.signer = Some(signer.subject());
        self.verdict.serial = Some(signer.serial_hex());
        self.verdict.not_before = Some(not_before);
        self.verdict.not_after = Some(not_after);
        if !self.options.trust.is_empty() {
            let trusted = is_trusted(signer, others, self.options.trust, now);
            self.verdict.trusted = Some(trusted);
            if !trusted {
                let detail = format!("issuer {} does not chain to a trusted certificate", signer.issuer());
                self.add(ReasonCode::Untrusted, detail);
            }
        }
    }

    /// Checks the size and kind of the key.
    fn key(&mut self, key: &PublicKey, judged: &Judged) {
        let least = self.options.min_rsa_bits;
        if let KeyKind::Rsa { bits } = key.kind()
            && bits < least
        {
            self.add(
                ReasonCode::KeySize,
                format!("RSA key of {bits} bits refused: at least {least} bits are needed"),
            );
        }
        if let Some(profile) = &judged.parts.profile
            && !profile.fits(key.kind())
        {
            let detail = format!(
                "the algorithms are those of {profile}, but the certificate holds an {} key",
                key.kind()
            );
            self.add(ReasonCode::KeyKind, detail);
        }
    }

    /// Checks digest and signature value.
    fn mathematics(&mut self, found: &SignedParts, judged: &Judged) {
        let parts = &judged.parts;
        let (Some(profile), Some(digest), Some(value)) = (&parts.profile, &parts.digest, &parts.value) else {
            return;
        };
        let hash = profile.digest();
        if digest.len() != hash.size() {
            let detail = format!("the digest has {} bytes, {hash} has {}", digest.len(), hash.size());
            self.add(ReasonCode::DigestMismatch, detail);
        } else if found.message.by(hash) != *digest {
            let detail = "the message is not the one that was signed";
            self.add(ReasonCode::DigestMismatch, detail);
        }
        let Some(key) = self
            .own_key
            .or(judged.certificates.first().and_then(Certificate::public_key))
        else {
            return;
        };
        self.checked = true;
        if profile.fits(key.kind()) && !profile.check(key, &found.signed_info, value) {
            let detail = match value.len() == key.value_size() {
                true => "SignedInfo is not what the certificate's key signed".to_owned(),
                false => {
                    let (has, wants) = (value.len(), key.value_size());
                    format!(
                        "the value has {has} bytes; the certificate's {} key makes {wants}",
                        key.kind()
                    )
                }
            };
            self.add(ReasonCode::ValueMismatch, detail);
        }
    }
}

/// Returns the readable certificates sent, and reasons for the others. If the signer's (the first) can't be read, the
/// rest are ignored: another one must not take its place. A `known` one is recognised by its bytes.
pub(crate) fn certificates(parts: &Parts, known: Option<&Certificate>) -> (Vec<Certificate>, Vec<Reason>) {
    let mut read = Vec::new();
    let mut problems = Vec::new();
    for der in &parts.certificates {
        let known = known.filter(|known| der.as_deref() == Some(known.der()));
        let problem = match der
            .as_deref()
            .map(|der| known.cloned().map_or_else(|| Certificate::from_der(der), Ok))
        {
            Some(Ok(certificate)) => {
                read.push(certificate);
                continue;
            }
            Some(Err(CertificateError::Key(detail))) => Reason::new(ReasonCode::KeySize, detail),
            Some(Err(error)) => Reason::new(ReasonCode::CertificateMalformed, error.to_string()),
            None => Reason::new(ReasonCode::CertificateMalformed, "X509Certificate is not Base64"),
        };
        problems.push(problem);
        if read.is_empty() {
            break;
        }
    }
    (read, problems)
}
