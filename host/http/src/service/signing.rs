//! Signs and verifies with the engine, and records signatures in its ledger.

use cebridge_clock as clock;
use cebridge_engine::Running;
use cebridge_engine::signing::accepted_on;
use cebridge_engine::{SignRefusal, SignedMessage, Transmitter, sign_message, transmitter};
use cebridge_signature::{Certificate, Options, Report, verify_with};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::StartError;

/// The engine that signs, and the certificates that it trusts.
pub(crate) struct Signing {
    running: Running,
    trust: Vec<Certificate>,
}

/// Record of a signature that is given out.
#[derive(Serialize)]
struct Record<'a> {
    /// Name of the client.
    client: &'a str,
    /// Customs code of the enterprise.
    enterprise: &'a str,
    /// Message code.
    message: &'a str,
    /// Profile used.
    profile: &'a str,
    /// Serial number of the certificate.
    serial: &'a str,
    /// SHA-256 of the signed bytes, hexadecimal.
    sha256: String,
}

impl Signing {
    /// Reads the trusted certificates; they stay the same until the next start.
    pub(crate) fn new(running: Running) -> Result<Self, StartError> {
        let engine = running.engine();
        let configured = engine.config.signing.trust.as_ref();
        let trust = match configured.map(|path| engine.config.path(path)) {
            Some(path) => match std::fs::read(&path) {
                Ok(pem) => Certificate::all_from_pem(&String::from_utf8_lossy(&pem))?,
                Err(source) => return Err(StartError::Trust { path, source }),
            },
            None => Vec::new(),
        };
        Ok(Self { running, trust })
    }

    /// Returns the enterprise that transmits a message.
    pub(super) fn transmitter(&self, message: &[u8]) -> Result<Transmitter, SignRefusal> {
        transmitter(&self.running.engine(), message)
    }

    /// Signs a message for an enterprise by the policy in force. Without a profile, the policy chooses.
    pub(super) fn sign(
        &self,
        enterprise: &str,
        message: &[u8],
        profile: Option<&str>,
    ) -> Result<SignedMessage, SignRefusal> {
        sign_message(&self.running.engine(), enterprise, message, profile)
    }

    /// Verifies a message by the profiles accepted today. An invalid signature is not an error.
    pub(super) fn verify(&self, message: &[u8]) -> Result<Report, SignRefusal> {
        let engine = self.running.engine();
        let today = clock::day(engine.clock.now());
        let profiles = accepted_on(&engine.packs, &engine.config.signing, &today, &[])?;
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

    /// Records a signature before it is given out. The error is for the host's own log, not the client.
    pub(super) fn record(&self, client: &str, enterprise: &str, signed: &SignedMessage) -> Result<(), String> {
        let record = Record {
            client,
            enterprise,
            message: &signed.message,
            profile: &signed.profile,
            serial: &signed.key_name,
            sha256: hex::encode(Sha256::digest(&signed.xml)),
        };
        let detail = serde_json::to_string(&record).map_err(|error| error.to_string())?;
        let engine = self.running.engine();
        let at = engine.clock.now();
        let actor = format!("service:{client}");
        engine
            .ledger
            .record_event(&actor, "message-signed", &detail, at)
            .map(|_| ())
            .map_err(|error| error.to_string())
    }
}
