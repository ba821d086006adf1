//! Verifies a card's signatures with its own certificate before they are used.

use cebridge_signature::{Certificate, KeyKind, Scheme};

/// A certificate unusable for signing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "the certificate with serial {serial} holds neither an RSA nor an SM2 key; take the card's signing certificate"
)]
pub struct UnusableCertificate {
    /// Serial number, hexadecimal.
    pub serial: String,
}

/// The kind of key that a certificate is for.
pub(crate) fn kind_of(certificate: &Certificate) -> Result<KeyKind, UnusableCertificate> {
    let unusable = || UnusableCertificate {
        serial: certificate.serial_hex(),
    };
    certificate.public_key().map(|key| key.kind()).ok_or_else(unusable)
}

/// Rejects a value that is not a signature over `message` by the certificate's key under the scheme. The error says
/// what it is instead, as far as can be determined.
pub(crate) fn check(certificate: &Certificate, scheme: Scheme<'_>, message: &[u8], value: &[u8]) -> Result<(), String> {
    let kind = kind_of(certificate).map_err(|error| error.to_string())?;
    let expected = match kind {
        KeyKind::Rsa { bits } => bits.div_ceil(8),
        KeyKind::Sm2 => 64,
    };
    if value.len() != expected {
        return Err(format!(
            "a signature by a key of the kind {kind} has {expected} bytes, the card gave {}",
            value.len()
        ));
    }
    let is = |scheme: Scheme<'_>| certificate.verify(scheme, message, value);
    // The digest of RSA cards is not documented; the certificate reveals it.
    match scheme {
        scheme if is(scheme) => Ok(()),
        Scheme::RsaSha256 if is(Scheme::RsaSha1) => {
            Err("the card signs by SHA-1, not SHA-256: use profile rsa-sha1 for it".to_owned())
        }
        Scheme::RsaSha1 if is(Scheme::RsaSha256) => {
            Err("the card signs by SHA-256, not SHA-1: use profile rsa-sha256 for it".to_owned())
        }
        _ => Err("its value does not verify with the card's certificate; was the card changed?".to_owned()),
    }
}
