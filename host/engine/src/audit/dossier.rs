//! `ledger show`: all that is known about a document, with its evidence.

use super::contents::{message_in, sha256};
use super::story::{Told, story};
use crate::config::Config;
use crate::error::EngineError;
use crate::fate::Fate;
use crate::packs::{Forces, Packs, Store};
use crate::status::fate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cebridge_clock::utc;
use cebridge_ledger::{DocumentView, Force, Ledger, MessageView, ReceiptFilter};
use cebridge_message::{Document, Limits};
use cebridge_runtime::shipped_sources;
use cebridge_signature::Certificate;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A document with its evidence.
#[derive(Debug, Clone, Serialize)]
pub struct Dossier {
    /// Id in the ledger.
    pub document: i64,
    /// Its fate.
    #[serde(flatten)]
    pub fate: Fate,
    /// `appType`.
    pub app_type: String,
    /// When it was recorded.
    #[serde(serialize_with = "utc::serialize")]
    pub accepted_at: Timestamp,
    /// SHA-256 of its business values.
    pub content_hash: String,
    /// Numbers customs assigned, by field name.
    pub assigned: BTreeMap<String, String>,
    /// The message that carried it; null if it was never meant to be sent.
    pub sent: Option<Sent>,
    /// Receipts, in order of arrival.
    pub receipts: Vec<Received>,
    /// The pack that judged it.
    pub pack: JudgedBy,
    /// The certificate in the signature of the message; null for unsigned messages.
    pub certificate: Option<SignedBy>,
    /// Its events, in order.
    pub history: Vec<Told>,
}

/// A message that carried a document.
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    /// `CopMsgId`.
    pub cop_msg_id: String,
    /// SHA-256 of the signed message.
    pub sha256: String,
    /// Its length.
    pub bytes: usize,
    /// SHA-256 of the envelope around it.
    pub envelope_sha256: String,
    /// Its length.
    pub envelope_bytes: usize,
    /// When it was signed and recorded.
    #[serde(serialize_with = "utc::serialize")]
    pub signed_at: Timestamp,
    /// When it was sent last.
    #[serde(serialize_with = "utc::serialize")]
    pub sent_at: Option<Timestamp>,
    /// Signature profile.
    pub profile: String,
    /// The envelope.
    #[serde(skip)]
    pub(super) envelope: Vec<u8>,
    /// The signed message.
    #[serde(skip)]
    pub(super) message: Vec<u8>,
}

/// A receipt.
#[derive(Debug, Clone, Serialize)]
pub struct Received {
    /// Id in the ledger.
    pub id: i64,
    /// Message type.
    pub message: String,
    /// `returnStatus`, or the code of an error.
    pub return_status: String,
    /// `returnTime`.
    pub return_time: String,
    /// `returnInfo`.
    pub return_info: String,
    /// When it arrived.
    #[serde(serialize_with = "utc::serialize")]
    pub received_at: Timestamp,
    /// Name of the file that brought it; empty for receipts of versions that did not keep files.
    pub file: String,
    /// SHA-256 of its bytes.
    pub file_sha256: String,
    /// Its length.
    pub file_bytes: usize,
    /// The file, or what earlier versions kept of it.
    #[serde(skip)]
    pub(super) raw: Vec<u8>,
}

/// Location of a pack's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whereabouts {
    /// In the archive.
    Archive,
    /// Built from the rules shipped with this program.
    Shipped,
    /// Nowhere.
    Gone,
}

/// Origin of a pack, according to the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// `shipped` or `file`.
    pub origin: String,
    /// The file that brought it; empty if it did not come from a file.
    pub file: String,
    /// Start of its time in force.
    #[serde(serialize_with = "utc::serialize")]
    pub since: Timestamp,
    /// End of its time in force; null while it is in force.
    #[serde(serialize_with = "utc::serialize")]
    pub until: Option<Timestamp>,
    /// The reason.
    pub why: String,
    /// Author of the decision.
    pub by: String,
}

impl Origin {
    fn of(row: &Force) -> Self {
        Self {
            origin: row.origin.as_str().to_owned(),
            file: row.place.clone(),
            since: row.since,
            until: row.until,
            why: row.why.clone(),
            by: row.by.clone(),
        }
    }
}

/// The pack that judged a document.
#[derive(Debug, Clone, Serialize)]
pub struct JudgedBy {
    /// Edition.
    pub edition: String,
    /// SHA-256 of the pack file.
    pub digest: String,
    /// Version of the pack; null if not on record.
    pub version: Option<String>,
    /// Its origin and time in force; null if not on record.
    pub in_force: Option<Origin>,
    /// Location of its bytes.
    pub kept: Whereabouts,
    /// Its bytes.
    #[serde(skip)]
    pub(super) wasm: Option<Arc<Vec<u8>>>,
}

/// The certificate that signed a message.
#[derive(Debug, Clone, Serialize)]
pub struct SignedBy {
    /// Subject, a distinguished name.
    pub subject: String,
    /// Issuer, a distinguished name.
    pub issuer: String,
    /// Serial number, hex.
    pub serial: String,
    /// First day of validity.
    pub valid_from: String,
    /// Last day of validity.
    pub valid_to: String,
    /// SHA-256 of its DER form.
    pub sha256: String,
    /// The certificate as PEM.
    #[serde(skip)]
    pub(super) pem: String,
}

/// Returns the documents found by a key (order, waybill or inventory number, guid, `CopMsgId`), newest first, with
/// their evidence.
///
/// # Errors
/// The ledger or the archive can't be read.
pub fn dossiers(config: &Config, ledger: &Arc<Ledger>, key: &str) -> Result<Vec<Dossier>, EngineError> {
    let mut kept = Kept::new(config, ledger);
    let views = ledger.find(key)?;
    views.iter().map(|view| dossier(ledger, &mut kept, view)).collect()
}

