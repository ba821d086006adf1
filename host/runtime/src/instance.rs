//! One running instance of a pack.

use crate::bindings::rule_pack::RulePack;
use crate::error::{FaultCause, PluginFault};
use crate::module::PackModule;
use crate::sandbox::{Quota, refill};
use cebridge_findings::plain;
use cebridge_rule_core::evaluate::RawFinding;
use wasmtime::Store;

/// A running instance of a pack.
pub struct PackInstance<'a> {
    module: &'a PackModule,
    store: Store<Quota>,
    plugin: RulePack,
    calls: u32,
}

/// Number of calls after which an instance is replaced: guests may keep the memory of earlier calls.
const REUSED: u32 = 64;

impl std::fmt::Debug for PackInstance<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackInstance")
            .field("pack", &self.module.file.name())
            .finish_non_exhaustive()
    }
}

impl<'a> PackInstance<'a> {
    /// Starts an instance for an input of this many bytes.
    pub(crate) fn start(module: &'a PackModule, input: usize) -> Result<Self, PluginFault> {
        let (store, plugin) = module.start(input)?;
        Ok(Self {
            module,
            store,
            plugin,
            calls: 0,
        })
    }

    /// Judges a batch. After an error the instance is unusable. It is replaced by a new one every 64 calls.
    ///
    /// # Errors
    /// The pack failed: trap, limit or malformed answer.
    pub fn judge_batch(&mut self, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        if self.calls == REUSED {
            *self = Self::start(self.module, 0)?;
        }
        self.calls += 1;
        let module = self.module;
        refill(&mut self.store, module.limits()).map_err(|error| module.failed("validate", &error))?;
        self.validate(batch)
    }

    pub(crate) fn validate(&mut self, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        let findings = self.run("validate", |plugin, store| plugin.call_validate(store, batch))?;
        let findings = findings.map_err(|reason| {
            let reason = plain(&reason);
            self.module.fault("validate", FaultCause::Malformed { reason })
        })?;
        self.module.check(findings, batch)
    }

    /// Returns the fuel used by calls on this instance since the last [`PackInstance::judge_batch`] began.
    #[must_use]
    pub fn fuel_used(&self) -> u64 {
        let left = self.store.get_fuel().unwrap_or_default();
        self.module.limits().fuel.saturating_sub(left)
    }

    pub(crate) fn run<T>(
        &mut self,
        call: &'static str,
        body: impl FnOnce(&RulePack, &mut Store<Quota>) -> wasmtime::Result<T>,
    ) -> Result<T, PluginFault> {
        let answer = body(&self.plugin, &mut self.store);
        answer.map_err(|error| self.module.failed(call, &error))
    }
}
