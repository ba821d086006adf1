//! X.509 certificates: the facts about a signer that a signature needs.

use std::fmt;
use std::sync::Arc;

use rsa::pkcs1;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode, Reader, SliceReader, referenced::OwnedToRef};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};
use x509_cert::time::{Time, Validity};

use crate::key::{EC_KEY, SM2_CURVE};
use crate::key_error::KeyError;
use crate::name;
use crate::pem;
use crate::public_key::PublicKey;
use crate::signing_key::Scheme;
use crate::sm2_user_id::SM2_USER_ID;
use crate::sm2_value;

const SHA1_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.5");
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SM3_WITH_SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.501");

/// An X.509 certificate. Any public key can be read, only RSA and SM2 keys can be used. Clones share the parsed data.
#[derive(Clone)]
pub struct Certificate(Arc<Read>);

struct Read {
    der: Vec<u8>,
    /// Range of the signed part in `der`; verified as sent, never re-encoded.
    tbs: std::ops::Range<usize>,
    parsed: x509_cert::Certificate,
    public_key: Option<PublicKey>,
}

/// Reason a certificate cannot be read.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateError {
    /// The text holds no certificate block.
    #[error("no certificate found: expected a PEM block CERTIFICATE")]
    NoCertificate,
    /// The PEM block or its content is damaged.
    #[error("malformed certificate: {0}")]
    Malformed(String),
    /// An RSA key too small or too large to be used.
    #[error("certificate refused: {0}")]
    Key(String),
}

impl Certificate {
    /// Reads the first certificate in a PEM text.
    pub fn from_pem(pem: &str) -> Result<Certificate, CertificateError> {
        Certificate::all_from_pem(pem)?
            .into_iter()
            .next()
            .ok_or(CertificateError::NoCertificate)
    }

    /// Reads all certificates in a PEM text (a trust list); there must be at least one.
    pub fn all_from_pem(pem: &str) -> Result<Vec<Certificate>, CertificateError> {
        let mut found = Vec::new();
        for block in pem::blocks(pem) {
            if !matches!(
                block.label.as_str(),
                "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE"
            ) {
                continue;
            }
            let der = block
                .der
                .ok_or_else(|| CertificateError::Malformed("the PEM block is not Base64".to_owned()))?;
            found.push(Certificate::from_der(&der)?);
        }
        if found.is_empty() {
            return Err(CertificateError::NoCertificate);
        }
        Ok(found)
    }

    /// Reads a certificate from its DER encoding.
    pub fn from_der(der: &[u8]) -> Result<Certificate, CertificateError> {
        let malformed = |error: x509_cert::der::Error| CertificateError::Malformed(error.to_string());
        let parsed = x509_cert::Certificate::from_der(&name::for_reader(der)).map_err(malformed)?;
        let tbs = tbs_range(der).map_err(malformed)?;
        let public_key = public_key(&parsed)?;
        Ok(Certificate(Arc::new(Read {
            der: der.to_vec(),
            tbs,
            parsed,
            public_key,
        })))
    }

    /// The DER encoding as read.
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// The certificate as a PEM block.
    pub fn to_pem(&self) -> String {
        pem::encode("CERTIFICATE", &self.0.der).to_string()
    }

    /// Serial number in lower-case hexadecimal, zero-padded to at least 8 digits, as in `KeyName`.
    pub fn serial_hex(&self) -> String {
        let bytes = self.0.parsed.tbs_certificate().serial_number().as_bytes();
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{:0>8}", digits.trim_start_matches('0'))
    }

    /// First day of validity, `YYYY-MM-DD` (UTC).
    pub fn not_before(&self) -> String {
        date(&self.0.parsed.tbs_certificate().validity().not_before)
    }

    /// Last day of validity, `YYYY-MM-DD` (UTC).
    pub fn not_after(&self) -> String {
        date(&self.0.parsed.tbs_certificate().validity().not_after)
    }

    /// Validity period.
    pub(crate) fn validity(&self) -> &Validity {
        self.0.parsed.tbs_certificate().validity()
    }

    /// Subject as a distinguished name (RFC 4514, most specific part first), readable whatever its string types.
    pub fn subject(&self) -> String {
        name::readable(self.0.parsed.tbs_certificate().subject())
    }

    /// Issuer as a distinguished name, in the form of [`Certificate::subject`].
    pub fn issuer(&self) -> String {
        name::readable(self.0.parsed.tbs_certificate().issuer())
    }

    /// The public key; `None` if it is neither RSA nor SM2.
    #[must_use]
    pub fn public_key(&self) -> Option<&PublicKey> {
        self.0.public_key.as_ref()
    }

