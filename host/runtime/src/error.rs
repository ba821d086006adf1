//! Errors of the runtime itself, of loading a plugin and of calling one.

use cebridge_findings::Incomparable;
use std::time::Duration;

/// An error of the runtime itself, whatever the plugin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The engine can't be created on this machine.
    #[error("the WebAssembly engine can't start: {reason}")]
    Engine {
        /// The reason.
        reason: String,
    },
    /// A pack can't be baked.
    #[error("pack {pack} can't be baked: {reason}")]
    Bake {
        /// Name, edition and version of the pack.
        pack: String,
        /// The reason.
        reason: String,
    },
    /// A key for signing packs, or for trusting them, can't be read.
    #[error("not an Ed25519 {kind} key in PEM form: {reason}")]
    Key {
        /// `private` or `public`.
        kind: &'static str,
        /// The reason.
        reason: String,
    },
}

/// A plugin was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{plugin} is refused: {cause}")]
pub struct LoadError {
    /// Name of the plugin once known, otherwise the digest of the file.
    pub plugin: String,
    /// The reason.
    pub cause: Refusal,
}

/// Reason why a plugin was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The file exceeds the size limit for plugins.
    #[error("the file has {got} bytes, at most {limit} are allowed")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
        /// Bytes found.
        got: usize,
    },
    /// The file is not WebAssembly.
    #[error("the file is not WebAssembly")]
    NotWasm,
    /// The file is WebAssembly, but not a component.
    #[error("the file is a core WebAssembly module; a plugin is a component")]
    CoreModule,
    /// The file is damaged.
    #[error("the component is malformed: {reason}")]
    Malformed {
        /// Message of the reader.
        reason: String,
    },
    /// Compiling it would take too long.
    #[error("the component has {got} {what}, at most {limit} are allowed")]
    TooComplex {
        /// Name of the quantity counted.
        what: &'static str,
        /// Number allowed.
        limit: u64,
        /// Number found.
        got: u64,
    },
    /// The component needs an import from the host.
    #[error("it imports `{wanted}`, but plugins get no imports (no clock, files, network or keys)")]
    UnknownImport {
        /// The import.
        wanted: String,
    },
    /// It was built for another version of the contract.
    #[error("it was built for `{found}`; this host supports `{offered}`")]
    WrongContract {
        /// The plugin's contract.
        found: String,
        /// The host's contract.
        offered: String,
    },
    /// A function of the world is missing.
    #[error("it does not export `{name}`, which the world `{world}` requires")]
    MissingExport {
        /// The function.
        name: String,
        /// The world.
        world: &'static str,
    },
    /// A function of the world has the wrong type.
    #[error("its exports do not fit the world `{world}`: {reason}")]
    WrongExport {
        /// The world.
        world: &'static str,
        /// Message of the linker.
        reason: String,
    },
    /// A section of the pack is missing.
    #[error("it has no section `{name}`; packs are made by `cebridge pack build`")]
    MissingSection {
        /// The section.
        name: &'static str,
    },
    /// A section of the pack can't be read.
    #[error("its section `{name}` is unreadable: {reason}")]
    BadSection {
        /// The section.
        name: &'static str,
        /// The reason.
        reason: String,
    },
    /// The data was changed after the pack was made.
    #[error("its rules and texts were changed after it was made: their digest is another one; copy or build it again")]
    Changed,
    /// Code and texts belong to different packs.
    #[error("the component and its embedded pack disagree about {what}")]
    Disagreement {
        /// The part that differs.
        what: &'static str,
    },
    /// The compiler rejects it.
    #[error("it can't be compiled: {reason}")]
    Compile {
        /// Message of the compiler.
        reason: String,
    },
    /// It fails while being loaded.
    #[error("calling `{call}` failed: {cause}")]
    Fault {
        /// The function.
        call: &'static str,
        /// The cause of the failure.
        cause: FaultCause,
    },
    /// The runtime failed, not the plugin.
    #[error("{reason}")]
    Runtime {
        /// The reason.
        reason: String,
    },
}

/// A call to a plugin failed. The document of this call is not judged; the host and all other calls go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{plugin} failed in `{call}`: {cause}")]
pub struct PluginFault {
    /// Name, edition and version of the plugin.
    pub plugin: String,
    /// The function that was called.
    pub call: &'static str,
    /// The cause of the failure.
    pub cause: FaultCause,
}

/// Two documents could not be judged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// The pack failed.
    #[error(transparent)]
    Fault(#[from] PluginFault),
    /// The documents can't be combined.
    #[error(transparent)]
    Incomparable(#[from] Incomparable),
}

/// Cause of a failed call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultCause {
    /// The plugin's code trapped.
    #[error("trap: {reason}")]
    Trap {
        /// Message of the engine.
        reason: String,
    },
    /// The call exceeded its time limit.
    #[error("stopped after {limit:?} on the clock")]
    Timeout {
        /// Time allowed.
        limit: Duration,
    },
    /// The call used up its fuel.
    #[error("stopped after {limit} units of fuel")]
    Fuel {
        /// Fuel allowed.
        limit: u64,
    },
    /// The call exceeded its memory limit.
    #[error("it asked for {asked} bytes of memory, at most {limit} are allowed; a large input has to be split")]
    Memory {
        /// Bytes allowed.
        limit: usize,
        /// Bytes asked for.
        asked: usize,
    },
    /// The host is shutting down; this is not a fault of the plugin or the document.
    #[error("cut short, because the host is stopping")]
    Ended,
    /// The answer is invalid.
    #[error("malformed answer: {reason}")]
    Malformed {
        /// The defect.
        reason: String,
    },
    /// All instances of the sandbox are busy.
    #[error("all {instances} instances of the sandbox are in use")]
    Busy {
        /// Number of instances.
        instances: u32,
    },
}
