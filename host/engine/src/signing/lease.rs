//! Signs with one of several keys of an enterprise; another one takes over if a key fails.

use cebridge_keys::KeyPool;
use cebridge_signature::{Certificate, KeyFault, SignError, Signer};
use std::time::{Duration, Instant};

/// A finished message, and what signed it.
pub(crate) struct Signed {
    /// The message.
    pub(crate) xml: Vec<u8>,
    /// The certificate of the key; `None` if unsigned.
    pub(crate) certificate: Option<Certificate>,
}

/// Retry interval while queues are full, and the longest wait of a declaration for a place in one. Both arbitrary.
const AGAIN: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(60);

/// Signs with the first of these keys to be free.
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

/// [`sign_by`] for work that can wait: it retries while the queues of all keys are full.
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
