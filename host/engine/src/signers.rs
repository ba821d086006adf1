//! The keys that sign, each for one enterprise.

use crate::config::{Config, Enterprise};
use cebridge_signature::Signer;
use std::collections::BTreeMap;

/// Signers by the id of their enterprise. There is no way to get the signer of one enterprise for another.
#[derive(Debug, Default)]
pub struct Signers(BTreeMap<String, Signer>);

impl Signers {
    /// No keys, where nothing is signed.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The key of the only enterprise of a configuration.
    #[must_use]
    pub fn single(config: &Config, signer: Signer) -> Self {
        let mut signers = Self::default();
        signers.add(&config.enterprise, signer);
        signers
    }

    /// Adds the key of an enterprise; an earlier one is replaced.
    pub fn add(&mut self, enterprise: &Enterprise, signer: Signer) {
        self.0.insert(enterprise.id().to_owned(), signer);
    }

    /// The key of an enterprise.
    #[must_use]
    pub fn of(&self, enterprise: &Enterprise) -> Option<&Signer> {
        self.0.get(enterprise.id())
    }
}
