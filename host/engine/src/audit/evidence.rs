//! Evidence about documents, as files in a folder.

use super::file::{io, safe, write};
use super::{AuditError, Dossier};
use crate::error::EngineError;
use std::collections::BTreeSet;
use std::path::Path;

/// Writes the evidence about documents into an empty folder: envelopes, the messages inside, receipts as received,
/// packs, certificates and `history.json`. Returns the names of the files.
///
/// # Errors
/// The folder is not empty or can't be created, or a file can't be written.
pub fn write_evidence(folder: &Path, dossiers: &[Dossier]) -> Result<Vec<String>, EngineError> {
    prepare(folder)?;
    let mut written = BTreeSet::new();
    let mut put = |name: String, bytes: &[u8]| -> Result<(), EngineError> {
        // Documents of one message share its files, and documents of one receipt file share that file.
        if written.insert(name.clone()) {
            write(&folder.join(name), bytes)?;
        }
        Ok(())
    };
    for dossier in dossiers {
        if let Some(sent) = &dossier.sent {
            let id = safe(&sent.cop_msg_id);
            put(format!("{id}.envelope.xml"), &sent.envelope)?;
            put(format!("{id}.message.xml"), &sent.message)?;
        }
        for receipt in &dossier.receipts {
            let name = if receipt.file.is_empty() {
                format!("receipt-{}.json", receipt.id)
            } else {
                let digest: String = receipt.file_sha256.chars().take(12).collect();
                format!("receipt-{digest}-{}", safe(&receipt.file))
            };
            put(name, &receipt.raw)?;
        }
        if let Some(wasm) = &dossier.pack.wasm {
            let digest: String = dossier.pack.digest.chars().take(12).collect();
            put(format!("pack-{}-{digest}.wasm", safe(&dossier.pack.edition)), wasm)?;
        }
        if let Some(certificate) = &dossier.certificate {
            put(
                format!("certificate-{}.pem", safe(&certificate.serial)),
                certificate.pem.as_bytes(),
            )?;
        }
    }
    let json = serde_json::to_vec_pretty(dossiers).map_err(|error| io("cannot write", folder, error.into()))?;
    put("history.json".to_owned(), &json)?;
    Ok(written.into_iter().collect())
}

/// Creates the folder, or accepts an empty one.
fn prepare(folder: &Path) -> Result<(), EngineError> {
    let failed = |source| io("cannot use the folder", folder, source);
    if folder.exists() {
        if std::fs::read_dir(folder).map_err(failed)?.next().is_some() {
            return Err(AuditError::NotEmpty {
                path: folder.to_owned(),
            }
            .into());
        }
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(failed)
}
