//! Signs payment data with the enterprise's key.

use cebridge_engine::Running;
use cebridge_engine::config::Enterprise;
use cebridge_pay179::{Method, SignFault, Unsigned};
use cebridge_signature::KeyFault;

/// Signs payment data with the key that the enterprise has at the time.
pub struct PaymentSigner {
    running: Running,
    enterprise: Enterprise,
    method: Option<Method>,
}

impl PaymentSigner {
    /// Signs for `enterprise`; without a method, by the one that follows from the key.
    #[must_use]
    pub fn new(running: Running, enterprise: Enterprise, method: Option<Method>) -> Self {
        Self {
            running,
            enterprise,
            method,
        }
    }

    /// Returns the complete `payExInfoStr`.
    pub(super) fn sign(&self, unsigned: &Unsigned) -> Result<String, SignFault> {
        let missing =
            |what: &str| SignFault::Key(KeyFault::Unavailable(format!("{} has no {what}", self.enterprise.id())));
        let engine = self.running.engine();
        let pool = engine.keys(&self.enterprise).ok_or_else(|| missing("key"))?;
        pool.with_key(
            |key| key.certificate().is_some(),
            |lease| {
                let certificate = lease.certificate().ok_or_else(|| missing("certificate"))?;
                unsigned.sign(lease.signing_key().as_ref(), self.method, certificate)
            },
        )
    }
}
