//! RSA private keys read from PEM, plain or encrypted.

use std::fmt;

use rsa::pkcs1;
use rsa::pkcs8::der::{Decode, ErrorKind};
use rsa::pkcs8::{self, EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef};
use rsa::traits::PublicKeyParts;

use crate::pem::{self, Block};

/// Smallest modulus accepted, in bits; the oldest cards in use carry keys of this size.
pub(crate) const MIN_BITS: usize = rsa::PublicKey::MIN_SIZE;
/// Largest modulus accepted, in bits.
pub(crate) const MAX_BITS: usize = rsa::PublicKey::MAX_SIZE;

/// An RSA private key. Its parts are wiped from memory when it is dropped, and `Debug` shows its
/// size only.
pub struct PrivateKey {
    inner: rsa::PrivateKey,
}

/// Why a key cannot be read or used.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text holds no private key block.
    #[error(
        "no private key found: expected a PEM block PRIVATE KEY, ENCRYPTED PRIVATE KEY or RSA PRIVATE KEY{}",
        found_blocks(.found)
    )]
    NoKey {
        /// Labels of the PEM blocks that are there instead.
        found: Vec<String>,
    },
    /// More than one private key block: which one is meant cannot be guessed.
    #[error("{0} private keys found in one file; keep one")]
    SeveralKeys(usize),
    /// The key is encrypted and no password was given.
    #[error("the private key is encrypted and needs its password")]
    PasswordMissing,
    /// The key is encrypted and the password does not open it.
    #[error("wrong password for the encrypted private key")]
    WrongPassword,
    /// The key is encrypted in a way this program does not read.
    #[error(
        "the private key is encrypted with {0}, which is not supported; convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW`"
    )]
    Encryption(String),
    /// A key of another kind than RSA.
    #[error("not an RSA key (algorithm {0})")]
    NotRsa(String),
    /// The modulus is too small to be safe for anything.
    #[error("RSA key of {bits} bits refused: at least {MIN_BITS} bits are needed")]
    TooSmall {
        /// Size of the modulus.
        bits: usize,
    },
    /// The modulus is larger than any key in use.
    #[error("RSA key of {bits} bits refused: at most {MAX_BITS} bits are supported")]
    TooLarge {
        /// Size of the modulus.
        bits: usize,
    },
    /// The key's structure or its numbers are damaged.
    #[error("malformed private key: {0}")]
    Malformed(String),
    /// Key and certificate do not belong together.
    #[error("the private key does not fit the certificate with serial {serial}")]
    CertificateMismatch {
        /// Serial number of the certificate.
        serial: String,
    },
    /// The certificate to sign with holds a key of another kind.
    #[error("the certificate with serial {serial} holds no RSA key")]
    CertificateNotRsa {
        /// Serial number of the certificate.
        serial: String,
    },
    /// A key name was given that differs from the certificate's serial number.
    #[error("key name {name} differs from the certificate's serial {serial}")]
    KeyNameMismatch {
        /// The name given.
        name: String,
        /// Serial number of the certificate.
        serial: String,
    },
    /// A key name that cannot stand in a `KeyName` element.
    #[error("key name must be 1 to 64 printable characters without white space or markup")]
    KeyName,
    /// A subject that is no distinguished name.
    #[error("not a certificate subject: {0}")]
    Subject(String),
    /// A new key or certificate could not be made.
    #[error("cannot make a key: {0}")]
    Generate(String),
}

fn found_blocks(found: &[String]) -> String {
    if found.is_empty() {
        String::new()
    } else {
        format!("; found {}", found.join(", "))
    }
}

impl PrivateKey {
    /// Reads the one private key of a PEM text: PKCS#8 (`PRIVATE KEY`), encrypted PKCS#8
    /// (`ENCRYPTED PRIVATE KEY`: PBES2 with PBKDF2 or scrypt and AES) or PKCS#1
    /// (`RSA PRIVATE KEY`). Other blocks, certificates for example, are passed over. The password
    /// is used for encrypted keys only.
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

    /// Size of the modulus in bits.
    pub fn bits(&self) -> usize {
        modulus_bits(&self.inner)
    }

    pub(crate) fn from_rsa(inner: rsa::PrivateKey) -> PrivateKey {
        PrivateKey { inner }
    }

    pub(crate) fn rsa(&self) -> &rsa::PrivateKey {
        &self.inner
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey")
            .field("bits", &self.bits())
            .finish_non_exhaustive()
    }
}

/// Size of a modulus in bits.
pub(crate) fn modulus_bits(key: &impl PublicKeyParts) -> usize {
    significant_bits(&key.n_bytes())
}

/// Number of bits of a big-endian number.
pub(crate) fn significant_bits(bytes: &[u8]) -> usize {
    match bytes.iter().position(|byte| *byte != 0) {
        Some(first) => {
            let rest = bytes.get(first..).unwrap_or_default();
            let leading = rest.first().map_or(0, |byte| byte.leading_zeros() as usize);
            rest.len() * 8 - leading
        }
        None => 0,
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
        "PRIVATE KEY" => from_pkcs8(der),
        "RSA PRIVATE KEY" => from_pkcs1(der),
        "ENCRYPTED PRIVATE KEY" => from_encrypted(der, password),
        other => Err(KeyError::NotRsa(other.to_owned())),
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
        Ok(plain) => from_pkcs8(plain.as_bytes()),
        // A wrong password usually breaks the padding; one time in 256 it looks fine and what
        // comes out is no DER.
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

fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, KeyError> {
    let info = PrivateKeyInfoRef::try_from(der).map_err(|error| KeyError::Malformed(error.to_string()))?;
    if info.algorithm.oid != pkcs1::ALGORITHM_OID {
        return Err(KeyError::NotRsa(info.algorithm.oid.to_string()));
    }
    from_pkcs1(info.private_key.as_bytes())
}

fn from_pkcs1(der: &[u8]) -> Result<PrivateKey, KeyError> {
    let parts = pkcs1::RsaPrivateKeyRef::from_der(der).map_err(|error| KeyError::Malformed(error.to_string()))?;
    check_size(significant_bits(parts.modulus.as_bytes()))?;
    let inner = rsa::PrivateKey::try_from(parts)
        .map_err(|_| KeyError::Malformed("its numbers do not form an RSA key".to_owned()))?;
    Ok(PrivateKey { inner })
}

/// Refuses moduli outside of the supported sizes.
pub(crate) fn check_size(bits: usize) -> Result<(), KeyError> {
    if bits < MIN_BITS {
        Err(KeyError::TooSmall { bits })
    } else if bits > MAX_BITS {
        Err(KeyError::TooLarge { bits })
    } else {
        Ok(())
    }
}
