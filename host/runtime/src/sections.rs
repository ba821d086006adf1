//! The custom sections after the code of a pack: manifest, texts and signature.

use crate::error::Refusal;
use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload};

/// Section with the manifest, as JSON.
pub(crate) const MANIFEST: &str = "cebridge:manifest";
/// Section with the pack: program, texts and cases.
pub(crate) const PACK: &str = "cebridge:pack";
/// Section with the signature, as JSON; always the last one.
pub(crate) const SIGNATURE: &str = "cebridge:signature";

/// Identity of a pack, readable without running or decoding it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PackManifest {
    /// Name, for example `ceb`.
    pub name: String,
    /// Edition of the specification.
    pub edition: String,
    /// Version of the pack.
    pub version: String,
    /// First day in force, `YYYY-MM-DD`, China Standard Time.
    pub effective_from: String,
    /// The notice that introduced it.
    pub notice: String,
    /// How the edition was put together if its official text was not available; empty for an official one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub derived: String,
    /// SHA-256 (hex) of the rule source.
    pub source_digest: String,
    /// SHA-256 (hex) of the section with program, severities, texts, pairs and cases. `None` in packs made before this
    /// field existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_digest: Option<String>,
    /// SHA-256 (hex) of the interpreter it was made with.
    pub interpreter_digest: String,
    /// Version of the plugin contract.
    pub contract: String,
}

/// The sections of a file.
#[derive(Debug, Default)]
pub(crate) struct Sections<'a> {
    pub(crate) manifest: Option<&'a [u8]>,
    pub(crate) pack: Option<&'a [u8]>,
    pub(crate) signature: Option<&'a [u8]>,
    /// The bytes that a signature covers: everything before its section.
    pub(crate) signed: &'a [u8],
}

impl<'a> Sections<'a> {
    pub(crate) fn read(wasm: &'a [u8]) -> Result<Self, Refusal> {
        let mut found = Self {
            signed: wasm,
            ..Self::default()
        };
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(malformed)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::CustomSection(section) if depth == 0 => {
                    found.take(wasm, section.name(), section.data())?;
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn take(&mut self, wasm: &'a [u8], name: &str, data: &'a [u8]) -> Result<(), Refusal> {
        let (slot, name) = match name {
            MANIFEST => (&mut self.manifest, MANIFEST),
            PACK => (&mut self.pack, PACK),
            SIGNATURE => (&mut self.signature, SIGNATURE),
            _ => return Ok(()),
        };
        if slot.replace(data).is_some() {
            return Err(Refusal::BadSection {
                name,
                reason: "it stands there twice".to_owned(),
            });
        }
        if name == SIGNATURE {
            let section = custom(name, data);
            self.signed = wasm.strip_suffix(&section[..]).ok_or_else(|| Refusal::BadSection {
                name,
                reason: "it is not the last section".to_owned(),
            })?;
        }
        Ok(())
    }
}

/// Appends a custom section.
pub(crate) fn append(wasm: &mut Vec<u8>, name: &str, data: &[u8]) {
    wasm.extend(custom(name, data));
}

fn custom(name: &str, data: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(name.len() + data.len() + 8);
    leb128(&mut body, name.len());
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(data);
    let mut section = vec![0];
    leb128(&mut section, body.len());
    section.extend(body);
    section
}

fn leb128(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn malformed(error: wasmparser::BinaryReaderError) -> Refusal {
    Refusal::Malformed {
        reason: error.to_string(),
    }
}
