//! Bakes a compiled pack into a `.wasm` file: the interpreter runs once, and its memory becomes part of the file.

use crate::bindings::rule_pack::{RulePack, RulePackPre};
use crate::contract::CONTRACT;
use crate::digest::sha256;
use crate::error::RuntimeError;
use crate::sandbox::{Quota, Sandbox};
use crate::sections::{self, PackManifest};
use crate::shipped::{interpreter, interpreter_digest};
use cebridge_rule_core::pack::{Manifest, Pack};
use std::pin::pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use wasmtime::component::{Instance, Lift, Linker, WasmList};
use wasmtime::{Result, Store, format_err};
use wasmtime_wizer::{ComponentContext, ComponentInstanceState, Wizer};

/// The interpreter, instrumented so that its memory can be read, and compiled: the part of baking that does not depend
/// on the pack.
struct Template {
    wizer: Wizer,
    context: ComponentContext<'static>,
    interpreter: RulePackPre<Quota>,
}

impl Template {
    fn new(sandbox: &Sandbox) -> Result<Self> {
        let mut wizer = Wizer::new();
        // `load-pack` stays: it is part of the world, and refuses a second pack.
        wizer.keep_init_func(true);
        let (context, instrumented) = wizer.instrument_component(interpreter())?;
        let component = sandbox.component(&instrumented)?;
        let interpreter = RulePackPre::new(Linker::new(sandbox.engine()).instantiate_pre(&component)?)?;
        Ok(Self {
            wizer,
            context,
            interpreter,
        })
    }

    /// Returns the interpreter with this pack in its memory.
    fn snapshot(&self, sandbox: &Sandbox, guest: &[u8]) -> Result<Vec<u8>> {
        let mut store = sandbox.steady_store(&sandbox.limits().mapper, guest.len())?;
        let instance = self.interpreter.instance_pre().instantiate(&mut store)?;
        let plugin = RulePack::new(&mut store, &instance)?;
        plugin
            .call_load_pack(&mut store, guest)?
            .map_err(|reason| format_err!("{reason}"))?;
        let mut memory = Memory {
            store,
            instance,
            failure: None,
        };
        let snapshot = ready(self.wizer.snapshot_component(&self.context, &mut memory))?;
        memory.failure.map_or(snapshot, Err)
    }
}

/// Form of a pack's manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// With a digest of the data.
    Sealed,
    /// Without one, as in the first packs.
    First,
}

/// Makes pack files in a sandbox. Cheap to clone; all clones share the interpreter that they compiled.
#[derive(Clone)]
pub struct Baker {
    sandbox: Sandbox,
    /// Made on first use: loading a mapper needs none.
    template: Arc<OnceLock<Template>>,
}

impl std::fmt::Debug for Baker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Baker")
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}

impl Baker {
    /// Creates a baker that works in this sandbox.
    #[must_use]
    pub fn new(sandbox: &Sandbox) -> Self {
        Self {
            sandbox: sandbox.clone(),
            template: Arc::default(),
        }
    }

    /// Makes the pack's `.wasm` file: a component with the rules in its memory, plus sections for manifest and texts. The
    /// same pack always gives the same bytes, on every machine.
    ///
    /// # Errors
    /// The interpreter rejects the pack, or the engine fails.
    pub fn bake(&self, pack: &Pack) -> Result<Vec<u8>, RuntimeError> {
        self.bake_as(pack, Form::Sealed)
    }

    /// Like [`Baker::bake`], but can write the earlier form of the manifest.
    pub(crate) fn bake_as(&self, pack: &Pack, form: Form) -> Result<Vec<u8>, RuntimeError> {
        let failed = |reason: String| RuntimeError::Bake {
            pack: title(&pack.manifest),
            reason,
        };
        let guest = pack.guest().to_bytes().map_err(|error| failed(error.to_string()))?;
        let texts = pack.to_bytes().map_err(|error| failed(error.to_string()))?;
        let data_digest = (form == Form::Sealed).then(|| sha256(&texts));
        let manifest =
            serde_json::to_vec(&manifest(&pack.manifest, data_digest)).map_err(|error| failed(error.to_string()))?;
        let template = self.template().map_err(|error| failed(format!("{error:#}")))?;
        let mut wasm = template
            .snapshot(&self.sandbox, &guest)
            .map_err(|error| failed(format!("{error:#}")))?;
        sections::append(&mut wasm, sections::MANIFEST, &manifest);
        sections::append(&mut wasm, sections::PACK, &texts);
        Ok(wasm)
    }

