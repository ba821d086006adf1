//! The compiled component of a pack, and the check of its answers.

use crate::bake::Baker;
use crate::bindings::rule_pack::cebridge::plugin::rules;
use crate::bindings::rule_pack::{RulePack, RulePackPre};
use crate::compile;
use crate::error::{FaultCause, PluginFault, Refusal};
use crate::inspect::RULE_PACK;
use crate::sandbox::{CallLimits, Quota, Sandbox};
use crate::verify::{PackClass, PackFile};
use cebridge_rule_core::batch::HEADER;
use cebridge_rule_core::evaluate::{NO_DECL, RawFinding};
use wasmtime::Store;

/// A compiled pack: the code that judges, without the words for what it finds.
pub(crate) struct PackModule {
    pub(crate) file: PackFile,
    pub(crate) class: PackClass,
    sandbox: Sandbox,
    component: RulePackPre<Quota>,
}

impl PackModule {
    /// Proves where the code of a pack file comes from, and compiles it.
    pub(crate) fn compile(baker: &Baker, file: PackFile) -> Result<Self, Refusal> {
        let proven = file.prove(baker)?;
        let sandbox = baker.sandbox();
        let component = component(sandbox, proven.derived.as_deref().unwrap_or(&file.wasm))?;
        Ok(Self {
            class: proven.class,
            sandbox: sandbox.clone(),
            component,
            file,
        })
    }

    /// Returns the limits of a call.
    pub(crate) fn limits(&self) -> &CallLimits {
        &self.sandbox.limits().pack
    }

    /// Starts an instance for an input of this many bytes.
    pub(crate) fn start(&self, input: usize) -> Result<(Store<Quota>, RulePack), PluginFault> {
        let failed = |error| self.failed("instantiate", &error);
        let mut store = self.sandbox.store(self.limits(), input).map_err(failed)?;
        let plugin = self.component.instantiate(&mut store).map_err(failed)?;
        Ok((store, plugin))
    }

    /// Describes the failure of a call.
    pub(crate) fn failed(&self, call: &'static str, error: &wasmtime::Error) -> PluginFault {
        self.fault(call, self.sandbox.cause(error, self.limits()))
    }

    pub(crate) fn fault(&self, call: &'static str, cause: FaultCause) -> PluginFault {
        PluginFault {
            plugin: self.file.name.clone(),
            call,
            cause,
        }
    }

    /// Checks that an answer only names things that exist; all later code relies on that.
    pub(crate) fn check(&self, findings: Vec<rules::Finding>, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        let pack = self.file.pack();
        let nodes = batch
            .get(4..HEADER.min(8))
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u32::from_le_bytes);
        let within = |index: u32, length: usize| usize::try_from(index).is_ok_and(|index| index < length);
        for found in &findings {
            let wrong = if !within(found.rule, pack.rules.len()) {
                format!("rule {} of {}", found.rule, pack.rules.len())
            } else if found.node >= nodes {
                format!("node {} of {nodes}", found.node)
            } else if found.decl != NO_DECL && !within(found.decl, pack.decls.len()) {
                format!("declaration {} of {}", found.decl, pack.decls.len())
            } else {
                continue;
            };
            let reason = format!("a finding names {wrong}, which does not exist");
            return Err(self.fault("validate", FaultCause::Malformed { reason }));
        }
        let raw = |found: rules::Finding| RawFinding {
            rule: found.rule,
            node: found.node,
            decl: found.decl,
        };
        Ok(findings.into_iter().map(raw).collect())
    }
}

fn component(sandbox: &Sandbox, wasm: &[u8]) -> Result<RulePackPre<Quota>, Refusal> {
    let linked = compile::linked(sandbox, wasm)?;
    RulePackPre::new(linked).map_err(|error| compile::misfit(&RULE_PACK, &error))
}
