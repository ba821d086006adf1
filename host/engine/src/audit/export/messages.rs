//! The messages of an export: envelopes, the signed content, and all that is needed to verify it without this program.

use super::super::contents::{message_in, sha256};
use super::super::dossier::certificate_in;
use super::super::file::safe;
use super::bundle::{Bundle, failed};
use crate::error::EngineError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_ledger::MessageView;
use cebridge_message::{Document, Limits};
use cebridge_signature::c14n::{Comments, Part, canonicalize};
use cebridge_signature::{Certificate, Profile, sm2_value};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// Messages on their way into an export.
pub(super) struct Messages {
    /// The list of messages, on disk until all are in.
    list: BufWriter<File>,
    certificates: BTreeMap<String, Certificate>,
    count: u64,
    target: PathBuf,
}

impl Messages {
    pub(super) fn new(target: &Path) -> Result<Self, EngineError> {
        let list = tempfile::tempfile().map_err(|error| failed(target, error))?;
        let mut messages = Self {
            list: BufWriter::new(list),
            certificates: BTreeMap::new(),
            count: 0,
            target: target.to_owned(),
        };
        messages.note("message\tcertificate\tprofile\tsha256\tenvelope")?;
        Ok(messages)
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn put(&mut self, bundle: &mut Bundle<'_>, row: MessageView) -> Result<(), EngineError> {
        self.count += 1;
        let id = safe(&row.cop_msg_id);
        let envelope = envelope_file(&row.cop_msg_id);
        bundle.file(&envelope, &row.envelope)?;
        // A tampered envelope is exported unchanged: the chain of events proves the tampering.
        let Ok(message) = message_in(&row.envelope) else {
            return self.note(&format!("-\t-\t{}\t-\t{envelope}", row.profile));
        };
        let name = message_file(&row.cop_msg_id);
        bundle.file(&name, &message)?;
        let mut certificate = "-".to_owned();
        if let Some(found) = certificate_in(&message) {
            certificate = certificate_file(&found.serial_hex());
            self.certificates.insert(certificate.clone(), found);
        }
        if row.profile == Profile::SM2_SM3.name()
            && let Some((info, value)) = signature_of(&message)
        {
            bundle.file(&format!("signed-info/{id}.xml"), &info)?;
            bundle.file(&format!("signed-info/{id}.sig"), &value)?;
        }
        self.note(&format!(
            "{name}\t{certificate}\t{}\t{}\t{envelope}",
            row.profile,
            sha256(&message)
        ))
    }

    /// Adds the list and the certificates to the export. Returns the number of certificates.
    pub(super) fn finish(self, bundle: &mut Bundle<'_>) -> Result<u64, EngineError> {
        let target = &self.target;
        let io = |error: std::io::Error| failed(target, error);
        let mut file = self
            .list
            .into_inner()
            .map_err(|error| failed(target, error.into_error()))?;
        file.rewind().map_err(io)?;
        let mut entry = bundle.begin("messages.tsv")?;
        let mut piece = vec![0; 64 * 1024];
        loop {
            let length = file.read(&mut piece).map_err(io)?;
            if length == 0 {
                break;
            }
            entry.put(piece.get(..length).unwrap_or_default())?;
        }
        entry.end()?;
        for (name, certificate) in &self.certificates {
            bundle.file(name, certificate.to_pem().as_bytes())?;
        }
        Ok(self.certificates.len() as u64)
    }

    fn note(&mut self, line: &str) -> Result<(), EngineError> {
        writeln!(self.list, "{line}").map_err(|error| failed(&self.target, error))
    }
}

pub(super) fn envelope_file(cop_msg_id: &str) -> String {
    format!("envelopes/{}.xml", safe(cop_msg_id))
}

pub(super) fn message_file(cop_msg_id: &str) -> String {
    format!("messages/{}.xml", safe(cop_msg_id))
}

pub(super) fn certificate_file(serial: &str) -> String {
    format!("certificates/{}.pem", safe(serial))
}

/// The canonical form of `SignedInfo`, which is what was signed, and the signature value in the form that OpenSSL
/// reads.
fn signature_of(message: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let parsed = Document::parse(message, &Limits::MESSAGE).ok()?;
    let info = parsed.find(0, "Signature/SignedInfo")?;
    let at = parsed.node(info)?.at as usize;
    let canonical = canonicalize(parsed.text(), Part::Element(at), Comments::Drop).ok()?;
    let value = parsed.value(parsed.find(0, "Signature/SignatureValue")?);
    let value: String = value.split_whitespace().collect();
    let der = sm2_value::to_der(&STANDARD.decode(value).ok()?)?;
    Some((canonical, der))
}
