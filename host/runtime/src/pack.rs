//! A loaded rule pack: judges messages, in the sandbox or natively, and explains the findings.

use crate::bind::Binder;
use crate::bindings::rule_pack::RulePackPre;
use crate::bindings::rule_pack::cebridge::plugin::rules;
use crate::compile;
use crate::error::{FaultCause, LoadError, PluginFault, Refusal};
use crate::explain;
use crate::finding::{Finding, Grades};
use crate::inspect::RULE_PACK;
use crate::instance::PackInstance;
use crate::layout;
use crate::native;
use crate::pairs::PairForm;
use crate::sandbox::{Quota, Sandbox};
use crate::sections::PackManifest;
use crate::verify::{PackClass, PackFile};
use cebridge_message::{Document, Layout};
use cebridge_rule_compiler::Grade;
use cebridge_rule_core::batch::HEADER;
use cebridge_rule_core::evaluate::{NO_DECL, Plan, RawFinding, evaluate_with};
use cebridge_rule_core::pack::Pack;
use std::sync::Arc;
use wasmtime::component::Linker;

pub use crate::bindings::rule_pack::cebridge::plugin::rules::{
    Decision as PolicyDecision, KeyKind as PolicyKey, Need, Obstacle, PolicyQuery,
};

/// A pack that is ready to judge. Immutable; share it behind an `Arc`.
#[derive(Clone)]
pub struct LoadedPack {
    /// The part that does not depend on configuration; shared by its clones.
    core: Arc<Core>,
    /// First day in force, if set by the configuration.
    effective_from: Option<String>,
    grades: Grades,
}

struct Core {
    class: PackClass,
    file: PackFile,
    plan: Plan,
    binder: Binder,
    pair_forms: Vec<PairForm>,
    sandbox: Sandbox,
    component: RulePackPre<Quota>,
}

impl std::fmt::Debug for LoadedPack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedPack")
            .field("name", &self.name())
            .field("digest", &self.digest())
            .finish_non_exhaustive()
    }
}

impl LoadedPack {
    /// Checks and compiles a pack and asks for its description; only then is it a [`LoadedPack`].
    ///
    /// Packs with foreign code load like others: check [`LoadedPack::class`] and decide.
    ///
    /// # Errors
    /// The file is not a valid pack for this host; see [`Refusal`].
    pub fn load(sandbox: &Sandbox, wasm: &[u8]) -> Result<Self, LoadError> {
        Self::of(sandbox, PackFile::read(wasm.to_vec())?)
    }

    /// Like [`LoadedPack::load`], for a pack file already read.
    ///
    /// # Errors
    /// As for [`LoadedPack::load`].
    pub fn of(sandbox: &Sandbox, file: PackFile) -> Result<Self, LoadError> {
        let name = file.name.clone();
        Self::build(sandbox, file).map_err(|cause| LoadError { plugin: name, cause })
    }

    fn build(sandbox: &Sandbox, file: PackFile) -> Result<Self, Refusal> {
        let proven = file.prove(sandbox)?;
        let component = compile(sandbox, proven.derived.as_deref().unwrap_or(&file.wasm))?;
        let pack = Self {
            core: Arc::new(Core {
                class: proven.class,
                plan: Plan::new(&file.pack.program),
                binder: Binder::new(&file.pack.program),
                pair_forms: PairForm::all(&file.pack),
                file,
                sandbox: sandbox.clone(),
                component,
            }),
            effective_from: None,
            grades: Grades::new(),
        };
        pack.interview()?;
        Ok(pack)
    }

    /// Checks that the component is the pack that its sections describe.
    fn interview(&self) -> Result<(), Refusal> {
        let fault = |fault: PluginFault| Refusal::Fault {
            call: fault.call,
            cause: fault.cause,
        };
        let mut instance = self.instance().map_err(fault)?;
        let info = instance
            .run("describe", |plugin, store| plugin.call_describe(store))
            .map_err(fault)?;
        let known = &self.pack().manifest;
        if info.name != known.name
            || info.edition != known.edition
            || info.version != known.version
            || info.effective_from != known.effective_from
            || info.source_digest != known.source_digest
        {
            return Err(Refusal::Disagreement {
                what: "name, edition or date",
            });
        }
        let catalogue = instance
            .run("catalogue", |plugin, store| plugin.call_catalogue(store))
            .map_err(fault)?;
        if postcard::to_allocvec(&self.pack().program).ok().as_deref() != Some(&catalogue[..]) {
            return Err(Refusal::Disagreement { what: "the catalogue" });
        }
        Ok(())
    }

