//! The key that signs exports if the enterprise has no RSA key file.

use super::AuditError;
use cebridge_keys::read_secret;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use std::path::Path;

/// Reads the Ed25519 key that signs exports.
///
/// # Errors
/// [`AuditError::ExportKey`].
pub(crate) fn export_key(path: &Path) -> Result<ed25519_dalek::SigningKey, AuditError> {
    let wrong = |reason: String| AuditError::ExportKey {
        path: path.to_owned(),
        reason,
    };
    let bytes = read_secret(path).map_err(|error| wrong(error.to_string()))?;
    let pem = std::str::from_utf8(&bytes).map_err(|_| wrong("it is not a PEM file".to_owned()))?;
    ed25519_dalek::SigningKey::from_pkcs8_pem(pem)
        .map_err(|error| wrong(format!("it does not hold an Ed25519 private key ({error})")))
}
