//! Contents of envelopes and receipt files, for the ledger check.

use super::known_roles::KnownRoles;
use crate::packs::in_folder;
use crate::receipts::{record_digest, reply_digest};
use crate::values;
use cebridge_ledger::{Opened, Reader, Record};
use cebridge_message::{Arrived, Document, Element, Limits, arrived, enclosed};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// Progress callback of a long task: stage, amount done, total.
pub type Progress<'p> = &'p dyn Fn(&'static str, u64, u64);

/// Reads messages, receipts and the archive folder.
pub(super) struct Contents<'p> {
    /// The pack archive folder, if configured.
    pub(super) archive: Option<PathBuf>,
    pub(super) roles: KnownRoles,
    pub(super) progress: Progress<'p>,
}

impl Reader for Contents<'_> {
    fn open(&self, envelope: &[u8]) -> Result<Option<Opened>, String> {
        let message = message_in(envelope)?;
        let parsed = Document::parse(&message, &Limits::MESSAGE).map_err(|error| error.to_string())?;
        let documents = parsed.children(0).filter_map(|child| {
            let element = Element::from_document(&parsed, child);
            let guid = self.roles.id(&element)?.to_owned();
            Some((guid, values::json(&element)))
        });
        Ok(Some(Opened {
            body_sha256: sha256(&message),
            documents: documents.collect(),
        }))
    }

    fn records(&self, file: &[u8]) -> Result<Option<Vec<Record>>, String> {
        let read = arrived(file, &Limits::RECEIPT).map_err(|error| error.to_string())?;
        let records = match read {
            Arrived::Reply(read) => read
                .reply
                .responses
                .iter()
                .map(|response| Record {
                    digest: reply_digest(response),
                    values_json: None,
                    status: response.code.clone(),
                    info: Some(response.info.clone().unwrap_or_default()),
                })
                .collect(),
            Arrived::Message(message) => {
                let records = message.records.iter();
                records.map(|record| self.record(&message.root, record)).collect()
            }
        };
        Ok(Some(records))
    }

    fn wrong_with_pack(&self, digest: &str) -> Option<String> {
        let Some(folder) = &self.archive else {
            return Some("its bytes lie in a folder, and no [packs] archive is configured".to_owned());
        };
        match in_folder(folder, digest) {
            Ok(Some(bytes)) if sha256(&bytes) == digest => None,
            Ok(Some(_)) => Some(format!("its file in {} was changed", folder.display())),
            Ok(None) => Some(format!("its file is not in {}", folder.display())),
            Err(error) => Some(error.to_string()),
        }
    }

    fn progress(&self, stage: &'static str, done: u64, total: u64) {
        (self.progress)(stage, done, total);
    }
}

impl Contents<'_> {
    fn record(&self, root: &str, record: &Element) -> Record {
        let json = values::json(record);
        let code = self.roles.code(root);
        Record {
            digest: record_digest(code, &json),
            status: self.roles.status(root, record).to_owned(),
            info: self.roles.info(root, record).map(str::to_owned),
            // For errors about whole messages, the ledger keeps no values.
            values_json: (!self.roles.refuses_message(code)).then_some(json),
        }
    }
}

/// The signed message in an envelope, byte for byte.
pub(super) fn message_in(envelope: &[u8]) -> Result<Vec<u8>, String> {
    let parsed = Document::parse(envelope, &Limits::ENVELOPE).map_err(|error| error.to_string())?;
    match enclosed(&parsed) {
        Some(message) => message.map_err(|error| error.to_string()),
        None => Err("it is not a DXP envelope".to_owned()),
    }
}

/// SHA-256 in hex.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