    /// Returns `true` if `value` is the owner's signature over the unhashed `message`; SM2 values are r‖s.
    #[must_use]
    pub fn verify(&self, scheme: Scheme<'_>, message: &[u8], value: &[u8]) -> bool {
        self.0
            .public_key
            .as_ref()
            .is_some_and(|key| key.verify(scheme, message, value))
    }

    /// The subject as written by programs that read only some string types: the others in hexadecimal.
    pub(crate) fn subject_in_digits(&self) -> String {
        self.0.parsed.tbs_certificate().subject().to_string()
    }

    /// Dotted OID of the public key's algorithm.
    pub(crate) fn key_algorithm(&self) -> String {
        self.0
            .parsed
            .tbs_certificate()
            .subject_public_key_info()
            .algorithm
            .oid
            .to_string()
    }

    /// Returns `true` if `issuer` issued `self`: the names match and `issuer`'s key verifies the
    /// signature (RSA PKCS#1 v1.5 with SHA-1 or SHA-256, or SM2 with SM3).
    pub(crate) fn issued_by(&self, issuer: &Certificate) -> bool {
        let (tbs, issuer_tbs) = (self.0.parsed.tbs_certificate(), issuer.0.parsed.tbs_certificate());
        let (Some(signed), Some(key)) = (self.0.der.get(self.0.tbs.clone()), issuer.public_key()) else {
            return false;
        };
        let Some(value) = self.0.parsed.signature().as_bytes() else {
            return false;
        };
        let algorithm = self.0.parsed.signature_algorithm().oid;
        name::same(tbs.issuer(), issuer_tbs.subject())
            && tbs.signature().oid == algorithm
            && match algorithm {
                SHA1_WITH_RSA => key.verify(Scheme::RsaSha1, signed, value),
                SHA256_WITH_RSA => key.verify(Scheme::RsaSha256, signed, value),
                SM3_WITH_SM2 => sm2_value::from_der(value).is_some_and(|raw| {
                    let user_id = SM2_USER_ID;
                    key.verify(Scheme::Sm2Sm3 { user_id }, signed, &raw)
                }),
                _ => false,
            }
    }

    /// Returns `true` if the certificate may issue others with `below` issuers between it and the
    /// signer. Version 1 certificates have no such restriction; they count as issuers only if they are
    /// in the trust list.
    pub(crate) fn may_issue(&self, below: usize, trusted: bool) -> bool {
        let tbs = self.0.parsed.tbs_certificate();
        let usage = match tbs.get_extension::<KeyUsage>() {
            Ok(usage) => usage,
            Err(_) => return false,
        };
        if usage.is_some_and(|(_, usage)| !usage.key_cert_sign()) {
            return false;
        }
        match tbs.get_extension::<BasicConstraints>() {
            Ok(Some((_, basic))) => basic.ca && basic.path_len_constraint.is_none_or(|most| below <= usize::from(most)),
            Ok(None) => trusted && tbs.version() == x509_cert::Version::V1,
            Err(_) => false,
        }
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Certificate) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("serial", &self.serial_hex())
            .field("subject", &self.subject())
            .finish_non_exhaustive()
    }
}

/// Byte range of `tbsCertificate` in a certificate.
fn tbs_range(der: &[u8]) -> x509_cert::der::Result<std::ops::Range<usize>> {
    let mut reader = SliceReader::new(der)?;
    x509_cert::der::Header::decode(&mut reader)?;
    let start = usize::try_from(reader.position())?;
    let length = reader.tlv_bytes()?.len();
    Ok(start..start + length)
}

fn public_key(parsed: &x509_cert::Certificate) -> Result<Option<PublicKey>, CertificateError> {
    let info = parsed.tbs_certificate().subject_public_key_info().owned_to_ref();
    let sm2 = info.algorithm.oid == EC_KEY && info.algorithm.parameters_oid() == Ok(SM2_CURVE);
    if info.algorithm.oid != pkcs1::ALGORITHM_OID && !sm2 {
        return Ok(None);
    }
    let Some(bytes) = info.subject_public_key.as_bytes() else {
        return Err(CertificateError::Malformed("its public key is damaged".to_owned()));
    };
    let key = match sm2 {
        true => PublicKey::sm2_from_point(bytes),
        false => PublicKey::rsa_from_pkcs1(bytes),
    };
    key.map(Some).map_err(|error| match error {
        KeyError::Malformed(detail) => CertificateError::Malformed(detail),
        other => CertificateError::Key(other.to_string()),
    })
}

fn date(time: &Time) -> String {
    let time = time.to_date_time();
    format!("{:04}-{:02}-{:02}", time.year(), time.month(), time.day())
}

/// The DER encoding of a newly built certificate.
pub(crate) fn encode(built: &x509_cert::Certificate) -> Result<Vec<u8>, x509_cert::der::Error> {
    built.to_der()
}