    /// Returns name, edition and version for display.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.core.file.name
    }

    /// Returns rules and texts.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.core.file.pack
    }

    /// Returns the manifest.
    #[must_use]
    pub fn manifest(&self) -> &PackManifest {
        &self.core.file.manifest
    }

    /// Returns the file it was loaded from.
    #[must_use]
    pub fn file(&self) -> &PackFile {
        &self.core.file
    }

    /// Returns the edition of the specification.
    #[must_use]
    pub fn edition(&self) -> &str {
        &self.manifest().edition
    }

    /// Returns the first day in force, `YYYY-MM-DD`, China Standard Time: from the configuration, or else from the
    /// pack.
    #[must_use]
    pub fn effective_from(&self) -> &str {
        self.effective_from
            .as_deref()
            .unwrap_or(&self.core.file.manifest.effective_from)
    }

    /// Returns the SHA-256 (hex) of the file.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.core.file.digest
    }

    /// Returns the origin of the code it runs.
    #[must_use]
    pub fn class(&self) -> PackClass {
        self.core.class
    }

    /// Returns the same pack with other severities for some rules.
    #[must_use]
    pub fn with_grades(mut self, grades: Grades) -> Self {
        self.grades = grades;
        self
    }

    /// Returns the same pack, in force from a day (`YYYY-MM-DD`, China Standard Time) other than its own.
    #[must_use]
    pub fn with_effective_from(mut self, day: Option<&str>) -> Self {
        self.effective_from = day.map(str::to_owned);
        self
    }

    /// Returns the severities set by configuration.
    #[must_use]
    pub fn grades(&self) -> &Grades {
        &self.grades
    }

    /// Returns the flat form in which a document crosses into the sandbox.
    #[must_use]
    pub fn bind(&self, document: &Document) -> Vec<u8> {
        self.core.binder.bind(document)
    }

    /// Explains a finding of the message at this position, which may be artificial.
    pub(crate) fn explain_in(&self, document: &Document, message: usize, finding: &RawFinding) -> Finding {
        explain::explain(self, document, Some(message), finding)
    }

    pub(crate) fn pair_forms(&self) -> &[PairForm] {
        &self.core.pair_forms
    }

    pub(crate) fn binder(&self) -> &Binder {
        &self.core.binder
    }

    /// Returns the position of the message whose root element the document has.
    #[must_use]
    pub fn message_of(&self, document: &Document) -> Option<usize> {
        let root = document.root_name();
        let (name, _) = self.core.binder.resolve(&root.namespace, &root.local);
        let program = &self.pack().program;
        program
            .messages
            .iter()
            .position(|message| program.decl(message.root).is_some_and(|decl| decl.name == name))
    }

    /// Judges a document in a fresh instance.
    ///
    /// # Errors
    /// The pack failed: trap, limit or malformed answer.
    pub fn judge(&self, document: &Document) -> Result<Vec<RawFinding>, PluginFault> {
        self.judge_batch(&self.bind(document))
    }

    /// Judges a batch made by [`LoadedPack::bind`] in a fresh instance.
    ///
    /// # Errors
    /// As for [`LoadedPack::judge`].
    pub fn judge_batch(&self, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        self.instance_for(batch.len())?.validate(batch)
    }

    /// Judges a document with the native twin of the interpreter: the same rules without a sandbox.
    ///
    /// # Errors
    /// The batch is malformed, which only a bug in the host can cause.
    pub fn judge_native(&self, document: &Document) -> Result<Vec<RawFinding>, PluginFault> {
        self.judge_batch_native(&self.bind(document))
    }

    /// Judges a batch with the native twin.
    ///
    /// # Errors
    /// The batch is malformed.
    pub fn judge_batch_native(&self, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        let mut findings = Vec::new();
        evaluate_with(&self.pack().program, &self.core.plan, batch, &mut findings).map_err(|error| {
            self.fault(
                "validate",
                FaultCause::Malformed {
                    reason: error.to_string(),
                },
            )
        })?;
        Ok(findings)
    }

    /// Decides whether a message must be signed, until when, how and by whom.
    ///
    /// # Errors
    /// The pack failed.
    pub fn signature_policy(&self, query: &PolicyQuery) -> Result<PolicyDecision, PluginFault> {
        self.instance()?.run("signature-policy", |plugin, store| {
            plugin.call_signature_policy(store, query)
        })
    }

    /// Answers the same query with the native twin.
    #[must_use]
    pub fn signature_policy_native(&self, query: &PolicyQuery) -> PolicyDecision {
        native::decide(self.pack(), query)
    }

    /// Returns the layout in which a message is written; `None` if the pack does not know the code.
    #[must_use]
    pub fn layout(&self, message: &str) -> Option<Layout> {
        layout::layout(&self.pack().program, self.pack().message(message)?)
    }

    /// Explains a finding: its meaning, its place and what to do.
    #[must_use]
    pub fn explain(&self, document: &Document, finding: &RawFinding) -> Finding {
        explain::explain(self, document, self.message_of(document), finding)
    }

    /// Explains all findings except those of rules that are switched off.
    #[must_use]
    pub fn explain_all(&self, document: &Document, findings: &[RawFinding]) -> Vec<Finding> {
        let explained = findings.iter().map(|finding| self.explain(document, finding));
        explained.filter(|finding| finding.severity != Grade::Off).collect()
    }

    /// Returns an instance for several batches, for measurements only; use [`LoadedPack::judge`] for real documents.
    ///
    /// # Errors
    /// The sandbox has no free instance.
    pub fn instance(&self) -> Result<PackInstance<'_>, PluginFault> {
        self.instance_for(0)
    }

    fn instance_for(&self, input: usize) -> Result<PackInstance<'_>, PluginFault> {
        let limits = &self.core.sandbox.limits().pack;
        let failed = |error| self.fault("instantiate", self.core.sandbox.cause(&error, limits));
        let mut store = self.core.sandbox.store(limits, input).map_err(failed)?;
        let plugin = self.core.component.instantiate(&mut store).map_err(failed)?;
        Ok(PackInstance::new(self, store, plugin))
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.core.sandbox
    }

    pub(crate) fn fault(&self, call: &'static str, cause: FaultCause) -> PluginFault {
        PluginFault {
            plugin: self.name().to_owned(),
            call,
            cause,
        }
    }

    /// Checks that an answer only names things that exist; all later code relies on that.
    pub(crate) fn check(&self, findings: Vec<rules::Finding>, batch: &[u8]) -> Result<Vec<RawFinding>, PluginFault> {
        let nodes = batch
            .get(4..HEADER.min(8))
            .and_then(|bytes| bytes.try_into().ok())
            .map_or(0, u32::from_le_bytes);
        let within = |index: u32, length: usize| usize::try_from(index).is_ok_and(|index| index < length);
        for found in &findings {
            let wrong = if !within(found.rule, self.pack().rules.len()) {
                format!("rule {} of {}", found.rule, self.pack().rules.len())
            } else if found.node >= nodes {
                format!("node {} of {nodes}", found.node)
            } else if found.decl != NO_DECL && !within(found.decl, self.pack().decls.len()) {
                format!("declaration {} of {}", found.decl, self.pack().decls.len())
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

fn compile(sandbox: &Sandbox, wasm: &[u8]) -> Result<RulePackPre<Quota>, Refusal> {
    let component = compile::component(sandbox, wasm)?;
    let linked = Linker::new(sandbox.engine()).instantiate_pre(&component);
    let linked = linked.map_err(|error| Refusal::UnknownImport {
        wanted: format!("{error:#}"),
    })?;
    let misfit = |error: wasmtime::Error| Refusal::WrongExport {
        world: RULE_PACK.name,
        reason: format!("{error:#}"),
    };
    RulePackPre::new(linked).map_err(misfit)
}
