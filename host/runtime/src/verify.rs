//! Proof that a pack is the shipped interpreter with other data: bake it again and compare.

use crate::bake::bake;
use crate::error::{LoadError, Refusal};
use crate::sandbox::Sandbox;
use crate::sections::{self, PackManifest, Sections};
use crate::shipped::interpreter_digest;
use crate::sign::file_name;
use crate::{CONTRACT, MAX_PLUGIN_BYTES, sha256};
use cebridge_rule_core::pack::Pack;

/// Whose code a pack runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackClass {
    /// The shipped interpreter's, to the byte; only rules and texts are the pack's own.
    DataOnly,
    /// Other code: of another release of the interpreter, or somebody's own.
    Foreign,
}

impl std::fmt::Display for PackClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DataOnly => "data-only",
            Self::Foreign => "foreign",
        })
    }
}

/// A pack that was read and compared, but not run.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Whose code it runs.
    pub class: PackClass,
    /// SHA-256 (hex) of the file.
    pub digest: String,
    /// Who it is.
    pub manifest: PackManifest,
    /// Rules and texts.
    pub pack: Pack,
}

/// Reads a pack and compares it with what the shipped interpreter makes of its rules.
///
/// # Errors
/// The file is no pack, or its manifest and its rules name different packs.
pub fn verify_pack(sandbox: &Sandbox, wasm: &[u8]) -> Result<Verified, LoadError> {
    let mut plugin = file_name(wasm);
    read(sandbox, wasm, &mut plugin).map_err(|cause| LoadError { plugin, cause })
}

/// As [`verify_pack`]; `plugin` becomes the pack's name as soon as that is known.
pub(crate) fn read(sandbox: &Sandbox, wasm: &[u8], plugin: &mut String) -> Result<Verified, Refusal> {
    if wasm.len() > MAX_PLUGIN_BYTES {
        return Err(Refusal::TooLarge {
            limit: MAX_PLUGIN_BYTES,
            got: wasm.len(),
        });
    }
    let sections = Sections::read(wasm)?;
    let manifest = read_manifest(&sections)?;
    *plugin = format!(
        "pack {} {} (version {})",
        manifest.name, manifest.edition, manifest.version
    );
    if manifest.contract != CONTRACT {
        return Err(Refusal::WrongContract {
            found: manifest.contract,
            offered: CONTRACT.to_owned(),
        });
    }
    let pack = sections.pack.ok_or(Refusal::MissingSection { name: sections::PACK })?;
    let pack = Pack::from_bytes(pack).map_err(|error| unreadable(sections::PACK, error.to_string()))?;
    if !same(&manifest, &pack) {
        return Err(Refusal::Disagreement {
            what: "name, edition or date",
        });
    }
    let class = class(sandbox, &manifest, &pack, sections.signed)?;
    Ok(Verified {
        class,
        digest: sha256(wasm),
        manifest,
        pack,
    })
}

fn read_manifest(sections: &Sections<'_>) -> Result<PackManifest, Refusal> {
    let manifest = sections.manifest.ok_or(Refusal::MissingSection {
        name: sections::MANIFEST,
    })?;
    serde_json::from_slice(manifest).map_err(|error| unreadable(sections::MANIFEST, error.to_string()))
}

fn unreadable(name: &'static str, reason: String) -> Refusal {
    Refusal::BadSection { name, reason }
}

fn same(manifest: &PackManifest, pack: &Pack) -> bool {
    manifest.name == pack.manifest.name
        && manifest.edition == pack.manifest.edition
        && manifest.version == pack.manifest.version
        && manifest.effective_from == pack.manifest.effective_from
        && manifest.source_digest == pack.manifest.source_digest
}

fn class(sandbox: &Sandbox, manifest: &PackManifest, pack: &Pack, unsigned: &[u8]) -> Result<PackClass, Refusal> {
    if manifest.interpreter_digest != interpreter_digest() {
        return Ok(PackClass::Foreign);
    }
    let again = bake(sandbox, pack).map_err(|error| Refusal::Runtime {
        reason: error.to_string(),
    })?;
    Ok(if again == unsigned {
        PackClass::DataOnly
    } else {
        PackClass::Foreign
    })
}
