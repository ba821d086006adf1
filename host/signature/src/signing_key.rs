//! The signing operation of a private key, wherever the key is stored.

use std::fmt;
use std::time::Duration;

/// The kind of a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// RSA with a modulus of `bits` bits.
    Rsa {
        /// Size of the modulus.
        bits: usize,
    },
    /// SM2 on the curve sm2p256v1 (GB/T 32918).
    Sm2,
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyKind::Rsa { bits } => write!(f, "RSA-{bits}"),
            KeyKind::Sm2 => f.write_str("SM2"),
        }
    }
}

/// The private-key operation that a profile requires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme<'a> {
    /// RSA PKCS#1 v1.5 over SHA-1.
    RsaSha1,
    /// RSA PKCS#1 v1.5 over SHA-256.
    RsaSha256,
    /// SM2 over `SM3(Z ‖ message)`, with Z made from this user id (GB/T 35276: `1234567812345678`).
    Sm2Sm3 {
        /// The user id.
        user_id: &'a str,
    },
}

impl Scheme<'_> {
    /// Returns `true` if a key of this kind supports it.
    #[must_use]
    pub fn fits(self, kind: KeyKind) -> bool {
        matches!(
            (self, kind),
            (Scheme::RsaSha1 | Scheme::RsaSha256, KeyKind::Rsa { .. }) | (Scheme::Sm2Sm3 { .. }, KeyKind::Sm2)
        )
    }
}

impl fmt::Display for Scheme<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scheme::RsaSha1 => "RSA with SHA-1",
            Scheme::RsaSha256 => "RSA with SHA-256",
            Scheme::Sm2Sm3 { .. } => "SM2 with SM3",
        })
    }
}

/// A private key for signing: in memory, in a hardware module or on a card.
pub trait SigningKey: Send + Sync + fmt::Debug {
    /// Kind of the key; needs no access to the key itself.
    fn kind(&self) -> KeyKind;

    /// Signs an unhashed message. Returns the value that XML-DSig carries, before Base64: for RSA as many bytes as the
    /// modulus has, for SM2 the 64 bytes r‖s, big-endian. Blocks until the key has answered.
    ///
    /// # Errors
    /// [`KeyFault`]; [`KeyFault::may_retry`] says if another attempt is allowed.
    fn sign(&self, scheme: Scheme<'_>, message: &[u8]) -> Result<Vec<u8>, KeyFault>;
}

/// Reason a key did not sign.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFault {
    /// The key does not support the profile's operation.
    #[error("a key of the kind {kind} cannot sign by {scheme}")]
    WrongKind {
        /// Kind of the key.
        kind: KeyKind,
        /// The requested operation.
        scheme: String,
    },
    /// The PIN was refused. Never retried: wrong PINs lock cards.
    #[error("the PIN was refused ({0}); it is not tried again, because wrong PINs lock the key: correct it first")]
    Pin(String),
    /// The key is locked or revoked; only its issuer can help.
    #[error("the key is locked ({0}); its issuer has to unlock it")]
    Locked(String),
    /// The key is not available: token not inserted, agent not connected, service down.
    #[error("the key is not available: {0}")]
    Unavailable(String),
    /// Too many signatures are already waiting for this key.
    #[error("{waiting} signatures wait for this key already; try later or add a key")]
    Busy {
        /// Number of waiting signatures.
        waiting: usize,
    },
    /// No answer in time; the key may or may not have signed. A lost signature does no harm.
    #[error("no answer from the key within {0:?}")]
    Timeout(Duration),
    /// The operation failed.
    #[error("the key did not sign: {0}")]
    Failed(String),
}

impl KeyFault {
    /// Returns `true` if this key may be tried again. A refused PIN and a locked key
    /// are never retried.
    #[must_use]
    pub fn may_retry(&self) -> bool {
        matches!(
            self,
            KeyFault::Unavailable(_) | KeyFault::Busy { .. } | KeyFault::Timeout(_) | KeyFault::Failed(_)
        )
    }
}
