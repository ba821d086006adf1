//! Verifies what a card signed with the card's own certificate, before anybody relies on it.

use cebridge_signature::{Certificate, KeyKind, Scheme};
use rsa::pkcs8::DecodePublicKey;
use rsa::traits::PublicKeyParts;
use sha1::Sha1;
use sha2::Sha256;
use sm2::dsa::signature::Verifier;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const CURVE_SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// Why a certificate is of no use for signing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the certificate with serial {serial} holds neither an RSA nor an SM2 key: {reason}")]
pub struct UnusableCertificate {
    /// Serial number, hexadecimal.
    pub serial: String,
    /// What is there instead.
    pub reason: String,
}

/// The public key of a card's certificate.
#[derive(Debug, Clone)]
pub(crate) struct PublicKey {
    inner: Inner,
}

#[derive(Debug, Clone)]
enum Inner {
    Rsa(rsa::PublicKey),
    /// Point on the curve, SEC1 form.
    Sm2(Vec<u8>),
}

impl PublicKey {
    pub(crate) fn of(certificate: &Certificate) -> Result<PublicKey, UnusableCertificate> {
        let unusable = |reason: String| UnusableCertificate {
            serial: certificate.serial_hex(),
            reason,
        };
        let parsed =
            x509_cert::Certificate::from_der(certificate.der()).map_err(|error| unusable(error.to_string()))?;
        let info = parsed.tbs_certificate().subject_public_key_info();
        if info.algorithm.oid == EC_PUBLIC_KEY {
            let curve = info.algorithm.parameters.as_ref().and_then(|any| any.decode_as().ok());
            return match (curve, info.subject_public_key.as_bytes()) {
                (Some(CURVE_SM2), Some(point)) if sm2::PublicKey::from_sec1_bytes(point).is_ok() => Ok(PublicKey {
                    inner: Inner::Sm2(point.to_vec()),
                }),
                (Some(CURVE_SM2), _) => Err(unusable("its point is not on the curve".to_owned())),
                (Some(other), _) => Err(unusable(format!("curve {other}"))),
                (None, _) => Err(unusable("a curve without a name".to_owned())),
            };
        }
        let der = info.to_der().map_err(|error| unusable(error.to_string()))?;
        match rsa::PublicKey::from_public_key_der(&der) {
            Ok(key) => Ok(PublicKey { inner: Inner::Rsa(key) }),
            Err(_) => Err(unusable(format!("algorithm {}", info.algorithm.oid))),
        }
    }

    pub(crate) fn kind(&self) -> KeyKind {
        match &self.inner {
            Inner::Rsa(key) => KeyKind::Rsa { bits: key.size() * 8 },
            Inner::Sm2(_) => KeyKind::Sm2,
        }
    }

    /// Refuses a value that is not a signature over `message` by this key and scheme. The text says what it is
    /// instead, as far as that can be seen.
    pub(crate) fn check(&self, scheme: Scheme<'_>, message: &[u8], value: &[u8]) -> Result<(), String> {
        let kind = self.kind();
        let expected = match kind {
            KeyKind::Rsa { bits } => bits / 8,
            KeyKind::Sm2 => 64,
        };
        if value.len() != expected {
            return Err(format!(
                "a signature by a {kind} key has {expected} bytes, the card gave {}",
                value.len()
            ));
        }
        if self.verifies(scheme, message, value) {
            return Ok(());
        }
        // Which digest an RSA card uses is not documented; the certificate tells.
        match scheme {
            Scheme::RsaSha256 if self.verifies(Scheme::RsaSha1, message, value) => {
                Err("the card signs by SHA-1, not SHA-256: use profile rsa-sha1 for it".to_owned())
            }
            Scheme::RsaSha1 if self.verifies(Scheme::RsaSha256, message, value) => {
                Err("the card signs by SHA-256, not SHA-1: use profile rsa-sha256 for it".to_owned())
            }
            _ => Err("its value does not verify with the card's certificate; was the card changed?".to_owned()),
        }
    }

    fn verifies(&self, scheme: Scheme<'_>, message: &[u8], value: &[u8]) -> bool {
        match (&self.inner, scheme) {
            (Inner::Rsa(key), Scheme::RsaSha1) => key.pkcs1v15_verify::<Sha1>(message, value).is_ok(),
            (Inner::Rsa(key), Scheme::RsaSha256) => key.pkcs1v15_verify::<Sha256>(message, value).is_ok(),
            (Inner::Sm2(point), Scheme::Sm2Sm3 { user_id }) => {
                let key = sm2::dsa::VerifyingKey::from_sec1_bytes(user_id, point);
                let value = sm2::dsa::Signature::from_slice(value);
                matches!((key, value), (Ok(key), Ok(value)) if key.verify(message, &value).is_ok())
            }
            _ => false,
        }
    }
}
