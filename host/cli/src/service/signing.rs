//! Backs the signing service: the engine's policy and key, and the ledger as its log.

use crate::context::{Failure, read};
use cebridge_clock as clock;
use cebridge_engine::running::Running;
use cebridge_engine::sign_message::{SignRefusal, sign_message, transmitter};
use cebridge_engine::signing::accepted_on;
use cebridge_http::{
    Refusal, RefusalKind, RefusalReason, SignRequest, SignService, SignatureLog, SignatureRecord, Signed, Tell,
};
use cebridge_signature::{Certificate, Options, Report, SignError, verify_with};

/// Signs and verifies through the engine.
pub(super) struct EngineSigner {
    running: Running,
    trust: Vec<Certificate>,
    tell: Tell,
}

impl EngineSigner {
    pub(super) fn new(running: Running, tell: Tell) -> Result<Self, Failure> {
        let engine = running.engine();
        let trust = match &engine.config.signing.trust {
            Some(path) => {
                let pem = read(&engine.config.path(path))?;
                Certificate::all_from_pem(&String::from_utf8_lossy(&pem))?
            }
            None => Vec::new(),
        };
        Ok(Self { running, trust, tell })
    }
}

impl SignService for EngineSigner {
    fn enterprise_of(&self, message: &[u8]) -> Result<Option<String>, Refusal> {
        transmitter(message).map_err(|refusal| told(&refusal))
    }

    fn sign(&self, request: &SignRequest<'_>) -> Result<Signed, Refusal> {
        let signed = sign_message(
            &self.running.engine(),
            request.enterprise,
            request.message,
            request.profile,
        )
        .map_err(|refusal| {
            let answer = told(&refusal);
            if matches!(answer.kind, RefusalKind::Unavailable | RefusalKind::Internal) {
                (self.tell)(&format!(
                    "signing service: nothing signed for {}: {refusal}",
                    request.client
                ));
            }
            answer
        })?;
        Ok(Signed {
            xml: signed.xml,
            message: signed.message,
            profile: signed.profile,
            serial: signed.key_name.clone(),
            key_name: signed.key_name,
        })
    }

    fn verify(&self, message: &[u8]) -> Result<Report, Refusal> {
        let engine = self.running.engine();
        let today = clock::day(engine.clock.now());
        let profiles = accepted_on(&engine.packs, &engine.config.signing, &today, &[])
            .map_err(|error| told(&SignRefusal::Engine(error)))?;
        Ok(Report::from(verify_with(
            message,
            &Options {
                trust: &self.trust,
                now: (!self.trust.is_empty()).then_some(&today),
                profiles: Some(&profiles),
                ..Options::default()
            },
        )))
    }
}

impl SignatureLog for EngineSigner {
    fn signed(&self, record: &SignatureRecord) -> Result<(), String> {
        let detail = serde_json::to_string(record).map_err(|error| error.to_string())?;
        let engine = self.running.engine();
        let at = engine.clock.now().to_string();
        let actor = format!("service:{}", record.client);
        engine
            .ledger
            .record_event(&actor, "message-signed", &detail, &at)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}

/// Converts a refusal for the client. Faults of the host are not described: they could name its files.
fn told(refusal: &SignRefusal) -> Refusal {
    let (kind, code) = match refusal {
        SignRefusal::Message(_) => (RefusalKind::Message, "no-message"),
        SignRefusal::NoKey(_) => (RefusalKind::Policy, "no-key"),
        SignRefusal::Access { .. } => (RefusalKind::Policy, "access"),
        SignRefusal::Forbidden { .. } => (RefusalKind::Policy, "signature-forbidden"),
        SignRefusal::Profile { .. } => (RefusalKind::Policy, "profile-not-allowed"),
        SignRefusal::Sign(
            SignError::Xml(_)
            | SignError::SignatureElsewhere { .. }
            | SignError::SeveralSignatures
            | SignError::EmptyRoot,
        ) => (RefusalKind::Message, "cannot-be-signed"),
        SignRefusal::Sign(_) => (RefusalKind::Unavailable, "key"),
        SignRefusal::Engine(_) => (RefusalKind::Internal, "internal"),
    };
    let detail = match kind {
        RefusalKind::Message | RefusalKind::Policy => refusal.to_string(),
        RefusalKind::Unavailable => "the key can't sign now; try again later".to_owned(),
        RefusalKind::Internal => "the host can't sign; its log says more".to_owned(),
    };
    let reason = |code: &str, detail: &str| RefusalReason {
        code: code.to_owned(),
        detail: detail.to_owned(),
    };
    let reasons = match refusal {
        SignRefusal::Profile { notes, .. } => notes.iter().map(|note| reason("policy", note)).collect(),
        SignRefusal::Access { reasons, .. } => reasons
            .iter()
            .map(|found| {
                // The code that customs would have returned, if there is one.
                let code = Some(&found.code).filter(|code| !code.is_empty()).unwrap_or(&found.rule);
                reason(code, &format!("{}: {}", found.path, found.text))
            })
            .collect(),
        _ => Vec::new(),
    };
    Refusal {
        kind,
        code,
        detail,
        reasons,
    }
}
