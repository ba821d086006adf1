//! Keys in memory as [`SigningKey`], and verifying with a certificate's key.

use std::fmt::Display;

use rsa::pkcs1v15;
use rsa::signature::{SignatureEncoding, Signer as _};
use sha1::Sha1;
use sha2::Sha256;

use crate::certificate::Certificate;
use crate::key::PrivateKey;
use crate::sign::Signer;
use crate::signing_key::{KeyFault, KeyKind, Scheme, SigningKey};

impl SigningKey for PrivateKey {
    fn kind(&self) -> KeyKind {
        KeyKind::Rsa { bits: self.bits() }
    }

    fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let failed = |error: &dyn Display| KeyFault::Failed(error.to_string());
        let key = self.rsa().clone();
        match scheme {
            Scheme::RsaSha1 => pkcs1v15::SigningKey::<Sha1>::new(key)
                .try_sign(message)
                .map(|value| value.to_vec())
                .map_err(|error| failed(&error)),
            Scheme::RsaSha256 => pkcs1v15::SigningKey::<Sha256>::new(key)
                .try_sign(message)
                .map(|value| value.to_vec())
                .map_err(|error| failed(&error)),
            Scheme::Sm2Sm3 { .. } => Err(KeyFault::WrongKind {
                kind: self.kind(),
                scheme: scheme.to_string(),
            }),
        }
    }
}

impl Certificate {
    /// Whether `value` is the signature of `message` by this certificate's key; false for a key of another kind.
    #[must_use]
    pub fn verify(&self, scheme: Scheme<'_>, message: &[u8], value: &[u8]) -> bool {
        let Some(key) = self.public_key() else {
            return false;
        };
        match scheme {
            Scheme::RsaSha1 => key.pkcs1v15_verify::<Sha1>(message, value).is_ok(),
            Scheme::RsaSha256 => key.pkcs1v15_verify::<Sha256>(message, value).is_ok(),
            Scheme::Sm2Sm3 { .. } => false,
        }
    }
}

impl Signer {
    /// The key itself, for signatures that are no XML.
    #[must_use]
    pub fn signing_key(&self) -> &dyn SigningKey {
        self.private_key()
    }
}
