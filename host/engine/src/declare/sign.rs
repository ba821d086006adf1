//! Assembling, signing and wrapping what has passed, and the last look at the bytes that will be sent.

use super::{Prepared, Progress, Work, chunks, parse};
use crate::assemble;
use crate::catalogue::{direction, documents_per_message};
use crate::clock;
use crate::draft::Draft;
use crate::error::EngineError;
use crate::{by_message, new_guid};
use cebridge_ledger::NewMessage;
use cebridge_message::{Envelope, wrap};
use cebridge_runtime::{Finding, Need, PolicyQuery};
use cebridge_signature::{Place, Profile};
use sha2::{Digest, Sha256};

impl Work<'_> {
    pub(super) fn sign(&mut self, drafts: Vec<Draft>, progress: Progress<'_>) -> Result<Vec<Draft>, EngineError> {
        let total = drafts.len() as u64;
        let mut accepted: Vec<Draft> = Vec::new();
        let wanted = self.engine.config.declare.documents_per_message;
        for (message, group) in by_message(drafts) {
            for chunk in chunks(group, documents_per_message(self.pack.pack(), &message, wanted)) {
                let first = accepted.len();
                let prepared = self.sign_chunk(&message, &chunk, (first..first + chunk.len()).collect())?;
                self.report.messages.push(prepared);
                accepted.extend(chunk);
                progress("sign", accepted.len() as u64, total);
            }
        }
        Ok(accepted)
    }

    fn sign_chunk(&mut self, message: &str, chunk: &[Draft], documents: Vec<usize>) -> Result<Prepared, EngineError> {
        let engine = self.engine;
        let refs: Vec<&Draft> = chunk.iter().collect();
        let guid = new_guid();
        let unsigned = self.write_with_guid(message, &guid, &refs)?;
        let signer = engine.signer()?;
        let profile = self.profile(message)?;
        let layout = self.layouts.get(message);
        let place = layout.map_or(Place::Last, assemble::place_of);
        let xml = signer
            .sign(&unsigned, &profile, place)
            .map_err(|source| EngineError::Sign {
                message: message.to_owned(),
                source,
            })?;
        self.check_signed(message, &xml)?;
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
    fn profile(&self, message: &str) -> Result<Profile, EngineError> {
        let decision = self.pack.signature_policy(&PolicyQuery {
            message: message.to_owned(),
            at: self.day.clone(),
            declares: true,
            certificate_from: self
                .engine
                .signer()?
                .certificate()
                .map(|c| c.not_before())
                .unwrap_or_default(),
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
            return Profile::official(name).ok_or_else(|| not_configured(format!("this build can't sign by {name}")));
        }
        decision
            .profiles
            .iter()
            .find_map(|name| Profile::official(name))
            .ok_or_else(|| {
                not_configured(format!(
                    "{message} may be signed by {allowed}, of which this build can do none"
                ))
            })
    }
}