    pub(crate) fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    fn template(&self) -> Result<&Template> {
        if let Some(template) = self.template.get() {
            return Ok(template);
        }
        let template = Template::new(&self.sandbox)?;
        Ok(self.template.get_or_init(|| template))
    }
}

/// Returns name, edition and version of a pack for display.
pub(crate) fn title(manifest: &Manifest) -> String {
    format!("{} {} (version {})", manifest.name, manifest.edition, manifest.version)
}

/// Builds the manifest section of a pack made by this host.
fn manifest(of: &Manifest, data_digest: Option<String>) -> PackManifest {
    PackManifest {
        name: of.name.clone(),
        edition: of.edition.clone(),
        version: of.version.clone(),
        effective_from: of.effective_from.clone(),
        notice: of.notice.clone(),
        derived: of.derived.clone(),
        source_digest: of.source_digest.clone(),
        data_digest,
        interpreter_digest: interpreter_digest().to_owned(),
        contract: CONTRACT.to_owned(),
    }
}

/// Reads the memory of an instrumented instance. The snapshot API can't return failures, so the first one is kept.
struct Memory {
    store: Store<Quota>,
    instance: Instance,
    failure: Option<wasmtime::Error>,
}

impl Memory {
    /// Calls an accessor added by instrumentation and passes on its result.
    fn read<R, T>(&mut self, instance: &str, function: &str, take: impl FnOnce(&Store<Quota>, R) -> T) -> Option<T>
    where
        R: Lift + Send + Sync + 'static,
    {
        match self.call(instance, function) {
            Ok(value) => Some(take(&self.store, value)),
            Err(error) => {
                self.failure.get_or_insert(error);
                None
            }
        }
    }

    fn call<R: Lift + Send + Sync + 'static>(&mut self, instance: &str, function: &str) -> Result<R> {
        let missing = || format_err!("{instance}#{function} is missing");
        let parent = self
            .instance
            .get_export_index(&mut self.store, None, instance)
            .ok_or_else(missing)?;
        let index = self
            .instance
            .get_export_index(&mut self.store, Some(&parent), function)
            .ok_or_else(missing)?;
        let function = self.instance.get_typed_func::<(), (R,)>(&mut self.store, index)?;
        Ok(function.call(&mut self.store, ())?.0)
    }
}

impl ComponentInstanceState for Memory {
    async fn call_func_ret_list_u8(&mut self, instance: &str, func: &str, contents: impl FnOnce(&[u8]) + Send) {
        self.read(instance, func, |store, bytes: WasmList<u8>| {
            contents(bytes.as_le_slice(store))
        });
    }

    async fn call_func_ret_s32(&mut self, instance: &str, func: &str) -> i32 {
        self.read(instance, func, |_, value| value).unwrap_or_default()
    }

    async fn call_func_ret_s64(&mut self, instance: &str, func: &str) -> i64 {
        self.read(instance, func, |_, value| value).unwrap_or_default()
    }

    async fn call_func_ret_f32(&mut self, instance: &str, func: &str) -> u32 {
        self.read(instance, func, |_, value: f32| value.to_bits())
            .unwrap_or_default()
    }

    async fn call_func_ret_f64(&mut self, instance: &str, func: &str) -> u64 {
        self.read(instance, func, |_, value: f64| value.to_bits())
            .unwrap_or_default()
    }
}

/// Returns the result of a future that never waits: wizer's API is async only for other callers.
fn ready<T>(future: impl Future<Output = T>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Ok(value),
        Poll::Pending => Err(format_err!("the snapshot waits for something")),
    }
}
