//! Verifying signed messages, strictly: one form of signature is accepted, and every departure
//! from it has a reason of its own.

use std::fmt;

use crate::c14n::{Comments, HashSink, Part, Selection};
use crate::certificate::Certificate;
use crate::dsig::{self, Found};
use crate::explain;
use crate::parts::{self, Parts};
use crate::profile::{Profile, Profiles};
use crate::public_key::PublicKey;
use crate::trust::is_trusted;
use crate::xml::{self, Item, Reader, XmlError};

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Whether the signature holds: no reason speaks against it. Without a trust list this says
    /// that the message is what the certificate's owner signed, not who that is.
    pub valid: bool,
    /// Algorithms used, when they are a known combination.
    pub profile: Option<Profile>,
    /// Subject of the signer's certificate.
    pub signer: Option<String>,
    /// `KeyName` as sent; its absence is no reason against the signature.
    pub key_name: Option<String>,
    /// Serial number of the signer's certificate, as [`Certificate::serial_hex`] writes it.
    pub serial: Option<String>,
    /// First day of the certificate's validity, `YYYY-MM-DD`.
    pub not_before: Option<String>,
    /// Last day of the certificate's validity, `YYYY-MM-DD`.
    pub not_after: Option<String>,
    /// Whether the certificate is trusted; `None` without a trust list or certificate.
    pub trusted: Option<bool>,
    /// Everything that speaks against the signature.
    pub reasons: Vec<Reason>,
}

/// One reason against a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The cause.
    pub code: ReasonCode,
    /// What was found, for people.
    pub detail: String,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

/// Causes a signature is refused for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReasonCode {
    /// The message is not readable XML in UTF-8, or the `Signature` has not the parts it must have.
    Malformed,
    /// No `Signature` in the message.
    NoSignature,
    /// More than one `Signature` in the message.
    SeveralSignatures,
    /// The `Signature` is not a child of the root.
    WrongPlace,
    /// Not exactly one `Reference` to the whole document.
    ReferenceUri,
    /// Not exactly the enveloped-signature transform.
    Transforms,
    /// Another canonicalization than Canonical XML 1.0.
    Canonicalization,
    /// Unknown algorithms, or a mixture that is no profile.
    Algorithm,
    /// The document was changed after signing.
    DigestMismatch,
    /// The signature value does not fit `SignedInfo` and the certificate.
    ValueMismatch,
    /// No certificate sent.
    CertificateMissing,
    /// The certificate cannot be read or used.
    CertificateMalformed,
    /// `KeyName` is not the certificate's serial number.
    KeyNameMismatch,
    /// The certificate has expired.
    CertificateExpired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate does not lead to the trust list.
    Untrusted,
}

impl ReasonCode {
    /// The code as it is printed and stored, for example `digest-mismatch`.
    pub fn as_str(self) -> &'static str {
        match self {
            ReasonCode::Malformed => "malformed",
            ReasonCode::NoSignature => "no-signature",
            ReasonCode::SeveralSignatures => "several-signatures",
            ReasonCode::WrongPlace => "wrong-place",
            ReasonCode::ReferenceUri => "reference-uri",
            ReasonCode::Transforms => "transforms",
            ReasonCode::Canonicalization => "canonicalization",
            ReasonCode::Algorithm => "algorithm",
            ReasonCode::DigestMismatch => "digest-mismatch",
            ReasonCode::ValueMismatch => "value-mismatch",
            ReasonCode::CertificateMissing => "certificate-missing",
            ReasonCode::CertificateMalformed => "certificate-malformed",
            ReasonCode::KeyNameMismatch => "key-name-mismatch",
            ReasonCode::CertificateExpired => "certificate-expired",
            ReasonCode::NotYetValid => "not-yet-valid",
            ReasonCode::Untrusted => "untrusted",
        }
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Judges the signature of a message in UTF-8 (a byte order mark is tolerated).
///
/// `trust` holds trusted issuers, or trusted signers themselves; when it is empty, trust is not
/// judged. `now` (`YYYY-MM-DD`) is the day certificates must be valid on; without it, validity is
/// reported only.
pub fn verify(xml: &[u8], trust: &[Certificate], now: Option<&str>) -> Verdict {
    examine(xml, None, &Profiles::official(), trust, now)
}

/// Like [`verify`]; `own_key` stands in for the certificate of a message that carries none.
pub(crate) fn examine(
    xml: &[u8],
    own_key: Option<&PublicKey>,
    profiles: &Profiles,
    trust: &[Certificate],
    now: Option<&str>,
) -> Verdict {
    let mut case = Case::default();
    let now = case.day(now);
    if let Err(error) = case.judge(xml, own_key, profiles, trust, now) {
        case.add(ReasonCode::Malformed, error.to_string());
    }
    if case.verdict.reasons.is_empty() && !case.checked {
        // Cannot happen while every gap has its reason; a missed one must not pass for valid.
        case.add(ReasonCode::Malformed, "the signature could not be checked");
    }
    case.verdict.valid = case.verdict.reasons.is_empty();
    case.verdict
}

#[derive(Default)]
struct Case {
    verdict: Verdict,
    /// Digest and value were both compared.
    checked: bool,
}

impl Case {
    fn add(&mut self, code: ReasonCode, detail: impl Into<String>) {
        self.verdict.reasons.push(Reason {
            code,
            detail: detail.into(),
        });
    }

