//! Signs packs and checks signatures: Ed25519 over everything before the signature section.

use crate::digest::sha256;
use crate::error::{LoadError, Refusal, RuntimeError};
use crate::sections::{self, SIGNATURE, Sections};
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

const ALGORITHM: &str = "ed25519";

/// State of a pack's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackSignature {
    /// Not signed.
    Unsigned,
    /// Valid, with a trusted key.
    Trusted {
        /// The public key, hex.
        key: String,
    },
    /// Valid, but with a key that is not trusted.
    Untrusted {
        /// The public key, hex.
        key: String,
    },
    /// Invalid: the file was changed after signing, or the signature is malformed.
    Invalid {
        /// The defect found.
        reason: String,
    },
}

/// The signature section, as JSON.
#[derive(Serialize, Deserialize)]
struct Section {
    algorithm: String,
    key: String,
    value: String,
}

/// Signs a pack and replaces any earlier signature.
///
/// # Errors
/// The file is not readable WebAssembly.
pub fn sign_pack(wasm: &[u8], key: &SigningKey) -> Result<Vec<u8>, LoadError> {
    let refuse = |cause| LoadError {
        plugin: file_name(wasm),
        cause,
    };
    let mut signed = Sections::read(wasm).map_err(refuse)?.signed.to_vec();
    let section = Section {
        algorithm: ALGORITHM.to_owned(),
        key: hex::encode(key.verifying_key().as_bytes()),
        value: hex::encode(key.sign(&signed).to_bytes()),
    };
    let json = serde_json::to_vec(&section).map_err(|error| refuse(unreadable(error.to_string())))?;
    sections::append(&mut signed, SIGNATURE, &json);
    Ok(signed)
}

/// Checks a pack's signature against the trusted keys.
///
/// # Errors
/// The file is not readable WebAssembly.
pub fn pack_signature(wasm: &[u8], trust: &[VerifyingKey]) -> Result<PackSignature, LoadError> {
    let sections = Sections::read(wasm).map_err(|cause| LoadError {
        plugin: file_name(wasm),
        cause,
    })?;
    Ok(check(&sections, trust))
}

pub(crate) fn check(sections: &Sections<'_>, trust: &[VerifyingKey]) -> PackSignature {
    let Some(json) = sections.signature else {
        return PackSignature::Unsigned;
    };
    match verify(json, sections.signed) {
        Ok(key) => {
            let hex = hex::encode(key.as_bytes());
            if trust.contains(&key) {
                PackSignature::Trusted { key: hex }
            } else {
                PackSignature::Untrusted { key: hex }
            }
        }
        Err(reason) => PackSignature::Invalid { reason },
    }
}

fn verify(json: &[u8], signed: &[u8]) -> Result<VerifyingKey, String> {
    let section: Section = serde_json::from_slice(json).map_err(|error| error.to_string())?;
    // Another encoding of the same signature would give the same pack another file, and so another identity.
    if serde_json::to_vec(&section).ok().as_deref() != Some(json) || upper(&section.key) || upper(&section.value) {
        return Err("it is not written as `cebridge pack build --sign` writes it".to_owned());
    }
    if section.algorithm != ALGORITHM {
        return Err(format!("algorithm `{}` is not known", section.algorithm));
    }
    let (mut key, mut value) = ([0; 32], [0; 64]);
    hex::decode_to_slice(&section.key, &mut key).map_err(|error| format!("key: {error}"))?;
    hex::decode_to_slice(&section.value, &mut value).map_err(|error| format!("value: {error}"))?;
    let key = VerifyingKey::from_bytes(&key).map_err(|error| format!("key: {error}"))?;
    key.verify_strict(signed, &Signature::from_bytes(&value))
        .map_err(|_| "the signature does not fit the file; it was changed after signing".to_owned())?;
    Ok(key)
}

fn upper(hex: &str) -> bool {
    hex.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Reads a private key for signing packs (PEM, `PRIVATE KEY`).
///
/// # Errors
/// The text does not hold an Ed25519 private key.
pub fn pack_signing_key(pem: &str) -> Result<SigningKey, RuntimeError> {
    SigningKey::from_pkcs8_pem(pem).map_err(|error| RuntimeError::Key {
        kind: "private",
        reason: error.to_string(),
    })
}

/// Reads a public key of the trust store (PEM, `PUBLIC KEY`).
///
/// # Errors
/// The text does not hold an Ed25519 public key.
fn pack_trust_key(pem: &str) -> Result<VerifyingKey, RuntimeError> {
    VerifyingKey::from_public_key_pem(pem).map_err(|error| RuntimeError::Key {
        kind: "public",
        reason: error.to_string(),
    })
}

/// Reads the keys of a trust file: one or more Ed25519 keys in PEM form, with any text between them.
///
/// # Errors
/// It holds no key, or another kind of PEM block: configured protection must not be off by mistake.
pub fn pack_trust_keys(text: &str) -> Result<Vec<VerifyingKey>, RuntimeError> {
    let no_key = |reason: String| RuntimeError::Key { kind: "public", reason };
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("-----BEGIN ") {
        let block = rest.get(at..).unwrap_or_default();
        let end = "-----END PUBLIC KEY-----";
        if !block.starts_with("-----BEGIN PUBLIC KEY-----") {
            let label = block.lines().next().unwrap_or_default();
            return Err(no_key(format!("`{label}` is no PUBLIC KEY")));
        }
        let length = block
            .find(end)
            .ok_or_else(|| no_key("a PUBLIC KEY has no end".to_owned()))?
            + end.len();
        let (key, after) = block.split_at(length);
        keys.push(pack_trust_key(key)?);
        rest = after;
    }
    if keys.is_empty() {
        return Err(no_key("the file holds no `-----BEGIN PUBLIC KEY-----`".to_owned()));
    }
    Ok(keys)
}

/// Returns a name for a file whose manifest is not known.
pub(crate) fn file_name(wasm: &[u8]) -> String {
    let digest = sha256(wasm);
    format!("plugin file {}", digest.get(..12).unwrap_or_default())
}

fn unreadable(reason: String) -> Refusal {
    Refusal::BadSection {
        name: SIGNATURE,
        reason,
    }
}
