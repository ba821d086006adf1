//! Reads a pack file without running any of it, and proves that it is the shipped interpreter with other data.

use crate::bake::{Baker, Form};
use crate::contract::CONTRACT;
use crate::digest::sha256;
use crate::error::{LoadError, Refusal};
use crate::inspect::{RULE_PACK, inspect};
use crate::known;
use crate::sections::{self, PackManifest, Sections};
use crate::shipped::interpreter_digest;
use crate::sign::{self, PackSignature, file_name};
use cebridge_findings::plain;
use cebridge_rule_core::pack::Pack;
use ed25519_dalek::VerifyingKey;
use std::sync::Arc;

/// Origin of the code that a pack runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackClass {
    /// Byte for byte the shipped interpreter; only rules and texts are the pack's own.
    DataOnly,
    /// Made with an interpreter that an earlier version shipped. Its own code is not run: its data is baked into the
    /// current interpreter.
    Earlier,
    /// Third-party code, or an interpreter that no version shipped.
    Foreign,
}

impl PackClass {
    /// Returns `true` if only the shipped interpreter runs.
    #[must_use]
    pub fn is_data_only(self) -> bool {
        self != Self::Foreign
    }
}

impl std::fmt::Display for PackClass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::DataOnly => "data-only",
            Self::Earlier => "data-only, made with an earlier interpreter",
            Self::Foreign => "foreign",
        })
    }
}

/// A pack file that was read, but not yet compiled or run, so that its signature can be checked first.
#[derive(Debug, Clone)]
pub struct PackFile {
    pub(crate) name: String,
    pub(crate) wasm: Vec<u8>,
    pub(crate) digest: String,
    pub(crate) manifest: PackManifest,
    pub(crate) pack: Arc<Pack>,
}

/// The code to run for a pack file.
pub(crate) struct Proven {
    pub(crate) class: PackClass,
    /// The module to run; `None` for the file itself.
    pub(crate) derived: Option<Vec<u8>>,
}

impl PackFile {
    /// Reads a pack file: its interface, its manifest and its data.
    ///
    /// # Errors
    /// The file is not a pack of this contract, its parts don't fit together, or its data was changed later.
    pub fn read(wasm: Vec<u8>) -> Result<Self, LoadError> {
        let mut name = file_name(&wasm);
        let read = Self::parts(&wasm, &mut name);
        match read {
            Ok((manifest, pack)) => Ok(Self {
                name,
                digest: sha256(&wasm),
                wasm,
                manifest,
                pack: Arc::new(pack),
            }),
            Err(cause) => Err(LoadError { plugin: name, cause }),
        }
    }

    /// Sets `name` to the pack's name as soon as it is known.
    fn parts(wasm: &[u8], name: &mut String) -> Result<(PackManifest, Pack), Refusal> {
        inspect(wasm, &RULE_PACK)?;
        let sections = Sections::read(wasm)?;
        let manifest = read_manifest(&sections)?;
        *name = plain(&format!(
            "pack {} {} (version {})",
            manifest.name, manifest.edition, manifest.version
        ));
        if manifest.contract != CONTRACT {
            return Err(Refusal::WrongContract {
                found: manifest.contract,
                offered: CONTRACT.to_owned(),
            });
        }
        let data = sections.pack.ok_or(Refusal::MissingSection { name: sections::PACK })?;
        if manifest
            .data_digest
            .as_ref()
            .is_some_and(|digest| *digest != sha256(data))
        {
            return Err(Refusal::Changed);
        }
        let pack = Pack::from_bytes(data).map_err(|error| unreadable(sections::PACK, error.to_string()))?;
        if !same(&manifest, &pack) {
            return Err(Refusal::Disagreement {
                what: "name, edition or date",
            });
        }
        Ok((manifest, pack))
    }

    /// Returns name, edition and version for display.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the SHA-256 (hex) of the file.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the file's bytes.
    #[must_use]
    pub fn wasm(&self) -> &[u8] {
        &self.wasm
    }

    /// Returns the manifest.
    #[must_use]
    pub fn manifest(&self) -> &PackManifest {
        &self.manifest
    }

    /// Returns rules and texts.
    #[must_use]
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// Returns `true` if its data has its own digest, so that damage is detected even without a signature.
    #[must_use]
    pub fn is_sealed(&self) -> bool {
        self.manifest.data_digest.is_some()
    }

    /// Checks its signature against the trusted keys.
    #[must_use]
    pub fn signature(&self, trust: &[VerifyingKey]) -> PackSignature {
        Sections::read(&self.wasm).map_or(PackSignature::Unsigned, |sections| sign::check(&sections, trust))
    }

    /// Returns the origin of its code. Bakes the data again to find out, and runs nothing from the file.
    ///
    /// # Errors
    /// The shipped interpreter rejects the data.
    pub fn class(&self, baker: &Baker) -> Result<PackClass, LoadError> {
        let proven = self.prove(baker);
        proven.map(|proven| proven.class).map_err(|cause| self.refused(cause))
    }

    /// Returns `true` if this is byte for byte what the shipped interpreter makes of these rules; any signature is
    /// ignored.
    ///
    /// # Errors
    /// The shipped interpreter rejects the rules.
    pub fn is_made_from(&self, baker: &Baker, pack: &Pack) -> Result<bool, LoadError> {
        let again = self.baked(baker, pack).map_err(|cause| self.refused(cause))?;
        Ok(Sections::read(&self.wasm).is_ok_and(|sections| sections.signed == again))
    }

    /// Bakes the pack in the form of this file.
    fn baked(&self, baker: &Baker, pack: &Pack) -> Result<Vec<u8>, Refusal> {
        let form = if self.is_sealed() { Form::Sealed } else { Form::First };
        baker.bake_as(pack, form).map_err(|error| Refusal::Runtime {
            reason: error.to_string(),
        })
    }

    pub(crate) fn refused(&self, cause: Refusal) -> LoadError {
        LoadError {
            plugin: self.name.clone(),
            cause,
        }
    }

    /// Returns the origin of its code, and the code to run.
    pub(crate) fn prove(&self, baker: &Baker) -> Result<Proven, Refusal> {
        let interpreter = &self.manifest.interpreter_digest;
        if interpreter == interpreter_digest() {
            let unsigned = Sections::read(&self.wasm)?.signed;
            let class = if self.baked(baker, &self.pack)? == unsigned {
                PackClass::DataOnly
            } else {
                PackClass::Foreign
            };
            return Ok(Proven { class, derived: None });
        }
        if !known::is_shipped(interpreter) {
            return Ok(Proven {
                class: PackClass::Foreign,
                derived: None,
            });
        }
        let derived = baker.bake(&self.pack).map_err(|error| Refusal::Runtime {
            reason: error.to_string(),
        })?;
        Ok(Proven {
            class: PackClass::Earlier,
            derived: Some(derived),
        })
    }
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
