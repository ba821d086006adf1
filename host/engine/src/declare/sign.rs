//! Assembling, signing and wrapping what has passed, and the last look at the bytes that will be sent.

use super::policy::Seal;
use super::{Prepared, Progress, Warning, Work, certificate, chunks};
use crate::assemble;
use crate::catalogue::{direction, documents_per_message};
use crate::clock;
use crate::config::Enterprise;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::fate::{access_rule, short_key};
use crate::signing::{Signed, sign_by};
use crate::{Batch, batches, new_guid};
use cebridge_ledger::NewMessage;
use cebridge_message::{Envelope, Limits, read_signed, wrap};
use cebridge_runtime::{Finding, Grade};
use cebridge_signature::{Certificate, Options, Place, Profile, Profiles};
use sha2::{Digest, Sha256};

impl Work<'_> {
    pub(super) fn sign(&mut self, drafts: Vec<Draft>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let total = drafts.len() as u64;
        let mut accepted: Vec<Draft> = Vec::new();
        let wanted = self.engine.config.declare.documents_per_message;
        for Batch {
            enterprise,
            message,
            drafts,
        } in batches(drafts)
        {
            let most = documents_per_message(self.pack.pack(), &message, wanted);
            for (seal, group) in self.by_seal(drafts)? {
                for chunk in chunks(group, most) {
                    let first = accepted.len();
                    let documents = (first..first + chunk.len()).collect();
                    let prepared = self.finish_chunk(enterprise, &message, &chunk, documents, &seal)?;
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
        enterprise: Option<usize>,
        message: &str,
        chunk: &[Draft],
        documents: Vec<usize>,
        seal: &Seal,
    ) -> Result<Prepared, EngineError> {
        let owner = self.enterprise(enterprise, message)?;
        let refs: Vec<&Draft> = chunk.iter().collect();
        let guid = new_guid();
        let unsigned = self.write(enterprise, message, &guid, &refs)?;
        let (xml, key_serial, profile) = match seal {
            Seal::Signed { profile, keys } => {
                let signed = self.sign_by(owner, message, &unsigned, profile, keys)?;
                self.check_certificate(owner, message, &signed.certificate, chunk);
                (signed.xml, signed.certificate.serial_hex(), profile.name().to_owned())
            }
            Seal::Unsigned => (unsigned, String::new(), String::new()),
        };
        self.check_finished(message, &xml, seal)?;
        let receiver = owner.receiver(direction(self.pack.pack(), message));
        let cop_msg_id = new_guid();
        let envelope = wrap(&Envelope {
            cop_msg_id: cop_msg_id.clone(),
            sender_id: owner.dxp_id.clone(),
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
            enterprise: owner.code.clone(),
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

    /// Signs by one of the keys that may; another one takes over when a key fails.
    fn sign_by(
        &self,
        owner: &Enterprise,
        message: &str,
        unsigned: &[u8],
        profile: &Profile,
        keys: &[String],
    ) -> Result<Signed, EngineError> {
        let pool = self.engine.keys(owner).ok_or_else(|| self.engine.no_key(owner))?;
        let place = self.layouts.get(message).map_or(Place::Last, assemble::place_of);
        // It was written in canonical form, and the finished bytes are verified by the last look at them.
        sign_by(pool, keys, |signer| signer.sign_canonical(unsigned, profile, place)).map_err(|source| {
            EngineError::Sign {
                message: message.to_owned(),
                source,
            }
        })
    }

    /// Warns when the certificate names another enterprise than the one that declares.
    fn check_certificate(&mut self, owner: &Enterprise, message: &str, signer: &Certificate, chunk: &[Draft]) {
        if owner.roles.is_empty() {
            return;
        }
        let Some(found) = certificate::mismatch(owner, &signer.subject()) else {
            return;
        };
        let codes = self.access.codes(message);
        let serial = signer.serial_hex();
        self.report.warnings.extend(chunk.iter().map(|draft| Warning {
            guid: draft.guid.clone(),
            key: short_key(&draft.key).to_owned(),
            finding: Finding {
                rule: access_rule::CERTIFICATE.to_owned(),
                layer: "signature".to_owned(),
                severity: Grade::Warning,
                regraded_from: None,
                path: draft.element.name.clone(),
                field: None,
                line: 0,
                column: 0,
                value: None,
                message: format!("the certificate {serial} may be another enterprise's: {found}"),
                message_zh: format!("签名证书 {serial} 的主体与企业 {} 不一致", owner.name),
                code: Some(codes.certificate.clone()).filter(|code| !code.is_empty()),
                clause: codes.clause.clone(),
                source: String::new(),
                pack: self.pack.digest().to_owned(),
            },
        }));
    }

    /// The last look at the bytes that will be sent: one reading of them serves the rules and the signature.
    fn check_finished(&self, message: &str, xml: &[u8], seal: &Seal) -> Result<(), EngineError> {
        let refused = |reasons: String| EngineError::Assembly {
            message: message.to_owned(),
            reasons,
        };
        let (document, signed) = read_signed(xml, &Limits::default()).map_err(|error| refused(error.to_string()))?;
        let mut wrong: Vec<String> = Vec::new();
        if let Seal::Signed { profile, .. } = seal {
            let profiles = Profiles::only(profile.clone());
            let verdict = signed.verify(&Options {
                place: Some(self.layouts.get(message).map_or(Place::Last, assemble::place_of)),
                profiles: Some(&profiles),
                ..Options::default()
            });
            wrong.extend(verdict.reasons.iter().map(ToString::to_string));
        }
        let findings = self.pack.explain_all(&document, &self.pack.judge(&document)?);
        wrong.extend(
            findings
                .into_iter()
                .filter(Finding::is_error)
                .map(|finding| format!("{} {}: {}", finding.rule, finding.path, finding.message)),
        );
        if wrong.is_empty() {
            return Ok(());
        }
        Err(refused(wrong.join("; ")))
    }
}
