//! Private keys in memory: RSA and SM2, read from PEM or PKCS#8, plain or encrypted.

use std::fmt;

use rsa::pkcs1;
use rsa::pkcs8::der::{Decode, ErrorKind};
use rsa::pkcs8::{self, EncryptedPrivateKeyInfoRef, ObjectIdentifier, PrivateKeyInfoRef};
use sm2::SecretKey;
use sm2::dsa::signature::RandomizedSigner;
use sm2::dsa::{Signature, SigningKey as Sm2Key};

use crate::key_error::{KeyError, check_size};
use crate::modulus::significant_bits;
use crate::pem::{self, Block};
use crate::public_key::PublicKey;
use crate::rsa_key::RsaKey;
use crate::signing_key::{KeyFault, KeyKind, Scheme, SigningKey};
use crate::sm2_user_id::SM2_USER_ID;

/// Algorithm of elliptic-curve keys; the curve is its parameter.
pub(crate) const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// The curve sm2p256v1.
pub(crate) const SM2_CURVE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// An RSA or SM2 private key. It is wiped from memory when dropped, and `Debug` shows only its kind.
pub struct PrivateKey {
    inner: Inner,
}

enum Inner {
    Rsa(Box<RsaKey>),
    /// With Z precomputed for the usual user id.
    Sm2(Box<Sm2Key>),
}

impl PrivateKey {
    /// Reads the only private key in a PEM text: PKCS#8 (`PRIVATE KEY`), encrypted PKCS#8
    /// (`ENCRYPTED PRIVATE KEY`: PBES2 with PBKDF2 or scrypt and AES), PKCS#1 (`RSA PRIVATE KEY`) or SEC 1
    /// (`EC PRIVATE KEY`). Other blocks, such as certificates, are skipped. The password is used only for encrypted
    /// keys.
    pub fn from_pem(pem: &str, password: Option<&str>) -> Result<PrivateKey, KeyError> {
        let blocks = pem::blocks(pem);
        let mut keys = blocks.iter().filter(|block| block.label.ends_with("PRIVATE KEY"));
        let Some(block) = keys.next() else {
            return Err(KeyError::NoKey {
                found: blocks.into_iter().map(|block| block.label).collect(),
            });
        };
        let others = keys.count();
        if others > 0 {
            return Err(KeyError::SeveralKeys(others + 1));
        }
        from_block(block, password)
    }

    /// Reads a key from its unencrypted PKCS#8 encoding.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<PrivateKey, KeyError> {
        let info = PrivateKeyInfoRef::try_from(der).map_err(|error| KeyError::Malformed(error.to_string()))?;
        let oid = info.algorithm.oid;
        if oid == pkcs1::ALGORITHM_OID {
            return from_pkcs1(info.private_key.as_bytes());
        }
        if oid != EC_KEY {
            return Err(KeyError::Unsupported(oid.to_string()));
        }
        match info.algorithm.parameters_oid() {
            Ok(SM2_CURVE) => SecretKey::try_from(info)
                .map_err(|_| KeyError::Malformed("its numbers are not a valid SM2 key".to_owned()))
                .and_then(|key| PrivateKey::from_sm2(&key)),
            Ok(curve) => Err(KeyError::Unsupported(format!("{oid}, curve {curve}"))),
            Err(_) => Err(KeyError::Malformed(
                "an elliptic-curve key without curve parameters".to_owned(),
            )),
        }
    }

    /// The public half.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        match &self.inner {
            Inner::Rsa(key) => PublicKey::from_rsa(key.portable().as_public_key().clone()),
            Inner::Sm2(key) => Ok(PublicKey::from_sm2(key.verifying_key().clone())),
        }
    }

    pub(crate) fn from_rsa(key: rsa::PrivateKey) -> Result<PrivateKey, KeyError> {
        Ok(PrivateKey {
            inner: Inner::Rsa(Box::new(RsaKey::new(key)?)),
        })
    }

    pub(crate) fn from_sm2(key: &SecretKey) -> Result<PrivateKey, KeyError> {
        let key = Sm2Key::new(SM2_USER_ID, key)
            .map_err(|_| KeyError::Malformed("its numbers are not a valid SM2 key".to_owned()))?;
        Ok(PrivateKey {
            inner: Inner::Sm2(Box::new(key)),
        })
    }
}

impl SigningKey for PrivateKey {
    fn kind(&self) -> KeyKind {
        match &self.inner {
            Inner::Rsa(key) => key.kind(),
            Inner::Sm2(_) => KeyKind::Sm2,
        }
    }

    fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        match (&self.inner, scheme) {
            (Inner::Rsa(key), _) => key.sign(scheme, message),
            (Inner::Sm2(key), Scheme::Sm2Sm3 { user_id }) if user_id == SM2_USER_ID => sm2_sign(key, message),
            (Inner::Sm2(key), Scheme::Sm2Sm3 { user_id }) => {
                Sm2Key::from_nonzero_scalar(user_id, *key.as_nonzero_scalar())
                    .map_err(|error| KeyFault::Failed(error.to_string()))
                    .and_then(|key| sm2_sign(&key, message))
            }
            (Inner::Sm2(_), _) => Err(KeyFault::WrongKind {
                kind: KeyKind::Sm2,
                scheme: scheme.to_string(),
            }),
        }
    }
}

/// The nonce is derived from key, message and fresh randomness, so a weak generator alone reveals nothing.
fn sm2_sign(key: &Sm2Key, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
    let signature: Signature = key
        .try_sign_with_rng(&mut rand::rng(), message)
        .map_err(|error| KeyFault::Failed(error.to_string()))?;
    Ok(signature.to_vec())
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey({})", self.kind())
    }
}

fn from_block(block: &Block, password: Option<&str>) -> Result<PrivateKey, KeyError> {
    if block.has_headers {
        // The format before PKCS#8: key derivation by a single MD5, not worth supporting.
        return Err(KeyError::Encryption("the legacy PEM encryption (Proc-Type)".to_owned()));
    }
    let Some(der) = &block.der else {
        return Err(KeyError::Malformed("the PEM block is not Base64".to_owned()));
    };
    match block.label.as_str() {
        "PRIVATE KEY" => PrivateKey::from_pkcs8_der(der),
        "RSA PRIVATE KEY" => from_pkcs1(der),
        "EC PRIVATE KEY" | "SM2 PRIVATE KEY" => from_sec1(der),
        "ENCRYPTED PRIVATE KEY" => from_encrypted(der, password),
        other => Err(KeyError::Unsupported(other.to_owned())),
    }
}

fn from_encrypted(der: &[u8], password: Option<&str>) -> Result<PrivateKey, KeyError> {
    let encrypted = EncryptedPrivateKeyInfoRef::from_der(der).map_err(|error| match error.kind() {
        ErrorKind::OidUnknown { oid } => KeyError::Encryption(format!("algorithm {oid}")),
        _ => KeyError::Malformed(error.to_string()),
    })?;
    let Some(password) = password else {
        return Err(KeyError::PasswordMissing);
    };
    match encrypted.decrypt(password) {
        Ok(plain) => PrivateKey::from_pkcs8_der(plain.as_bytes()),
        // A wrong password usually breaks the padding; one time in 256 it looks fine, but the
        // plaintext is not DER.
        Err(pkcs8::Error::EncryptedPrivateKey(pkcs8::pkcs5::Error::DecryptFailed)) | Err(pkcs8::Error::Asn1(_)) => {
            Err(KeyError::WrongPassword)
        }
        Err(pkcs8::Error::EncryptedPrivateKey(error)) => Err(KeyError::Encryption(match error {
            pkcs8::pkcs5::Error::UnsupportedAlgorithm { oid } => format!("algorithm {oid}"),
            pkcs8::pkcs5::Error::NoPbes1CryptSupport => "PBES1".to_owned(),
            other => other.to_string(),
        })),
        Err(other) => Err(KeyError::Malformed(other.to_string())),
    }
}

fn from_pkcs1(der: &[u8]) -> Result<PrivateKey, KeyError> {
    let parts = pkcs1::RsaPrivateKeyRef::from_der(der).map_err(|error| KeyError::Malformed(error.to_string()))?;
    check_size(significant_bits(parts.modulus.as_bytes()))?;
    rsa::PrivateKey::try_from(parts)
        .map_err(|_| KeyError::Malformed("its numbers do not form an RSA key".to_owned()))
        .and_then(PrivateKey::from_rsa)
}

/// The SEC 1 encoding names the curve; keys on other curves are refused.
fn from_sec1(der: &[u8]) -> Result<PrivateKey, KeyError> {
    SecretKey::from_sec1_der(der)
        .map_err(|_| KeyError::Unsupported("EC PRIVATE KEY on another curve than sm2p256v1".to_owned()))
        .and_then(|key| PrivateKey::from_sm2(&key))
}
