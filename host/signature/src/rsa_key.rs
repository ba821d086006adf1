//! RSA signing with the fastest well-maintained implementation that supports a key and hash.
//!
//! AWS-LC signs at OpenSSL's speed, but neither with SHA-1 nor with keys below 2048 bits, which old cards have. Those
//! go to OpenSSL if the feature `openssl` is on, otherwise to the portable `rsa`, which is slower.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::pkcs1::EncodeRsaPrivateKey;
#[cfg(not(feature = "openssl"))]
use sha1::Sha1;
#[cfg(not(feature = "openssl"))]
use sha2::Sha256;

use crate::hash::Hash;
use crate::key_error::KeyError;
use crate::modulus::modulus_bits;
use crate::signing_key::{KeyFault, KeyKind, Scheme};

/// An RSA private key in every form it is used in. Each form wipes its memory when dropped.
pub(crate) struct RsaKey {
    portable: rsa::PrivateKey,
    /// For SHA-256 and at least 2048 bits.
    aws: Option<RsaKeyPair>,
    #[cfg(feature = "openssl")]
    openssl: openssl::pkey::PKey<openssl::pkey::Private>,
}

impl RsaKey {
    pub(crate) fn new(portable: rsa::PrivateKey) -> Result<RsaKey, KeyError> {
        let malformed = |error: &dyn std::fmt::Display| KeyError::Malformed(error.to_string());
        let der = portable.to_pkcs1_der().map_err(|error| malformed(&error))?;
        Ok(RsaKey {
            aws: RsaKeyPair::from_der(der.as_bytes()).ok(),
            #[cfg(feature = "openssl")]
            openssl: openssl::rsa::Rsa::private_key_from_der(der.as_bytes())
                .and_then(openssl::pkey::PKey::from_rsa)
                .map_err(|error| malformed(&error))?,
            portable,
        })
    }

    pub(crate) fn portable(&self) -> &rsa::PrivateKey {
        &self.portable
    }

    pub(crate) fn kind(&self) -> KeyKind {
        KeyKind::Rsa {
            bits: modulus_bits(&self.portable),
        }
    }

    pub(crate) fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault> {
        let failed = |error: &dyn std::fmt::Display| KeyFault::Failed(error.to_string());
        let hash = match scheme {
            Scheme::RsaSha1 => Hash::Sha1,
            Scheme::RsaSha256 => Hash::Sha256,
            Scheme::Sm2Sm3 { .. } => {
                return Err(KeyFault::WrongKind {
                    kind: self.kind(),
                    scheme: scheme.to_string(),
                });
            }
        };
        if let (Some(aws), Hash::Sha256) = (&self.aws, hash) {
            let mut value = vec![0; aws.public_modulus_len()];
            aws.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut value)
                .map_err(|error| failed(&error))?;
            return Ok(value);
        }
        self.sign_otherwise(hash, message).map_err(|error| failed(&error))
    }

    #[cfg(feature = "openssl")]
    fn sign_otherwise(&self, hash: Hash, message: &[u8]) -> Result<Vec<u8>, openssl::error::ErrorStack> {
        use openssl::hash::MessageDigest;
        let digest = match hash {
            Hash::Sha1 => MessageDigest::sha1(),
            _ => MessageDigest::sha256(),
        };
        openssl::sign::Signer::new(digest, &self.openssl)?.sign_oneshot_to_vec(message)
    }

    #[cfg(not(feature = "openssl"))]
    fn sign_otherwise(&self, hash: Hash, message: &[u8]) -> rsa::Result<Vec<u8>> {
        let digest = hash.digest(message);
        match hash {
            Hash::Sha1 => self.portable.pkcs1v15_sign_prehash::<Sha1>(&digest),
            _ => self.portable.pkcs1v15_sign_prehash::<Sha256>(&digest),
        }
    }
}
