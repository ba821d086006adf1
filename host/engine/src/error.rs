//! Errors of the pipeline.

use crate::audit::AuditError;
use crate::config::ConfigError;
use cebridge_ledger::LedgerError;
use cebridge_runtime::{LoadError, PluginFault, RuntimeError};
use cebridge_signature::{CertificateError, KeyError, SignError};
use cebridge_transport::TransportError;
use std::path::PathBuf;

/// Why the pipeline could not do its work. Findings about documents are no errors: they are part of the reports.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The configuration lacks something that this command needs.
    #[error("{what} is not configured: {hint}")]
    NotConfigured {
        /// The setting.
        what: &'static str,
        /// What to do.
        hint: String,
    },
    /// A setting with a value that the pack in force does not know.
    #[error("{what} cannot be `{value}`: {hint}")]
    Setting {
        /// The setting.
        what: String,
        /// Its value.
        value: String,
        /// What it may be.
        hint: String,
    },
    /// The configuration, or an enterprise that it does not have.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// No pack is in force.
    #[error("no edition is in force on {day}: the earliest one begins {earliest}")]
    NoEdition {
        /// The day asked for.
        day: String,
        /// First day of the earliest edition.
        earliest: String,
    },
    /// An edition that is not installed.
    #[error("edition {asked} is not installed; there are {known}")]
    UnknownEdition {
        /// The edition asked for.
        asked: String,
        /// Installed editions.
        known: String,
    },
    /// The pack that the record has in force can't be used.
    #[error(
        "edition {edition} is in force as {digest} since {since}, and that pack can't be used: {reason}. Nothing is judged by \
         other rules until a person decides: `cebridge pack rollback {edition}`, `cebridge pack remove {edition}`, or other \
         keys in rules.trust where the signature is the reason"
    )]
    InForce {
        /// The edition.
        edition: String,
        /// Begin of the pack's digest.
        digest: String,
        /// Since when it is in force.
        since: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A change of the packs in force that can't be made.
    #[error("edition {edition}: {reason}")]
    Change {
        /// The edition.
        edition: String,
        /// Why not, and the way out.
        reason: String,
    },
    /// A daemon that does not answer.
    #[error("the daemon that works on this ledger {why}")]
    NoAnswer {
        /// What became of it, and the way out.
        why: String,
    },
    /// Files of the packs folder are not in order, and the configuration wants nothing to be judged then.
    #[error("{0}")]
    Standstill(String),
    /// The cases of a pack take too long.
    #[error("the cases of {pack} take longer than {seconds} s")]
    Cases {
        /// The pack.
        pack: String,
        /// Time allowed.
        seconds: u64,
    },
    /// The host is about to end.
    #[error("the host is stopping; the input goes on where it was left")]
    Stopping,
    /// Rule source that does not compile.
    #[error("the shipped rules do not compile: {0}")]
    Rules(String),
    /// A file or folder.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: std::io::Error,
    },
    /// A pack or plugin that can't be loaded.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The sandbox.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// A plugin that failed as a whole.
    #[error(transparent)]
    Plugin(#[from] PluginFault),
    /// The store.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The way to the exchange platform.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A key or certificate.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The auditor's view.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Signing.
    #[error("{message} could not be signed: {source}")]
    Sign {
        /// Message code.
        message: String,
        /// Why.
        source: SignError,
    },
    /// A message of our own making that would be refused: nothing of it is sent.
    #[error("{message} would be refused as a whole, nothing was sent: {reasons}")]
    Assembly {
        /// Message code.
        message: String,
        /// Findings about the message as a whole.
        reasons: String,
    },
    /// Another process is at work on the input.
    #[error("{input} is being taken by another process ({owner}); nothing was done with it here")]
    Taken {
        /// File name.
        input: String,
        /// The process.
        owner: String,
    },
    /// An input that the mapper can't read.
    #[error("{input}: {reason}")]
    Input {
        /// File name.
        input: String,
        /// What the mapper says.
        reason: String,
    },
}

/// A document of a mapper that fits no message.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the mapper made a wrong {document}: {what}")]
pub struct MapFault {
    /// Message code that it gave.
    pub document: String,
    /// Source record.
    pub record: String,
    /// What is wrong.
    pub what: String,
}
