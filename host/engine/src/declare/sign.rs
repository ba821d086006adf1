//! Assembling, signing and wrapping what has passed, and the last look at the bytes that will be sent.

use super::policy::Seal;
use super::{Prepared, Progress, Work, chunks, parse};
use crate::assemble;
use crate::catalogue::{direction, documents_per_message};
use crate::clock;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::{by_message, new_guid};
use cebridge_ledger::NewMessage;
use cebridge_message::{Envelope, wrap};
use cebridge_runtime::Finding;
use cebridge_signature::Place;
use sha2::{Digest, Sha256};

impl Work<'_> {
    pub(super) fn sign(&mut self, drafts: Vec<Draft>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let total = drafts.len() as u64;
        let mut accepted: Vec<Draft> = Vec::new();
        let wanted = self.engine.config.declare.documents_per_message;
        for (message, group) in by_message(drafts) {
            let most = documents_per_message(self.pack.pack(), &message, wanted);
            for (seal, group) in self.by_seal(group)? {
                for chunk in chunks(group, most) {
                    let first = accepted.len();
                    let documents = (first..first + chunk.len()).collect();
                    let prepared = self.finish_chunk(&message, &chunk, documents, &seal)?;
                    self.report.messages.push(prepared);
                    accepted.extend(chunk);
                    progress("sign", accepted.len() as u64, total);
                }
            }
        }
        Ok(accepted)
    }

    fn finish_chunk(
        &mut self,
        message: &str,
        chunk: &[Draft],
        documents: Vec<usize>,
        seal: &Seal,
    ) -> Result<Prepared, EngineError> {
        let engine = self.engine;
        let refs: Vec<&Draft> = chunk.iter().collect();
        let guid = new_guid();
        let unsigned = self.write_with_guid(message, &guid, &refs)?;
        let (xml, key_serial, profile) = match seal {
            Seal::Signed(profile) => {
                let signer = engine.signer()?;
                let place = self.layouts.get(message).map_or(Place::Last, assemble::place_of);
                let xml = signer.sign(&unsigned, profile, place);
                let xml = xml.map_err(|source| EngineError::Sign {
                    message: message.to_owned(),
                    source,
                })?;
                let key = signer.key_name().unwrap_or_default().to_owned();
                (xml, key, profile.name().to_owned())
            }
            Seal::Unsigned => (unsigned, String::new(), String::new()),
        };
        self.check_finished(message, &xml)?;
        let receiver = engine.config.enterprise.receiver(direction(self.pack.pack(), message));
        let cop_msg_id = new_guid();
        let envelope = wrap(&Envelope {
            cop_msg_id: cop_msg_id.clone(),
            sender_id: engine.config.enterprise.dxp_id.clone(),
            receiver_ids: vec![receiver.to_owned()],
            creat_time: clock::date_time(self.at),
            msg_type: format!("{message}Message"),
            data: xml.clone(),
            file_name: None,
            biz_keys: Vec::new(),
        })
        .map_err(|error| EngineError::Assembly {
            message: message.to_owned(),
            reasons: error.to_string(),
        })?;
        let record = NewMessage {
            guid,
            cop_msg_id,
            message: message.to_owned(),
            envelope,
            body_sha256: hex::encode(Sha256::digest(&xml)),
            key_serial,
            profile,
            pack_digest: self.pack.digest().to_owned(),
            edition: self.edition(),
            documents,
        };
        Ok(Prepared {
            message: message.to_owned(),
            xml,
            record,
        })
    }

    /// The last look at the bytes that will be sent.
    fn check_finished(&self, message: &str, xml: &[u8]) -> Result<(), EngineError> {
        let document = parse(message, xml)?;
        let wrong: Vec<String> = self
            .pack
            .explain_all(&document, &self.pack.judge(&document)?)
            .into_iter()
            .filter(Finding::is_error)
            .map(|finding| format!("{} {}: {}", finding.rule, finding.path, finding.message))
            .collect();
        if wrong.is_empty() {
            return Ok(());
        }
        Err(EngineError::Assembly {
            message: message.to_owned(),
            reasons: wrong.join("; "),
        })
    }
}
