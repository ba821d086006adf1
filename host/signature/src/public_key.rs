//! Public keys, which identify a certificate's owner.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
};
use rsa::pkcs1::{EncodeRsaPublicKey, RsaPublicKeyRef};
use rsa::pkcs8::der::Decode;
use sm2::dsa::signature::Verifier;
use sm2::dsa::{Signature, VerifyingKey};

use crate::hash::Hash;
use crate::key_error::{KeyError, check_size};
use crate::modulus::{modulus_bits, significant_bits};
use crate::signing_key::{KeyKind, Scheme};
use crate::sm2_user_id::SM2_USER_ID;

/// A public key.
#[derive(Clone)]
pub struct PublicKey {
    inner: Inner,
}

#[derive(Clone)]
enum Inner {
    Rsa(Arc<RsaPublic>),
    Sm2(VerifyingKey),
}

/// An RSA key, with its parsed form cached per hash.
struct RsaPublic {
    numbers: rsa::PublicKey,
    pkcs1: Vec<u8>,
    sha1: OnceLock<Option<ParsedPublicKey>>,
    sha256: OnceLock<Option<ParsedPublicKey>>,
}

impl RsaPublic {
    fn key(numbers: rsa::PublicKey, pkcs1: Vec<u8>) -> PublicKey {
        PublicKey {
            inner: Inner::Rsa(Arc::new(RsaPublic {
                numbers,
                pkcs1,
                sha1: OnceLock::new(),
                sha256: OnceLock::new(),
            })),
        }
    }

    fn verify(&self, hash: Hash, message: &[u8], value: &[u8]) -> bool {
        let (parsed, parameters) = match hash {
            Hash::Sha1 => (&self.sha1, &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY),
            _ => (&self.sha256, &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY),
        };
        parsed
            .get_or_init(|| ParsedPublicKey::new(parameters, &self.pkcs1).ok())
            .as_ref()
            .is_some_and(|key| key.verify_sig(message, value).is_ok())
    }
}

impl PublicKey {
    /// An RSA key from its PKCS#1 encoding.
    pub(crate) fn rsa_from_pkcs1(der: &[u8]) -> Result<PublicKey, KeyError> {
        let damaged = || KeyError::Malformed("its RSA key is damaged".to_owned());
        let parts = RsaPublicKeyRef::from_der(der).map_err(|_| damaged())?;
        check_size(significant_bits(parts.modulus.as_bytes()))?;
        // With exponent 1, every value is its own signature.
        if significant_bits(parts.public_exponent.as_bytes()) < 2 {
            return Err(KeyError::Malformed("its RSA key has a useless exponent".to_owned()));
        }
        let numbers = rsa::PublicKey::try_from(parts).map_err(|_| damaged())?;
        Ok(RsaPublic::key(numbers, der.to_vec()))
    }

    pub(crate) fn from_rsa(numbers: rsa::PublicKey) -> Result<PublicKey, KeyError> {
        let pkcs1 = numbers
            .to_pkcs1_der()
            .map_err(|error| KeyError::Malformed(error.to_string()))?
            .into_vec();
        Ok(RsaPublic::key(numbers, pkcs1))
    }

    /// An SM2 key from its point (SEC 1, compressed or not).
    pub(crate) fn sm2_from_point(bytes: &[u8]) -> Result<PublicKey, KeyError> {
        VerifyingKey::from_sec1_bytes(SM2_USER_ID, bytes)
            .map(PublicKey::from_sm2)
            .map_err(|_| KeyError::Malformed("its SM2 key is not a point on the curve".to_owned()))
    }

    pub(crate) fn from_sm2(key: VerifyingKey) -> PublicKey {
        PublicKey { inner: Inner::Sm2(key) }
    }

    /// Kind of the key.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        match &self.inner {
            Inner::Rsa(key) => KeyKind::Rsa {
                bits: modulus_bits(&key.numbers),
            },
            Inner::Sm2(_) => KeyKind::Sm2,
        }
    }

    /// Length of a signature in bytes: that of the modulus, or 64 for SM2.
    #[must_use]
    pub fn value_size(&self) -> usize {
        match self.kind() {
            KeyKind::Rsa { bits } => bits.div_ceil(8),
            KeyKind::Sm2 => crate::sm2_value::RAW_BYTES,
        }
    }

    /// Returns `true` if `value` is this key's signature over the unhashed `message`. SM2 values are r‖s. A scheme for
    /// another kind of key gives `false`.
    #[must_use]
    pub fn verify(&self, scheme: Scheme<'_>, message: &[u8], value: &[u8]) -> bool {
        match (&self.inner, scheme) {
            (Inner::Rsa(key), Scheme::RsaSha1) => key.verify(Hash::Sha1, message, value),
            (Inner::Rsa(key), Scheme::RsaSha256) => key.verify(Hash::Sha256, message, value),
            (Inner::Sm2(key), Scheme::Sm2Sm3 { user_id }) => {
                let Ok(signature) = Signature::from_slice(value) else {
                    return false;
                };
                if key.distid() == user_id {
                    return key.verify(message, &signature).is_ok();
                }
                VerifyingKey::new(user_id, sm2::PublicKey::from(key))
                    .is_ok_and(|key| key.verify(message, &signature).is_ok())
            }
            _ => false,
        }
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        match (&self.inner, &other.inner) {
            (Inner::Rsa(one), Inner::Rsa(two)) => one.numbers == two.numbers,
            (Inner::Sm2(one), Inner::Sm2(two)) => one.as_affine() == two.as_affine(),
            _ => false,
        }
    }
}

impl Eq for PublicKey {}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.kind())
    }
}
