//! The keys that sign, each for one enterprise.

use crate::config::{Config, Enterprise};
use cebridge_keys::{KeyPool, OpenKey, PoolError, PoolSettings};
use cebridge_signature::{Certificate, KeyKind, SM2_USER_ID, Scheme};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Keys by enterprise id. The key of one enterprise can't be obtained for another.
#[derive(Debug, Default, Clone)]
pub struct Signers(BTreeMap<String, Arc<KeyPool>>);

impl Signers {
    /// No keys, for when nothing is signed.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The key of the only enterprise of a configuration.
    ///
    /// # Errors
    /// The system can't start a thread for it.
    pub fn single(config: &Config, key: OpenKey) -> Result<Self, PoolError> {
        let mut signers = Self::default();
        signers.add(&config.enterprise, KeyPool::new(vec![key], &PoolSettings::default())?);
        Ok(signers)
    }

    /// Adds the keys of an enterprise; earlier ones are replaced.
    pub fn add(&mut self, enterprise: &Enterprise, pool: KeyPool) {
        self.0.insert(enterprise.id().to_owned(), Arc::new(pool));
    }

    /// The keys of an enterprise.
    #[must_use]
    pub fn of(&self, enterprise: &Enterprise) -> Option<&KeyPool> {
        self.0.get(enterprise.id()).map(Arc::as_ref)
    }

    /// The same keys, with `key` replacing the one of the same name; all others keep their queues.
    ///
    /// # Errors
    /// The system can't start a thread for it.
    pub(crate) fn exchange(&self, enterprise: &Enterprise, key: OpenKey) -> Result<Self, PoolError> {
        let mut next = self.clone();
        if let Some(pool) = self.of(enterprise) {
            next.add(enterprise, pool.exchange(key)?);
        }
        Ok(next)
    }
}

/// Probe text for a key to sign; no message begins like this.
const PROBE: &[u8] = b"cebridge: is this key able to sign?";

/// Has a key sign once and verifies the value with its certificate, which is returned. A refused PIN is not retried.
///
/// # Errors
/// It does not sign, has no certificate, or has one of another key; the text is meant for display.
pub fn probe(pool: &KeyPool) -> Result<Certificate, String> {
    let kind = pool.keys().first().map(|key| key.kind());
    let scheme = match kind {
        Some(KeyKind::Sm2) => Scheme::Sm2Sm3 { user_id: SM2_USER_ID },
        _ => Scheme::RsaSha256,
    };
    let signed = pool.sign(scheme, PROBE).map_err(|fault| fault.to_string())?;
    match signed.certificate {
        Some(certificate) if certificate.verify(scheme, PROBE, &signed.value) => Ok(certificate),
        Some(_) => {
            Err("its certificate does not verify what it signs: key and certificate do not belong together".into())
        }
        None => Err("it has no certificate; set `certificate`".into()),
    }
}
