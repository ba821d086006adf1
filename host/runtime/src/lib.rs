//! Runs plugins: builds, loads, verifies, limits, calls and swaps WebAssembly components.
//!
//! * [`Sandbox`] is the engine with its limits; every plugin call runs in a fresh instance inside it.
//! * [`Baker`] turns a compiled pack into a `.wasm` file, [`PackFile`] reads such a file and proves that it is the shipped
//!   interpreter with other data, [`sign_pack`] and [`pack_signature`] handle signatures.
//! * [`LoadedPack`] judges messages and pairs of documents; its rules are a [`cebridge_findings::RuleSet`].
//!   [`MapperPlugin`] maps ERP data.
//! * [`Registry`] holds the packs by edition and swaps them while they are in use.
#![cfg_attr(not(test), deny(clippy::indexing_slicing, clippy::string_slice))]

mod bake;
mod bindings;
mod compare;
mod compile;
mod compiled;
mod contract;
mod digest;
mod error;
mod inspect;
mod instance;
mod known;
mod mapper;
mod module;
mod pack;
mod registry;
mod sandbox;
mod sections;
mod self_description;
mod shipped;
mod sign;
mod verify;

pub use bake::Baker;
pub use bindings::rule_pack::cebridge::plugin::rules::{
    Decision as PolicyDecision, KeyKind as PolicyKey, Need as Requirement, Obstacle as Ineligibility, PolicyQuery,
};
pub use compiled::CacheFault;
pub use contract::{CONTRACT, MAX_PLUGIN_BYTES};
pub use error::{FaultCause, LoadError, PairError, PluginFault, Refusal, RuntimeError};
pub use instance::PackInstance;
pub use mapper::{MapError, MapperPlugin, mapping};
pub use pack::LoadedPack;
pub use registry::{PackSet, Registry};
pub use sandbox::{Allocation, CallLimits, Sandbox, SandboxLimits};
pub use sections::PackManifest;
pub use shipped::{interpreter, interpreter_digest, shipped_mapper, shipped_mappers, shipped_sources};
pub use sign::{PackSignature, pack_signature, pack_signing_key, pack_trust_keys, sign_pack};
pub use verify::{PackClass, PackFile};
pub use {ed25519_dalek::SigningKey, ed25519_dalek::VerifyingKey};
