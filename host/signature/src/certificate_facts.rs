//! What a signature policy asks of a certificate: when it is valid, and what kind of key it is for.

use rsa::pkcs1;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::referenced::OwnedToRef;
use x509_cert::der::{Any, Decode};
use x509_cert::time::Time;

use crate::certificate::{Certificate, CertificateError};
use crate::signing_key::KeyKind;

/// Elliptic-curve keys (RFC 5480); the curve stands in the parameters.
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// The curve sm2p256v1 (GM/T 0006); some issuers name it as the algorithm itself.
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// When a certificate is valid, and what kind of key it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CertificateFacts {
    /// First second of validity, in seconds since 1970-01-01T00:00:00Z.
    pub not_before: i64,
    /// Last second of validity, in seconds since 1970-01-01T00:00:00Z.
    pub not_after: i64,
    /// Kind of the public key; `None` for kinds that no profile signs by.
    pub key: Option<KeyKind>,
}

impl Certificate {
    /// The facts about this certificate that a signature policy asks for.
    ///
    /// # Errors
    /// A damaged RSA key.
    pub fn facts(&self) -> Result<CertificateFacts, CertificateError> {
        let malformed = |error: x509_cert::der::Error| CertificateError::Malformed(error.to_string());
        let parsed = x509_cert::Certificate::from_der(self.der()).map_err(malformed)?;
        let tbs = parsed.tbs_certificate();
        Ok(CertificateFacts {
            not_before: seconds(&tbs.validity().not_before),
            not_after: seconds(&tbs.validity().not_after),
            key: key_kind(&parsed)?,
        })
    }
}

/// Certificates know no time before 1950 and none after 9999: both fit.
fn seconds(time: &Time) -> i64 {
    i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
}

fn key_kind(parsed: &x509_cert::Certificate) -> Result<Option<KeyKind>, CertificateError> {
    let info = parsed.tbs_certificate().subject_public_key_info();
    let algorithm = &info.algorithm;
    if algorithm.oid == pkcs1::ALGORITHM_OID {
        let malformed = || CertificateError::Malformed("its RSA key is damaged".to_owned());
        let info = info.owned_to_ref();
        let bytes = info.subject_public_key.as_bytes().ok_or_else(malformed)?;
        let parts = pkcs1::RsaPublicKeyRef::from_der(bytes).map_err(|_| malformed())?;
        return Ok(Some(KeyKind::Rsa {
            bits: bits(parts.modulus.as_bytes()),
        }));
    }
    let curve = algorithm.parameters.as_ref().and_then(curve);
    let sm2 = algorithm.oid == SM2_CURVE || (algorithm.oid == EC_KEY && curve == Some(SM2_CURVE));
    Ok(sm2.then_some(KeyKind::Sm2))
}

fn curve(parameters: &Any) -> Option<ObjectIdentifier> {
    parameters.decode_as::<ObjectIdentifier>().ok()
}

/// Bits of a number in big-endian bytes, without leading zeros.
fn bits(number: &[u8]) -> usize {
    let skipped = number.iter().take_while(|byte| **byte == 0).count();
    let significant = number.get(skipped..).unwrap_or_default();
    let unused = significant.first().map_or(0, |byte| byte.leading_zeros() as usize);
    significant.len() * 8 - unused
}
