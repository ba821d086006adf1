//! One running instance of a pack.

use crate::bindings::rule_pack::RulePack;
use crate::error::{FaultCause, PluginFault};
use crate::pack::LoadedPack;
use crate::sandbox::{Quota, refill};
use crate::texts::plain;
use cebridge_rule_core::evaluate::RawFinding;
use wasmtime::Store;

/// A running instance of a pack.
pub struct PackInstance<'a> {
    pack: &'a LoadedPack,
    store: Store<Quota>,
    plugin: RulePack,
    calls: u32,
}

/// Number of calls after which an instance is replaced: guests may keep the memory of earlier calls.
const REUSED: u32 = 64;

impl std::fmt::Debug for PackInstance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackInstance")
            .field("pack", &self.pack.name())
            .finish_non_exhaustive()
    }
}

impl<'a> PackInstance<'a> {
    pub(crate) fn new(pack: &'a LoadedPack, store: Store<Quota>, plugin: RulePack) -> Self {
        Self {
            pack,
            store,
            plugin,
            calls: 0,
        }
    }

    /// Judges a batch. After an error the instance is unusable. It is replaced by a new one every 64 calls.
    ///
    /// # Errors
    /// As for [`LoadedPack::judge`].
    pub fn judge_batch(&mut self, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        if self.calls == REUSED {
            *self = self.pack.instance()?;
        }
        self.calls += 1;
        let limits = &self.pack.sandbox().limits().pack;
        refill(&mut self.store, limits)
            .map_err(|error| self.pack.fault("validate", self.pack.sandbox().cause(&error, limits)))?;
        self.validate(batch)
    }

    pub(crate) fn validate(&mut self, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        let findings = self.run("validate", |plugin, store| plugin.call_validate(store, batch))?;
        let findings = findings.map_err(|reason| {
            let reason = plain(&reason);
            self.pack.fault("validate", FaultCause::Malformed { reason })
        })?;
        self.pack.check(findings, batch)
    }

    /// Returns the fuel used by calls on this instance since the last [`PackInstance::judge_batch`] began.
    #[must_use]
    pub fn fuel_used(&self) -> u64 {
        let left = self.store.get_fuel().unwrap_or_default();
        self.pack.sandbox().limits().pack.fuel.saturating_sub(left)
    }

    pub(crate) fn run<T>(
        &mut self,
        call: &'static str,
        body: impl FnOnce(&RulePack, &mut Store<Quota>) -> wasmtime::Result<T>,
    ) -> Result<T, PluginFault> {
        let answer = body(&self.plugin, &mut self.store);
        let sandbox = self.pack.sandbox();
        answer.map_err(|error| self.pack.fault(call, sandbox.cause(&error, &sandbox.limits().pack)))
    }
}
