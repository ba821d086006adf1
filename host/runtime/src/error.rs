//! What can go wrong: with the runtime itself, with loading a plugin, with calling one.

use std::time::Duration;

/// The runtime can't do its work, whatever the plugin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// The engine can't be created on this machine.
    #[error("the WebAssembly engine can't start: {reason}")]
    Engine {
        /// Why.
        reason: String,
    },
    /// A pack can't be made.
    #[error("pack {pack} can't be baked: {reason}")]
    Bake {
        /// Name, edition and version of the pack.
        pack: String,
        /// Why.
        reason: String,
    },
    /// A key for signing packs, or for trusting them, can't be read.
    #[error("not an Ed25519 {kind} key in PEM form: {reason}")]
    Key {
        /// `private` or `public`.
        kind: &'static str,
        /// Why.
        reason: String,
    },
}

/// A plugin was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{plugin} is refused: {cause}")]
pub struct LoadError {
    /// The plugin: its name once that is known, else the digest of the file.
    pub plugin: String,
    /// Why.
    pub cause: Refusal,
}

/// Why a plugin was not loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The file is larger than any plugin may be.
    #[error("the file has {got} bytes, at most {limit} are allowed")]
    TooLarge {
        /// Bytes allowed.
        limit: usize,
        /// Bytes found.
        got: usize,
    },
    /// The file is something else.
    #[error("the file is no WebAssembly at all")]
    NotWasm,
    /// The file is WebAssembly, but no component.
    #[error("the file is a core WebAssembly module; a plugin is a component")]
    CoreModule,
    /// The file is damaged.
    #[error("the component is malformed: {reason}")]
    Malformed {
        /// What the reader says.
        reason: String,
    },
    /// Compiling it would take too long.
    #[error("the component has {got} {what}, at most {limit} are allowed")]
    TooComplex {
        /// What is counted.
        what: &'static str,
        /// Number allowed.
        limit: u64,
        /// Number found.
        got: u64,
    },
    /// It wants something from the host.
    #[error("it imports `{wanted}`; offered: none (plugins see no clock, file, network or key)")]
    UnknownImport {
        /// The import.
        wanted: String,
    },
    /// It was made for another version of the contract.
    #[error("it speaks `{found}`; this host speaks `{offered}`")]
    WrongContract {
        /// The plugin's.
        found: String,
        /// The host's.
        offered: String,
    },
    /// A function of the world is missing.
    #[error("it does not export `{name}`, which the world `{world}` wants")]
    MissingExport {
        /// The function.
        name: String,
        /// The world.
        world: &'static str,
    },
    /// A function of the world has another type.
    #[error("its exports do not fit the world `{world}`: {reason}")]
    WrongExport {
        /// The world.
        world: &'static str,
        /// What the linker says.
        reason: String,
    },
    /// A part of the pack is missing.
    #[error("it has no section `{name}`; packs are made by `cebridge pack build`")]
    MissingSection {
        /// The section.
        name: &'static str,
    },
    /// A part of the pack can't be read.
    #[error("its section `{name}` is unreadable: {reason}")]
    BadSection {
        /// The section.
        name: &'static str,
        /// Why.
        reason: String,
    },
    /// The data was changed after the pack was made.
    #[error("its rules and texts were changed after it was made: their digest is another one; copy or build it again")]
    Changed,
    /// Code and texts are of different packs.
    #[error("the component and its embedded pack disagree about {what}")]
    Disagreement {
        /// What they disagree about.
        what: &'static str,
    },
    /// The compiler refuses it.
    #[error("it can't be compiled: {reason}")]
    Compile {
        /// What the compiler says.
        reason: String,
    },
    /// It already fails while it is being loaded.
    #[error("calling `{call}` failed: {cause}")]
    Fault {
        /// The function.
        call: &'static str,
        /// How it failed.
        cause: FaultCause,
    },
    /// The runtime failed, not the plugin.
    #[error("{reason}")]
    Runtime {
        /// Why.
        reason: String,
    },
}

/// A call of a plugin failed. The document of this call is not judged; host and all other calls go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{plugin} failed in `{call}`: {cause}")]
pub struct PluginFault {
    /// Name, edition and version of the plugin.
    pub plugin: String,
    /// The function that was called.
    pub call: &'static str,
    /// How it failed.
    pub cause: FaultCause,
}

/// How a call failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultCause {
    /// The plugin's code gave up.
    #[error("trap: {reason}")]
    Trap {
        /// What the engine says.
        reason: String,
    },
    /// The call took too long by the clock.
    #[error("stopped after {limit:?} on the clock")]
    Timeout {
        /// Time allowed.
        limit: Duration,
    },
    /// The call took too many steps.
    #[error("stopped after {limit} units of fuel")]
    Fuel {
        /// Fuel allowed.
        limit: u64,
    },
    /// The call wanted too much memory.
    #[error("it asked for {asked} bytes of memory, at most {limit} are allowed")]
    Memory {
        /// Bytes allowed.
        limit: usize,
        /// Bytes asked for.
        asked: usize,
    },
    /// The host is about to end; the call says nothing about plugin or document.
    #[error("cut short, because the host is stopping")]
    Ended,
    /// The answer makes no sense.
    #[error("malformed answer: {reason}")]
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// All instances of the sandbox are busy.
    #[error("all {instances} instances of the sandbox are in use")]
    Busy {
        /// Number of instances.
        instances: u32,
    },
}
