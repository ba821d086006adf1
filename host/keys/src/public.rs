//! The public key of a certificate: does a private key belong to it, and does a signature verify.

use cebridge_signature::{Certificate, KeyFault, KeyKind, Scheme, SigningKey};
use rsa::pkcs1::RsaPublicKeyRef;
use rsa::pkcs8::ObjectIdentifier;
use rsa::traits::PublicKeyParts;
use sha1::Sha1;
use sha2::Sha256;
use sm2::dsa::signature::Verifier;
use x509_cert::der::Decode;
use x509_cert::der::referenced::OwnedToRef;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// The user id that GB/T 35276 fixes for SM2 signatures.
pub(crate) const SM2_USER_ID: &str = "1234567812345678";

/// The text signed to learn whether a key works or fits; it can be mistaken for no message.
pub(crate) const TEST_TEXT: &[u8] = b"cebridge tests whether this key signs";

/// A public key of a kind that this program signs by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PublicKey {
    /// RSA.
    Rsa(rsa::PublicKey),
    /// SM2.
    Sm2 {
        /// The point, uncompressed: 04‖x‖y.
        point: Vec<u8>,
    },
}

impl PublicKey {
    /// The key of a certificate; the error says in words why there is none to use.
    pub(crate) fn of(certificate: &Certificate) -> Result<PublicKey, String> {
        let parsed = x509_cert::Certificate::from_der(certificate.der()).map_err(|error| error.to_string())?;
        let info = parsed.tbs_certificate().subject_public_key_info().owned_to_ref();
        let bytes = info.subject_public_key.as_bytes().ok_or("its public key is damaged")?;
        if info.algorithm.oid == RSA {
            let parts = RsaPublicKeyRef::from_der(bytes).map_err(|_| "its RSA key is damaged".to_owned())?;
            let key = rsa::PublicKey::try_from(parts).map_err(|_| "its RSA key is damaged".to_owned())?;
            return Ok(PublicKey::Rsa(key));
        }
        if info.algorithm.oid == EC && info.algorithm.parameters_oid() == Ok(SM2_CURVE) {
            return Ok(PublicKey::Sm2 { point: bytes.to_vec() });
        }
        Err(format!(
            "its key is neither RSA nor SM2 (algorithm {})",
            info.algorithm.oid
        ))
    }

    /// The kind of the private key that belongs to it.
    pub(crate) fn kind(&self) -> KeyKind {
        match self {
            PublicKey::Rsa(key) => KeyKind::Rsa {
                bits: bits(&key.n_bytes()),
            },
            PublicKey::Sm2 { .. } => KeyKind::Sm2,
        }
    }

    /// Whether `value` is this key's signature of the message.
    pub(crate) fn verifies(&self, scheme: Scheme<'_>, message: &[u8], value: &[u8]) -> bool {
        match (self, scheme) {
            (PublicKey::Rsa(key), Scheme::RsaSha1) => key.pkcs1v15_verify::<Sha1>(message, value).is_ok(),
            (PublicKey::Rsa(key), Scheme::RsaSha256) => key.pkcs1v15_verify::<Sha256>(message, value).is_ok(),
            (PublicKey::Sm2 { point }, Scheme::Sm2Sm3 { user_id }) => {
                let (Ok(key), Ok(value)) = (
                    sm2::dsa::VerifyingKey::from_sec1_bytes(user_id, point),
                    sm2::dsa::Signature::from_slice(value),
                ) else {
                    return false;
                };
                key.verify(message, &value).is_ok()
            }
            _ => false,
        }
    }

    /// Whether this is the RSA key with such a modulus (big-endian).
    pub(crate) fn has_modulus(&self, modulus: &[u8]) -> bool {
        match self {
            PublicKey::Rsa(key) => {
                let own = key.n_bytes();
                let strip = |bytes: &[u8]| bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
                strip(&own) == strip(modulus)
            }
            PublicKey::Sm2 { .. } => false,
        }
    }

    /// Whether a private key belongs to this public one, by a signature of a fixed text.
    pub(crate) fn belongs_to(&self, key: &dyn SigningKey) -> Result<bool, KeyFault> {
        if self.kind() != key.kind() {
            return Ok(false);
        }
        let scheme = usual_scheme(key.kind());
        let value = key.sign(scheme, TEST_TEXT)?;
        Ok(self.verifies(scheme, TEST_TEXT, &value))
    }
}

/// A scheme that every key of the kind can do.
pub(crate) fn usual_scheme(kind: KeyKind) -> Scheme<'static> {
    match kind {
        KeyKind::Rsa { .. } => Scheme::RsaSha1,
        KeyKind::Sm2 => Scheme::Sm2Sm3 { user_id: SM2_USER_ID },
    }
}

/// Number of bits of a big-endian number.
pub(crate) fn bits(number: &[u8]) -> usize {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    match number.get(zeros) {
        Some(first) => (number.len() - zeros) * 8 - first.leading_zeros() as usize,
        None => 0,
    }
}
