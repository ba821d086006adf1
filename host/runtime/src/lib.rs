//! Runs plugins: builds, loads, verifies, limits, calls and swaps WebAssembly components.
//!
//! * [`Sandbox`] is the engine with its limits; every plugin call runs in a fresh instance inside it.
//! * [`bake`] turns a compiled [`Pack`] into a `.wasm` file, [`PackFile`] reads such a file and proves that it is the
//!   shipped interpreter with other data, [`sign_pack`] and [`pack_signature`] handle signatures.
//! * [`LoadedPack`] judges messages and pairs of documents, and explains the findings; [`MapperPlugin`] maps ERP data.
//! * [`Registry`] holds the packs by edition and swaps them while they are in use.

mod bake;
mod bind;
mod bindings;
mod case;
mod compile;
mod compiled;
mod error;
mod explain;
mod finding;
mod inspect;
mod instance;
mod known;
mod layout;
mod mapper;
mod native;
mod pack;
mod pairs;
mod registry;
mod sandbox;
mod sections;
mod shipped;
mod sign;
mod texts;
mod verify;

pub use bake::bake;
pub use case::pair_of;
pub use cebridge_rule_compiler::{Grade, SourceSet};
pub use cebridge_rule_core::evaluate::{NO_DECL, RawFinding};
pub use cebridge_rule_core::pack::{Layer, Pack, Pair, Severity, Unique};
pub use compiled::CacheFault;
pub use error::{FaultCause, LoadError, PluginFault, Refusal, RuntimeError};
pub use finding::{Finding, Grades};
pub use instance::PackInstance;
pub use mapper::{MapError, MapperPlugin, mapping};
pub use pack::{LoadedPack, Need, Obstacle, PolicyDecision, PolicyKey, PolicyQuery};
pub use pairs::{Joint, PairError};
pub use registry::{Packs, Registry};
pub use sandbox::{Allocation, CallLimits, Sandbox, SandboxLimits};
pub use sections::PackManifest;
pub use shipped::{interpreter, interpreter_digest, shipped_mapper, shipped_mappers, shipped_sources};
pub use sign::{PackSignature, pack_signature, pack_signing_key, pack_trust_key, pack_trust_keys, sign_pack};
pub use texts::plain;
pub use verify::{PackClass, PackFile};
pub use {ed25519_dalek::SigningKey, ed25519_dalek::VerifyingKey};

/// Version of the plugin contract that this host supports.
pub const CONTRACT: &str = "cebridge:plugin@0.1.0";

/// Size limit of a plugin file in bytes.
pub const MAX_PLUGIN_BYTES: usize = 16 << 20;

/// Returns the SHA-256 as lower-case hex.
fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(bytes))
}
