//! Assembling, signing and wrapping what has passed, and the last look at the bytes that will be sent.

use super::{Prepared, Progress, Warning, Work, certificate, chunks, parse};
use crate::assemble;
use crate::catalogue::{direction, documents_per_message};
use crate::clock;
use crate::config::Enterprise;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::fate::{access_rule, short_key};
use crate::{Batch, batches, new_guid};
use cebridge_ledger::NewMessage;
use cebridge_message::{Envelope, wrap};
use cebridge_runtime::{Finding, Grade, Need, PolicyQuery};
use cebridge_signature::{Place, Profile, Signer};
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
            for chunk in chunks(drafts, documents_per_message(self.pack.pack(), &message, wanted)) {
                let first = accepted.len();
                let documents = (first..first + chunk.len()).collect();
                let prepared = self.sign_chunk(enterprise, &message, &chunk, documents)?;
                self.report.messages.push(prepared);
                accepted.extend(chunk);
                progress("sign", accepted.len() as u64, total);
            }
        }
        Ok(accepted)
    }

    fn sign_chunk(
        &mut self,
        enterprise: Option<usize>,
        message: &str,
        chunk: &[Draft],
        documents: Vec<usize>,
    ) -> Result<Prepared, EngineError> {
        let owner = self.enterprise(enterprise, message)?;
        let refs: Vec<&Draft> = chunk.iter().collect();
        let guid = new_guid();
        let unsigned = self.write(enterprise, message, &guid, &refs)?;
        let signer = self.engine.signer(owner)?;
        let profile = self.profile(message, signer)?;
        let layout = self.layouts.get(message);
        let place = layout.map_or(Place::Last, assemble::place_of);
        let xml = signer
            .sign(&unsigned, profile, place)
            .map_err(|source| EngineError::Sign {
                message: message.to_owned(),
                source,
            })?;
        self.check_signed(message, &xml)?;
        self.check_certificate(owner, message, signer, chunk);
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
            key_serial: signer.key_name().unwrap_or_default().to_owned(),
            profile: profile.name().to_owned(),
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

    /// Warns when the certificate names another enterprise than the one that declares.
    fn check_certificate(&mut self, owner: &Enterprise, message: &str, signer: &Signer, chunk: &[Draft]) {
        let found = signer
            .certificate()
            .filter(|_| !owner.roles.is_empty())
            .and_then(|certificate| certificate::mismatch(owner, &certificate.subject()));
        let Some(found) = found else { return };
        let codes = self.access.codes(message);
        let serial = signer.key_name().unwrap_or_default();
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

    /// The last look at the bytes that will be sent.
    fn check_signed(&self, message: &str, xml: &[u8]) -> Result<(), EngineError> {
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

    /// The configured profile where the policy allows it, else the first allowed one that the host can do.
    fn profile(&self, message: &str, signer: &Signer) -> Result<Profile, EngineError> {
        let decision = self.pack.signature_policy(&PolicyQuery {
            message: message.to_owned(),
            at: self.day.clone(),
            declares: true,
            certificate_from: signer.certificate().map(|c| c.not_before()).unwrap_or_default(),
        })?;
        let not_configured = |hint: String| EngineError::NotConfigured {
            what: "signing.profile",
            hint,
        };
        if decision.need == Need::Forbidden {
            return Err(not_configured(format!(
                "{message} must not be signed ({})",
                decision.clause
            )));
        }
        let allowed = decision.profiles.join(", ");
        let wanted = self.engine.config.signing.profile.as_deref();
        if let Some(name) = wanted {
            if !decision.profiles.iter().any(|profile| profile == name) {
                return Err(not_configured(format!(
                    "{message} may be signed by {allowed}, not by {name} ({})",
                    decision.clause
                )));
            }
            return Profile::from_name(name).ok_or_else(|| not_configured(format!("this build can't sign by {name}")));
        }
        decision
            .profiles
            .iter()
            .find_map(|name| Profile::from_name(name))
            .ok_or_else(|| {
                not_configured(format!(
                    "{message} may be signed by {allowed}, of which this build can do none"
                ))
            })
    }
}
