//! Errors for keys that cannot be read or used, and the accepted key sizes.

/// Smallest modulus accepted, in bits; the oldest cards in use carry keys of this size.
pub(crate) const MIN_BITS: usize = rsa::PublicKey::MIN_SIZE;
/// Largest modulus accepted, in bits.
pub(crate) const MAX_BITS: usize = rsa::PublicKey::MAX_SIZE;

/// Reason a key cannot be read or used.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The text holds no private key block.
    #[error(
        "no private key found: expected a PEM block PRIVATE KEY, ENCRYPTED PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY{}",
        found_blocks(.found)
    )]
    NoKey {
        /// Labels of the PEM blocks found instead.
        found: Vec<String>,
    },
    /// More than one private key block, so the intended one is unknown.
    #[error("{0} private keys found in one file; keep one")]
    SeveralKeys(usize),
    /// The key is encrypted and no password was given.
    #[error("the private key is encrypted and needs its password")]
    PasswordMissing,
    /// The key is encrypted and the password does not decrypt it.
    #[error("wrong password for the encrypted private key")]
    WrongPassword,
    /// The key is encrypted in an unsupported way.
    #[error(
        "the private key is encrypted with {0}, which is not supported; convert it with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW`"
    )]
    Encryption(String),
    /// A key that is neither RSA nor SM2.
    #[error("neither an RSA nor an SM2 key (algorithm {0})")]
    Unsupported(String),
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
    /// Key and certificate do not match.
    #[error("the private key does not fit the certificate with serial {serial}")]
    CertificateMismatch {
        /// Serial number of the certificate.
        serial: String,
    },
    /// The signing certificate holds neither an RSA nor an SM2 key.
    #[error("the certificate with serial {serial} holds neither an RSA nor an SM2 key")]
    CertificateUnsupported {
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
    /// A key name that is not allowed in a `KeyName` element.
    #[error("key name must be 1 to 64 printable characters without white space or markup")]
    KeyName,
    /// A subject that is not a distinguished name.
    #[error("not a certificate subject: {0}")]
    Subject(String),
    /// A new key or certificate could not be generated.
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

/// Refuses moduli outside the supported sizes.
pub(crate) fn check_size(bits: usize) -> Result<(), KeyError> {
    if bits < MIN_BITS {
        Err(KeyError::TooSmall { bits })
    } else if bits > MAX_BITS {
        Err(KeyError::TooLarge { bits })
    } else {
        Ok(())
    }
}
