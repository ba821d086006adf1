//! The keys that sign, each for one enterprise.

use crate::config::{Config, Enterprise};
use cebridge_keys::{KeyPool, KeyStatus, OpenKey, PoolError, PoolSettings};
use std::collections::BTreeMap;

/// Keys by the id of their enterprise. There is no way to get the key of one enterprise for another.
#[derive(Debug, Default)]
pub struct Signers(BTreeMap<String, KeyPool>);

impl Signers {
    /// No keys, where nothing is signed.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The key of the only enterprise of a configuration.
    ///
    /// # Errors
    /// The system gives no thread for it.
    pub fn single(config: &Config, key: OpenKey) -> Result<Self, PoolError> {
        let mut signers = Self::default();
        signers.add(&config.enterprise, KeyPool::new(vec![key], &PoolSettings::default())?);
        Ok(signers)
    }

    /// Adds the keys of an enterprise; earlier ones are replaced.
    pub fn add(&mut self, enterprise: &Enterprise, pool: KeyPool) {
        self.0.insert(enterprise.id().to_owned(), pool);
    }

    /// The keys of an enterprise.
    #[must_use]
    pub fn of(&self, enterprise: &Enterprise) -> Option<&KeyPool> {
        self.0.get(enterprise.id())
    }

    /// Health, load and rate of each key, by enterprise.
    #[must_use]
    pub fn status(&self) -> Vec<(String, KeyStatus)> {
        let rows = self.0.iter().map(|(enterprise, pool)| (enterprise, pool.status()));
        rows.flat_map(|(enterprise, rows)| rows.into_iter().map(|row| (enterprise.clone(), row)))
            .collect()
    }
}
