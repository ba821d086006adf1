//! Signing by one of several keys of an enterprise: another one takes over when a key fails.

use cebridge_keys::KeyPool;
use cebridge_signature::{Certificate, KeyFault, SignError, Signer};
use std::time::{Duration, Instant};

/// A finished message, and what signed it.
pub(crate) struct Signed {
    /// The message.
    pub(crate) xml: Vec<u8>,
    /// The certificate of the key; none of what left without a signature.
    pub(crate) certificate: Option<Certificate>,
}

/// How often full queues are asked again, and how long a declaration waits for a place in one at most. Both arbitrary.
const AGAIN: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

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
                certificate: Some(certificate),
            })
        },
    )
}

/// [`sign_by`] for work that can wait: while the queues of all keys are full it comes again.
pub(crate) fn sign_patiently(
    pool: &KeyPool,
    keys: &[String],
    sign: impl Fn(&Signer) -> Result<Vec<u8>, SignError>,
) -> Result<Signed, SignError> {
    let start = Instant::now();
    loop {
        match sign_by(pool, keys, &sign) {
            Err(SignError::Key(KeyFault::Busy { .. })) if start.elapsed() < PATIENCE => std::thread::sleep(AGAIN),
            done => return done,
        }
    }
}
