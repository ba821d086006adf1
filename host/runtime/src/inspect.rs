//! Inspects a component before it is compiled: its kind, imports and exports, and whether compiling it is affordable.

use crate::contract::{CONTRACT, MAX_PLUGIN_BYTES};
use crate::error::Refusal;
use crate::sections::malformed;
use wasmparser::{ComponentExternalKind, ComponentTypeRef, Encoding, Parser, Payload, TypeBounds};

/// Bytes of all function bodies. Compiling costs about half a millisecond per KB; shipped guests have 50–200 KB.
const MAX_CODE: u64 = 4 << 20;
/// Bytes of one function body: some passes take more than linear time.
const MAX_BODY: u64 = 256 << 10;
/// Number of functions.
const MAX_FUNCTIONS: u64 = 20_000;
/// Nested modules and components; a component made from one Rust module has fewer than ten.
const MAX_NESTED: u64 = 32;

/// A world of the contract.
pub(crate) struct World {
    /// Name of the world.
    pub(crate) name: &'static str,
    /// Functions that a plugin must export.
    pub(crate) exports: &'static [&'static str],
    /// Interface with the types of the world; importing types does not count as an import.
    types: &'static str,
}

/// The world of rule packs.
pub(crate) const RULE_PACK: World = World {
    name: "rule-pack",
    exports: &["load-pack", "describe", "catalogue", "validate", "signature-policy"],
    types: "cebridge:plugin/rules@0.1.0",
};

/// The world of mappers.
pub(crate) const MAPPER: World = World {
    name: "mapper",
    exports: &["describe", "map", "render-receipt"],
    types: "cebridge:plugin/mapping@0.1.0",
};

/// Rejects components that must not be compiled.
pub(crate) fn inspect(wasm: &[u8], world: &World) -> Result<(), Refusal> {
    if wasm.len() > MAX_PLUGIN_BYTES {
        return Err(Refusal::TooLarge {
            limit: MAX_PLUGIN_BYTES,
            got: wasm.len(),
        });
    }
    if !wasm.starts_with(b"\0asm") {
        return Err(Refusal::NotWasm);
    }
    let mut count = Count::default();
    let mut exports = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.map_err(malformed)? {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => return Err(Refusal::CoreModule),
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                count.nested += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CodeSectionEntry(body) => count.function(body.range().len() as u64)?,
            Payload::ComponentImportSection(imports) if depth == 0 => {
                for import in imports {
                    let import = import.map_err(malformed)?;
                    check_import(import.name.name, import.ty, world)?;
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(malformed)?;
                    if export.kind == ComponentExternalKind::Func {
                        exports.push(export.name.name);
                    }
                }
            }
            _ => {}
        }
        count.check()?;
    }
    match world.exports.iter().find(|name| !exports.contains(name)) {
        Some(missing) => Err(Refusal::MissingExport {
            name: (*missing).to_owned(),
            world: world.name,
        }),
        None => Ok(()),
    }
}

/// Allows only imports of types: the interface of the world's types, and aliases of them. The linker offers nothing, so
/// it rejects an interface that holds more than types.
fn check_import(name: &str, ty: ComponentTypeRef, world: &World) -> Result<(), Refusal> {
    let types = name == world.types && matches!(ty, ComponentTypeRef::Instance(_));
    if types || matches!(ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
        return Ok(());
    }
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    if world.types.starts_with(&format!("{interface}@")) {
        let found = format!("cebridge:plugin@{version}");
        return Err(Refusal::WrongContract {
            found,
            offered: CONTRACT.to_owned(),
        });
    }
    Err(Refusal::UnknownImport {
        wanted: name.to_owned(),
    })
}

#[derive(Default)]
struct Count {
    nested: u64,
    functions: u64,
    code: u64,
}

impl Count {
    fn function(&mut self, body: u64) -> Result<(), Refusal> {
        self.functions += 1;
        self.code += body;
        bounded("bytes in one function", MAX_BODY, body)
    }

    fn check(&self) -> Result<(), Refusal> {
        bounded("functions", MAX_FUNCTIONS, self.functions)?;
        bounded("bytes of code", MAX_CODE, self.code)?;
        bounded("nested modules and components", MAX_NESTED, self.nested)
    }
}

fn bounded(what: &'static str, limit: u64, got: u64) -> Result<(), Refusal> {
    if got > limit {
        Err(Refusal::TooComplex { what, limit, got })
    } else {
        Ok(())
    }
}
