//! Errors of the pipeline.

use crate::audit::AuditError;
use crate::config::ConfigError;
use cebridge_ledger::LedgerError;
use cebridge_runtime::{LoadError, PluginFault, RuntimeError};
use cebridge_signature::{CertificateError, KeyError, SignError};
use cebridge_transport::TransportError;
use std::path::PathBuf;

/// Reason the pipeline failed. Findings about documents are not errors: they are part of the reports.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The configuration lacks something that this command needs.
    #[error("{what} is not configured: {hint}")]
    NotConfigured {
        /// The setting.
        what: &'static str,
        /// The remedy.
        hint: String,
    },
    /// A setting with a value that the pack in force does not know.
    #[error("{what} cannot be `{value}`: {hint}")]
    Setting {
        /// The setting.
        what: String,
        /// Its value.
        value: String,
        /// Allowed values.
        hint: String,
    },
    /// An error in the configuration, or an enterprise it does not have.
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
    #[error("edition {asked} is not installed; installed editions: {known}")]
    UnknownEdition {
        /// The edition asked for.
        asked: String,
        /// Installed editions.
        known: String,
    },
    /// The pack on record as in force can't be used.
    #[error(
        "edition {edition} is in force as {digest} since {since}, and that pack can't be used: {reason}. Nothing is judged by \
         other rules until a person decides: `cebridge pack rollback {edition}`, `cebridge pack remove {edition}`, or other \
         keys in rules.trust where the signature is the reason"
    )]
    InForce {
        /// The edition.
        edition: String,
        /// Start of the pack's digest.
        digest: String,
        /// Time it came into force.
        since: String,
        /// The reason.
        reason: String,
    },
    /// A change to the packs in force that can't be made.
    #[error("edition {edition}: {reason}")]
    Change {
        /// The edition.
        edition: String,
        /// The reason and the remedy.
        reason: String,
    },
    /// A daemon that does not answer.
    #[error("the daemon that works on this ledger {why}")]
    NoAnswer {
        /// The daemon's state and the remedy.
        why: String,
    },
    /// Files in the packs folder are broken or missing, and the configuration says to judge nothing in that case.
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
    /// The host is stopping.
    #[error("the host is stopping; the input goes on where it was left")]
    Stopping,
    /// Rule source that does not compile.
    #[error("the shipped rules do not compile: {0}")]
    Rules(String),
    /// An I/O error on a file or folder.
    #[error("{action} {path}: {source}")]
    Io {
        /// The attempted action.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
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
    /// The transport to the exchange platform.
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
        /// The cause.
        source: SignError,
    },
    /// A message of ours that would be refused as a whole; nothing of it is sent.
    #[error("{message} would be refused as a whole, nothing was sent: {reasons}")]
    Assembly {
        /// Message code.
        message: String,
        /// Findings about the message as a whole.
        reasons: String,
    },
    /// Another process is working on the input.
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
        /// The mapper's reason.
        reason: String,
    },
}

/// A mapper's document that fits no message.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the mapper made a wrong {document}: {what}")]
pub(crate) struct MapFault {
    /// Message code given by the mapper.
    pub document: String,
    /// Source record.
    pub record: String,
    /// The problem.
    pub what: String,
}
