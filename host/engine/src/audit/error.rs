//! Errors of the auditor's view, each with its remedy.

use std::path::PathBuf;

/// Reason the auditor's question could not be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// A file of heads that can't be parsed.
    #[error(
        "{path}:{line}: not a chain head; `cebridge ledger head` writes one: {{\"event\":…,\"chain\":\"…\",\"at\":\"…\"}}"
    )]
    Head {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
    },
    /// A file of heads that contains none.
    #[error("{path} holds no head; `cebridge ledger head -o {path}` writes one")]
    NoHead {
        /// The file.
        path: PathBuf,
    },
    /// The ledger has no event yet.
    #[error("the ledger {path} has no event yet, so its chain has no head")]
    NoEvents {
        /// The ledger.
        path: PathBuf,
    },
    /// Evidence would be mixed with other files.
    #[error("the folder {path} is not empty; name one that is, or that does not exist yet")]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The file exists.
    #[error("{path} exists and is not overwritten; name another file")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The last day is before the first.
    #[error("the period ends on {to}, before it begins on {from}")]
    Period {
        /// First day.
        from: String,
        /// Last day.
        to: String,
    },
    /// No key can sign an export.
    #[error(
        "nothing can sign the export: {reason}. `cebridge ledger keygen -o export.key.pem` makes a key for it; name it with \
         --key, or as export-key in the section [record] of cebridge.toml"
    )]
    NoSeal {
        /// The reason.
        reason: String,
    },
    /// The export key can't be used.
    #[error("{path}: {reason}; `cebridge ledger keygen` makes a key for exports")]
    ExportKey {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The export can't be signed.
    #[error("the export could not be signed: {0}")]
    Sealing(String),
    /// The archive file can't be written.
    #[error("cannot write {path}: {reason}")]
    Archive {
        /// The file.
        path: PathBuf,
        /// The cause.
        reason: String,
    },
    /// A copy that is not sound.
    #[error(
        "the copy was made and is not sound, so it was not kept: {problem}. `cebridge ledger check` says what is wrong with the ledger"
    )]
    Copy {
        /// The first problem.
        problem: String,
    },
    /// The pack that judged a document can't be found.
    #[error(
        "the pack {digest} of edition {edition}, which judged {document}, is not in the archive any more and is not shipped \
         with this program. Put its file, sha256 {digest}, into the archive folder ([packs] archive) as {digest}.wasm, or \
         judge with `cebridge validate --pack FILE`; a backup of the ledger or an earlier cebridge may still have it"
    )]
    PackGone {
        /// The document.
        document: String,
        /// Its edition.
        edition: String,
        /// Digest of the pack.
        digest: String,
    },
    /// The documents found by a key were judged by several packs.
    #[error("{key} finds documents that were judged by different packs; name one of them by its guid: {documents}")]
    SeveralPacks {
        /// The key.
        key: String,
        /// The documents with their packs.
        documents: String,
    },
    /// The document was never sent, so no message of it can be judged.
    #[error("{document} was never put into a message, so there is nothing of its own to judge; name a FILE")]
    NoMessage {
        /// The document.
        document: String,
    },
}
