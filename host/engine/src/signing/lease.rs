//! Signing by one of several keys of an enterprise: another one takes over when a key fails.

use cebridge_keys::KeyPool;
use cebridge_signature::{Certificate, SignError, Signer};

/// A signed message, and what signed it.
pub(crate) struct Signed {
    /// The message.
    pub(crate) xml: Vec<u8>,
    /// The certificate of the key.
    pub(crate) certificate: Certificate,
}

/// Signs by the key of these that is free first.
pub(crate) fn sign_by(
    pool: &KeyPool,
    keys: &[String],
    sign: impl Fn(&Signer) -> Result<Vec<u8>, SignError>,
) -> Result<Signed, SignError> {
    pool.with_key(
        |key| keys.iter().any(|name| name == key.name()),
        |lease| {
            let certificate = lease.certificate().cloned().ok_or(SignError::KeyNameMissing)?;
            let signer = Signer::with_key(lease.signing_key(), certificate.clone())?;
            Ok(Signed {
                xml: sign(&signer)?,
                certificate,
            })
        },
    )
}