fn dossier(ledger: &Ledger, kept: &mut Kept<'_>, view: &DocumentView) -> Result<Dossier, EngineError> {
    let row = match &view.cop_msg_id {
        Some(id) => ledger.message(id)?,
        None => None,
    };
    let sent = row.map(sent);
    Ok(Dossier {
        document: view.id,
        fate: fate(view),
        app_type: view.app_type.clone(),
        accepted_at: view.accepted_at,
        content_hash: view.content_hash.clone(),
        assigned: view.assigned.clone(),
        certificate: sent
            .as_ref()
            .and_then(|sent| certificate_in(&sent.message))
            .map(SignedBy::of),
        sent,
        receipts: receipts(ledger, view.id)?,
        pack: kept.judged_by(view)?,
        history: story(ledger.history(view.id)?),
    })
}

fn sent(row: MessageView) -> Sent {
    // An envelope that was tampered with is shown as it is; the check says what is wrong with it.
    let message = message_in(&row.envelope).unwrap_or_default();
    Sent {
        sha256: sha256(&message),
        bytes: message.len(),
        envelope_sha256: sha256(&row.envelope),
        envelope_bytes: row.envelope.len(),
        cop_msg_id: row.cop_msg_id,
        signed_at: row.accepted_at,
        sent_at: row.sent_at,
        profile: row.profile,
        envelope: row.envelope,
        message,
    }
}

fn receipts(ledger: &Ledger, document: i64) -> Result<Vec<Received>, EngineError> {
    let filter = ReceiptFilter {
        document: Some(document),
        ..ReceiptFilter::default()
    };
    let mut found = Vec::new();
    for view in ledger.receipts(&filter)?.into_iter().rev() {
        let arrival = ledger.arrival(view.id)?;
        let file = arrival.as_ref().map(|arrival| arrival.name.clone()).unwrap_or_default();
        let raw = match arrival {
            Some(arrival) => arrival.bytes,
            None => ledger.receipt_raw(view.id)?.unwrap_or_default(),
        };
        found.push(Received {
            id: view.id,
            message: view.message,
            return_status: view.return_status,
            return_time: view.return_time,
            return_info: view.return_info,
            received_at: view.received_at,
            file,
            file_sha256: sha256(&raw),
            file_bytes: raw.len(),
            raw,
        });
    }
    Ok(found)
}

/// The signer's certificate in the `KeyInfo` of a message.
pub(super) fn certificate_in(message: &[u8]) -> Option<Certificate> {
    let parsed = Document::parse(message, &Limits::MESSAGE).ok()?;
    let at = parsed.find(0, "Signature/KeyInfo/X509Data/X509Certificate")?;
    let text: String = parsed.value(at).split_whitespace().collect();
    Certificate::from_der(&STANDARD.decode(text).ok()?).ok()
}

impl SignedBy {
    fn of(certificate: Certificate) -> Self {
        Self {
            subject: certificate.subject(),
            issuer: certificate.issuer(),
            serial: certificate.serial_hex(),
            valid_from: certificate.not_before(),
            valid_to: certificate.not_after(),
            sha256: sha256(certificate.der()),
            pem: certificate.to_pem(),
        }
    }
}

/// Location of a pack, and its bytes if they exist.
type Found = (Whereabouts, Option<Arc<Vec<u8>>>);

/// Locations of packs, each looked up once.
pub(super) struct Kept<'a> {
    config: &'a Config,
    ledger: &'a Arc<Ledger>,
    known: BTreeMap<String, Found>,
    forces: Forces<'a>,
}

impl<'a> Kept<'a> {
    pub(super) fn new(config: &'a Config, ledger: &'a Arc<Ledger>) -> Self {
        Self {
            config,
            ledger,
            known: BTreeMap::new(),
            forces: Forces::new(ledger),
        }
    }

    fn judged_by(&mut self, view: &DocumentView) -> Result<JudgedBy, EngineError> {
        let (kept, wasm) = self.find(&view.edition, &view.pack_digest)?;
        let row = self.forces.row(&view.edition, &view.pack_digest, view.accepted_at)?;
        Ok(JudgedBy {
            edition: view.edition.clone(),
            digest: view.pack_digest.clone(),
            version: row.map(|row| row.version.clone()),
            in_force: row.map(Origin::of),
            kept,
            wasm,
        })
    }

    /// Finds the bytes of a pack, wherever they are.
    pub(super) fn find(&mut self, edition: &str, digest: &str) -> Result<Found, EngineError> {
        if let Some(known) = self.known.get(digest) {
            return Ok(known.clone());
        }
        // Wrong bytes are as good as none; the check reports them.
        let archived = Store::new(self.config, self.ledger).bytes(digest).unwrap_or_default();
        let found = match archived.filter(|bytes| sha256(bytes) == digest) {
            Some(bytes) => (Whereabouts::Archive, Some(Arc::new(bytes))),
            None => match self.shipped(edition, digest) {
                Some(bytes) => (Whereabouts::Shipped, Some(Arc::new(bytes))),
                None => (Whereabouts::Gone, None),
            },
        };
        self.known.insert(digest.to_owned(), found.clone());
        Ok(found)
    }

    fn shipped(&self, edition: &str, digest: &str) -> Option<Vec<u8>> {
        let packs = Packs::empty(self.config).ok()?;
        let pack = packs.build(&shipped_sources(), edition).ok()?;
        (pack.rules().digest() == digest).then(|| pack.file().wasm().to_vec())
    }
}