    /// Refuses a day that is none: comparing it would mean nothing.
    fn day<'n>(&mut self, now: Option<&'n str>) -> Option<&'n str> {
        let now = now?;
        let shape = now.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if now.len() == 10 && shape {
            return Some(now);
        }
        self.add(
            ReasonCode::Malformed,
            format!("{now:?} is no day of the form YYYY-MM-DD"),
        );
        None
    }

    fn judge(
        &mut self,
        xml: &[u8],
        own_key: Option<&PublicKey>,
        profiles: &Profiles,
        trust: &[Certificate],
        now: Option<&str>,
    ) -> Result<(), XmlError> {
        let text = xml::decode(xml)?;
        let found = dsig::find(text)?;
        let Some(element) = &found.element else {
            self.add(ReasonCode::NoSignature, "the message carries no Signature");
            return Ok(());
        };
        if found.count > 1 {
            let detail = format!("{} Signatures; exactly one is accepted", found.count);
            self.add(ReasonCode::SeveralSignatures, detail);
            return Ok(());
        }
        if found.depth != 2 {
            self.add(
                ReasonCode::WrongPlace,
                "the Signature is not a child of the root element",
            );
            return Ok(());
        }
        let parts = parts::read(element, profiles, &mut self.verdict.reasons);
        self.verdict.profile.clone_from(&parts.profile);
        self.verdict.key_name = parts.key_name.clone();
        let signer = self.certificates(&parts, own_key.is_some(), trust, now);
        let key = own_key.or(signer.as_ref().and_then(Certificate::public_key));
        let (Some(profile), Some(digest), Some(value)) = (&parts.profile, &parts.digest, &parts.value) else {
            return Ok(());
        };
        let (actual, signed_info) = canonical(text, &found, parts.signed_info, profile)?;
        if actual != *digest {
            let why = explain::digest(text, &found.span, profile, digest);
            let why = why.unwrap_or_else(|| "the message was changed after signing".to_owned());
            self.add(ReasonCode::DigestMismatch, why);
        }
        if let Some(key) = key {
            self.checked = true;
            let fits = |bytes: &[u8]| profile.check(key, bytes, value);
            if !fits(&signed_info) {
                let detail = match value.len() == key.value_size() {
                    true => explain::value(text, &found.span, parts.signed_info, fits)
                        .unwrap_or("SignedInfo was changed after signing, or signed by another key")
                        .to_owned(),
                    false => {
                        let length = value.len();
                        format!(
                            "the value has {length} bytes; the certificate's {} key makes {}",
                            key.kind(),
                            key.value_size()
                        )
                    }
                };
                self.add(ReasonCode::ValueMismatch, detail);
            }
        }
        Ok(())
    }

    /// Judges the certificates sent; gives the signer's, the first one.
    fn certificates(
        &mut self,
        parts: &Parts,
        optional: bool,
        trust: &[Certificate],
        now: Option<&str>,
    ) -> Option<Certificate> {
        if parts.certificates.is_empty() && !optional {
            self.add(ReasonCode::CertificateMissing, "no X509Certificate in KeyInfo");
        }
        let mut read = Vec::new();
        for der in &parts.certificates {
            match der.as_deref().map(Certificate::from_der) {
                Some(Ok(certificate)) => read.push(certificate),
                Some(Err(error)) => self.add(ReasonCode::CertificateMalformed, error.to_string()),
                None => self.add(ReasonCode::CertificateMalformed, "X509Certificate is not Base64"),
            }
            if read.is_empty() {
                // The signer's own certificate failed; another one must not take its place.
                return None;
            }
        }
        let (signer, others) = read.split_first()?;
        self.signer(signer, parts.key_name.as_deref(), now);
        if !trust.is_empty() {
            let trusted = is_trusted(signer, others, trust, now);
            self.verdict.trusted = Some(trusted);
            if !trusted {
                let detail = format!("issuer {} leads to no trusted certificate", signer.issuer());
                self.add(ReasonCode::Untrusted, detail);
            }
        }
        Some(signer.clone())
    }

    fn signer(&mut self, signer: &Certificate, key_name: Option<&str>, now: Option<&str>) {
        let serial = signer.serial_hex();
        if signer.public_key().is_none() {
            let detail = format!(
                "the certificate holds neither an RSA nor an SM2 key but {}",
                signer.key_algorithm()
            );
            self.add(ReasonCode::CertificateMalformed, detail);
        }
        if let Some(name) = key_name
            && !same_serial(name, &serial)
        {
            let detail = format!("KeyName {name:?}, but the certificate's serial is {serial}");
            self.add(ReasonCode::KeyNameMismatch, detail);
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
        self.verdict.serial = Some(serial);
        self.verdict.not_before = Some(not_before);
        self.verdict.not_after = Some(not_after);
    }
}

/// Digest of the message without its signature, and `SignedInfo` in canonical form, from one pass.
fn canonical(text: &str, found: &Found, signed_info: usize, profile: &Profile) -> Result<(Vec<u8>, Vec<u8>), XmlError> {
    let mut reader = Reader::new(text)?;
    let mut message = Selection::new(Part::Without(found.span.start), Comments::Drop);
    let mut info = Selection::new(Part::Element(signed_info), Comments::Drop);
    let mut hash = HashSink::new(profile.hasher());
    let mut info_bytes = Vec::new();
    loop {
        let item = reader.next()?;
        message.take(&reader, &item, &mut hash);
        info.take(&reader, &item, &mut info_bytes);
        if matches!(item, Item::Eof) {
            return Ok((hash.finish(), info_bytes));
        }
    }
}

/// Whether two hexadecimal numbers are the same, however padded and in whatever case.
fn same_serial(name: &str, serial: &str) -> bool {
    name.trim_start_matches('0')
        .eq_ignore_ascii_case(serial.trim_start_matches('0'))
}
