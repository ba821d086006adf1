//! Runs mappers: from ERP data to business documents, and from receipts back to the ERP's format.

use crate::bindings::mapper::{Mapper, MapperPre};
use crate::compile;
use crate::digest::sha256;
use crate::error::{FaultCause, LoadError, PluginFault, Refusal};
use crate::inspect::{MAPPER, inspect};
use crate::sandbox::{Quota, Sandbox};
use crate::sign::file_name;
use cebridge_findings::plain;
use wasmtime::Store;

/// Types exchanged between host and mapper; documented in `wit/`.
pub mod mapping {
    pub use crate::bindings::mapper::cebridge::plugin::mapping::{
        Document, Input, Mapped, MapperInfo, Problem, Receipt, Value,
    };
}

/// A mapper gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The mapper works, but can't read this input or can't write this receipt.
    #[error("{plugin}: {reason}")]
    Unreadable {
        /// The mapper.
        plugin: String,
        /// Message of the mapper.
        reason: String,
    },
    /// The mapper failed.
    #[error(transparent)]
    Fault(#[from] PluginFault),
}

/// A mapper that is ready to use. Immutable; share it behind an `Arc`.
pub struct MapperPlugin {
    name: String,
    digest: String,
    info: mapping::MapperInfo,
    sandbox: Sandbox,
    component: MapperPre<Quota>,
}

impl std::fmt::Debug for MapperPlugin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MapperPlugin")
            .field("name", &self.name)
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

impl MapperPlugin {
    /// Checks and compiles a mapper and asks for its description.
    ///
    /// # Errors
    /// The file is not a valid mapper for this host; see [`Refusal`].
    pub fn load(sandbox: &Sandbox, wasm: &[u8]) -> Result<Self, LoadError> {
        let name = file_name(wasm);
        Self::read(sandbox, wasm, name.clone()).map_err(|cause| LoadError { plugin: name, cause })
    }

    fn read(sandbox: &Sandbox, wasm: &[u8], name: String) -> Result<Self, Refusal> {
        inspect(wasm, &MAPPER)?;
        let info = mapping::MapperInfo {
            name: String::new(),
            version: String::new(),
            input: String::new(),
            messages: Vec::new(),
            settings: Vec::new(),
        };
        let component = compile(sandbox, wasm)?;
        let mut plugin = Self {
            name,
            digest: sha256(wasm),
            info,
            sandbox: sandbox.clone(),
            component,
        };
        let info = plugin.run("describe", 0, |mapper, store| mapper.call_describe(store));
        let info = info.map_err(|fault| Refusal::Fault {
            call: fault.call,
            cause: fault.cause,
        })?;
        plugin.info = mapping::MapperInfo {
            name: plain(&info.name),
            version: plain(&info.version),
            input: plain(&info.input),
            messages: info.messages.iter().map(|code| plain(code)).collect(),
            settings: info
                .settings
                .iter()
                .map(|(name, meaning)| (plain(name), plain(meaning)))
                .collect(),
        };
        plugin.name = format!("mapper {} {}", plugin.info.name, plugin.info.version);
        Ok(plugin)
    }

    /// Returns name and version for display.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the SHA-256 (hex) of the file.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the mapper's own description.
    #[must_use]
    pub fn describe(&self) -> &mapping::MapperInfo {
        &self.info
    }

    /// Maps one input in a fresh instance.
    ///
    /// # Errors
    /// The input as a whole can't be read, or the mapper failed.
    pub fn map(&self, input: &mapping::Input) -> Result<mapping::Mapped, MapError> {
        let answer = self.run("map", input.content.len(), |mapper, store| {
            mapper.call_map(store, input)
        })?;
        let mut mapped = answer.map_err(|reason| self.unreadable(&reason))?;
        for problem in &mut mapped.problems {
            problem.field = plain(&problem.field);
            problem.message = plain(&problem.message);
        }
        Ok(mapped)
    }

    /// Renders a receipt in the ERP's own format, in a fresh instance.
    ///
    /// # Errors
    /// The mapper can't render this receipt, or failed.
    pub fn render_receipt(&self, receipt: &mapping::Receipt) -> Result<Vec<u8>, MapError> {
        let answer = self.run("render-receipt", 0, |mapper, store| {
            mapper.call_render_receipt(store, receipt)
        })?;
        answer.map_err(|reason| self.unreadable(&reason))
    }

    fn unreadable(&self, reason: &str) -> MapError {
        MapError::Unreadable {
            plugin: self.name.clone(),
            reason: plain(reason),
        }
    }

    fn run<T>(
        &self,
        call: &'static str,
        input: usize,
        body: impl FnOnce(&Mapper, &mut Store<Quota>) -> wasmtime::Result<T>,
    ) -> Result<T, PluginFault> {
        let limits = &self.sandbox.limits().mapper;
        let answer = self.sandbox.store(limits, input).and_then(|mut store| {
            let mapper = self.component.instantiate(&mut store)?;
            body(&mapper, &mut store)
        });
        answer.map_err(|error| {
            let cause: FaultCause = self.sandbox.cause(&error, limits);
            PluginFault {
                plugin: self.name.clone(),
                call,
                cause,
            }
        })
    }
}

fn compile(sandbox: &Sandbox, wasm: &[u8]) -> Result<MapperPre<Quota>, Refusal> {
    let linked = compile::linked(sandbox, wasm)?;
    MapperPre::new(linked).map_err(|error| compile::misfit(&MAPPER, &error))
}
